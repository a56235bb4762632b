import Netlink
import TestNetlink
import Testing

@testable import NFTables

/// What a transaction sends, without sequence numbers and NLM_F_ACK.
func sent(_ transaction: consuming Transaction) -> [UInt8] { transaction.sealed().buffer.bytes }

/// The attributes that encode an expression of a rule.
func encoded(_ expression: Expression) -> [UInt8] {
  var buffer = MessageBuffer()
  expression.write(to: &buffer) { _ in nil }
  return buffer.bytes
}

@Suite("Golden requests from nft")
struct GoldenRequestTests {
  @Test("The requests for the example are byte by byte what nft sends for it")
  func example() {
    let ours = messages(sent(Example.transaction()))
    let theirs = messages(bytes(Example.golden))
    #expect(ours.count == theirs.count)
    for (ours, theirs) in zip(ours, theirs) { #expect(ours == theirs) }
  }

  @Test("The requests for a table with every feature are byte by byte what nft sends for it")
  func wide() {
    let ours = messages(sent(Wide.transactionWithDeletions()))
    let theirs = messages(bytes(Wide.goldenObjects)) + messages(bytes(Wide.goldenRules))
    #expect(ours.count == theirs.count)
    for (ours, theirs) in zip(ours, theirs) { #expect(ours == theirs) }
  }
}
