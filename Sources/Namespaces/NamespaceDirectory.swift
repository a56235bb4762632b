import CLinux
import Glibc
import LinuxSystem

/// The directory in which network namespaces have names, shared with ip(8) and everybody who follows it: each name is a
/// file onto which the namespace is mounted.
public struct NamespaceDirectory: Sendable {
  /// /run/netns, which iproute2 knows as /var/run/netns.
  public static let standard = NamespaceDirectory(path: "/run/netns")

  public let path: String

  public init(path: String) { self.path = path }

  /// The file of a name.
  public func path(of name: NamespaceName) -> String { "\(path)/\(name.text)" }

  /// Gives a name to a network namespace.
  ///
  /// The name's file is there first and the namespace is mounted last, so that whoever watches the directory and waits
  /// for a namespace file sees a complete one.
  /// - Throws: EEXIST when the name is taken.
  public func attach(_ name: NamespaceName, to namespace: borrowing NetworkNamespace) throws(SystemError) {
    try attach(name, from: "/proc/thread-self/fd/\(namespace.raw)")
  }

  /// The same for that of the calling thread.
  public func attachOwn(_ name: NamespaceName) throws(SystemError) {
    try attach(name, from: "/proc/thread-self/ns/net")
  }

  private func attach(_ name: NamespaceName, from source: String) throws(SystemError) {
    try prepare()
    let file = path(of: name)
    _ = try OwnedDescriptor.open(file, O_RDONLY | O_CREAT | O_EXCL, mode: 0)
    do throws(SystemError) {
      try mount(source, on: file, .bind)
    } catch {
      unlink(file)
      throw error
    }
  }

  /// Opens the namespace that has a name.
  /// - Throws: ENOENT when there is no such name; EINVAL when the file is no namespace.
  public func open(_ name: NamespaceName) throws(SystemError) -> NetworkNamespace {
    let file = path(of: name)
    // Somebody may have put a FIFO there, which to open is to wait for.
    let descriptor = try OwnedDescriptor.open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    guard isNamespace(descriptor.raw) else { throw SystemError("open network namespace", file, errno: EINVAL) }
    return NetworkNamespace(descriptor)
  }

  /// The identity of the namespace that has a name, nil when there is none, or only a stale file.
  public func identity(of name: NamespaceName) -> FileIdentity? {
    guard let namespace = try? open(name) else { return nil }
    return try? namespace.identity()
  }

  /// Every name, sorted; stale files, which no namespace is mounted on, included.
  public func names() throws(SystemError) -> [NamespaceName] {
    try directoryEntries(path).compactMap { try? NamespaceName($0) }.sorted()
  }

  /// The names that a namespace has.
  public func names(of namespace: FileIdentity) throws(SystemError) -> [NamespaceName] {
    try names().filter { identity(of: $0) == namespace }
  }

  /// Takes a name away. The namespace itself lives on as long as something uses it.
  /// - Returns: whether there was such a name.
  /// - Throws: EBUSY when the file is a mount point that cannot be unmounted here.
  @discardableResult
  public func remove(_ name: NamespaceName) throws(SystemError) -> Bool {
    let file = path(of: name)
    // A stale file is no mount point: only the file goes.
    try unmountDetached(file)
    return try removeFile(file)
  }

  /// Makes the directory and lets mounts in it spread to all mount namespaces, so that a name made here is seen in
  /// containers and services and, more important, disappears from them when it is removed.
  private func prepare() throws(SystemError) {
    // Already a shared mount: the usual case.
    if (try? mount(on: path, .makeShared)) != nil { return }
    try makeDirectory(path)
    let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    // ip(8) takes the same lock, for some system calls: two at once would mount the directory onto itself twice. But
    // everybody can take it, and keep it.
    do throws(SystemError) { try directory.lock(.exclusive, path, limit: 500_000) } catch {
      guard error.errno == ETIMEDOUT else { throw error }
    }
    // Done meanwhile by whoever had it.
    if (try? mount(on: path, .makeShared)) != nil { return }
    do throws(SystemError) {
      try mount(on: path, [.makeShared, .recursive])
    } catch {
      guard error.errno == EINVAL else { throw error }
      try mount(path, on: path, [.bind, .recursive])
      // Without this step the mount stays in the peer group of its parent and each name is mounted twice.
      try mount(on: path, [.makePrivate, .recursive])
      try mount(on: path, [.makeShared, .recursive])
    }
  }

  private func isNamespace(_ descriptor: Int32) -> Bool {
    clinux_file_system_type(descriptor) == clinux_NSFS_MAGIC
  }
}
