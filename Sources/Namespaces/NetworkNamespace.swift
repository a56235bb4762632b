import CLinux
import Glibc
import LinuxSystem

/// A network namespace that is kept alive by an open descriptor.
public struct NetworkNamespace: ~Copyable, Sendable {
  let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  /// The namespace of the calling thread.
  public static func current() throws(SystemError) -> NetworkNamespace {
    // /proc/self would be the main thread's.
    NetworkNamespace(try .open("/proc/thread-self/ns/net", O_RDONLY))
  }

  /// The namespace of a process.
  /// - Throws: ENOENT when the process is gone.
  public static func ofProcess(_ pid: Int32) throws(SystemError) -> NetworkNamespace {
    NetworkNamespace(try .open("/proc/\(pid)/ns/net", O_RDONLY))
  }

  /// The descriptor's number, for IFLA_NET_NS_FD; valid as long as this value lives.
  public var raw: Int32 { descriptor.raw }

  /// Equal for two descriptors exactly when they are of one namespace.
  public func identity() throws(SystemError) -> FileIdentity { try descriptor.identity() }

  /// Moves the calling thread into this namespace (setns(2), needs CAP_SYS_ADMIN).
  public func enter() throws(SystemError) {
    try systemCall("enter network namespace", "") { clinux_setns(descriptor.raw, clinux_CLONE_NEWNET) }
  }

  /// Runs `body` inside this namespace and comes back to `home`. Sockets opened in `body` stay inside.
  ///
  /// The calling thread must not be one that others run code on.
  public func inside<Result: ~Copyable, Failure: Error>(
    home: borrowing NetworkNamespace, _ body: () throws(Failure) -> Result
  ) throws(SystemError) -> Swift.Result<Result, Failure> {
    try enter()
    let result: Swift.Result<Result, Failure>
    do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
    // Going on in the wrong namespace would change somebody else's network.
    do throws(SystemError) { try home.enter() } catch {
      let message = Array("nsrun: cannot return to the host's namespace: \(error)\n".utf8)
      _ = write(STDERR_FILENO, message, message.count)
      exit(125)
    }
    return result
  }

  /// Runs `body` inside this namespace in a thread that is there for it, while the calling one waits. The process, which
  /// goes by its main thread, is not one of the namespace for those who list or end the processes there.
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

  /// Moves the calling thread into a network namespace of its own, in which there is only a loopback link that is down.
  public static func unshare() throws(SystemError) {
    try systemCall("make a network namespace", "") { clinux_unshare(clinux_CLONE_NEWNET) }
  }

  /// Moves the calling thread into a network namespace of its own that a new user namespace owns, and not into that:
  /// mounts are still made with the power of before.
  ///
  /// No control groups can be mounted there: root's files are still root's, and every process of the host has one.
  ///
  /// - Parameter warn: is told, in a sentence, where this host forbids to see to that.
  /// - Throws: ENOSPC: none may be made, or no more (namespaces(7)); EINVAL: this
  /// kernel has no user namespaces; EPERM: it is forbidden, as after chroot(2).
  public static func unshareOwned(warn: (String) -> Void) throws(SystemError) -> UserNamespace {
    var (user, network, limitError): (Int32, Int32, Int32) = (-1, -1, 0)
    try systemCall(UserNamespace.making, "") { clinux_make_owned_network(&user, &network, &limitError) }
    // A kernel without the file has no such namespaces; nor has who is in one that must not make any.
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

/// What a thread of its own does while the calling one waits.
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

/// The processes whose main thread is in a network namespace, in ascending order.
/// - Parameter owner: a user namespace: whoever is in a network namespace that was made in it, or below it, is one of them
///   too.
public func processes(in namespace: FileIdentity, orBelow owner: FileIdentity? = nil) throws(SystemError) -> [Int32] {
  var isWanted = [namespace: true]
  FileIdentity(path: "/proc/thread-self/ns/net").map { home in if home != namespace { isWanted[home] = false } }
  return try directoryEntries("/proc").compactMap { Int32($0) }.filter { pid in
    guard let identity = FileIdentity(path: "/proc/\(pid)/ns/net") else { return false }
    if let isKnown = isWanted[identity] { return isKnown }
    guard let owner, let other = try? NetworkNamespace.ofProcess(pid), (try? other.identity()) == identity else {
      return false
    }
    let isBelow = UserNamespace.owners(of: other).contains(owner)
    isWanted[identity] = isBelow
    return isBelow
  }.sorted()
}

/// The processes of the machine by the network namespace that their main threads are in, each list in ascending order.
public func processesByNamespace() throws(SystemError) -> [FileIdentity: [Int32]] {
  var found: [FileIdentity: [Int32]] = [:]
  for pid in try directoryEntries("/proc").compactMap({ Int32($0) }).sorted() {
    if let namespace = FileIdentity(path: "/proc/\(pid)/ns/net") { found[namespace, default: []].append(pid) }
  }
  return found
}
