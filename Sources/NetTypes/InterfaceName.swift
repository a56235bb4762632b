/// A name that the kernel accepts for a network link.
///
/// The rules are those of dev_valid_name in net/core/dev.c and two more: no control bytes, which would garble every
/// listing, and no `%`, because the kernel takes such a name as a pattern and chooses the name itself.
public struct InterfaceName: Hashable, Sendable, CustomStringConvertible {
  /// The size of a name in the kernel in bytes, including the terminating NUL (IFNAMSIZ in linux/if.h).
  public static let capacity = 16

  /// The name.
  public let text: String

  /// - Throws: ``Invalid`` with the rule that the text breaks.
  public init(_ text: String) throws(Invalid) {
    if let reason = Self.objection(to: text) { throw Invalid(text: text, reason: reason) }
    self.text = text
  }

  private static func objection(to text: String) -> String? {
    let bytes = text.utf8
    if bytes.isEmpty { return "it is empty" }
    if bytes.count >= Self.capacity { return "it has \(bytes.count) bytes, the kernel allows \(Self.capacity - 1)" }
    if text == "." || text == ".." { return "it names a directory" }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "%"):
        return "it contains '\(Character(UnicodeScalar(byte)))'"
      // The kernel's isspace() reads Latin-1, where 0xa0 is a space, even as the second byte of a letter in UTF-8.
      case 9...13, 32, 0xa0: return "it contains white space"
      case 0...31, 127: return "it contains a control character"
      default: break
      }
    }
    return nil
  }

  public var description: String { text }

  /// A text that is no valid link name, and the reason.
  public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
    /// The rejected text.
    public let text: String
    /// The rule that the text breaks.
    public let reason: String

    public var description: String { "'\(text)' cannot be the name of a network link: \(reason)" }
  }
}
