import CLinux
import Glibc
import LinuxSystem

/// A mount in the calling thread's mount namespace, from statmount(2) or, before Linux 6.8, a line of
/// proc_pid_mountinfo(5).
public struct MountPoint: Equatable, Sendable {
  public let path: String
  /// The file system type.
  public let type: String
  /// Whether mounts below it propagate to its peers in other mount namespaces.
  public let isShared: Bool
  /// The device of the file system, from the kernel's major and minor number.
  let device: UInt64
  /// The path in the file system that it shows, from the root of the file system.
  let root: String

  /// Calls `body` for all mounts, in the kernel's order. Every launch does this.
  ///
  /// mountinfo also prints the options of each mount. That takes longer than everything else, and much longer with
  /// overlays. It is read only if the kernel has no other way. Mounts that were already seen then come again.
  /// - Parameter last: the id of the mount after which to begin, if the kernel can list the mounts in the order in
  ///   which they were mounted; 0 for all.
  /// - Returns: the id of the last mount; the same `last` if the kernel cannot.
  @discardableResult
  static func forEach(after last: UInt64 = 0, _ body: (MountPoint) -> Void) -> UInt64 {
    if let last = forEachListed(after: last, body) { return last }
    if let table = try? readFile("/proc/thread-self/mountinfo") { forEach(in: table, body) }
    return last
  }

  /// - Returns: nil if the kernel cannot, or may not, list the mounts and describe each.
  static func forEachListed(after first: UInt64 = 0, _ body: (MountPoint) -> Void) -> UInt64? {
    withUnsafeTemporaryAllocation(of: clinux_mount.self, capacity: 1) { buffer in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 128) { ids in
        var last = first
        while true {
          let count = Int(clinux_list_mounts(last, ids.baseAddress, ids.count))
          guard count >= 0 else { return nil }
          for id in ids[..<count] {
            if clinux_stat_mount(id, buffer.baseAddress) == 0 {
              if let mount = MountPoint(buffer.baseAddress!) { body(mount) }
            } else if errno != ENOENT {
              return nil
            }
          }
          if count > 0 { last = ids[count - 1] }
          if count < ids.count { return last }
        }
      }
    }
  }

  /// - Returns: nil for a mount outside the root directory.
  private init?(_ mount: UnsafePointer<clinux_mount>) {
    guard mount.pointee.mask & clinux_STATMOUNT_MNT_POINT != 0 else { return nil }
    path = String(cString: clinux_mount_text(mount, mount.pointee.point))
    type = String(cString: clinux_mount_text(mount, mount.pointee.type))
    isShared = mount.pointee.propagation & clinux_MS_SHARED != 0
    device = Self.device(mount.pointee.device_major, mount.pointee.device_minor)
    root = String(cString: clinux_mount_text(mount, mount.pointee.root))
  }

  private static func device(_ major: UInt32, _ minor: UInt32) -> UInt64 { UInt64(major) << 32 | UInt64(minor) }

  static func forEach(in table: [UInt8], _ body: (MountPoint) -> Void) {
    var rest = table[...]
    while let line = rest.cut(at: UInt8(ascii: "\n")) {
      if let mount = MountPoint(line) { body(mount) }
    }
    if let mount = MountPoint(rest) { body(mount) }
  }

  private init?(_ line: ArraySlice<UInt8>) {
    var rest = line
    var (place, top, numbers): (ArraySlice<UInt8>, ArraySlice<UInt8>, ArraySlice<UInt8>) = ([], [], [])
    for index in 0..<6 {
      guard let field = rest.cut(at: UInt8(ascii: " ")) else { return nil }
      switch index {
      case 2: numbers = field
      case 3: top = field
      case 4: place = field
      default: break
      }
    }
    // Optional fields, such as shared:N, come before a dash.
    var isShared = false
    var hasType = false
    while !hasType, let field = rest.cut(at: UInt8(ascii: " ")) {
      if field.count == 1, field.first == UInt8(ascii: "-") { hasType = true }
      if field.starts(with: "shared:".utf8) { isShared = true }
    }
    path = Self.unescape(place)
    type = hasType ? String(decoding: rest.cut(at: UInt8(ascii: " ")) ?? rest, as: UTF8.self) : ""
    self.isShared = isShared
    root = Self.unescape(top)
    let parts = numbers.split(separator: UInt8(ascii: ":")).map { UInt32(String(decoding: $0, as: UTF8.self)) ?? 0 }
    device = parts.count == 2 ? Self.device(parts[0], parts[1]) : 0
  }

  /// The mount on a path; the topmost if there are several.
  public static func on(_ path: String) -> MountPoint? {
    var found: MountPoint?
    forEach { mount in if mount.path == path { found = mount } }
    return found
  }

  /// Whether a path is a mount point. A symbolic link is not followed.
  public static func isThere(_ path: String) -> Bool { clinux_is_mount_root(path) != 0 }

  /// Whether a directory is mounted onto itself, as some programs do to prevent its removal.
  public static func isOntoItself(_ path: String) -> Bool {
    var all: [MountPoint] = []
    forEach { all.append($0) }
    guard let own = all.last(where: { $0.path == path }) else { return false }
    all.removeAll { $0.path == path }
    return place(of: path, among: all).map { $0.device == own.device && $0.path == own.root } ?? false
  }

  /// The file system that contains a directory, and the path of the directory from its root.
  private static func place(of directory: String, among all: [MountPoint]) -> (device: UInt64, path: String)? {
    var holder: MountPoint?
    for mount in all where rest(of: directory, below: mount.path) != nil {
      if holder.map({ mount.path.utf8.count >= $0.path.utf8.count }) ?? true { holder = mount }
    }
    return holder.map { ($0.device, join($0.root, rest(of: directory, below: $0.path)!)) }
  }

  /// Finds the other paths to a directory among all mounts, in the order in which they are stacked.
  /// - Returns: the paths to the directory, even if another mount covers them, and the mounts that show a part of it.
  static func aliases(of directory: String, among all: [MountPoint]) -> (paths: [String], parts: [String]) {
    guard let place = place(of: directory, among: all) else { return ([], []) }
    var (paths, parts): ([String], [String]) = ([], [])
    for mount in all where mount.device == place.device && mount.path != directory {
      if let rest = rest(of: place.path, below: mount.root) {
        let path = join(mount.path, rest)
        if path != directory { paths.append(path) }
      } else if rest(of: mount.root, below: place.path) != nil {
        parts.append(mount.path)
      }
    }
    return (paths, parts)
  }

  /// The rest of a path after a directory, from the slash on; nil if the path is not in the directory.
  private static func rest(of path: String, below directory: String) -> Substring.UTF8View? {
    let (path, directory) = (path.utf8, directory == "/" ? "".utf8 : directory.utf8)
    guard path.starts(with: directory) else { return nil }
    let rest = path.dropFirst(directory.count)
    return rest.first ?? UInt8(ascii: "/") == UInt8(ascii: "/") ? rest : nil
  }

  private static func join(_ directory: String, _ rest: Substring.UTF8View) -> String {
    let path = (directory == "/" ? "" : directory) + String(Substring(rest))
    return path.isEmpty ? "/" : path
  }

  /// Decodes space, tab, newline and backslash, each written as a backslash and three octal digits.
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
