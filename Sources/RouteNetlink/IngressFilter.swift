import LinuxSystem
import Netlink

/// A program that filters every frame that arrives on a link, before the bridge of which the link is a port receives
/// it.
///
/// It is a filter of kind `bpf` in direct-action mode (Linux 4.4) below a qdisc of kind `ingress`. The filter of a link
/// disappears with the link. The filter of a block, which many links share, disappears with the last of these (Linux
/// 4.16).
///
/// The program reads frames from their Ethernet header on, without the first VLAN tag. A read beyond the end of a frame
/// accepts it: the value of the program is then 0, TC_ACT_OK.
public struct IngressFilter: Equatable, Sendable {
  /// The result of the program (TC_ACT_* in linux/pkt_cls.h).
  public enum Verdict: UInt32, Sendable {
    /// TC_ACT_SHOT: the frame is dropped.
    case drop = 2
    /// TC_ACT_UNSPEC: the next filter decides; without one, the kernel accepts the frame.
    case pass = 0xffff_ffff
  }

  /// What a filter is attached to.
  public enum Place: Equatable, Sendable {
    /// A link, by its interface index.
    case link(UInt32)
    /// A block, by its number, which is not 0.
    case block(UInt32)
  }

  public let place: Place
  /// Identifies the filter among those of its place and priority; 0 lets the kernel choose.
  public let handle: UInt32

  // The request itself carries classic BPF. So it needs no bpf(2), and no privilege outside the network namespace. To
  // attach a program from bpf(2) to BPF_TCX_INGRESS, the kernel waits for an RCU grace period (tcx_entry_sync in
  // include/net/tcx.h).
  public init(at place: Place, handle: UInt32 = 0) {
    self.place = place
    self.handle = handle
  }

  /// Whether a message describes a filter that runs a program on a link, directly or through its block.
  static func runs(
    _ program: PacketProgram, on link: UInt32, _ message: borrowing ReplyMessage
  ) throws(MalformedMessage) -> Bool {
    guard message.header.type == RTM_NEWTFILTER,
      [link, TCM_IFINDEX_MAGIC_BLOCK].contains(message.payload.integer(at: 4, as: UInt32.self))
    else { return false }
    var attributes = try message.payload.attributes(after: tcmsgSize)
    while let attribute = try attributes.next() {
      guard attribute.type == TCA_OPTIONS else { continue }
      var options = attribute.attributes
      while let option = try options.next() {
        if option.type == TCA_BPF_OPS && option.bytes == program.bytes { return true }
      }
    }
    return false
  }

  /// Writes a query for the ingress filters of a link.
  static func writeQuery(of link: UInt32, to buffer: inout MessageBuffer) {
    writeHeader(to: &buffer, link: link, parent: TC_H_CLSACT_INGRESS)
  }

  /// - Parameter block: the number of the block whose filters apply to the link; nil for filters of its own.
  static func writeQdisc(of link: UInt32, block: UInt32?, to buffer: inout MessageBuffer) {
    writeHeader(to: &buffer, link: link, handle: 0xffff_0000, parent: TC_H_INGRESS)
    buffer.attribute(TCA_KIND, string: "ingress")
    if let block { buffer.attribute(TCA_INGRESS_BLOCK, block) }
  }

  /// - Parameter program: ends with the raw value of a ``Verdict``; nil writes a query for the existing filter.
  func write(_ program: PacketProgram?, to buffer: inout MessageBuffer) {
    let (link, parent) =
      switch place {
      case .link(let index): (index, TC_H_CLSACT_INGRESS)
      case .block(let number): (TCM_IFINDEX_MAGIC_BLOCK, number)
      }
    // The priority, and the protocol in network byte order.
    let info = 1 << 16 | UInt32(ETH_P_ALL.bigEndian)
    Self.writeHeader(to: &buffer, link: link, handle: handle, parent: parent, info: info)
    buffer.attribute(TCA_KIND, string: "bpf")
    guard let program else { return }
    buffer.attribute(TCA_OPTIONS) { buffer in
      buffer.attribute(TCA_BPF_OPS_LEN, UInt16(program.count))
      buffer.attribute(TCA_BPF_OPS, bytes: program.bytes)
      buffer.attribute(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT)
    }
  }

  /// Writes struct tcmsg.
  private static func writeHeader(
    to buffer: inout MessageBuffer, link: UInt32, handle: UInt32 = 0, parent: UInt32, info: UInt32 = 0
  ) {
    buffer.append(UInt32(0))  // tcm_family, padding
    buffer.append(link)
    buffer.append(handle)
    buffer.append(parent)
    buffer.append(info)
  }
}

extension IngressFilter: CustomStringConvertible {
  public var description: String {
    switch place {
    case .link(let index): "index \(index)"
    case .block(let number): "block \(number)"
    }
  }
}

extension RouteDescription {
  static let tcmsg = FixedPart(
    "tcmsg",
    [
      .init("tcm_family", size: 1, families), .init("pad", size: 3), .init("tcm_ifindex", size: 4),
      .init("tcm_handle", size: 4, handles), .init("tcm_parent", size: 4, handles), .init("tcm_info", size: 4),
    ])

  static let trafficControl = AttributeSchema(
    [
      1: .init("TCA_KIND", .string), 2: .init("TCA_OPTIONS", .selected(by: 1, ["bpf": bpf])),
      3: .init("TCA_STATS", .hex), 4: .init("TCA_XSTATS", .hex), 7: .init("TCA_STATS2", .hex),
      11: .init("TCA_CHAIN", .unsigned), 13: .init("TCA_INGRESS_BLOCK", .unsigned),
    ], selectors: [1])

  private static let bpf = AttributeSchema([
    3: .init("TCA_BPF_CLASSID", handles), 4: .init("TCA_BPF_OPS_LEN", .unsigned),
    5: .init("TCA_BPF_OPS", .text { "\($0.count / 8) instructions" }), 6: .init("TCA_BPF_FD", .unsigned),
    7: .init("TCA_BPF_NAME", .string), 8: .init("TCA_BPF_FLAGS", .bits([(1, "TCA_BPF_FLAG_ACT_DIRECT")])),
    9: .init("TCA_BPF_FLAGS_GEN", .unsigned),
  ])

  private static let handles = AttributeFormat.named([
    0: "0", 0xffff_0000: "ffff:", 0xffff_fff1: "TC_H_INGRESS", 0xffff_fff2: "TC_H_CLSACT:TC_H_MIN_INGRESS",
  ])
}
