import NetTypes
import Netlink

/// Selects flows by address: those that have all of the given addresses, in every zone.
public struct FlowFilter: Hashable, Sendable {
  /// The source of the first packet.
  public var originalSource: IPAddress?
  /// The destination of the first packet.
  public var originalDestination: IPAddress?
  /// The source of the replies.
  public var replySource: IPAddress?
  /// The destination of the replies.
  public var replyDestination: IPAddress?

  /// - Parameters: addresses of one family.
  /// - Precondition: at least one address is given. Without any, the kernel would select all flows.
  public init(
    originalSource: IPAddress? = nil, originalDestination: IPAddress? = nil, replySource: IPAddress? = nil,
    replyDestination: IPAddress? = nil
  ) {
    self.originalSource = originalSource
    self.originalDestination = originalDestination
    self.replySource = replySource
    self.replyDestination = replyDestination
    precondition(isValid, "a filter of flows has an address, and all of it of one family")
  }

  private var addresses: [IPAddress] {
    [originalSource, originalDestination, replySource, replyDestination].compactMap { $0 }
  }

  private var isValid: Bool {
    Set(addresses.map(\.family)).count == 1
  }

  private var isIPv4: Bool { addresses[0].isIPv4 }

  /// NFPROTO_IPV4 or NFPROTO_IPV6.
  var family: UInt8 { isIPv4 ? 2 : 10 }

  /// Whether the kernel can apply the filter. For IPv6 it selects the flows whose addresses differ from the given ones
  /// (ctnetlink_filter_match_tuple, seen on 6.18).
  var isTakenByKernel: Bool { isIPv4 }

  /// Whether the filter selects a flow.
  public func matches(_ flow: Flow) -> Bool {
    func holds(_ wanted: IPAddress?, _ found: IPAddress?) -> Bool { wanted == nil || wanted == found }
    return holds(originalSource, flow.original.source) && holds(originalDestination, flow.original.destination)
      && holds(replySource, flow.reply.source) && holds(replyDestination, flow.reply.destination)
  }

  /// Writes a request for the flows. A kernel that does not know CTA_FILTER in this request refuses tuples without a
  /// protocol (EINVAL), instead of applying the request to all flows.
  func write(to buffer: inout MessageBuffer) {
    NetfilterHeader.write(family: family, to: &buffer)
    let original = write(CTA_TUPLE_ORIG, originalSource, originalDestination, to: &buffer)
    let reply = write(CTA_TUPLE_REPLY, replySource, replyDestination, to: &buffer)
    buffer.nested(CTA_FILTER) {
      $0.attribute(CTA_FILTER_ORIG_FLAGS, original)
      $0.attribute(CTA_FILTER_REPLY_FLAGS, reply)
    }
  }

  /// - Returns: which parts of the tuple the kernel is to compare.
  private func write(
    _ type: UInt16, _ source: IPAddress?, _ destination: IPAddress?, to buffer: inout MessageBuffer
  ) -> UInt32 {
    guard source != nil || destination != nil else { return 0 }
    buffer.nested(type) {
      $0.nested(CTA_TUPLE_IP) {
        if let source { $0.attribute(isIPv4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, source) }
        if let destination { $0.attribute(isIPv4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, destination) }
      }
    }
    return (source == nil ? 0 : CTA_FILTER_F_CTA_IP_SRC) | (destination == nil ? 0 : CTA_FILTER_F_CTA_IP_DST)
  }
}
