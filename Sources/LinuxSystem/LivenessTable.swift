import CLinux
import Glibc

/// A liveness table in a file, with one word for each running process. If a process ends without leaving the table, the
/// kernel itself marks its word (robust futexes, robust_futex_ABI in the kernel's documentation). One read thus tells
/// whether any of thousands of processes was killed. To test a lock of each one would take three system calls per
/// process.
public struct LivenessTable: ~Copyable {
  private let file: OwnedDescriptor
  private let index: Int

  /// The initial size of the file, and the step by which it grows: one page.
  private static let step = 4096

  /// Enters this process, which must have only one thread and be in no other table.
  public init(entering path: String) throws(SystemError) {
    let file = try OwnedDescriptor.openReplacing(path, O_RDWR | O_CREAT, mode: 0o600)
    let own = UInt32(bitPattern: clinux_thread_id())
    while true {
      var status = stat()
      try systemCall("fstat", path) { fstat(file.raw, &status) }
      let size = Int(status.st_size) / Self.step * Self.step
      if size > 0 {
        let table = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.raw, 0)!
        guard table != MAP_FAILED else { throw SystemError("map", path, errno: errno) }
        let words = table.assumingMemoryBound(to: UInt32.self)
        let count = size / 4
        let free = (0..<count).lazy.map { (Int(own) + $0) % count }
          .first { words[$0] == 0 && clinux_compare_exchange(words + $0, 0, own) != 0 }
        if let free {
          clinux_mark_own_end(words + free)
          // Otherwise a child that closes files slowly for this process would keep the file and its file system in use.
          madvise(table, size, Int32(MADV_DONTFORK))
          // The table stays mapped, because the kernel looks for the word in memory.
          self.file = file
          index = free
          return
        }
        munmap(table, size)
      }
      // Unlike ftruncate(2), this never makes the file shorter if another process has extended it meanwhile.
      let error = posix_fallocate(file.raw, off_t(size), off_t(Self.step))
      guard error == 0 else { throw SystemError("extend", path, errno: error) }
    }
  }

  /// Leaves the table. The kernel marks a process that ends without leaving.
  public borrowing func leave() {
    clinux_mark_own_end(nil)
    // If another process has made the file shorter, pwrite(2) still works, but access to the mapped memory fails.
    var zero: UInt32 = 0
    _ = pwrite(file.raw, &zero, 4, off_t(index * 4))
  }

  /// The word of a process that ended without leaving the table.
  public struct Mark: Equatable, Sendable {
    fileprivate let index: Int
    fileprivate let value: UInt32
    /// When a process first noted this mark, in seconds; nil if none has.
    fileprivate var seen: UInt32? { value & Self.time == 0 ? nil : value & Self.time }
    fileprivate static let time: UInt32 = 0x3fff_ffff
  }

  /// The marks of the processes that ended without leaving; nil if there is no table.
  public static func marks(in path: String) -> [Mark]? {
    guard let content = try? readFile(path) else { return nil }
    var marks: [Mark] = []
    let words = content.span.bytes
    for index in 0..<content.count / 4 {
      let value = words.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      if value & clinux_FUTEX_OWNER_DIED != 0 { marks.append(Mark(index: index, value: value)) }
    }
    return marks
  }

  /// Removes marks after the caller has checked what those processes held. The kernel marks an ending process before it
  /// closes its files and so releases their locks. A mark therefore stays for some seconds, so that a process that
  /// checked too early checks again.
  public static func settle(_ marks: [Mark], in path: String) throws(SystemError) {
    // The last process in the table has removed it.
    guard !marks.isEmpty, access(path, F_OK) == 0 else { return }
    let file = try OwnedDescriptor.openRegularFile(path, O_RDWR)
    var status = stat()
    try systemCall("fstat", path) { fstat(file.raw, &status) }
    let size = Int(status.st_size)
    guard size > 0 else { return }
    let table = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.raw, 0)!
    guard table != MAP_FAILED else { throw SystemError("map", path, errno: errno) }
    defer { munmap(table, size) }
    let words = table.assumingMemoryBound(to: UInt32.self)
    let now = UInt32(truncatingIfNeeded: monotonicMicroseconds() / 1_000_000) & Mark.time | 1
    for mark in marks where mark.index < size / 4 {
      let isOld = mark.seen.map { now &- $0 > 4 } ?? false
      let value = isOld ? 0 : mark.seen == nil ? clinux_FUTEX_OWNER_DIED | now : mark.value
      _ = clinux_compare_exchange(words + mark.index, mark.value, value)
    }
  }
}
