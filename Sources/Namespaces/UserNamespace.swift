import CLinux
import Glibc
import LinuxSystem

/// A user namespace, kept alive by an open descriptor. A process holds capabilities in one; they apply to what it owns.
public struct UserNamespace: ~Copyable, Sendable {
  /// The operation of the error if no user namespace can be made.
  public static let making = "make a user namespace"

  private let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  /// The user namespace that owns a network namespace. A process with CAP_NET_ADMIN there may change that network
  /// (ioctl_ns(2), Linux 4.9).
  /// - Returns: nil if it is the calling process's own.
  /// - Throws: EPERM if it is neither that nor below it; ENOENT if the calling process's own is unknown.
  public static func owner(of namespace: borrowing NetworkNamespace) throws(SystemError) -> UserNamespace? {
    let owner = try descriptor(ofOwnerOf: namespace)
    guard let own else { throw SystemError("find", ownPath, errno: ENOENT) }
    return try owner.identity() == own ? nil : UserNamespace(owner)
  }

  /// The identity of the calling thread's user namespace; nil if it is unknown, as without /proc.
  public static var own: FileIdentity? { FileIdentity(path: ownPath) }

  private static let ownPath = "/proc/thread-self/ns/user"

  /// Whether the calling thread is in the machine's initial user namespace, where no mount is locked.
  public static var isFirst: Bool { own?.inode == 0xEFFF_FFFD }  // PROC_USER_INIT_INO in linux/proc_ns.h

  /// Whether this process could have made the namespace: its parent is the calling process's user namespace, and its
  /// owner the same user. The owner of any other namespace has privileges over the processes that enter it.
  public borrowing func isOfCaller() -> Bool {
    let parent = clinux_namespace_parent(descriptor.raw)
    var user: UInt32 = 0
    guard parent >= 0 else { return false }
    let above = OwnedDescriptor(owning: parent)
    guard let own = Self.own else { return false }
    return (try? above.identity()) == own && clinux_namespace_owner_id(descriptor.raw, &user) == 0
      && user == geteuid()
  }

  /// Whether a network namespace belongs to the calling process's user namespace, or to one that ``isOfCaller()``
  /// accepts.
  public static func isOfCaller(_ namespace: borrowing NetworkNamespace) -> Bool {
    do throws(SystemError) {
      guard let owner = try owner(of: namespace) else { return true }
      return owner.isOfCaller()
    } catch {
      return false
    }
  }

  /// The ids of the calling process's user namespace, and the ids of the parent to which they map; for users, then
  /// groups.
  public static func maps() throws(SystemError) -> [String] {
    try [readText("/proc/thread-self/uid_map"), readText("/proc/thread-self/gid_map")].map { map in
      map.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") + "\n" }.joined()
    }
  }

  /// The result of ``maps()`` in a child of the calling process's user namespace that maps every id to itself.
  public static func identityMaps() throws(SystemError) -> [String] { try maps().map { identity(of: $0) } }

  /// The identity of the user namespace that owns a network namespace.
  /// - Throws: as ``owner(of:)``.
  public static func ownerIdentity(of namespace: borrowing NetworkNamespace) throws(SystemError) -> FileIdentity {
    try descriptor(ofOwnerOf: namespace).identity()
  }

  private static func descriptor(
    ofOwnerOf namespace: borrowing NetworkNamespace
  ) throws(SystemError) -> OwnedDescriptor {
    OwnedDescriptor(
      owning: try systemCall("find the owner of", "a network namespace") { clinux_namespace_owner(namespace.raw) })
  }

  /// The user namespaces above a network namespace, from its owner up to the calling process's own, which is not
  /// included.
  public static func owners(of namespace: borrowing NetworkNamespace) -> [FileIdentity] {
    guard let owner = try? owner(of: namespace) else { return [] }
    return chain(from: owner)
  }

  /// The user namespace of a thread and those above it, up to the calling process's own, which is not included; none if
  /// that is not above it.
  static func chain(ofThread id: Int32) -> [FileIdentity] {
    guard let own = try? OwnedDescriptor.open("/proc/\(id)/ns/user", O_RDONLY) else { return [] }
    return chain(from: UserNamespace(own))
  }

