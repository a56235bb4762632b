import CLinux
import Glibc
import TestHost
import Testing

@testable import LinuxSystem

extension ScratchDirectory {
  /// The permission bits of a file in the directory.
  func mode(_ name: String) -> UInt32 {
    var status = stat()
    return stat(file(name), &status) == 0 ? status.st_mode & 0o7777 : 0
  }
}

@Suite("Files")
struct FilesTests {
  @Test("readText reads files of /proc, whose size is given as 0")
  func readsProc() throws {
    #expect(try readText("/proc/self/comm").hasSuffix("\n"))
    #expect(try readText("/proc/self/status").hasPrefix("Name:\t"))
  }

  @Test("readFile reads files around and beyond the chunk size", arguments: [0, 1, 4095, 4096, 4097, 20480, 100_000])
  func readsWhole(size: Int) throws {
    let scratch = try ScratchDirectory()
    let content = (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    let path = scratch.file("f")
    try OwnedDescriptor.open(path, O_WRONLY | O_CREAT, mode: 0o600).write(
      String(decoding: content, as: UTF8.self), path)
    #expect(try readFile(path) == content)
  }

  @Test("readFile does not wait for anything other than a file, and reads no more than a limit")
  func noFile() throws {
    let scratch = try ScratchDirectory()
    let (fifo, path) = (scratch.file("fifo"), scratch.file("f"))
    #expect(mkfifo(fifo, 0o600) == 0)
    for other in [fifo, "/dev/zero", "/dev/null"] {
      #expect(throws: SystemError("read", other, errno: EINVAL)) { try readFile(other) }
    }
    let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT, mode: 0o600)
    try file.write("12345678", path)
    #expect(try readFile(path, limit: 8).count == 8)
    #expect(throws: SystemError("read", path, errno: EFBIG)) { try readFile(path, limit: 7) }
    // The whole file is a hole.
    #expect(ftruncate(file.raw, 1 << 40) == 0)
    #expect(throws: SystemError("read", path, errno: EFBIG)) { try readFile(path) }
  }

  @Test("The error of a failed read names the file and the reason")
  func missingFile() {
    #expect(throws: SystemError("open", "/nonexistent/file", errno: ENOENT)) { try readFile("/nonexistent/file") }
    #expect(throws: SystemError("read", "/", errno: EISDIR)) { try readFile("/") }
  }

  @Test("Decoding replaces bytes that are not UTF-8")
  func notUTF8() throws {
    let ends = try Pipe()
    let written: [UInt8] = [0x61, 0xff, 0x62]
    #expect(Glibc.write(ends.writeEnd.raw, written, 3) == 3)
    let readEnd = ends.keepReadEnd()
    #expect(try readEnd.readAll("pipe") == written)
    #expect(String(decoding: written, as: UTF8.self) == "a\u{fffd}b")
  }

