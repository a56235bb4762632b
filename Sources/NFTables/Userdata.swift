/// Data that user space attaches to an object. The kernel stores and returns it unread. It is a list of entries: type
/// (1 byte), length (1 byte) and value. The types are nft's (libnftnl/udata.h), so nft can print them.
struct Userdata {
  /// A type of entry; the meaning of a number depends on the kind of object.
  struct Entry {
    let type: UInt8
    static let tableComment = Entry(type: 0)
    static let chainComment = Entry(type: 0)
    static let ruleComment = Entry(type: 0)
    static let elementComment = Entry(type: 0)
    /// No type of nft's.
    static let ruleSignature = Entry(type: 200)
    /// Flags of an element; 1: the interval that starts here has no end.
    static let elementFlags = Entry(type: 1)
    static let setKeyByteOrder = Entry(type: 0)
    static let setDataByteOrder = Entry(type: 1)
    static let setDataInterval = Entry(type: 6)
    static let setComment = Entry(type: 7)
  }

  /// nft refuses a comment of 128 bytes or more, including its NUL.
  static let longestComment = 127

  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  init(_ entry: Entry, text: String) {
    self.init()
    append(entry, text: text)
  }

  mutating func append(_ entry: Entry, text: String) {
    var text = text
    while text.utf8.count > Self.longestComment { text.removeLast() }
    bytes.append(entry.type)
    bytes.append(UInt8(text.utf8.count + 1))
    bytes.append(contentsOf: text.utf8)
    bytes.append(0)
  }

  mutating func append(_ entry: Entry, _ value: UInt32) {
    bytes.append(entry.type)
    bytes.append(4)
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ entry: Entry, bytes value: [UInt8]) {
    bytes += [entry.type, UInt8(value.count)] + value
  }

  /// The text of the first entry of a type; nil if there is none, or the bytes are not such a list.
  func text(_ entry: Entry) -> String? {
    value(entry).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// The bytes of the first entry of a type; nil if there is none, or the bytes are not such a list.
  func value(_ entry: Entry) -> [UInt8]? {
    var rest = bytes[...]
    while rest.count >= 2 {
      let type = rest[rest.startIndex]
      let value = rest.dropFirst(2).prefix(Int(rest[rest.startIndex + 1]))
      guard value.count == Int(rest[rest.startIndex + 1]) else { return nil }
      if type == entry.type { return Array(value) }
      rest = rest.dropFirst(2 + value.count)
    }
    return nil
  }
}
