import CLinux
import Glibc

/// A file descriptor with one owner. It is close-on-exec, and closed when this value is destroyed.
public struct OwnedDescriptor: ~Copyable, Sendable {
  /// The descriptor's number, valid as long as this value lives.
  public let raw: Int32

  /// Takes ownership of a descriptor that nothing else closes.
  public init(owning raw: Int32) { self.raw = raw }

  deinit { _ = Glibc.close(raw) }

  /// Opens a file, close-on-exec.
  /// - Parameters:
  ///   - path: the file's path.
  ///   - flags: flags of open(2); O_CLOEXEC is added.
  ///   - mode: the permissions of a file that is created, before the umask.
  public static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0) throws(SystemError) -> OwnedDescriptor {
    OwnedDescriptor(
      owning: try systemCall("open", path) { clinux_open(path, flags | O_CLOEXEC, mode) })
  }

  /// Opens a file, close-on-exec; nil if it does not exist (ENOENT).
  public static func openIfPresent(
    _ path: String, _ flags: Int32, mode: UInt32 = 0
  ) throws(SystemError) -> OwnedDescriptor? {
    do throws(SystemError) { return try open(path, flags, mode: mode) } catch {
      if error.isNotFound { return nil }
      throw error
    }
  }

  /// Opens a file relative to this directory, close-on-exec.
  public func open(_ name: String, _ flags: Int32, mode: UInt32 = 0) throws(SystemError) -> OwnedDescriptor {
    OwnedDescriptor(
      owning: try systemCall("open", name) { clinux_openat(raw, name, flags | O_CLOEXEC, mode) })
  }

  /// Device and inode: equal for two descriptors exactly if they refer to one file or one namespace.
  public func identity() throws(SystemError) -> FileIdentity {
    var status = stat()
    try systemCall("fstat", "descriptor \(raw)") { fstat(raw, &status) }
    return FileIdentity(status)
  }

  /// Gives up ownership: the caller closes the number.
  public consuming func release() -> Int32 {
    let number = raw
    discard self
    return number
  }
}

/// The identity of a file, independent of its name: device and inode number.
public struct FileIdentity: Hashable, Sendable {
  /// The number of the file system's device (st_dev in stat(2)).
  public let device: UInt64
  /// The inode number in that file system (st_ino).
  public let inode: UInt64

  /// An identity from known numbers, such as those in a record.
  public init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }

  public init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }

  /// The identity of the file that a path leads to; nil if there is none.
  public init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}

/// The two ends of a pipe, both close-on-exec.
public struct Pipe: ~Copyable {
  public let readEnd: OwnedDescriptor
  public let writeEnd: OwnedDescriptor

  public init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    try systemCall("make a pipe", "") { clinux_pipe(&ends) }
    readEnd = OwnedDescriptor(owning: ends[0])
    writeEnd = OwnedDescriptor(owning: ends[1])
  }

  /// Keeps the read end and closes the write end.
  public consuming func keepReadEnd() -> OwnedDescriptor { readEnd }
  /// Keeps the write end and closes the read end.
  public consuming func keepWriteEnd() -> OwnedDescriptor { writeEnd }
}

/// Forks a child that only closes the descriptors that it inherited, standard streams first, and ends. So a slow close
/// does not delay this process. Does nothing if it cannot fork.
public func closeDescriptorsInChild() {
  guard fork() == 0 else { return }
  clinux_close_range(0, UInt32.max, 0)
  _exit(0)
}
