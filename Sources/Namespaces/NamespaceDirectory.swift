import CLinux
import Glibc
import LinuxSystem

/// The directory of named network namespaces, shared with ip(8) and the programs that follow it. Each name is a file on
/// which the namespace is mounted.
public struct NamespaceDirectory: Sendable {
  /// /run/netns, which iproute2 knows as /var/run/netns.
  public static let standard = NamespaceDirectory(path: "/run/netns")

  public let path: String

  public init(path: String) { self.path = path }

  /// The path of a name's file.
  public func path(of name: NamespaceName) -> String { "\(path)/\(name.text)" }

  /// Gives a name to a network namespace.
  ///
  /// The file is created first and the namespace mounted last. A program that watches the directory and waits for a
  /// namespace file thus sees a complete one.
  /// - Throws: EEXIST if the name is taken.
  public func attach(_ name: NamespaceName, to namespace: borrowing NetworkNamespace) throws(SystemError) {
    try attach(name, from: "/proc/thread-self/fd/\(namespace.raw)")
  }

  /// Gives a name to the network namespace of the calling thread.
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

  /// Opens the namespace with a name.
  /// - Throws: ENOENT if there is no such name; EINVAL if the file is no namespace.
  public func open(_ name: NamespaceName) throws(SystemError) -> NetworkNamespace {
    let file = path(of: name)
    // Another process may have put a FIFO there, on which open(2) would wait.
    let descriptor = try OwnedDescriptor.open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    guard isNamespace(descriptor.raw) else { throw SystemError("open network namespace", file, errno: EINVAL) }
    return NetworkNamespace(descriptor)
  }

  /// Opens the namespace with a name if it has this identity; otherwise nil: another one may have got the name.
  public func open(_ name: NamespaceName, identity: FileIdentity) -> NetworkNamespace? {
    guard let namespace = try? open(name), (try? namespace.identity()) == identity else { return nil }
    return namespace
  }

  /// The identity of the namespace with a name; nil if there is no such name, or only a stale file.
  public func identity(of name: NamespaceName) -> FileIdentity? {
    guard let namespace = try? open(name) else { return nil }
    return try? namespace.identity()
  }

  /// All names, sorted, including stale files, on which no namespace is mounted.
  public func names() throws(SystemError) -> [NamespaceName] {
    try directoryEntries(path).compactMap { try? NamespaceName($0) }.sorted()
  }

  /// The names of a namespace.
  public func names(of namespace: FileIdentity) throws(SystemError) -> [NamespaceName] {
    try names().filter { identity(of: $0) == namespace }
  }

  /// Removes a name. The namespace itself remains as long as something uses it.
  /// - Returns: whether there was such a name.
  /// - Throws: EBUSY if the file is a mount point that cannot be unmounted here.
  @discardableResult
  public func remove(_ name: NamespaceName) throws(SystemError) -> Bool {
    let file = path(of: name)
    // A stale file is no mount point, so only the file is removed.
    try unmountDetached(file)
    return try removeFile(file)
  }

  /// Makes the directory, and makes it a shared mount whose mounts propagate to all mount namespaces. So containers and
  /// services see a new name and, more important, lose a name that is removed.
  private func prepare() throws(SystemError) {
    // The usual case: it is already a shared mount.
    if (try? mount(on: path, .makeShared)) != nil { return }
    try makeDirectory(path)
    let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    // ip(8) takes the same lock, for a few system calls: two processes at once would mount the directory onto itself
    // twice. But any process can take the lock and keep it, so the wait has a limit.
    do throws(SystemError) { try directory.lock(.exclusive, path, limit: 500_000) } catch {
      guard error.errno == ETIMEDOUT else { throw error }
    }
    // The previous holder of the lock may have done it.
    if (try? mount(on: path, .makeShared)) != nil { return }
    do throws(SystemError) {
      try mount(on: path, [.makeShared, .recursive])
    } catch {
      guard error.errno == EINVAL else { throw error }
      try mount(path, on: path, [.bind, .recursive])
      // Without this step the mount stays in the peer group of its parent, and each name is mounted twice.
      try mount(on: path, [.makePrivate, .recursive])
      try mount(on: path, [.makeShared, .recursive])
    }
  }

  private func isNamespace(_ descriptor: Int32) -> Bool {
    clinux_file_system_type(descriptor) == clinux_NSFS_MAGIC
  }
}
