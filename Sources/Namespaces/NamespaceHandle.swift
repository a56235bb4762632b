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
  public var text: String {
    bytes.reduce(into: "\(type):") { text, byte in text += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
  }

  /// - Parameter text: as ``text`` gives it.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let type = Int32(parts[0]), parts[1].utf8.count.isMultiple(of: 2),
      (2...256).contains(parts[1].utf8.count), parts[1].allSatisfy({ $0.isASCII && $0.isHexDigit })
    else { return nil }
    self.type = type
    let digits = Array(parts[1])
    bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
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