  @Test("writeText writes only to a file that exists")
  func writesExisting() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("f")
    #expect(throws: SystemError("open", path, errno: ENOENT)) { try writeText("x", to: path) }
    try OwnedDescriptor.open(path, O_WRONLY | O_CREAT, mode: 0o600).write("", path)
    try writeText("grüße", to: path)
    #expect(try readText(path) == "grüße")
  }

  @Test("writeText reports a full disk")
  func fullDisk() {
    #expect(throws: SystemError("write", "/dev/full", errno: ENOSPC)) { try writeText("x", to: "/dev/full") }
  }

  @Test("makeDirectory makes a directory once, with its mode whatever the umask")
  func makesDirectory() throws {
    let scratch = try ScratchDirectory()
    #expect(try makeDirectory(scratch.file("d"), mode: 0o777))
    #expect(scratch.mode("d") == 0o777)
    #expect(try !makeDirectory(scratch.file("d"), mode: 0o700))
    #expect(scratch.mode("d") == 0o777)
  }

  @Test("makeDirectory does not take a file for the directory that it should make")
  func fileInTheWay() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("f")
    try OwnedDescriptor.open(path, O_WRONLY | O_CREAT, mode: 0o600).write("", path)
    #expect(throws: SystemError("make directory", path, errno: EEXIST)) { try makeDirectory(path) }
    let below = path + "/d"
    #expect(throws: SystemError("make directory", below, errno: ENOTDIR)) { try makeDirectory(below) }
  }

  @Test("Opening a file neither waits for nor follows what is in its place, and openReplacing replaces that")
  func planted() throws {
    let scratch = try ScratchDirectory()
    let (path, other) = (scratch.file("f"), scratch.file("other"))
    try OwnedDescriptor.open(other, O_WRONLY | O_CREAT, mode: 0o600).write("kept", other)
    let plants: [(String) -> Int32] = [
      { mkfifo($0, 0o600) }, { symlink(other, $0) }, { mkdir($0, 0o700) }, { symlink("/nonexistent/f", $0) },
    ]
    for plant in plants {
      for flags in [O_RDONLY, O_WRONLY | O_APPEND, O_RDWR | O_CREAT, O_WRONLY | O_CREAT | O_TRUNC] {
        #expect(plant(path) == 0)
        #expect(throws: SystemError.self) { _ = try OwnedDescriptor.openRegularFile(path, flags, mode: 0o600) }
        if flags & O_CREAT != 0 {
          let file = try OwnedDescriptor.openReplacing(path, flags, mode: 0o600)
          try file.write("new", path)
          #expect(try readText(path) == "new")
        } else {
          #expect(throws: SystemError.self) { _ = try OwnedDescriptor.openReplacing(path, flags) }
        }
        removeTree(path)
      }
    }
    #expect(try readText(other) == "kept")
    // What is in a directory may belong to somebody, so the directory stays.
    try makeDirectory(path)
    try makeDirectory(path + "/d")
    #expect(throws: SystemError("open", path, errno: EISDIR)) {
      _ = try OwnedDescriptor.openReplacing(path, O_WRONLY | O_CREAT, mode: 0o600)
    }
  }

  @Test("removeFile removes a file once")
  func removesFile() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("f")
    try OwnedDescriptor.open(path, O_WRONLY | O_CREAT, mode: 0o600).write("", path)
    #expect(try removeFile(path))
    #expect(try !removeFile(path))
    #expect(throws: SystemError("remove", scratch.path, errno: EISDIR)) { try removeFile(scratch.path) }
  }

  @Test("directoryEntries lists a directory without the dots, and a missing directory as empty")
  func listsDirectory() throws {
    let scratch = try ScratchDirectory()
    #expect(try directoryEntries(scratch.path).isEmpty)
    let long = String(repeating: "n", count: 255)
    for name in ["a", ".hidden", "ü", long] { try makeDirectory(scratch.file(name)) }
    #expect(try directoryEntries(scratch.path).sorted() == [".hidden", "a", long, "ü"])
    #expect(try directoryEntries("/nonexistent").isEmpty)
    #expect(throws: SystemError("list", "/dev/null", errno: ENOTDIR)) { try directoryEntries("/dev/null") }
  }

  @Test("linkTarget returns the target of a symbolic link, even if the target does not exist")
  func readsLink() throws {
    let scratch = try ScratchDirectory()
    #expect(symlink("/no/where", scratch.file("l")) == 0)
    #expect(linkTarget(scratch.file("l")) == "/no/where")
    #expect(linkTarget(scratch.file("missing")) == nil)
    #expect(linkTarget(scratch.path) == nil)
    #expect(linkTarget("/proc/self/ns/net")?.hasPrefix("net:[") == true)
  }
}

@Suite("File locks")
struct FileLockTests {
  @Test("An exclusive lock excludes all others until its open file description is closed")
  func exclusive() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("lock")
    let other = try OwnedDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
    do {
      let first = try OwnedDescriptor.open(path, O_RDWR)
      try first.lock(.exclusive, path)
      #expect(other.tryLock(.exclusive) == false)
      #expect(other.tryLock(.shared) == false)
      // The same open file description may change its own lock.
      #expect(first.tryLock(.shared) == true)
      #expect(other.tryLock(.shared) == true)
      #expect(first.tryLock(.exclusive) == false)
    }
    #expect(other.tryLock(.exclusive) == true)
  }

  @Test("A wait for a lock that something else holds ends at a limit")
  func limit() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("lock")
    let other = try OwnedDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
    let own = try OwnedDescriptor.open(path, O_RDONLY)
    #expect(other.tryLock(.exclusive) == true)
    do throws(SystemError) {
      try own.lock(.shared, "x", limit: 10_000)
      Issue.record("it is held")
    } catch {
      #expect(error == SystemError("wait for", "the lock of x", errno: ETIMEDOUT))
    }
    #expect(other.tryLock(.shared) == true)
    try own.lock(.shared, "x", limit: 0)
  }

  @Test("A lock belongs to the open file description, so a duplicate descriptor holds it too")
  func duplicate() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("lock")
    let other = try OwnedDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
    let kept: OwnedDescriptor
    do {
      let first = try OwnedDescriptor.open(path, O_RDWR)
      try first.lock(.exclusive, path)
      kept = OwnedDescriptor(owning: dup(first.raw))
    }
    #expect(other.tryLock(.shared) == false)
    #expect(kept.tryLock(.exclusive) == true)
  }

  @Test("An invalid descriptor cannot be locked")
  func closed() {
    let nothing = OwnedDescriptor(owning: -1)
    #expect(throws: SystemError("lock", "x", errno: EBADF)) { try nothing.lock(.shared, "x") }
    #expect(nothing.tryLock(.shared) == false)
  }
}
