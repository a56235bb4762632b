import Netlink
import TestNetlink
import Testing

@testable import NFTables

/// What a transaction sends, sequence numbers and NLM_F_ACK aside.
func sent(_ transaction: consuming Transaction) -> [UInt8] { transaction.sealed().buffer.bytes }

/// The attributes that an expression of one rule becomes.
func encoded(_ expression: Expression) -> [UInt8] {
  var buffer = MessageBuffer()
  expression.write(to: &buffer) { _ in nil }
  return buffer.bytes
}

@Suite("Requests are what nft sends")
struct GoldenRequestTests {
  @Test("The whole example is byte by byte what nft makes of it")
  func example() {
    let ours = messages(sent(Example.transaction()))
    let theirs = messages(bytes(Example.golden))
    #expect(ours.count == theirs.count)
    for (ours, theirs) in zip(ours, theirs) { #expect(ours == theirs) }
  }

  @Test("A table with something of everything is byte by byte what nft makes of it")
  func wide() {
    let ours = messages(sent(Wide.transactionWithDeletions()))
    let theirs = messages(bytes(Wide.goldenObjects)) + messages(bytes(Wide.goldenRules))
    #expect(ours.count == theirs.count)
    for (ours, theirs) in zip(ours, theirs) { #expect(ours == theirs) }
  }
}
