import NetTypes
@testable import NFTables
@testable import Netlink
@testable import Network
@testable import RouteNetlink

/// Makes a message of nf_tables, and prints it.
private func printed(_ type: UInt16, _ payload: [UInt8]) throws(Broken) -> [UInt8] {
  let message = message(NFNL_SUBSYS_NFTABLES << 8 | type, payload)
  try exerciseTrace(message, .nftables)
  return message
}

/// Writes an object of a family after struct nfgenmsg, and reads it; nil if it is too long to be written.
private func again<Value>(
  _ family: TableFamily, _ write: (inout MessageBuffer) -> Void,
  _ decode: (borrowing ReplyMessage) throws(MalformedMessage) -> Value?
) throws(Broken) -> Value? {
  try again(
    0,
    write: {
      NetfilterHeader.write(family: family.rawValue, to: &$0)
      write(&$0)
    }, decode)
}

extension String? {
  /// A comment as it is written: cut to the greatest length.
  fileprivate var cut: String? { flatMap { Userdata(.ruleComment, text: $0).text(.ruleComment) } }
}

func exerciseTable(_ bytes: [UInt8]) throws(Broken) {
  let message = try printed(NFT_MSG_NEWTABLE, bytes)
  guard let table = read(message, { (reply) throws(MalformedMessage) in try Table(reply) }) else { return }
  guard let again = try again(table.family, table.write, { (reply) throws(MalformedMessage) in try Table(reply) })
  else { return }
  try expect(
    again == table && again.flags == table.flags && again.comment == table.comment.cut,
    "a table is written as it was read")
}

func exerciseChain(_ bytes: [UInt8]) throws(Broken) {
  let message = try printed(NFT_MSG_NEWCHAIN, bytes)
  guard var chain = read(message, { (reply) throws(MalformedMessage) in try Chain(reply) }) else { return }
  guard let again = try again(chain.table.family, chain.write, { (reply) throws(MalformedMessage) in try Chain(reply) })
  else { return }
  chain.handle = nil
  chain.comment = chain.comment.cut
  try expect(again == chain, "a chain is written as it was read")
}

func exerciseRule(_ bytes: [UInt8]) throws(Broken) {
  let message = try printed(NFT_MSG_NEWRULE, bytes)
  guard var rule = read(message, { (reply) throws(MalformedMessage) in try Rule(reply) }) else { return }
  _ = ForeignNAT(subnet: IPNetwork("10.64.1.0/24")!, bridge: try! InterfaceName("br0")).masquerades([rule])
  let again = try again(rule.chain.table.family, { rule.write(to: &$0) { _ in nil } }) {
    (reply) throws(MalformedMessage) in try Rule(reply)
  }
  guard let again else { return }
  rule.handle = nil
  rule.comment = rule.comment.cut
  try expect(again == rule, "a rule is written as it was read")
}

func exerciseSet(_ bytes: [UInt8]) throws(Broken) {
  let message = try printed(NFT_MSG_NEWSET, bytes)
  guard var set = read(message, { (reply) throws(MalformedMessage) in try NFTSet(reply) }) else { return }
  guard
    let again = try again(
      set.table.family, { set.write(id: 1, to: &$0) }, { (reply) throws(MalformedMessage) in try NFTSet(reply) })
  else { return }
  set.handle = nil
  set.comment = set.comment.cut
  try expect(again == set, "a set is written as it was read")
}

/// The first byte selects how the set is made; the rest is the set's elements.
func exerciseElements(_ bytes: [UInt8]) throws(Broken) {
  guard let kind = bytes.first else { return }
  let types: [DataType] = [
    .interfaceName, .ipv4Address, .ipv6Address, .port, .transportProtocol, .etherAddress, .mark, .etherType,
  ]
  let first = types[Int(kind & 7)]
  let set = NFTSet(
    "s", in: Table(.inet, "t"), key: kind & 0x40 == 0 ? [first] : [first, types[Int(kind >> 3 & 7)]],
    flags: kind & 0x80 == 0 ? [] : .interval)
  let message = try printed(NFT_MSG_NEWSETELEM, Array(bytes.dropFirst()))
  guard let list = read(message, readList) else { return }
  for element in list.joined(for: set) {
    // A key that is as long as the set says loses nothing.
    let values = element.keyValues(of: set)
    if set.key.count == 1 {
      try expect(values.keyBytes == element.key, "a key is written as it was read")
    } else {
      _ = values.keyBytes
    }
    guard !set.hasSeparateEnds else { continue }
    let again = try again(
      set.table.family,
      { buffer in
        var index: UInt16 = 0
        buffer.nested(NFTA_SET_ELEM_LIST_ELEMENTS) { element.write(for: set, index: &index, to: &$0) }
      }, readList)
    guard let again else { continue }
    var expected = element
    expected.expiration = nil
    expected.comment = expected.comment.cut
    try expect(again.joined(for: set) == [expected], "an element is written as it was read")
  }
}

private func readList(_ reply: borrowing ReplyMessage) throws(MalformedMessage) -> ElementList? {
  var list = ElementList()
  try list.read(reply)
  return list
}

/// Prints a message of nf_tables, whose type is the first byte.
func exerciseTraffic(_ bytes: [UInt8]) throws(Broken) {
  guard let type = bytes.first else { return }
  _ = try printed(UInt16(type % 34), Array(bytes.dropFirst()))
}
