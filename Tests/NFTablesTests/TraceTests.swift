import LinuxSystem
import Netlink
import TestNetlink
import Testing

@testable import NFTables

/// A transport that answers every exchange with success for its last request.
final class AcknowledgingTransport: NetlinkTransport {
  private var last: UInt32 = 0

  func send(_ bytes: [UInt8]) throws(SystemError) {
    for message in messages(bytes) where message[5] == UInt8(NFNL_SUBSYS_NFTABLES) {
      last = UInt32(message[8]) | UInt32(message[9]) << 8
    }
  }

  func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
    let answer: [UInt8] =
      [36, 0, 0, 0, 2, 0, 0, 0, UInt8(last & 0xff), UInt8(last >> 8)] + [UInt8](repeating: 0, count: 26)
    buffer.replaceSubrange(0..<answer.count, with: answer)
    return ReceivedDatagram(length: answer.count, senderPort: 0)
  }
}

/// Collects the trace.
final class TraceLog: @unchecked Sendable {
  var text = ""
}

@Suite("Traces of nf_tables")
struct TraceTests {
  private static func trace(_ transaction: consuming Transaction) throws -> String {
    let log = TraceLog()
    let tracer = MessageTracer(name: "nft") { log.text += $0 }
    var connection = NFTConnection(transport: AcknowledgingTransport(), tracer: tracer)
    try connection.commit(transaction)
    return log.text
  }

  @Test("Every attribute of every request has a name and a readable value")
  func everything() throws {
    for text in try [Self.trace(Example.transaction()), Self.trace(Wide.transactionWithDeletions())] {
      #expect(!text.contains("attribute "))
      #expect(!text.contains("malformed"))
      for line in text.split(separator: "\n") where line.contains(" 0x") {
        #expect(line.contains("NFTA_DATA_VALUE"), "\(line)")
      }
    }
  }

  @Test("A trace shows a rule with the names of its expressions, registers and verdicts")
  func rule() throws {
    var transaction = Transaction()
    transaction.add(Example.rules[0])
    let text = try Self.trace(transaction)
    let rule = text.split(separator: ">>>")[1]
    #expect(
      rule.split(separator: "\n").dropFirst().joined(separator: "\n") == """
          nfgenmsg nfgen_family=NFPROTO_INET version=0 res_id=0
          NFTA_RULE_TABLE "nsrun"
          NFTA_RULE_CHAIN "forward"
          NFTA_RULE_EXPRESSIONS
            NFTA_LIST_ELEM
              NFTA_EXPR_NAME "meta"
              NFTA_EXPR_DATA
                NFTA_META_KEY NFT_META_IIFNAME
                NFTA_META_DREG NFT_REG_1
            NFTA_LIST_ELEM
              NFTA_EXPR_NAME "meta"
              NFTA_EXPR_DATA
                NFTA_META_KEY NFT_META_OIFNAME
                NFTA_META_DREG NFT_REG_2
            NFTA_LIST_ELEM
              NFTA_EXPR_NAME "lookup"
              NFTA_EXPR_DATA
                NFTA_LOOKUP_SREG NFT_REG_1
                NFTA_LOOKUP_SET "bridged"
            NFTA_LIST_ELEM
              NFTA_EXPR_NAME "immediate"
              NFTA_EXPR_DATA
                NFTA_IMMEDIATE_DREG NFT_REG_VERDICT
                NFTA_IMMEDIATE_DATA
                  NFTA_DATA_VERDICT
                    NFTA_VERDICT_CODE NF_ACCEPT
        """)
  }

  @Test("Every message type of nf_tables has a description")
  func types() {
    for type in UInt16(0)...33 {
      #expect(NetlinkFamily.nftables.describe(NFNL_SUBSYS_NFTABLES << 8 | type) != nil, "\(type)")
    }
  }
}

@Suite("Edge cases of requests")
struct EdgeTests {
  @Test("A comment that is too long for nft is cut between characters")
  func comment() {
    let text = String(repeating: "x", count: 126) + "é"
    #expect(Userdata(.tableComment, text: text).bytes == [0, 127] + [UInt8](repeating: 0x78, count: 126) + [0])
  }

  @Test("Elements that do not fit into one attribute are spread over several messages")
  func splitting() {
    let elements = (0..<10_000).map { SetElement(key: [.address(ip("10.0.\(UInt8($0 >> 8)).\(UInt8($0 & 255))"))]) }
    var transaction = Transaction()
    transaction.add(elements, to: Example.masqueraded)
    #expect(transaction.batch.count == 1 + 3)
    #expect(!transaction.batch.buffer.isOverflown)
    #expect(messages(sent(transaction)).allSatisfy { $0.count < 65_536 })
  }

  @Test("An interval up to the last key has no end, and tells nft so")
  func openInterval() {
    var buffer = MessageBuffer()
    var index: UInt16 = 0
    SetElement.network(network("255.0.0.0/8")).write(for: Wide.nets, index: &index, to: &buffer)
    #expect(
      buffer.bytes
        == bytes(
          """
          1c 00 01 80 // NFTA_LIST_ELEM
            0c 00 01 80 // NFTA_SET_ELEM_KEY
              08 00 01 00 ff 00 00 00 // NFTA_DATA_VALUE
            0a 00 06 00 01 04 01 00 00 00 00 00 // NFTA_SET_ELEM_USERDATA: NFTNL_UDATA_SET_ELEM_FLAGS 1
          """))
  }

  @Test("A table that is to be destroyed is added first, so that it exists")
  func destroy() {
    var transaction = Transaction()
    transaction.destroy(Example.table)
    #expect(messages(sent(transaction)).map { $0[4] } == [16, 0, 2, 17])
  }

  @Test("An IPv4 address needs no check in an ip table, and a check of the EtherType in a bridge table")
  func requirements() {
    func expressions(_ family: TableFamily) -> [Expression] {
      let chain = Chain("c", in: Table(family, "t"))
      return Rule(in: chain, [.equals(.sourceAddress, .address(ip("10.0.0.1")))]).expressions
    }
    #expect(expressions(.ip).count == 2)
    #expect(expressions(.inet).first == .meta(.networkProtocol))
    #expect(expressions(.bridge).prefix(2) == [.meta(.etherType), .compare(.first, .equal, [8, 0])])
  }

  @Test("A rule does not check again what an earlier statement has ensured")
  func established() {
    let rule = Rule(
      in: Wide.input,
      [
        .equals(.transportProtocol, .proto(6)), .equals(.tcpDestinationPort, .port(80)),
        .equals(.tcpSourcePort, .port(1024)),
      ])
    #expect(rule.expressions.filter { $0 == .meta(.transportProtocol) }.count == 1)
  }
}
