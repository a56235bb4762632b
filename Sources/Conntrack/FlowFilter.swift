import NetTypes
import Netlink

/// Chooses flows by their addresses: those that have all that are given here, in every zone.
public struct FlowFilter: Hashable, Sendable {
  /// Where the first packet came from.
  public var originalSource: IPAddress?
  /// Where it was sent to.
  public var originalDestination: IPAddress?
  /// Who answers.
  public var replySource: IPAddress?
  /// Whom answers are sent to.
  public var replyDestination: IPAddress?

  /// - Parameters: addresses of one family.
  /// - Precondition: at least one is given: without any, the kernel would take all flows to be meant.
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

  /// Whether the kernel can be left to choose. Of IPv6 it takes the flows whose addresses differ for those that are meant
  /// (ctnetlink_filter_match_tuple, seen on 6.18).
  var isTakenByKernel: Bool { isIPv4 }

  /// Whether a flow is one of those.
  public func matches(_ flow: Flow) -> Bool {
    func holds(_ wanted: IPAddress?, _ found: IPAddress?) -> Bool { wanted == nil || wanted == found }
    return holds(originalSource, flow.original.source) && holds(originalDestination, flow.original.destination)
      && holds(replySource, flow.reply.source) && holds(replyDestination, flow.reply.destination)
  }

  /// Writes a request for the flows. Tuples without a protocol make a kernel that does not know CTA_FILTER in this
  /// request refuse it (EINVAL), rather than take it for one about all flows.
  func write(to buffer: inout MessageBuffer) {
    NetfilterHeader.write(family: family, to: &buffer)
    let original = write(CTA_TUPLE_ORIG, originalSource, originalDestination, to: &buffer)
    let reply = write(CTA_TUPLE_REPLY, replySource, replyDestination, to: &buffer)
    buffer.nested(CTA_FILTER) {
      $0.attribute(CTA_FILTER_ORIG_FLAGS, original)
      $0.attribute(CTA_FILTER_REPLY_FLAGS, reply)
    }
  }

  /// - Returns: what of the tuple is to be compared.
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
