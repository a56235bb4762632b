import TestNetlink
import Testing

@testable import Netlink

/// What a reader returns: types and payloads up to the end or the first error.
private func attributes(_ content: [UInt8]) -> (found: [(UInt16, [UInt8])], error: MalformedMessage?) {
  var found: [(UInt16, [UInt8])] = []
  var reader = AttributeReader(content.span.bytes)
  do throws(MalformedMessage) {
    while let attribute = try reader.next() { found.append((attribute.rawType, attribute.bytes)) }
  } catch {
    return (found, error)
  }
  return (found, nil)
}

private func messages(_ content: [UInt8]) -> (found: [SentMessage], error: MalformedMessage?) {
  var found: [SentMessage] = []
  var reader = MessageReader(content.span.bytes)
  do throws(MalformedMessage) {
    while let message = try reader.next() {
      found.append(
        SentMessage(
          type: message.header.type, flags: message.header.flags, sequence: message.header.sequence,
          payload: message.payload.array))
    }
  } catch {
    return (found, error)
  }
  return (found, nil)
}

/// Passes the first attribute to `body`.
private func withFirst<Result>(_ content: RawSpan, _ body: (borrowing Attribute) throws -> Result) throws -> Result? {
  var reader = AttributeReader(content)
  guard let attribute = try reader.next() else { return nil }
  return try body(attribute)
}

@Suite("Attribute reader")
struct AttributeReaderTests {
  let three = bytes(
    """
    08 00 03 00 62 72 30 00  // IFLA_IFNAME "br0"
    05 00 21 00 06 00 00 00  // IFLA_CARRIER 6, padded
    06 00 04 80 01 02        // a nested one, its padding cut off
    """)

  @Test("An attribute reader returns each attribute without header and padding")
  func reads() {
    let (found, error) = attributes(three)
    #expect(error == nil)
    #expect(found.map(\.0) == [3, 33, 0x8004])
    #expect(found.map(\.1) == [[0x62, 0x72, 0x30, 0], [6], [1, 2]])
  }

  @Test("An attribute reader finds only the whole attributes if the content is cut at any byte")
  func truncated() {
    for length in 0...three.count {
      let (found, error) = attributes(Array(three[..<length]))
      // These are the ends of the payloads, and the lengths that leave too little for a header.
      let whole = length >= 22 ? 3 : length >= 13 ? 2 : length >= 8 ? 1 : 0
      #expect(found.count == whole, "cut at \(length)")
      let isClean = length < 4 || (8...11).contains(length) || (13...19).contains(length) || length == 22
      #expect((error == nil) == isClean, "cut at \(length)")
    }
  }

  @Test("An attribute reader refuses lengths below 4, and then is at its end", arguments: 0...3)
  func shortLength(length: UInt8) throws {
    let content = [length, 0, 1, 0] + three
    #expect(attributes(content).error == MalformedMessage("attribute 1 of length \(length)"))
    var reader = AttributeReader(content.span.bytes)
    var wasRefused = false
    do { _ = try reader.next() == nil } catch { wasRefused = true }
    let isAtEnd = try reader.next() == nil
    #expect(wasRefused && isAtEnd)
  }

  @Test("An attribute reader refuses lengths beyond the end", arguments: [9, 12, 255])
  func longLength(length: UInt8) {
    let (found, error) = attributes([length, 0, 7, 0x80, 1, 2, 3, 4])
    #expect(found.isEmpty)
    #expect(error == MalformedMessage("attribute 7 of length \(length)"))
  }

  @Test("An attribute reader takes up to three bytes at the end for padding", arguments: 1...3)
  func trailingPadding(count: Int) {
    let (found, error) = attributes([4, 0, 1, 0] + [UInt8](repeating: 0xff, count: count))
    #expect(found.count == 1 && error == nil)
  }

  @Test("An attribute reader separates the type from its flags")
  func types() throws {
    let types = try withFirst(bytes("04 00 09 c0").span.bytes) { [$0.rawType, $0.type] }
    #expect(types == [0xc009, 9])
  }

  @Test("An attribute reader loads integers at any alignment", arguments: 0...7)
  func misaligned(offset: Int) throws {
    let content = [UInt8](repeating: 0, count: offset) + bytes("0c 00 01 00 01 02 03 04 05 06 07 08")
    let read = try withFirst(content.span.bytes.extracting(droppingFirst: offset)) {
      (try $0.integer(UInt64.self), try $0.bigEndian(UInt64.self))
    }
    let attribute = try #require(read)
    #expect(attribute.0 == 0x0807_0605_0403_0201)
    #expect(attribute.1 == 0x0102_0304_0506_0708)
  }

