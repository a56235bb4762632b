import CLinux
import Glibc

/// A table in a file, with a word for each process that is at work. The kernel itself marks the word of one that ends
/// without having left (robust futexes, robust_futex_ABI in the kernel's documentation): whether any of thousands was
/// killed is seen in one read, where asking for each one's lock takes three system calls.
public struct Attendance: ~Copyable {
  private let file: OwnedDescriptor
  private let index: Int

  /// The size of the file when it is made, and by how much it grows: a page.
  private static let step = 4096

  /// Enters this process, which must have one thread and be in no other table.
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
          // Whoever closes slowly in the place of this process would else keep the file, and its file system, in use.
          madvise(table, size, Int32(MADV_DONTFORK))
          // The table stays in memory, for the kernel to find the word in.
          self.file = file
          index = free
          return
        }
        munmap(table, size)
      }
      // Unlike ftruncate(2) it never makes the file shorter than another process has made it meanwhile.
      let error = posix_fallocate(file.raw, off_t(size), off_t(Self.step))
      guard error == 0 else { throw SystemError("extend", path, errno: error) }
    }
  }

  /// Leaves the table; who does not is marked in the end.
  public borrowing func leave() {
    clinux_mark_own_end(nil)
    // A file that somebody has made shorter can be written, but not as memory.
    var zero: UInt32 = 0
    _ = pwrite(file.raw, &zero, 4, off_t(index * 4))
  }

  /// A word of a process that ended without having left.
  public struct Mark: Equatable, Sendable {
    fileprivate let index: Int
    fileprivate let value: UInt32
    /// When it was first seen, in seconds; nil where nobody has noted it.
    fileprivate var seen: UInt32? { value & Self.time == 0 ? nil : value & Self.time }
    fileprivate static let time: UInt32 = 0x3fff_ffff
  }

  /// The processes that ended without having left; nil where there is no table.
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

  /// Removes marks after a look at what those processes held. The kernel marks a process that ends before it closes its
  /// files and so releases their locks: a mark stays for some seconds, so that who looked too early looks again.
  public static func settle(_ marks: [Mark], in path: String) throws(SystemError) {
    // Whoever was the last has taken the table away.
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
