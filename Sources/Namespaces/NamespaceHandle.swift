import CLinux
import Glibc
import LinuxSystem

/// An identifier through which the kernel tells whether a namespace is gone (Linux 6.18). The answer includes users of
/// the namespace that this process cannot see. The kernel reuses the inode number of a namespace, but not this
/// identifier.
public struct NamespaceHandle: Equatable, Sendable {
  private let type: Int32
  private let bytes: [UInt8]

  /// - Returns: nil if the kernel gives none.
  public init?(of namespace: borrowing NetworkNamespace) {
    var bytes = [UInt8](repeating: 0, count: 128)
    var size = UInt32(bytes.count)
    var type: Int32 = 0
    guard clinux_namespace_handle(namespace.raw, &type, &bytes, &size) == 0 else { return nil }
    self.type = type
    self.bytes = Array(bytes[..<Int(size)])
  }

  /// The handle as text: the type, and the bytes in hexadecimal digits.
  public var text: String { "\(type):\(hexadecimal(bytes))" }

  /// - Parameter text: in the form of ``text``.
  public init?(_ text: String) {
    // Works on bytes for speed: every launch reads a handle.
    let text = Array(text.utf8)
    guard let separator = text.firstIndex(of: UInt8(ascii: ":")),
      let type = Int32(String(decoding: text[..<separator], as: UTF8.self))
    else { return nil }
    let digits = text[(separator + 1)...]
    guard digits.count.isMultiple(of: 2), (2...256).contains(digits.count) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: digits.startIndex, to: digits.endIndex, by: 2) {
      guard let high = Self.value(of: digits[index]), let low = Self.value(of: digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.type = type
    self.bytes = bytes
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Whether the kernel says that the namespace is gone; false if the kernel cannot say, or this process may not ask.
  public var isGone: Bool {
    // The kernel gives the same answer to a process without privileges over the namespace.
    guard UserNamespace.isFirst else { return false }
    let descriptor = clinux_open_namespace(type, bytes, UInt32(bytes.count))
    let code = errno
    if descriptor >= 0 { close(descriptor) }
    return descriptor < 0 && code == ESTALE
  }
}
