import Glibc
import LinuxSystem
import Sandbox

/// Where people read what nsrun says.
enum Terminal {
  /// One line on standard error, with the program's name in front.
  static func complain(_ text: String) {
    let line = text.split(separator: "\n").joined(separator: " ")
    write("nsrun: \(line.replacingDeceptive(by: escape))\n", to: 2)
  }

  /// Text on standard output. Whoever reads it may have gone: that is no failure of ours.
  static func print(_ text: String) throws(SandboxError) {
    let code = write(plain(text) + "\n", to: 1)
    guard code == 0 || code == EPIPE else { throw .system(SystemError("write", "standard output", errno: code)) }
  }

  /// Lines in which nothing but their end, and what ``coloured(_:_:)`` has put there, is obeyed by a terminal.
  static func plain(_ text: String) -> String {
    let parts = text.split(separator: "\u{1b}", omittingEmptySubsequences: false)
    let colours = ["[0m"] + Colour.allCases.map { "[\($0.rawValue)m" }
    return parts.enumerated().map { index, part in
      let rest = String(part).replacingDeceptive(except: { $0 == "\n" }, by: escape)
      if index == 0 { return rest }
      return (hasColour && colours.contains(where: rest.hasPrefix) ? "\u{1b}" : escape("\u{1b}")) + rest
    }.joined()
  }

  /// As Swift writes it: `\u{202e}`.
  private static func escape(_ scalar: Unicode.Scalar) -> String { "\\u{\(String(scalar.value, radix: 16))}" }

  /// - Returns: the error number that kept the text from being written whole; 0 for none.
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

  /// Makes sure that the numbers of the standard streams are taken: the next file opened would otherwise get one of
  /// them, and what nsrun says would be written into it. The command finds them closed, as they were.
  static func reserveStreams() {
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", O_RDWR | O_CLOEXEC)
    }
  }

  /// Whether colour is welcome on standard output: it is a terminal, and NO_COLOR is not set (no-color.org).
  static var hasColour: Bool {
    isatty(1) == 1 && (getenv("NO_COLOR").map { String(cString: $0).isEmpty } ?? true)
  }

  /// The text in a colour of ECMA-48, if colour is welcome.
  static func coloured(_ text: String, _ colour: Colour) -> String {
    hasColour ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
  }

  enum Colour: Int, CaseIterable {
    case red = 31
    case green = 32
    case yellow = 33
  }
}
