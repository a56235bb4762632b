import TestNetlink
import Testing

@testable import Netlink

/// A tree of attributes as a value.
private indirect enum Tree: Equatable {
  case leaf(UInt16, [UInt8])
  case nest(UInt16, [Tree])

  static func random(depth: Int, using random: inout SplitMix64) -> Tree {
    let type = UInt16(truncatingIfNeeded: random.next()) & NLA_TYPE_MASK
    guard depth > 0, Bool.random(using: &random) else {
      let size = Int.random(in: 0...21, using: &random)
      return .leaf(type, (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }
    return .nest(type, randomList(depth: depth - 1, using: &random))
  }

  static func randomList(depth: Int, using random: inout SplitMix64) -> [Tree] {
    (0..<Int.random(in: 0...5, using: &random)).map { _ in .random(depth: depth, using: &random) }
  }

  func write(to buffer: inout MessageBuffer) {
    switch self {
    case .leaf(let type, let content): buffer.attribute(type, bytes: content)
    case .nest(let type, let children): buffer.nested(type) { for child in children { child.write(to: &$0) } }
    }
  }

  static func read(_ reader: consuming AttributeReader) throws(MalformedMessage) -> [Tree] {
    var trees: [Tree] = []
    while let attribute = try reader.next() {
      if attribute.rawType & NLA_F_NESTED != 0 {
        trees.append(.nest(attribute.type, try read(attribute.attributes)))
      } else {
        trees.append(.leaf(attribute.type, attribute.bytes))
      }
    }
    return trees
  }

  /// The number of bytes that the tree takes, counted independently of the buffer.
  var size: Int {
    switch self {
    case .leaf(_, let content): 4 + (content.count + 3) / 4 * 4
    case .nest(_, let children): 4 + children.reduce(0) { $0 + $1.size }
    }
  }
}

@Suite("Round trips")
struct RoundTripTests {
  @Test("Random trees of attributes are read as they were written", arguments: 0..<300)
  func trees(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let trees = Tree.randomList(depth: 5, using: &random)
    var buffer = MessageBuffer()
    for tree in trees { tree.write(to: &buffer) }
    #expect(try Tree.read(AttributeReader(buffer.bytes.span.bytes)) == trees)
    #expect(buffer.bytes.count == trees.reduce(0) { $0 + $1.size })
  }

  @Test("A damaged random tree gives an error or another tree, and the reader always ends", arguments: 0..<300)
  func damagedTrees(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var buffer = MessageBuffer()
    for tree in Tree.randomList(depth: 4, using: &random) { tree.write(to: &buffer) }
    guard !buffer.bytes.isEmpty else { return }
    for _ in 0..<50 {
      var damaged = buffer.bytes
      damaged[Int.random(in: damaged.indices, using: &random)] = UInt8(truncatingIfNeeded: random.next())
      damaged.removeLast(Int.random(in: 0...damaged.count, using: &random))
      _ = try? Tree.read(AttributeReader(damaged.span.bytes))
    }
  }

  @Test("Random batches of messages are read as they were written", arguments: 0..<100)
  func batches(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var batch = RequestBatch()
    var expected: [SentMessage] = []
    let count = Int.random(in: 1...6, using: &random)
    for index in 0..<count {
      let payload = (0..<Int.random(in: 0...30, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let type = UInt16(truncatingIfNeeded: random.next())
      batch.append(type: type, flags: .create, operation: "", subject: "") { $0.append(payload) }
      expected.append(
        SentMessage(
          type: type, flags: index == count - 1 ? [.request, .create, .ack] : [.request, .create],
          sequence: UInt32(truncatingIfNeeded: seed) &+ UInt32(index), payload: payload))
    }
    batch.seal(firstSequence: UInt32(truncatingIfNeeded: seed))
    #expect(SentMessage.all(in: batch.buffer.bytes) == expected)
  }
}
