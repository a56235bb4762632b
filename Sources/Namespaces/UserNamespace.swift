import CLinux
import Glibc
import LinuxSystem

/// A user namespace that is kept alive by an open descriptor. Capabilities are held in one, and reach what it owns.
public struct UserNamespace: ~Copyable, Sendable {
  /// The operation of the error where none can be made.
  public static let making = "make a user namespace"

  private let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  /// The one that owns a network namespace: who has CAP_NET_ADMIN there may change that network (ioctl_ns(2), Linux 4.9).
  /// - Returns: nil where it is the calling process's own.
  /// - Throws: EPERM where it is neither that nor below it; ENOENT where the calling process's own cannot be told.
  public static func owner(of namespace: borrowing NetworkNamespace) throws(SystemError) -> UserNamespace? {
    let owner = try descriptor(ofOwnerOf: namespace)
    guard let own else { throw SystemError("find", ownPath, errno: ENOENT) }
    return try owner.identity() == own ? nil : UserNamespace(owner)
  }

  /// That of the calling thread; nil where it cannot be told, as without /proc.
  public static var own: FileIdentity? { FileIdentity(path: ownPath) }

  private static let ownPath = "/proc/thread-self/ns/user"

  /// Whether that is the machine's first one: no mount is locked there.
  public static var isFirst: Bool { own?.inode == 0xEFFF_FFFD }  // PROC_USER_INIT_INO in linux/proc_ns.h

  /// Whether it is such as this process would have made: right below its own user namespace, and of the same user.
  /// Whose it is otherwise has power over what enters it.
  public borrowing func isOfCaller() -> Bool {
    let parent = clinux_namespace_parent(descriptor.raw)
    var user: UInt32 = 0
    guard parent >= 0 else { return false }
    let above = OwnedDescriptor(owning: parent)
    guard let own = Self.own else { return false }
    return (try? above.identity()) == own && clinux_namespace_owner_id(descriptor.raw, &user) == 0
      && user == geteuid()
  }

  /// Whether a network namespace belongs to the calling process's user namespace, or to one as ``isOfCaller()`` has it.
  public static func isOfCaller(_ namespace: borrowing NetworkNamespace) -> Bool {
    do throws(SystemError) {
      guard let owner = try owner(of: namespace) else { return true }
      return owner.isOfCaller()
    } catch {
      return false
    }
  }

  /// The ids of the calling process's user namespace, and those of the one above that they are; for users, then groups.
  public static func maps() throws(SystemError) -> [String] {
    try [readText("/proc/thread-self/uid_map"), readText("/proc/thread-self/gid_map")].map { map in
      map.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") + "\n" }.joined()
    }
  }

  /// What ``maps()`` gives below the calling process's user namespace where every id is itself.
  public static func identityMaps() throws(SystemError) -> [String] { try maps().map { identity(of: $0) } }

  /// Which one owns a network namespace.
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

  /// Which user namespaces lie above a network namespace, from its owner up to the calling process's own, which is not
  /// among them.
  public static func owners(of namespace: borrowing NetworkNamespace) -> [FileIdentity] {
    guard let owner = try? owner(of: namespace) else { return [] }
    return chain(from: owner)
  }

  /// Which user namespace a thread is in, and which lie above that, up to the calling process's own, which is not among
  /// them; none where that is not above it.
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
      // EPERM: it is above the calling process's own.
      let parent = clinux_namespace_parent(current.descriptor.raw)
      guard parent >= 0 else { break }
      current = UserNamespace(OwnedDescriptor(owning: parent))
    }
    return found
  }

  /// Ends, by SIGKILL, every process that is in this namespace or below it and that the calling process sees, however fast
  /// they fork: kill(2) of all processes at once, by one that has power over nobody else, since its user id is nobody's
  /// on the host and its capabilities are those of this namespace.
  /// - Returns: whether it was done.
  @discardableResult
  public borrowing func killAll() -> Bool {
    // Whoever is inside can stop or kill the process that is to do it, as long as it is there.
    for attempt: Int32 in 1...10 {
      let pid = clinux_kill_all_in(descriptor.raw, UInt32.random(in: 0x8000_0000...0xefff_ffff))
      guard pid > 0 else { return false }
      // Not by asking again and again: it ends when its pidfd says so, or at once.
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

  /// Moves the calling process, which must have one thread only, into it for good: with all capabilities there and none
  /// outside (setns(2)). Until ``IdentityMaps/apply(to:)`` its ids are nobody's.
  ///
  /// Root inside has power over it from then on. So it comes with the calls filtered that ``filterCalls(warn:)`` tells, and
  /// nobody inside can trace it, or see its memory, environment and descriptors, before it executes a program (ptrace(2)).
  /// - Parameter warn: as of ``filterCalls(warn:)``.
  public borrowing func enter(warn: (String) -> Void) throws(SystemError) {
    try Self.filterCalls(warn: warn)
    try systemCall("close", "this process to those inside") { clinux_set_dumpable(0) }
    try systemCall("enter a user namespace", "") { clinux_setns(descriptor.raw, clinux_CLONE_NEWUSER) }
  }

  /// Keeps from the calling process, and from all that it starts, what root's id alone gives beyond a user namespace and
  /// no file: the host's keyrings, and typing into the terminal for whoever reads there next.
  /// - Parameter warn: is told, in a sentence, where this kernel cannot.
  private static func filterCalls(warn: (String) -> Void) throws(SystemError) {
    do throws(SystemError) { try systemCall("filter", "system calls") { clinux_filter_calls() } } catch {
      // Without CONFIG_SECCOMP_FILTER, or older than 4.17.
      guard error.errno == ENOSYS || error.errno == EINVAL else { throw error }
      warn("the command may use this host's keyrings and type into the terminal: \(error)")
    }
  }

  /// What maps every id of the calling process's user namespace to itself in another one.
  public struct IdentityMaps: Sendable {
    private let maps: [(name: String, text: String)]

    /// Reads the maps of the calling process's.
    public init() throws(SystemError) {
      var maps: [(String, String)] = []
      for name in ["uid_map", "gid_map"] {
        maps.append((name, identity(of: try readText("/proc/thread-self/\(name)"))))
      }
      self.maps = maps
    }

    /// Gives them to the user namespace of a process, once for each such namespace; the caller needs CAP_SETUID and
    /// CAP_SETGID.
    public func apply(to pid: Int32) throws(SystemError) {
      for map in maps { try writeText(map.text, to: "/proc/\(pid)/\(map.name)") }
    }
  }

  /// A map of user_namespaces(7) onto itself: the ids inside are those outside.
  static func identity(of map: String) -> String {
    Array(map.utf8).split(separator: UInt8(ascii: "\n")).reduce(into: "") { identity, line in
      let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
      if fields.count == 3 { identity += "\(fields[0]) \(fields[0]) \(fields[2])\n" }
    }
  }
}
