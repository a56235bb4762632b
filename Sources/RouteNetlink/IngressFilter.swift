import LinuxSystem
import Netlink

/// A program that judges every frame that comes in on a link, before the bridge whose port the link is sees it.
///
/// It is a filter of kind `bpf` in direct-action mode (Linux 4.4) below a qdisc of kind `ingress`, and goes with the link.
/// The program reads frames from their Ethernet header on; the first VLAN tag has been taken out. One that reads beyond
/// the end of a frame lets it in: its value is 0, TC_ACT_OK.
public struct IngressFilter: Equatable, Sendable {
  /// How the program ends (TC_ACT_* in linux/pkt_cls.h).
  public enum Verdict: UInt32, Sendable {
    /// TC_ACT_SHOT: the frame is dropped.
    case drop = 2
    /// TC_ACT_UNSPEC: the next filter is asked; without one the frame is let in.
    case pass = 0xffff_ffff
  }

  /// The interface index.
  public let link: UInt32
  /// Ends with the raw value of a ``Verdict``.
  public let program: PacketProgram

  /// A filter that is to be added, or looked for.
  // Classic BPF, which the request itself carries, needs no bpf(2), and so no power outside the network namespace. To attach
  // what bpf(2) made to BPF_TCX_INGRESS waits for a grace period of RCU (tcx_entry_sync in include/net/tcx.h).
  public init(link: UInt32, program: PacketProgram) {
    self.link = link
    self.program = program
  }

  /// Whether a message is about this filter.
  func matches(_ message: borrowing ReplyMessage) throws(MalformedMessage) -> Bool {
    guard message.header.type == RTM_NEWTFILTER else { return false }
    guard message.payload.integer(at: 4, as: UInt32.self) == link else { return false }
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

  /// Asks for the filters of what comes in on the link.
  func writeQuery(to buffer: inout MessageBuffer) {
    writeHeader(to: &buffer, handle: 0, parent: TC_H_CLSACT_INGRESS, info: 0)
  }

  func writeQdisc(to buffer: inout MessageBuffer) {
    writeHeader(to: &buffer, handle: 0xffff_0000, parent: TC_H_INGRESS, info: 0)
    buffer.attribute(TCA_KIND, string: "ingress")
  }

  func writeFilter(to buffer: inout MessageBuffer) {
    // The priority, and the protocol in network byte order.
    let info = 1 << 16 | UInt32(ETH_P_ALL.bigEndian)
    writeHeader(to: &buffer, handle: 0, parent: TC_H_CLSACT_INGRESS, info: info)
    buffer.attribute(TCA_KIND, string: "bpf")
    buffer.attribute(TCA_OPTIONS) { buffer in
      buffer.attribute(TCA_BPF_OPS_LEN, UInt16(program.count))
      buffer.attribute(TCA_BPF_OPS, bytes: program.bytes)
      buffer.attribute(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT)
    }
  }

  /// Writes struct tcmsg.
  private func writeHeader(to buffer: inout MessageBuffer, handle: UInt32, parent: UInt32, info: UInt32) {
    buffer.append(UInt32(0))  // tcm_family, padding
    buffer.append(link)
    buffer.append(handle)
    buffer.append(parent)
    buffer.append(info)
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
      11: .init("TCA_CHAIN", .unsigned),
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
