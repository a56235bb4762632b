import Glibc
import LinuxSystem

/// A name of a network namespace in /run/netns: one path component of 1 to 255 bytes, neither `.` nor `..`.
///
/// Names are compared and ordered by their bytes, as file names are: the same letters in another Unicode form are
/// another name.
public struct NamespaceName: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let text: String

  /// Why a text is not a valid name.
  public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
  }

  public init(_ text: String) throws(Invalid) {
    if text.isEmpty { throw Invalid(description: "a name must not be empty") }
    if text == "." || text == ".." { throw Invalid(description: "'\(text)' cannot be a name: it is a directory") }
    if text.utf8.count > Int(NAME_MAX) {
      throw Invalid(description: "a name has at most \(NAME_MAX) bytes, this one \(text.utf8.count)")
    }
    for scalar in text.unicodeScalars where scalar == "/" || scalar.isDeceptive {
      let what = scalar == "/" ? "'/'" : "control or invisible characters"
      throw Invalid(description: "a name must not contain \(what)")
    }
    self.text = text
  }

  public var description: String { text }

  public static func == (left: NamespaceName, right: NamespaceName) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  public static func < (left: NamespaceName, right: NamespaceName) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}
