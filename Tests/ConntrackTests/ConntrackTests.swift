import Netlink
import Synchronization
import TestNetlink
import Testing

@testable import Conntrack

@Suite("Connection tracking flows")
struct ConntrackTests {
  /// Lists the two captured flows.
  private let listing: [ScriptedTransport.Step] = [
    .reply { Captured.answer(Captured.icmp, $0[0].sequence) + Captured.answer(Captured.udp, $0[0].sequence) },
    .reply { Answer.done(sequence: $0[0].sequence) },
  ]

  /// Ends the last request of a send.
  private func end(_ errno: Int32 = 0) -> ScriptedTransport.Step { .reply { Answer.end(of: $0.last!, errno) } }

  private func flows() throws -> [Flow] {
    var connection = ConntrackConnection(transport: ScriptedTransport(listing))
    return try connection.flows()
  }

  @Test("Flows are read as conntrack prints them")
  func decoding() throws {
    let flows = try flows()
    try #require(flows.count == 2)
    #expect(flows[0].family == 2 && flows[0].id == 0xde64_f9b2 && flows[0].zone == nil)
    #expect(flows[0].original.source == ip("10.64.1.5") && flows[0].original.destination == ip("8.8.8.8"))
    #expect(flows[0].original.protocolNumber == 1 && flows[0].original.sourcePort == nil)
    #expect(!flows[0].isSourceTranslated)
    #expect(flows[1].zone == 7 && flows[1].original.sourcePort == 4444 && flows[1].original.destinationPort == 9999)
    #expect(flows[1].reply.source == ip("8.8.8.8") && flows[1].reply.destination == ip("10.64.1.6"))
  }

  @Test("Flows are requested as by conntrack, but of every family")
  func listingRequest() throws {
    let transport = ScriptedTransport(listing)
    var connection = ConntrackConnection(transport: transport)
    _ = try connection.flows()
    var expected = Captured.listing
    expected[16] = 0
    #expect(transport.sent == [expected])
  }

  @Test("Flows are deleted by all that tells one from others, as the kernel sent it")
  func deletion() throws {
    let flows = try flows()
    let transport = ScriptedTransport([end()])
    var connection = ConntrackConnection(transport: transport)
    try connection.delete(flows)
    var expected = bytes(
      """
      58 00 00 00 02 01 01 00 01 00 00 00 00 00 00 00  // IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST
      02 00 00 00 3c 00 01 80                          // AF_INET, CTA_TUPLE_ORIG
      """)
    expected += Captured.icmpTuple
    expected += bytes(
      """
      08 00 0c 00 de 64 f9 b2                          // CTA_ID
      58 00 00 00 02 01 05 00 02 00 00 00 00 00 00 00  // IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST|NLM_F_ACK
      02 00 00 00 34 00 01 80
      14 00 01 80 08 00 01 00 0a 40 01 06 08 00 02 00 08 08 08 08
      1c 00 02 80 05 00 01 00 11 00 00 00 06 00 02 00 11 5c 00 00 06 00 03 00 27 0f 00 00
      06 00 12 00 00 07 00 00                          // CTA_ZONE
      08 00 0c 00 46 c9 04 13                          // CTA_ID
      """)
    #expect(transport.sent == [expected])
  }

  private static let filter = FlowFilter(originalSource: ip("10.64.1.5"))

  @Test("One request deletes the flows of an address if the kernel supports filters")
  func filteredDeletion() throws {
    let transport = ScriptedTransport([end()])
    var connection = ConntrackConnection(transport: transport)
    try connection.delete(matching: [Self.filter])
    #expect(
      transport.sent == [
        bytes(
          """
          38 00 00 00 02 01 05 00 01 00 00 00 00 00 00 00  // IPCTNL_MSG_CT_DELETE
          02 00 00 00                                      // AF_INET
          10 00 01 80 0c 00 01 80 08 00 01 00 0a 40 01 05  // CTA_TUPLE_ORIG, CTA_TUPLE_IP, CTA_IP_V4_SRC
          14 00 19 80 08 00 01 00 01 00 00 00              // CTA_FILTER, CTA_FILTER_ORIG_FLAGS: the source's
          08 00 02 00 00 00 00 00                          // CTA_FILTER_REPLY_FLAGS
          """)
      ])
  }

  @Test("Flows are listed and deleted one by one if the kernel does not support filters")
  func olderKernel() throws {
    // At the end, the flow has already disappeared.
    let transport = ScriptedTransport([end(22)] + listing + [end(2)])
    var connection = ConntrackConnection(transport: transport)
    try connection.delete(matching: [Self.filter])
    #expect(transport.sent.count == 3)
    // The request deletes one of the two listed flows: the kernel may have ignored the filter.
    #expect(transport.sent[2].count == 88 && transport.sent[2][4] == 2)
  }

  @Test("A deletion fails with EINVAL on a kernel without ctnetlink, which refuses to list flows")
  func missing() {
    var connection = ConntrackConnection(transport: ScriptedTransport([end(22), end(22)]))
    #expect {
      try connection.delete(matching: [Self.filter])
    } throws: {
      ($0 as? NetlinkError)?.errno == 22
    }
  }

  @Test("A message that is cut anywhere is refused, or read without what it lacks", arguments: [0, 1])
  func truncation(number: Int) throws {
    let message = [Captured.icmp, Captured.udp][number]
    for count in 20..<message.count {
      var cut = Array(message[..<count])
      withUnsafeBytes(of: UInt32(count)) { cut.replaceSubrange(0..<4, with: $0) }
      var reader = MessageReader(cut.span.bytes)
      guard let reply = try reader.next(), let flow = try? Flow(reply) else { continue }
      #expect(flow.original.attributes.count <= Captured.icmpTuple.count)
    }
  }

  @Test("A filter selects flows by all addresses that it has")
  func matching() throws {
    let flow = try #require(try flows().first)
    #expect(FlowFilter(originalSource: ip("10.64.1.5"), replyDestination: ip("10.64.1.5")).matches(flow))
    #expect(FlowFilter(originalDestination: ip("8.8.8.8"), replySource: ip("8.8.8.8")).matches(flow))
    #expect(!FlowFilter(originalSource: ip("10.64.1.6")).matches(flow))
    #expect(!FlowFilter(originalSource: ip("10.64.1.5"), replyDestination: ip("192.0.2.2")).matches(flow))
  }

  @Test("A trace has a name for every attribute")
  func trace() throws {
    let output = Mutex("")
    let tracer = MessageTracer(name: "home") { line in output.withLock { $0 += line } }
    var connection = ConntrackConnection(transport: ScriptedTransport(listing), tracer: tracer)
    _ = try connection.flows(matching: FlowFilter(originalSource: ip("10.64.1.5"), replyDestination: ip("8.8.8.8")))
    let text = output.withLock { $0 }
    #expect(!text.contains("attribute ") && !text.contains("malformed"), "\(text)")
    for line in [
      ">>> home: IPCTNL_MSG_CT_GET", "CTA_FILTER_ORIG_FLAGS 1", "CTA_IP_V4_DST 8.8.8.8", "CTA_PROTO_NUM IPPROTO_ICMP",
      "CTA_STATUS IPS_CONFIRMED", "CTA_ZONE 7",
    ] {
      #expect(text.contains(line), "\(line) in \(text)")
    }
  }
}
