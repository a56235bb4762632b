import Namespaces

/// A hostname (hostname(7)): labels of letters, digits and hyphens with dots between them, at most 63 bytes.
public struct Hostname: Hashable, Sendable, CustomStringConvertible {
  public let text: String

  /// The length of a DNS label. The kernel accepts one byte more (HOST_NAME_MAX).
  static let maximumLength = 63

  /// The error for a text that is no hostname.
  public struct Invalid: Error, CustomStringConvertible {
    public var description: String {
      "must be letters, digits and '-', with '.' between labels, of at most \(Hostname.maximumLength) bytes"
    }
  }

  public init(_ text: String) throws(Invalid) {
    guard Self.isDomain(text), text.utf8.count <= Self.maximumLength else { throw Invalid() }
    self.text = text
  }

  /// The hostname of the sandbox with this name. Characters that a hostname cannot contain become hyphens.
  public init(of name: NamespaceName) {
    // Fast path: most names are valid hostnames.
    if Self.isDomain(name.text), name.text.utf8.count <= Self.maximumLength {
      text = name.text
      return
    }
    let bytes = name.text.utf8.prefix(Self.maximumLength).map { Self.isLetter($0) || $0 == Self.dot ? $0 : Self.hyphen }
    let labels = bytes.split(separator: Self.dot).map { label in
      label.drop { $0 == Self.hyphen }.reversed().drop { $0 == Self.hyphen }.reversed()
    }
    let text = labels.filter { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
    self.text = text.isEmpty ? "sandbox" : text
  }

  public var description: String { text }

  /// Whether a text is a domain name, of any length.
  static func isDomain(_ text: String) -> Bool {
    // Every dot needs a letter or digit on both sides, as if the text were between two dots. A hyphen must not follow a
    // dot.
    var last = dot
    for byte in text.utf8 {
      guard isLetter(byte) || byte == hyphen && last != dot || byte == dot && isLetter(last) else { return false }
      last = byte
    }
    return isLetter(last)
  }

  private static let dot = UInt8(ascii: ".")
  private static let hyphen = UInt8(ascii: "-")

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
