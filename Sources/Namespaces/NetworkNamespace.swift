import CLinux
import Glibc
import LinuxSystem

/// A network namespace, kept alive by an open descriptor.
public struct NetworkNamespace: ~Copyable, Sendable {
  let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  /// The namespace of the calling thread.
  public static func current() throws(SystemError) -> NetworkNamespace {
    // /proc/self would refer to the main thread.
    NetworkNamespace(try .open("/proc/thread-self/ns/net", O_RDONLY))
  }

  /// The namespace of a process or a thread.
  /// - Throws: ENOENT if it is gone, or a zombie.
  public static func ofProcess(_ pid: Int32) throws(SystemError) -> NetworkNamespace {
    NetworkNamespace(try .open("/proc/\(pid)/ns/net", O_RDONLY))
  }

  /// The descriptor's number, for IFLA_NET_NS_FD; valid as long as this value lives.
  public var raw: Int32 { descriptor.raw }

  /// Equal for two descriptors exactly if they refer to one namespace.
  public func identity() throws(SystemError) -> FileIdentity { try descriptor.identity() }

  /// Moves the calling thread into this namespace (setns(2), needs CAP_SYS_ADMIN).
  public func enter() throws(SystemError) {
    try systemCall("enter network namespace", "") { clinux_setns(descriptor.raw, clinux_CLONE_NEWNET) }
  }

  /// Runs `body` inside this namespace and returns to `home`. Sockets that `body` opens stay inside.
  ///
  /// No other code may run on the calling thread, as it would on a thread of a pool.
  public func inside<Result: ~Copyable, Failure: Error>(
    home: borrowing NetworkNamespace, _ body: () throws(Failure) -> Result
  ) throws(SystemError) -> Swift.Result<Result, Failure> {
    try enter()
    let result: Swift.Result<Result, Failure>
    do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
    home.comeBack()
    return result
  }

  private func comeBack() {
    // Otherwise the process would change the wrong network.
    do throws(SystemError) { try enter() } catch {
      let message = Array("nsrun: cannot return to the host's namespace: \(error)\n".utf8)
      _ = write(STDERR_FILENO, message, message.count)
      exit(125)
    }
  }

  /// Marks the namespace for ``closeLast(home:)``.
  ///
  /// A namespace has one inode in memory as long as it is open or mounted somewhere. The next time it is opened, it has
  /// a new inode without a mark.
  public func mark() throws(SystemError) {
    try systemCall("mark", "a network namespace") { clinux_set_write_hint(descriptor.raw, Self.mark) }
  }

  private static let mark: UInt64 = 2  // RWH_WRITE_LIFE_SHORT

  /// Closes the descriptor of a marked namespace that has no name any more. It should be the last descriptor.
  /// - Returns: whether no process or mount namespace has the namespace open or mounted any more, and it has no visible
  ///   socket (``OpenSockets/exceed(_:)``). A process that opens it for only a moment does not count. False also if
  ///   root inside has removed the mark.
  /// - Throws: if this cannot be determined.
  public consuming func closeLast(home: borrowing NetworkNamespace) throws(SystemError) -> Bool {
    try enter()
    defer { home.comeBack() }
    var mark: UInt64 = 0
    guard try !OpenSockets.exceed(0), clinux_write_hint(descriptor.raw, &mark) == 0, mark == Self.mark else {
      return false
    }
    _ = consume self
    for pause: UInt32 in [100, 200, 400, 800, 1600, 0] {
      var mark: UInt64 = 0
      let again = try NetworkNamespace.current()
      try systemCall("look for the mark of", "a network namespace") { clinux_write_hint(again.raw, &mark) }
      if mark != Self.mark { return true }
      usleep(pause)
    }
    return false
  }

  /// Runs `body` inside this namespace in a new thread, while the calling thread waits. When another process lists or
  /// ends the processes there, this process counts as a visitor (``ProcessCensus``).
  public func visit<Result, Failure: Error>(
    _ body: @escaping () throws(Failure) -> Result
  ) throws(SystemError) -> Swift.Result<Result, Failure> {
    let number = descriptor.raw
    var outcome: Swift.Result<Swift.Result<Result, Failure>, SystemError>?
    let visit = Visit {
      do throws(SystemError) {
        try systemCall("enter network namespace", "") { clinux_setns(number, clinux_CLONE_NEWNET) }
        do throws(Failure) { outcome = .success(.success(try body())) } catch { outcome = .success(.failure(error)) }
      } catch {
        outcome = .failure(error)
      }
    }
    try visit.run()
    return try outcome!.get()
  }

  /// Moves the calling thread into a new network namespace, which has only a loopback link that is down.
  public static func unshare() throws(SystemError) {
    try systemCall("make a network namespace", "") { clinux_unshare(clinux_CLONE_NEWNET) }
  }

  /// Makes a network namespace that only its descriptor keeps alive.
  ///
  /// No other code may run on the calling thread meanwhile.
  /// - Parameter home: the calling thread's namespace.
  public static func scratch(home: borrowing NetworkNamespace) throws(SystemError) -> NetworkNamespace {
    try unshare()
    let made: NetworkNamespace
    do throws(SystemError) { made = try current() } catch {
      home.comeBack()
      throw error
    }
    home.comeBack()
    return made
  }

  /// Moves the calling thread into a new network namespace that a new user namespace owns. The thread stays in its own
  /// user namespace, so it can still mount with its previous privileges.
  ///
  /// The new user namespace allows no mounts of control groups: root's files still belong to root, and every process of
  /// the host is in a control group.
  ///
  /// - Parameter warn: receives a sentence if this host does not let nsrun prevent such mounts.
  /// - Throws: ENOSPC: no user namespace, or no further one, is allowed (namespaces(7)); EINVAL: this kernel has no
  ///   user namespaces; EPERM: it is forbidden, as after chroot(2).
  public static func unshareOwned(warn: (String) -> Void) throws(SystemError) -> UserNamespace {
    var (user, network, limitError): (Int32, Int32, Int32) = (-1, -1, 0)
    try systemCall(UserNamespace.making, "") { clinux_make_owned_network(&user, &network, &limitError) }
    // A kernel without the file has no cgroup namespaces. If the limit is 0 here, processes below cannot make any
    // either.
    let limit = "/proc/sys/user/max_cgroup_namespaces"
    if limitError != 0, limitError != ENOENT, (try? readText(limit)) != "0\n" {
      let error = SystemError("write", limit, errno: limitError)
      warn("the command may change this host's control groups: \(error)")
    }
    let owner = UserNamespace(OwnedDescriptor(owning: user))
    try NetworkNamespace(OwnedDescriptor(owning: network)).enter()
    return owner
  }
}

/// Work for a new thread, while the calling thread waits.
private final class Visit {
  private let body: () -> Void

  init(_ body: @escaping () -> Void) { self.body = body }

  func run() throws(SystemError) {
    var thread = pthread_t()
    let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
      Unmanaged<Visit>.fromOpaque($0!).takeUnretainedValue().body()
      return nil
    }
    let error = pthread_create(&thread, nil, start, Unmanaged.passUnretained(self).toOpaque())
    if error != 0 { throw SystemError("start", "a thread", errno: error) }
    pthread_join(thread, nil)
    withExtendedLifetime(self) {}
  }
}
