import Glibc
import LinuxSystem
import Sandbox

/// Output to the user's terminal.
enum Terminal {
  /// Prints one line on standard error, with the program's name in front.
  static func complain(_ text: String) {
    let line = text.split(separator: "\n").joined(separator: " ")
    write("nsrun: \(line.replacingDeceptive(by: escape))\n", to: 2)
  }

  /// Prints text on standard output. It is no failure of nsrun if the reader has closed the pipe.
  static func print(_ text: String) throws(SandboxError) {
    let code = write(plain(text) + "\n", to: 1)
    guard code == 0 || code == EPIPE else { throw .system(SystemError("write", "standard output", errno: code)) }
  }

  /// The text with everything escaped that a terminal would obey, except newlines and the colours of
  /// ``coloured(_:_:)``.
  static func plain(_ text: String) -> String {
    let parts = text.split(separator: "\u{1b}", omittingEmptySubsequences: false)
    let colours = ["[0m"] + Colour.allCases.map { "[\($0.rawValue)m" }
    return parts.enumerated().map { index, part in
      let rest = String(part).replacingDeceptive(except: { $0 == "\n" }, by: escape)
      if index == 0 { return rest }
      return (hasColour && colours.contains(where: rest.hasPrefix) ? "\u{1b}" : escape("\u{1b}")) + rest
    }.joined()
  }

  /// The escape in Swift's notation: `\u{202e}`.
  private static func escape(_ scalar: Unicode.Scalar) -> String { "\\u{\(String(scalar.value, radix: 16))}" }

  /// - Returns: the errno of the failure to write the whole text; 0 if it succeeded.
  @discardableResult
  static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBufferPointer { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      let code = errno
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if code != EINTR {
        return code
      }
    }
    return 0
  }

  /// Makes sure that the descriptors of the standard streams are in use. Otherwise the next file opened would get one
  /// of them, and nsrun would write its messages into that file. The command finds the descriptors closed, as they
  /// were.
  static func reserveStreams() {
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", O_RDWR | O_CLOEXEC)
    }
  }

  /// Whether to use colour on standard output: it is a terminal, and NO_COLOR is not set (no-color.org).
  static var hasColour: Bool {
    isatty(1) == 1 && (getenv("NO_COLOR").map { String(cString: $0).isEmpty } ?? true)
  }

  /// The text with the ECMA-48 codes of a colour, if colour is to be used.
  static func coloured(_ text: String, _ colour: Colour) -> String {
    hasColour ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
  }

  enum Colour: Int, CaseIterable {
    case red = 31
    case green = 32
    case yellow = 33
  }
}
