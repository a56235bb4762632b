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
    var mounts: [MountPoint] = []
    var rest = (table + [newline])[...]
    while let line = rest.cut(at: newline) {
      if let mount = MountPoint(line) { mounts.append(mount) }
    }
    return mounts
  }

  private static let newline = UInt8(ascii: "\n")
  private static let space = UInt8(ascii: " ")
  private static let dash = [UInt8(ascii: "-")]
  private static let shared = Array("shared:".utf8)

  private init?(_ line: ArraySlice<UInt8>) {
    var rest = line
    var place: ArraySlice<UInt8> = []
    for index in 0..<6 {
      guard let field = rest.cut(at: Self.space) else { return nil }
      if index == 4 { place = field }
    }
    // Optional fields, shared:N among them, up to a dash.
    var isShared = false
    var hasType = false
    while !hasType, let field = rest.cut(at: Self.space) {
      if field.elementsEqual(Self.dash) { hasType = true }
      if field.starts(with: Self.shared) { isShared = true }
    }
    path = Self.unescape(place)
    type = hasType ? String(decoding: rest.cut(at: Self.space) ?? rest, as: UTF8.self) : ""
    self.isShared = isShared
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
  private static func unescape(_ field: ArraySlice<UInt8>) -> String {
    guard field.contains(UInt8(ascii: "\\")) else { return String(decoding: field, as: UTF8.self) }
    var bytes: [UInt8] = []
    var rest = field
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
