import LinuxSystem

/// What nsrun writes down before it changes anything: lines of a key and a value. nsrun only appends lines, so a file
/// is readable up to the point at which its writer was killed.
///
/// Unknown keys are kept. A last line without a newline, as a full disk leaves it, is ignored.
package struct RecordText: Equatable {
  /// The newest version of the format that this nsrun can read; a file begins with the version that it needs.
  static let version = 4
  private static let title = "nsrun-record"

  private(set) var lines: [(key: String, value: String)]

  init(_ lines: [(key: String, value: String)] = []) { self.lines = lines }

  package static func == (left: RecordText, right: RecordText) -> Bool { left.lines.elementsEqual(right.lines, by: ==) }

  /// The error for a file that is no readable record.
  enum Unreadable: Error, Equatable {
    case empty
    case garbage
    /// A newer nsrun wrote it.
    case newer(version: Int)
  }

  /// Reads a file's content.
  init(parsing content: [UInt8]) throws(Unreadable) {
    guard !content.isEmpty else { throw .empty }
    var lines: [(key: String, value: String)] = []
    // An incomplete line may follow the last newline. Splits bytes, not text: if a value begins with a combining
    // accent, the accent and the space before it are one Character.
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

  /// Decodes UTF-8; nil for invalid bytes. String(validating:) is slower here: it looks up type metadata at run time.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.utf8.elementsEqual(bytes) ? text : nil
  }

  /// The value of the last line with this key.
  package subscript(key: String) -> String? { lines.last { $0.key == key }?.value }

  /// The values of all lines with this key, in order.
  func all(_ key: String) -> [String] { lines.filter { $0.key == key }.map(\.value) }

  mutating func append(_ key: String, _ value: String) { lines.append((key, value)) }

  /// The lines, as nsrun appends them to a file.
  var serialized: String { lines.reduce(into: "") { $0 += "\($1.key) \($1.value)\n" } }

  /// The content of a whole file.
  var file: String { "\(Self.title) \(neededVersion)\n" + serialized }

  /// Version 1 has connections to bridges only: an nsrun that knows no other would take such a sandbox for one without
  /// networks, and give back nothing of its bridges. Version 2 has IPv4 only: an nsrun that knows no IPv6 would leave its
  /// rules and forwarding behind. In version 3 all IPv6 addresses follow from IPv4 addresses: an nsrun that knows no
  /// others would keep their leases.
  private var neededVersion: Int {
    if self[SandboxRecord.ipv6] == SandboxRecord.IPv6.chosen.rawValue { return 4 }
    if [SandboxRecord.ipv6, InsideLink.IPv6.key].contains(where: { self[$0] != nil }) { return 3 }
    return targets.allSatisfy { $0.kind == .bridge } ? 1 : 2
  }
}
