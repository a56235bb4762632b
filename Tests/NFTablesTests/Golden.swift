import Netlink
import Testing

@testable import NFTables

/// The bytes of an annotated hex dump: pairs of digits up to `//` on each line.
func bytes(_ dump: String) -> [UInt8] {
  dump.split(separator: "\n").flatMap { line in
    var text = line[...]
    for index in line.indices where line[index...].hasPrefix("//") {
      text = line[..<index]
      break
    }
    return text.split(separator: " ").map { UInt8($0, radix: 16)! }
  }
}

/// The messages of a batch, each by itself, so that a difference is reported for the message that has it.
func messages(_ bytes: [UInt8]) -> [[UInt8]] {
  var result: [[UInt8]] = []
  var rest = bytes[...]
  while rest.count >= 4 {
    let start = rest.startIndex
    let length = Int(rest[start]) | Int(rest[start + 1]) << 8 | Int(rest[start + 2]) << 16
    result.append([UInt8](rest.prefix(length)))
    rest = rest.dropFirst((length + 3) & ~3)
  }
  return result
}

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
