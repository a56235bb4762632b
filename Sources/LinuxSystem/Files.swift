import CLinux
import Glibc

/// Reads a whole small file, including one whose size the kernel does not know beforehand, such as those of /proc.
///
/// Another process may have replaced the file. So this reads only a regular file, which never blocks as a FIFO or a
/// terminal would, and only up to a limit.
/// - Parameter limit: the maximum size in bytes.
/// - Throws: the error of open(2) or read(2); EISDIR for a directory, EINVAL for anything else that is no regular file,
///   EFBIG for a file beyond the limit.
public func readFile(_ path: String, limit: Int = 1 << 26) throws(SystemError) -> [UInt8] {
  try OwnedDescriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY).readRegularFile(path, limit: limit)
}

/// Reads a whole small file as text; bytes that are not UTF-8 are replaced.
public func readText(_ path: String) throws(SystemError) -> String {
  String(decoding: try readFile(path), as: UTF8.self)
}

/// Writes text to an existing file in one write(2), as /proc and /sys require.
public func writeText(_ text: String, to path: String) throws(SystemError) {
  try OwnedDescriptor.open(path, O_WRONLY).write(text, path)
}

extension OwnedDescriptor {
  /// Opens a regular file, and nothing else that another process may have put in its place. Symbolic links are not
  /// followed, and the call does not wait for the other end of a FIFO or for a terminal.
  /// - Throws: the error of open(2); EINVAL for anything but a regular file.
  public static func openRegularFile(
    _ path: String, _ flags: Int32, mode: UInt32 = 0
  ) throws(SystemError) -> OwnedDescriptor {
    let file = try open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode: mode)
    var status = stat()
    try systemCall("stat", path) { fstat(file.raw, &status) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("open", path, errno: EINVAL) }
    return file
  }

  /// The same for a file that no other program needs: a symbolic link, FIFO, socket, device or empty directory in its
  /// place is removed.
  public static func openReplacing(
    _ path: String, _ flags: Int32, mode: UInt32 = 0
  ) throws(SystemError) -> OwnedDescriptor {
    do throws(SystemError) { return try openRegularFile(path, flags, mode: mode) } catch {
      guard removeOther(path) else { throw error }
      return try openRegularFile(path, flags, mode: mode)
    }
  }

  /// Reads an open file as ``readFile(_:limit:)`` does. It must have been opened with O_NONBLOCK.
  public func readRegularFile(_ subject: String, limit: Int = 1 << 26) throws(SystemError) -> [UInt8] {
    var status = stat()
    try systemCall("stat", subject) { fstat(raw, &status) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return try readAll(subject, limit: limit)
    case S_IFDIR: throw SystemError("read", subject, errno: EISDIR)
    default: throw SystemError("read", subject, errno: EINVAL)
    }
  }

  /// Reads from the current position to the end.
  /// - Throws: EFBIG if there is more than the limit.
  public func readAll(_ subject: String, limit: Int = .max) throws(SystemError) -> [UInt8] {
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = try systemCall("read", subject) { Glibc.read(raw, &chunk, chunk.count) }
      if count == 0 { return content }
      content.append(contentsOf: chunk[0..<count])
      if content.count > limit { throw SystemError("read", subject, errno: EFBIG) }
      if count == chunk.count { chunk = [UInt8](repeating: 0, count: chunk.count * 4) }
    }
  }

  /// Reads `count` bytes, and waits for those that are still to come; fewer at the end of the file.
  /// - Parameter offset: the position in the file; nil for its current position. Only a read with nil moves the current
  ///   position.
  public func read(
    _ count: Int, at offset: Int? = nil, _ subject: @autoclosure () -> String
  ) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let more = try systemCall("read", subject()) {
        bytes.withUnsafeMutableBytes { all in
          let rest = UnsafeMutableRawBufferPointer(rebasing: all[filled...])
          return if let offset { pread(raw, rest.baseAddress, rest.count, off_t(offset + filled)) } else {
            Glibc.read(raw, rest.baseAddress, rest.count)
          }
        }
      }
      if more == 0 { break }
      filled += more
    }
    bytes.removeLast(count - filled)
    return bytes
  }

  /// Writes the text in one write(2); a short write is the error ENOSPC.
  public func write(_ text: String, _ subject: String) throws(SystemError) {
    try write(Array(text.utf8), subject)
  }

  /// Writes the bytes in one write(2); a short write is the error ENOSPC.
  public func write(_ bytes: [UInt8], _ subject: String) throws(SystemError) {
    let count = try systemCall(SystemError.writing, subject) { Glibc.write(raw, bytes, bytes.count) }
    if count != bytes.count { throw SystemError(SystemError.writing, subject, errno: ENOSPC) }
  }

  /// Sets the permissions of the file, independent of the umask.
  public func setMode(_ mode: UInt32, _ subject: String) throws(SystemError) {
    try systemCall("set the mode of", subject) { fchmod(raw, mode) }
  }
}

