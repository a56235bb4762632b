import CLinux
import Glibc
import LinuxSystem

/// A name for a namespace by which the kernel tells whether it is gone, whoever has it open and whatever is seen of it
/// from here (Linux 6.18). The number of its file is given to another one afterwards; this is not.
public struct NamespaceHandle: Equatable, Sendable {
  private let type: Int32
  private let bytes: [UInt8]

  /// - Returns: nil where the kernel gives none.
  public init?(of namespace: borrowing NetworkNamespace) {
    var bytes = [UInt8](repeating: 0, count: 128)
    var size = UInt32(bytes.count)
    var type: Int32 = 0
    guard clinux_namespace_handle(namespace.raw, &type, &bytes, &size) == 0 else { return nil }
    self.type = type
    self.bytes = Array(bytes[..<Int(size)])
  }

  /// As text: the type and, in hexadecimal digits, the bytes.
  public var text: String { "\(type):\(hexadecimal(bytes))" }

  /// - Parameter text: as ``text`` gives it.
  public init?(_ text: String) {
    // By bytes: each launch reads one.
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

  /// Whether the kernel says that the namespace is gone; false where it cannot say, or this process not ask.
  public var isGone: Bool {
    // The kernel gives those without power over a namespace the same answer.
    guard UserNamespace.isFirst else { return false }
    let descriptor = clinux_open_namespace(type, bytes, UInt32(bytes.count))
    let code = errno
    if descriptor >= 0 { close(descriptor) }
    return descriptor < 0 && code == ESTALE
  }
}
