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
  let result = try systemCall("unmount", path, answeredBy: { $0 == EINVAL || $0 == ENOENT }) {
    umount2(path, Int32(MNT_DETACH) | Int32(UMOUNT_NOFOLLOW))
  }
  return result != nil
}

/// Mounts a file or a directory, with all that is mounted below it, onto itself.
/// - Returns: whether there is one.
@discardableResult
public func mountOntoItself(_ path: String) throws(SystemError) -> Bool {
  guard FileIdentity(path: path) != nil else { return false }
  try mount(path, on: path, [.bind, .recursive])
  return true
}

/// Keeps what is mounted in other mount namespaces later from spreading to a mount, and lets nothing be written through
/// it, or something again (mount_setattr(2), Linux 5.12).
/// - Parameter isRecursive: whether to all that is mounted below it as well.
public func protectMount(_ path: String, isReadOnly: Bool, isRecursive: Bool) throws(SystemError) {
  try systemCall("protect mount", path) {
    clinux_protect_mounts(AT_FDCWD, path, isReadOnly ? 1 : 0, isRecursive ? 1 : 0)
  }
}

/// A mount, or a detached copy of one, with all that is mounted below it (open_tree(2), Linux 5.2).
public struct MountTree: ~Copyable {
  private let descriptor: OwnedDescriptor

  private init(owning descriptor: Int32) { self.descriptor = OwnedDescriptor(owning: descriptor) }

  /// Opens what is mounted on a path, to be moved elsewhere. Nothing is mounted for it: whoever does that for autofs
  /// would do it for the host.
  /// - Returns: nil where there is nothing of that name.
  public init?(at path: String) throws(SystemError) {
    let descriptor = try systemCall("open mount", path, answeredBy: { $0 == ENOENT }) { clinux_open_mount(path) }
    guard let descriptor else { return nil }
    self.init(owning: descriptor)
  }

  /// Copies a mount from a path on: the whole of it, or one file or directory in it.
  /// - Returns: nil where there is nothing of that name.
  public init?(copying path: String) throws(SystemError) {
    let descriptor = try systemCall("copy mount", path, answeredBy: { $0 == ENOENT }) {
      clinux_copy_mounts(AT_FDCWD, path)
    }
    guard let descriptor else { return nil }
    self.init(owning: descriptor)
  }

  /// As ``protectMount(_:isReadOnly:isRecursive:)`` does it: all of it, to be read only.
  public borrowing func protect() throws(SystemError) {
    try systemCall("protect", "a mount") { clinux_protect_mounts(descriptor.raw, "", 1, 1) }
  }

  /// Mounts it on a path, and where it was no more (move_mount(2)).
  /// - Parameter followsLink: whether on what a link of that path leads to, or on the link itself.
  /// - Throws: EINVAL: it came with those of a user namespace above and is locked to where it is
  ///   (mount_namespaces(7)).
  public borrowing func move(to path: String, followsLink: Bool = true) throws(SystemError) {
    try systemCall("attach mount", path) { clinux_move_mount(descriptor.raw, path, followsLink ? 1 : 0) }
  }

  /// A detached copy of it.
  public borrowing func copy() throws(SystemError) -> MountTree {
    MountTree(owning: try systemCall("copy", "a mount") { clinux_copy_mounts(descriptor.raw, "") })
  }
}
