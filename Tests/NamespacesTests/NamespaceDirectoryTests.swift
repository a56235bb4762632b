import Glibc
import LinuxSystem
import TestHost
import Testing

@testable import Namespaces

/// These tests need no privileges: no name in the directory is a mount.
@Suite("Directory of namespace names")
struct NamespaceDirectoryTests {
  private let directory: NamespaceDirectory
  private let scratch: ScratchDirectory

  init() throws {
    scratch = try ScratchDirectory()
    directory = NamespaceDirectory(path: scratch.path)
  }

  @Test("The directory lists stale files too, sorted, and no names if it does not exist")
  func names() throws {
    for name in ["b", "a", "c\u{1}"] {
      _ = try OwnedDescriptor.open(scratch.path + "/\(name)", O_CREAT | O_WRONLY, mode: 0)
    }
    #expect(try directory.names().map(\.text) == ["a", "b"])
    #expect(try NamespaceDirectory(path: "/nonexistent").names() == [])
  }

  @Test("A file without a namespace has no identity, and is not opened")
  func stale() throws {
    _ = try OwnedDescriptor.open(scratch.path + "/a", O_CREAT | O_WRONLY, mode: 0o644)
    let name = try NamespaceName("a")
    #expect(directory.identity(of: name) == nil)
    let error = #expect(throws: SystemError.self) { _ = try directory.open(name) }
    #expect(error?.errno == EINVAL)
  }

  @Test("Opening a FIFO does not wait for a writer")
  func fifo() throws {
    #expect(mkfifo(scratch.path + "/a", 0o644) == 0)
    let error = #expect(throws: SystemError.self) { _ = try directory.open(try NamespaceName("a")) }
    #expect(error?.errno == EINVAL)
  }

  @Test("Opening a name that does not exist reports that")
  func missing() throws {
    let name = try NamespaceName("a")
    let error = #expect(throws: SystemError.self) { _ = try directory.open(name) }
    #expect(error?.isNotFound == true)
    #expect(directory.identity(of: name) == nil)
    #expect(try directory.remove(name) == false)
  }

  @Test("The census finds this process in its own network namespace, and the directory finds another name of that")
  func ownNamespace() throws {
    let namespace = try NetworkNamespace.current().identity()
    let census = try ProcessCensus()
    #expect(census.processes(in: namespace).contains(getpid()))
    #expect(census.processes(in: namespace, orBelow: nil) == census.processes(in: namespace))
    #expect(try census.open(namespace)?.identity() == namespace)
    #expect(try NetworkNamespace.ofProcess(getpid()).identity() == namespace)
    // For reading, a symbolic link to a namespace file works as a mount does.
    symlink("/proc/\(getpid())/ns/net", scratch.path + "/me")
    #expect(directory.identity(of: try NamespaceName("me")) == namespace)
    #expect(try directory.names(of: namespace).map(\.text) == ["me"])
  }

  @Test("Opening the namespace of a process that is gone reports that")
  func noProcess() {
    let error = #expect(throws: SystemError.self) { _ = try NetworkNamespace.ofProcess(Int32.max) }
    #expect(error?.isNotFound == true)
  }
}
