import CLinux
import Glibc
import Testing

@testable import LinuxSystem

/// Whether this open file is still open. Its identity shows that: another test may have got its number meanwhile.
private func isOpen(_ number: Int32, _ identity: FileIdentity) -> Bool {
  var status = stat()
  return fstat(number, &status) == 0 && FileIdentity(status) == identity
}

@Suite("Owned descriptors")
struct OwnedDescriptorTests {
  @Test("A descriptor is closed when its owner goes out of scope")
  func closes() throws {
    let number: Int32
    let identity: FileIdentity
    do {
      // A pipe has its own inode, which tells it from a file that gets its number afterwards.
      let ends = try Pipe()
      number = ends.readEnd.raw
      identity = try ends.readEnd.identity()
      #expect(isOpen(number, identity))
    }
    #expect(!isOpen(number, identity))
  }

  @Test("The caller closes a descriptor that was released")
  func releases() throws {
    let ends = try Pipe()
    let identity = try ends.writeEnd.identity()
    let number = ends.keepWriteEnd().release()
    #expect(isOpen(number, identity))
    #expect(close(number) == 0)
  }

  @Test("Every descriptor is close-on-exec")
  func closeOnExec() throws {
    let root = try OwnedDescriptor.open("/", O_RDONLY | O_DIRECTORY)
    let file = try root.open("proc", O_RDONLY)
    let ends = try Pipe()
    for number in [root.raw, file.raw, ends.readEnd.raw, ends.writeEnd.raw] {
      #expect(clinux_fcntl(number, F_GETFD, 0) == FD_CLOEXEC)
    }
  }

  @Test("A file that is opened relative to a directory is the one at that path")
  func opensRelative() throws {
    let directory = try OwnedDescriptor.open("/proc/self", O_RDONLY | O_DIRECTORY)
    let file = try directory.open("ns/net", O_RDONLY)
    #expect(try file.identity() == FileIdentity(path: "/proc/self/ns/net"))
    #expect(throws: SystemError("open", "nonexistent", errno: ENOENT)) {
      _ = try directory.open("nonexistent", O_RDONLY)
    }
  }

  @Test("Two names of one file have one identity, and two files have two")
  func identities() throws {
    let null = try OwnedDescriptor.open("/dev/null", O_RDONLY)
    #expect(try null.identity() == FileIdentity(path: "/dev/../dev/null"))
    #expect(try null.identity() != FileIdentity(path: "/dev/zero"))
    #expect(FileIdentity(path: "/nonexistent") == nil)
    #expect(throws: SystemError("fstat", "descriptor -1", errno: EBADF)) {
      _ = try OwnedDescriptor(owning: -1).identity()
    }
  }

  @Test("The kept end of a pipe sees that the other end is closed")
  func pipeEnds() throws {
    let first = try Pipe()
    #expect(try first.keepReadEnd().readAll("pipe").isEmpty)

    let second = try Pipe()
    let text = "through"
    #expect(Glibc.write(second.writeEnd.raw, text, text.utf8.count) == text.utf8.count)
    #expect(try second.keepReadEnd().readAll("pipe") == Array(text.utf8))
  }
}
