import Glibc
import LinuxSystem
import TestHost
import Testing

@testable import Namespaces

/// Without privilege: a directory in which no name is a mount.
@Suite("A directory of names")
struct NamespaceDirectoryTests {
  private let directory: NamespaceDirectory
  private let scratch: ScratchDirectory

  init() throws {
    scratch = try ScratchDirectory()
    directory = NamespaceDirectory(path: scratch.path)
  }

  @Test("lists stale files too, sorted, and none where there is no directory")
  func names() throws {
    for name in ["b", "a", "c\u{1}"] {
      _ = try OwnedDescriptor.open(scratch.path + "/\(name)", O_CREAT | O_WRONLY, mode: 0)
    }
    #expect(try directory.names().map(\.text) == ["a", "b"])
    #expect(try NamespaceDirectory(path: "/nonexistent").names() == [])
  }

  @Test("gives a file without a namespace no identity, and does not open it")
  func stale() throws {
    _ = try OwnedDescriptor.open(scratch.path + "/a", O_CREAT | O_WRONLY, mode: 0o644)
    let name = try NamespaceName("a")
    #expect(directory.identity(of: name) == nil)
    let error = #expect(throws: SystemError.self) { _ = try directory.open(name) }
    #expect(error?.errno == EINVAL)
  }

  @Test("does not wait for who writes to a FIFO")
  func fifo() throws {
    #expect(mkfifo(scratch.path + "/a", 0o644) == 0)
    let error = #expect(throws: SystemError.self) { _ = try directory.open(try NamespaceName("a")) }
    #expect(error?.errno == EINVAL)
  }

  @Test("tells a name that is not there")
  func missing() throws {
    let name = try NamespaceName("a")
    let error = #expect(throws: SystemError.self) { _ = try directory.open(name) }
    #expect(error?.isNotFound == true)
    #expect(directory.identity(of: name) == nil)
    #expect(try directory.remove(name) == false)
  }

  @Test("finds this process in its own namespace, and what another name leads there")
  func ownNamespace() throws {
    let namespace = try NetworkNamespace.current().identity()
    let census = try ProcessCensus()
    #expect(census.processes(in: namespace).contains(getpid()))
    #expect(census.processes(in: namespace, orBelow: nil) == census.processes(in: namespace))
    #expect(try census.open(namespace)?.identity() == namespace)
    #expect(try NetworkNamespace.ofProcess(getpid()).identity() == namespace)
    // A symbolic link to a namespace file is as good as a mount for reading.
    symlink("/proc/\(getpid())/ns/net", scratch.path + "/me")
    #expect(directory.identity(of: try NamespaceName("me")) == namespace)
    #expect(try directory.names(of: namespace).map(\.text) == ["me"])
  }

  @Test("says that a process is gone")
  func noProcess() {
    let error = #expect(throws: SystemError.self) { _ = try NetworkNamespace.ofProcess(Int32.max) }
    #expect(error?.isNotFound == true)
  }
}
