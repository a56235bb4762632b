import CLinux
import Glibc

/// Flags of mount(2).
public struct MountFlags: OptionSet, Sendable {
  public let rawValue: UInt
  public init(rawValue: UInt) { self.rawValue = rawValue }

  public static let readOnly = MountFlags(rawValue: 0x1)
  public static let noSetUID = MountFlags(rawValue: 0x2)
  public static let noDevices = MountFlags(rawValue: 0x4)
  public static let noExecution = MountFlags(rawValue: 0x8)
  public static let bind = MountFlags(rawValue: 0x1000)
  /// The mount and all below it.
  public static let recursive = MountFlags(rawValue: 0x4000)
  public static let makePrivate = MountFlags(rawValue: 0x40000)
  public static let makeSlave = MountFlags(rawValue: 0x80000)
  public static let makeShared = MountFlags(rawValue: 0x100000)
}

/// Mounts a file system or binds a file, or with only a propagation flag changes a mount that exists (mount(2)).
/// - Parameter options: what the type of file system takes, such as `mode=755`.
/// - Throws: the error with `path` as its subject.
public func mount(
  _ source: String = "none", on path: String, type: String = "none", _ flags: MountFlags, options: String = ""
) throws(SystemError) {
  try systemCall("mount", path) {
    options.withCString { Glibc.mount(source, path, type, flags.rawValue, options.isEmpty ? nil : $0) }
  }
}

/// Takes a mount out of the calling thread's mount namespace at once, even where it is in use; links are not followed.
/// - Returns: whether there was one; a path that is no mount point, or is not there, is no error.
@discardableResult
public func unmountDetached(_ path: String) throws(SystemError) -> Bool {
  do {
    try systemCall("unmount", path) { umount2(path, Int32(MNT_DETACH) | Int32(UMOUNT_NOFOLLOW)) }
    return true
  } catch  where error.errno == EINVAL || error.errno == ENOENT {
    return false
  }
}

/// A detached copy of a mount and of all mounted below it, to be attached elsewhere (open_tree(2), Linux 5.2).
public struct DetachedMount: ~Copyable {
  private let descriptor: OwnedDescriptor

  /// Copies what is mounted on a path.
  public init(copying path: String) throws(SystemError) {
    descriptor = OwnedDescriptor(
      owning: try systemCall("copy mount", path) { clinux_open_tree_clone(path) })
  }

  /// Lets nothing be written through the copy, and through what is mounted below it (mount_setattr(2), Linux 5.12).
  public borrowing func makeReadOnly() throws(SystemError) {
    try systemCall("make read-only", "a mount") { clinux_set_mounts_read_only(descriptor.raw) }
  }

  /// Mounts the copy on a path (move_mount(2)).
  public borrowing func attach(to path: String) throws(SystemError) {
    try systemCall("attach mount", path) { clinux_move_mount(descriptor.raw, path) }
  }
}
