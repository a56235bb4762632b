import LinuxSystem

/// What nsrun writes down before it changes anything: lines of a key and a value, only ever appended to, so that
/// whatever ends the writer leaves a beginning that can be read.
///
/// Keys that are not known are kept; a last line without a newline, as a full disk leaves it, is not there.
struct RecordText: Equatable {
  /// The first line of a file that this version can read.
  static let version = 1
  private static let title = "nsrun-record"

  private(set) var lines: [(key: String, value: String)]

  init(_ lines: [(key: String, value: String)] = []) { self.lines = lines }

  static func == (left: RecordText, right: RecordText) -> Bool { left.lines.elementsEqual(right.lines, by: ==) }

  /// Why a file is no record.
  enum Unreadable: Error, Equatable {
    case empty
    case garbage
    /// It was written by a newer nsrun.
    case newer(version: Int)
  }

  /// Reads a file's content.
  init(parsing content: [UInt8]) throws(Unreadable) {
    guard !content.isEmpty else { throw .empty }
    var lines: [(key: String, value: String)] = []
    // After the last newline is nothing, or a line that was not finished. Bytes are split, not text: a value may begin
    // with an accent, which makes one character of itself and the space before it.
    var rest = content[...]
    while var line = rest.cut(at: UInt8(ascii: "\n")) {
      guard let word = line.cut(at: UInt8(ascii: " ")), let key = Self.text(word), !key.isEmpty,
        let value = Self.text(line)
      else { throw .garbage }
      lines.append((key, value))
    }
    guard let head = lines.first else { throw .empty }
    guard head.key == Self.title, let version = Int(head.value), version > 0 else { throw .garbage }
    guard version <= Self.version else { throw .newer(version: version) }
    self.lines = Array(lines.dropFirst())
  }

  /// Bytes as UTF-8; nil for others. What String(validating:) needs to know of its types takes longer than a record.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.utf8.elementsEqual(bytes) ? text : nil
  }

  /// The value of the last line with a key.
  subscript(key: String) -> String? { lines.last { $0.key == key }?.value }

  /// The values of all lines with a key, in order.
  func all(_ key: String) -> [String] { lines.filter { $0.key == key }.map(\.value) }

  mutating func append(_ key: String, _ value: String) { lines.append((key, value)) }

  /// The lines as they are appended to a file.
  var serialized: String { lines.reduce(into: "") { $0 += "\($1.key) \($1.value)\n" } }

  /// The lines as a whole file.
  var file: String { "\(Self.title) \(Self.version)\n" + serialized }
}
