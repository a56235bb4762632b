import Glibc
import LinuxSystem

/// A directory for one test, which disappears with the value and with all its content.
public final class ScratchDirectory {
  public let path: String

  public init() throws(SystemError) {
    var template = Array("/tmp/nsrun-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError("make scratch directory", "", errno: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The path of a name in the directory.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  deinit { removeTree(path) }
}