/// Makes a directory, and leaves one that already exists as it is. The mode is independent of the umask.
/// - Returns: whether this call made it.
/// - Throws: EEXIST if something other than a directory has the name.
@discardableResult
public func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) -> Bool {
  // What was in the way may be gone by now. The limit is for a process that does this again and again.
  for attempt in 1...100 {
    do {
      try systemCall("make directory", path) { mkdir(path, mode) }
      break
    } catch  where error.errno == EEXIST {
      var status = stat()
      if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return false }
      guard attempt < 100, lstat(path, &status) != 0, errno == ENOENT else { throw error }
    }
  }
  do {
    try systemCall("set the mode of", path) { chmod(path, mode) }
  } catch  where error.isNotFound {
    // Another process has removed it again. The next use of the directory will fail.
  }
  return true
}

/// Removes a file. A missing file is no error.
/// - Returns: whether there was one.
@discardableResult
public func removeFile(_ path: String) throws(SystemError) -> Bool {
  do {
    try systemCall("remove", path) { unlink(path) }
    return true
  } catch  where error.errno == ENOENT {
    return false
  }
}

/// Removes anything but a regular file; a directory only if it is empty.
/// - Returns: whether it was removed.
@discardableResult
public func removeOther(_ path: String) -> Bool {
  var status = stat()
  guard lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return false }
  return unlink(path) == 0 || rmdir(path) == 0
}

/// Removes a file, or a directory with its contents. Symbolic links are not followed. What cannot be removed stays.
public func removeTree(_ path: String) {
  if unlink(path) == 0 { return }
  for name in (try? directoryEntries(path)) ?? [] { removeTree("\(path)/\(name)") }
  rmdir(path)
}

/// The names in a directory, without `.` and `..`, in no particular order; none if the directory does not exist.
public func directoryEntries(_ path: String) throws(SystemError) -> [String] {
  guard let directory = opendir(path) else {
    let code = errno
    if code == ENOENT { return [] }
    throw SystemError("list", path, errno: code)
  }
  defer { closedir(directory) }
  var names: [String] = []
  while true {
    // Only errno distinguishes an error from the end.
    errno = 0
    guard let entry = readdir(directory) else {
      let code = errno
      if code != 0 { throw SystemError("list", path, errno: code) }
      return names
    }
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
}

/// The target of a symbolic link; nil if there is none of this name.
public func linkTarget(_ path: String) -> String? {
  var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
  let count = buffer.withUnsafeMutableBytes {
    readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
  }
  return count < 0 ? nil : String(decoding: buffer[0..<count], as: UTF8.self)
}

/// An advisory lock of flock(2). An open file description holds it until all descriptors that share it are closed.
public enum FileLock: Sendable {
  case shared, exclusive

  var operation: Int32 { self == .shared ? LOCK_SH : LOCK_EX }
}

extension OwnedDescriptor {
  /// Takes the lock, waiting for it as ``Wait`` does.
  ///
  /// Any process that can open a file can lock it, and keep it locked forever.
  /// - Parameter limit: the longest wait, in microseconds.
  /// - Throws: ETIMEDOUT beyond the limit; EINTR if a signal asks this process to end.
  public func lock(_ lock: FileLock, _ subject: String, limit: Int64 = .max) throws(SystemError) {
    var wait: Wait?
    while true {
      let held = try systemCall("lock", subject, answeredBy: { $0 == EWOULDBLOCK }) {
        flock(raw, lock.operation | LOCK_NB)
      }
      if held != nil { return }
      if wait == nil { wait = Wait(for: "the lock of \(subject)", limit: limit) }
      try wait!.rest()
    }
  }

  /// Takes the lock unless another holder has one that conflicts.
  /// - Returns: whether the lock is held now; false also if the descriptor cannot be locked at all.
  public func tryLock(_ lock: FileLock) -> Bool {
    while flock(raw, lock.operation | LOCK_NB) != 0 { if errno != EINTR { return false } }
    return true
  }
}
