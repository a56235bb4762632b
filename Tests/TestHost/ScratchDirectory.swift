import Glibc
import LinuxSystem

/// A directory of its own for one test, gone with the value and all that is in it.
public final class ScratchDirectory {
  public let path: String

  public init() throws(SystemError) {
    var template = Array("/tmp/nsrun-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError("make scratch directory", "", errno: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The path of what has a name in it.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  deinit { removeTree(path) }
}
