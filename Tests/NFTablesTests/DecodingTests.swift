import Netlink
import TestNetlink
import Testing

@testable import NFTables

/// Passes each message to a closure as a reply, with its payload cut to every length.
func eachTruncation(of messages: [[UInt8]], _ body: (borrowing ReplyMessage) -> Void) {
  for message in messages {
    for length in MessageHeader.size...message.count {
      let bytes = Array(message[..<length])
      guard let header = MessageHeader(bytes.span.bytes) else { continue }
      body(ReplyMessage(header: header, payload: bytes.span.bytes.extracting(MessageHeader.size..<length)))
    }
  }
}

/// Reads a whole message.
func decode<Value>(
  _ message: [UInt8], _ body: (borrowing ReplyMessage) throws(MalformedMessage) -> Value?
) throws -> Value? {
  guard let header = MessageHeader(message.span.bytes) else { throw MalformedMessage("header") }
  return try body(
    ReplyMessage(header: header, payload: message.span.bytes.extracting(MessageHeader.size..<message.count)))
}

@Suite("Decoding of messages from nft")
struct DecodingTests {
  static let all =
    messages(bytes(Example.golden)) + messages(bytes(Wide.goldenObjects)) + messages(bytes(Wide.goldenRules))

  static func all(_ type: UInt16) -> [[UInt8]] {
    all.filter { $0[4] == UInt8(type) && $0[5] == UInt8(NFNL_SUBSYS_NFTABLES) }
  }

  @Test("Tables, chains and sets are read as those from which they were made")
  func objects() throws {
    let tables = try Self.all(NFT_MSG_NEWTABLE).map { try decode($0) { r throws(MalformedMessage) in try Table(r) } }
    #expect(tables == [Example.table, Wide.table])
    #expect(tables.map { $0?.comment } == [Example.table.comment, nil])
    let chains = try Self.all(NFT_MSG_NEWCHAIN).map { try decode($0) { r throws(MalformedMessage) in try Chain(r) } }
    let expected = [Example.forward, Example.postrouting, Wide.called, Wide.pre, Wide.post, Wide.input]
    #expect(chains == expected)
    let sets = try Self.all(NFT_MSG_NEWSET).map { try decode($0) { r throws(MalformedMessage) in try NFTSet(r) } }
    let examples = [Example.bridges, Example.bridged, Example.masqueraded, Example.home, Example.verdicts]
    #expect(sets == examples + Wide.sets)
  }

  @Test("Rules are read as the expressions from which they were made")
  func rules() throws {
    let rules = try Self.all(NFT_MSG_NEWRULE).map { try decode($0) { r throws(MalformedMessage) in try Rule(r) } }
    let expected = Example.rules + Wide.rules + [Wide.firstRule]
    #expect(rules.count == expected.count)
    for (rule, expected) in zip(rules, expected) {
      #expect(rule?.expressions == expected.expressions)
      #expect(rule?.comment == expected.comment)
    }
  }

  @Test("An unknown expression keeps its name and bytes, and is sent as it came")
  func unknown() throws {
    let expression = Expression.unknown(name: "quota", data: [8, 0, 1, 0, 0, 0, 0, 7])
    let encoded = encoded(expression)
    #expect(try Expression(AttributeReader(encoded.span.bytes.extracting(droppingFirst: 4))) == expression)
  }

  @Test(
    "A key that is not a valid interface name stays bytes",
    arguments: [
      [UInt8](repeating: 0x61, count: 16), [0xff] + [UInt8](repeating: 0, count: 15),
      [0x61, 0, 0x62] + [UInt8](repeating: 0, count: 13),
    ])
  func noName(key: [UInt8]) {
    let set = NFTSet("s", in: Wide.table, key: [.interfaceName])
    let values = SetElement(key: key).keyValues(of: set)
    #expect(values == [.bytes(key)])
    #expect(values.keyBytes == key)
  }

  @Test("Intervals are joined from starts and ends in any order")
  func intervals() throws {
    var list = ElementList()
    var buffer = MessageBuffer()
    NetfilterHeader.write(family: 1, to: &buffer)
    let elements = [
      SetElement(key: [.port(91)], upTo: [.port(95)]), SetElement(key: [.port(80)], upTo: [.port(90)], comment: "web"),
      SetElement(key: [.port(22)]), SetElement(key: [.port(65000)], upTo: [.port(65535)]),
    ]
    buffer.nested(NFTA_SET_ELEM_LIST_ELEMENTS) {
      var index: UInt16 = 0
      for element in elements { element.write(for: Wide.ports, index: &index, to: &$0) }
    }
    let zeros = [UInt8](repeating: 0, count: MessageHeader.size)
    guard let header = MessageHeader(zeros.span.bytes) else { throw MalformedMessage("header") }
    try list.read(ReplyMessage(header: header, payload: buffer.bytes.span.bytes))
    #expect(list.joined(for: Wide.ports) == [elements[2], elements[1], elements[0], elements[3]])
  }

  @Test("A message that is cut anywhere is refused, or read as far as it goes")
  func truncation() {
    var count = 0
    eachTruncation(of: Self.all) { reply in
      count += 1
      _ = try? Table(reply)
      _ = try? Chain(reply)
      _ = try? Rule(reply)
      _ = try? NFTSet(reply)
      var list = ElementList()
      try? list.read(reply)
      _ = list.joined(for: Wide.ports)
      _ = list.joined(for: Wide.pairs)
    }
    #expect(count > 10_000)
  }

  @Test("A message with any one byte changed is refused or read")
  func corruption() {
    for message in Self.all {
      for index in MessageHeader.size..<message.count {
        for value in [UInt8(0), 1, 0x7f, 0xff] {
          var changed = message
          changed[index] = value
          guard let header = MessageHeader(message.span.bytes) else { continue }
          let reply = ReplyMessage(
            header: header, payload: changed.span.bytes.extracting(MessageHeader.size..<changed.count))
          _ = try? Chain(reply)
          _ = try? Rule(reply)
          _ = try? NFTSet(reply)
          var list = ElementList()
          try? list.read(reply)
          _ = list.joined(for: Wide.ports)
        }
      }
    }
  }
}