  @Test("An attribute reader refuses integers longer than the payload, and takes the first bytes of a longer payload")
  func integerSizes() throws {
    let content = bytes("07 00 05 00 01 02 03")
    #expect(try withFirst(content.span.bytes) { try $0.integer(UInt16.self) } == 0x0201)
    #expect(throws: MalformedMessage("attribute 5: 3 bytes instead of 4")) {
      _ = try withFirst(content.span.bytes) { try $0.integer(UInt32.self) }
    }
    #expect(throws: MalformedMessage("attribute 5: 3 bytes instead of 8")) {
      _ = try withFirst(content.span.bytes) { try $0.bigEndian(UInt64.self) }
    }
  }

  @Test("An attribute reader reads text up to the first NUL or to the end")
  func text() throws {
    #expect(try withFirst(bytes("09 00 01 00 61 62 00 63 00").span.bytes) { $0.string } == "ab")
    #expect(try withFirst(bytes("06 00 01 00 61 62").span.bytes) { $0.string } == "ab")
    #expect(try withFirst(bytes("06 00 01 00 ff 62").span.bytes) { $0.string } == "\u{fffd}b")
    #expect(try withFirst(bytes("04 00 01 00").span.bytes) { $0.string } == "")
  }

  @Test("An attribute reader starts after a fixed part that is padded to 4 bytes")
  func fixedPart() throws {
    let content = bytes("aa bb cc 00 05 00 02 00 09")
    var reader = try content.span.bytes.attributes(after: 3)
    var values: [UInt8] = []
    while let attribute = try reader.next() { values.append(try attribute.integer()) }
    #expect(values == [9])
    let unpadded: [UInt8] = [1, 2, 3]
    var atEnd = try unpadded.span.bytes.attributes(after: 3)
    let isEmpty = try atEnd.next() == nil
    #expect(isEmpty)
    #expect(throws: MalformedMessage("fixed part: 9 bytes instead of 10")) {
      _ = try content.span.bytes.attributes(after: 10)
    }
  }

  @Test("An integer of a fixed part is read only if all its bytes are there")
  func integersOfSpans() {
    let content: [UInt8] = [1, 2, 3, 4]
    #expect(content.span.bytes.integer(at: 0, as: UInt32.self) == 0x0403_0201)
    #expect(content.span.bytes.integer(at: 1, as: UInt32.self) == nil)
    #expect(content.span.bytes.integer(at: 3, as: UInt8.self) == 4)
    #expect(content.span.bytes.integer(at: 4, as: UInt8.self) == nil)
    #expect(content.span.bytes.integer(at: -1, as: UInt8.self) == nil)
    #expect(content.span.bytes.integer(at: .max, as: UInt8.self) == nil)
    #expect(content.span.bytes.integer(at: 0, as: UInt64.self) == nil)
  }
}

@Suite("Message reader")
struct MessageReaderTests {
  let two =
    Answer.message(16, flags: .multi, sequence: 7, [1, 2, 3]) + Answer.message(NLMSG_DONE, sequence: 7, [0, 0, 0, 0])

  @Test("A message reader returns each message with its header")
  func reads() {
    let (found, error) = messages(two)
    #expect(error == nil)
    #expect(
      found == [
        SentMessage(type: 16, flags: .multi, sequence: 7, payload: [1, 2, 3]),
        SentMessage(type: 3, flags: [], sequence: 7, payload: [0, 0, 0, 0]),
      ])
  }

  @Test("A message reader finds only the whole messages if the content is cut at any byte")
  func truncated() {
    for length in 0...two.count {
      let (found, error) = messages(Array(two[..<length]))
      #expect(found.count == (length == 40 ? 2 : length >= 19 ? 1 : 0), "cut at \(length)")
      #expect((error == nil) == [0, 19, 20, 40].contains(length), "cut at \(length)")
    }
  }

  @Test("Lengths below 16 and beyond the end are refused", arguments: [0, 1, 4, 15, 41, 0x8000_0000, 0xffff_ffff])
  func wrongLength(length: UInt32) {
    var content = two
    withUnsafeBytes(of: length) { content.replaceSubrange(0..<4, with: $0) }
    let (found, error) = messages(content)
    #expect(found.isEmpty)
    #expect(error == MalformedMessage("message in 40 bytes"))
  }
}