  private static func chain(from first: consuming UserNamespace) -> [FileIdentity] {
    var found: [FileIdentity] = []
    guard let own else { return found }
    var current = first
    while let identity = try? current.descriptor.identity(), identity != own {
      found.append(identity)
      // EPERM: the parent is above the calling process's own.
      let parent = clinux_namespace_parent(current.descriptor.raw)
      guard parent >= 0 else { break }
      current = UserNamespace(OwnedDescriptor(owning: parent))
    }
    return found
  }

  /// Kills, with SIGKILL, every process in this namespace or below it that the calling process sees, however fast they
  /// fork. A child process calls kill(2) for all processes at once. It has privileges over no others: its user id is
  /// not in use on the host, and its capabilities are those of this namespace.
  /// - Returns: whether it was done.
  @discardableResult
  public borrowing func killAll() -> Bool {
    // A process inside can stop or kill the child before the child has finished.
    for attempt: Int32 in 1...10 {
      let pid = clinux_kill_all_in(descriptor.raw, UInt32.random(in: 0x8000_0000...0xefff_ffff))
      guard pid > 0 else { return false }
      // Wait for the pidfd instead of polling; without one, or after the timeout, kill the child.
      let end = clinux_pidfd_open(pid)
      var readable = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
      if end < 0 || poll(&readable, 1, 100 * attempt) != 1 { kill(pid, SIGKILL) }
      close(end)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0 { guard errno == EINTR else { return false } }
      if clinux_exited(status) != 0 { return clinux_exit_status(status) == 0 }
    }
    return false
  }

  /// Moves the calling process, which must have only one thread, into this namespace for good. It gets all capabilities
  /// there and keeps none outside (setns(2)). Until ``IdentityMaps/apply(to:)``, its ids are not mapped.
  ///
  /// From then on, root inside has privileges over the process. So its system calls are filtered as
  /// ``filterCalls(warn:)`` describes, and before it executes a program, no process inside can trace it, or see its
  /// memory, environment and descriptors (ptrace(2)).
  /// - Parameter warn: as in ``filterCalls(warn:)``.
  public borrowing func enter(warn: (String) -> Void) throws(SystemError) {
    try Self.filterCalls(warn: warn)
    try systemCall("close", "this process to those inside") { clinux_set_dumpable(0) }
    try systemCall("enter a user namespace", "") { clinux_setns(descriptor.raw, clinux_CLONE_NEWUSER) }
  }

  /// Denies the calling process and its descendants two things that root's uid permits beyond a user namespace, without
  /// any file: the host's keyrings, and typing into the terminal for its next reader.
  /// - Parameter warn: receives a sentence if this kernel cannot do that.
  private static func filterCalls(warn: (String) -> Void) throws(SystemError) {
    do throws(SystemError) { try systemCall("filter", "system calls") { clinux_filter_calls() } } catch {
      // The kernel lacks CONFIG_SECCOMP_FILTER, or is older than 4.17.
      guard error.errno == ENOSYS || error.errno == EINVAL else { throw error }
      warn("the command may use this host's keyrings and type into the terminal: \(error)")
    }
  }

  /// Maps for another user namespace that map every id of the calling process's user namespace to itself.
  public struct IdentityMaps: Sendable {
    private let maps: [(name: String, text: String)]

    /// Reads the maps of the calling process's user namespace.
    public init() throws(SystemError) {
      var maps: [(String, String)] = []
      for name in ["uid_map", "gid_map"] {
        maps.append((name, identity(of: try readText("/proc/thread-self/\(name)"))))
      }
      self.maps = maps
    }

    /// Applies the maps to the user namespace of a process, once for each such namespace. The caller needs CAP_SETUID
    /// and CAP_SETGID.
    public func apply(to pid: Int32) throws(SystemError) {
      for map in maps { try writeText(map.text, to: "/proc/\(pid)/\(map.name)") }
    }
  }

  /// A map of user_namespaces(7) whose ids inside equal those outside.
  static func identity(of map: String) -> String {
    Array(map.utf8).split(separator: UInt8(ascii: "\n")).reduce(into: "") { identity, line in
      let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
      if fields.count == 3 { identity += "\(fields[0]) \(fields[0]) \(fields[2])\n" }
    }
  }
}
