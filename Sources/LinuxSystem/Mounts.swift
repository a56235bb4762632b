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
  /// Applies an operation to the mount and all mounts below it.
  public static let recursive = MountFlags(rawValue: 0x4000)
  public static let makePrivate = MountFlags(rawValue: 0x40000)
  public static let makeSlave = MountFlags(rawValue: 0x80000)
  public static let makeShared = MountFlags(rawValue: 0x100000)
}

/// Mounts a file system or binds a file. With only a propagation flag it changes an existing mount (mount(2)).
/// - Parameter options: options of the file system type, such as `mode=755`.
/// - Throws: the error with `path` as its subject.
public func mount(
  _ source: String = "none", on path: String, type: String = "none", _ flags: MountFlags, options: String = ""
) throws(SystemError) {
  try systemCall("mount", path) {
    options.withCString { Glibc.mount(source, path, type, flags.rawValue, options.isEmpty ? nil : $0) }
  }
}

/// Detaches a mount from the calling thread's mount namespace at once, even if it is in use. Symbolic links are not
/// followed.
/// - Returns: whether there was a mount. A path that is no mount point, or does not exist, is no error.
@discardableResult
public func unmountDetached(_ path: String) throws(SystemError) -> Bool {
  let result = try systemCall("unmount", path, answeredBy: { $0 == EINVAL || $0 == ENOENT }) {
    umount2(path, Int32(MNT_DETACH) | Int32(UMOUNT_NOFOLLOW))
  }
  return result != nil
}

/// Binds a file or a directory, with all mounts below it, onto itself.
/// - Returns: whether the path exists.
@discardableResult
public func mountOntoItself(_ path: String) throws(SystemError) -> Bool {
  guard FileIdentity(path: path) != nil else { return false }
  try mount(path, on: path, [.bind, .recursive])
  return true
}

/// Makes a mount private, so that later mounts in other mount namespaces do not propagate to it, and makes it read-only
/// or writable (mount_setattr(2), Linux 5.12).
/// - Parameter isRecursive: whether this applies to all mounts below it as well.
public func protectMount(_ path: String, isReadOnly: Bool, isRecursive: Bool) throws(SystemError) {
  try systemCall("protect mount", path) {
    clinux_protect_mounts(AT_FDCWD, path, isReadOnly ? 1 : 0, isRecursive ? 1 : 0)
  }
}

/// A mount, or a detached copy of one, with all mounts below it (open_tree(2), Linux 5.2).
public struct MountTree: ~Copyable {
  private let descriptor: OwnedDescriptor

  private init(owning descriptor: Int32) { self.descriptor = OwnedDescriptor(owning: descriptor) }

  /// Opens the mount at a path, to move it elsewhere. This triggers no automount: the daemon of autofs would mount for
  /// the host.
  /// - Returns: nil if the path does not exist.
  public init?(at path: String) throws(SystemError) {
    let descriptor = try systemCall("open mount", path, answeredBy: { $0 == ENOENT }) { clinux_open_mount(path) }
    guard let descriptor else { return nil }
    self.init(owning: descriptor)
  }

  /// Copies the mount at a path: the whole mount, or one file or directory in it.
  /// - Returns: nil if the path does not exist.
  public init?(copying path: String) throws(SystemError) {
    let descriptor = try systemCall("copy mount", path, answeredBy: { $0 == ENOENT }) {
      clinux_copy_mounts(AT_FDCWD, path)
    }
    guard let descriptor else { return nil }
    self.init(owning: descriptor)
  }

  /// Makes all mounts of this tree private and read-only, as ``protectMount(_:isReadOnly:isRecursive:)`` does.
  public borrowing func protect() throws(SystemError) {
    try systemCall("protect", "a mount") { clinux_protect_mounts(descriptor.raw, "", 1, 1) }
  }

  /// Mounts the tree at a path. A tree that was mounted elsewhere is no longer mounted there (move_mount(2)).
  /// - Parameter followsLink: whether to mount on the target of a symbolic link at that path, or on the link itself.
  /// - Throws: EINVAL if the mount came from the mount namespace of an ancestor user namespace and is locked in its
  ///   place (mount_namespaces(7)).
  public borrowing func move(to path: String, followsLink: Bool = true) throws(SystemError) {
    try systemCall("attach mount", path) { clinux_move_mount(descriptor.raw, path, followsLink ? 1 : 0) }
  }

  /// A detached copy of it.
  public borrowing func copy() throws(SystemError) -> MountTree {
    MountTree(owning: try systemCall("copy", "a mount") { clinux_copy_mounts(descriptor.raw, "") })
  }
}
