import Glibc

/// A kernel parameter of the calling thread's network namespace, by the name that sysctl(8) uses.
public struct Sysctl: Hashable, Sendable {
  /// The name with dots, such as `net.ipv4.ip_forward`.
  public let name: String

  public init(_ name: String) { self.name = name }

  /// Text, such as a link name (`eth0.5`), as one component of a parameter name: dots, which separate components,
  /// become slashes.
  public static func component(_ text: String) -> String {
    String(decoding: text.utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
  }

  /// The file below /proc/sys. As in sysctl(8), the first separator decides: in `net.ipv4.conf.eth0/100.forwarding` a
  /// slash stands for a dot within a component; in `net/ipv4/conf/eth0.100/forwarding` both stand for themselves.
  public var path: String {
    guard name.utf8.first(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }) == UInt8(ascii: ".") else {
      return "/proc/sys/" + name
    }
    // Bytes, not characters: an accent at the start of a link name would form one character with the dot before it.
    let path = name.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "."): UInt8(ascii: "/")
      case UInt8(ascii: "/"): UInt8(ascii: ".")
      default: byte
      }
    }
    return "/proc/sys/" + String(decoding: path, as: UTF8.self)
  }

  /// The value without the final newline.
  /// - Throws: ENOENT if this kernel, or this namespace, has no such parameter.
  public func read() throws(SystemError) -> String {
    let text = try readText(path)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// Sets the value. A value that the kernel refuses changes nothing.
  public func write(_ value: String) throws(SystemError) { try writeText(value, to: path) }
}
