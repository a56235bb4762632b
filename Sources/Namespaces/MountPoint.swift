import Glibc
import LinuxSystem

/// A line of proc_pid_mountinfo(5): something that is mounted in the calling thread's mount namespace.
public struct MountPoint: Equatable, Sendable {
  public let path: String
  /// The type of the file system.
  public let type: String
  /// Whether what is mounted below it spreads to its peers in other mount namespaces.
  public let isShared: Bool

  /// All mounts, in the order in which they were made; none where /proc is not mounted.
  static func all() -> [MountPoint] { (try? readFile("/proc/thread-self/mountinfo")).map(all(in:)) ?? [] }

  static func all(in table: [UInt8]) -> [MountPoint] {
    table.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: " "))
      guard fields.count > 6 else { return nil }
      // Optional fields, shared:N among them, follow the sixth, up to a dash.
      let optional = fields[6...].prefix { !$0.elementsEqual("-".utf8) }
      let type = fields.dropFirst(optional.endIndex + 1).first.map { String(decoding: $0, as: UTF8.self) }
      return MountPoint(
        path: unescape(fields[4]), type: type ?? "",
        isShared: optional.contains { $0.starts(with: Array("shared:".utf8)) })
    }
  }

  /// What is mounted on a path; the topmost, where several are.
  public static func on(_ path: String) -> MountPoint? { all().last { $0.path == path } }

  /// The paths of the mounts below a directory that lie in no other of them.
  static func below(_ directory: String, _ mounts: [MountPoint]) -> [String] {
    mounts.map(\.path).filter { $0.hasPrefix(directory + "/") }.reduce(into: []) { found, path in
      if !found.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) { found.append(path) }
    }
  }

  /// Space, tab, newline and backslash stand as three octal digits after a backslash.
  private static func unescape(_ field: some Collection<UInt8>) -> String {
    guard field.contains(UInt8(ascii: "\\")) else { return String(decoding: field, as: UTF8.self) }
    var bytes: [UInt8] = []
    var rest = Array(field)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
