import Glibc
import Launch
import LinuxSystem
import Namespaces
import Network
import RouteNetlink

/// All processes that are to end with a sandbox: those with a thread in its network namespace, those in or below the
/// user namespace that owns it, and those in network namespaces owned by these user namespaces.
///
/// A namespace without visible processes need not be empty: processes of a PID namespace that is not below this
/// process's own are not visible here.
struct Inhabitants: ~Copyable {
  let namespace: FileIdentity
  /// The user namespace that owns the network namespace; nil if it is this process's own, to which other processes
  /// belong too.
  private let owner: UserNamespace?
  private let ownerIdentity: FileIdentity?
  /// Descendants of this process with at least this id belong to the sandbox, unless they are in this process's own
  /// network namespace; nil for none. This process has inherited those with lower ids, or started them for something
  /// else.
  private let firstDescendant: Int32?

  /// The time between SIGTERM and SIGKILL, in milliseconds.
  fileprivate static let grace: Int32 = 2000

  init(of network: borrowing NetworkNamespace, descendantsFrom firstDescendant: Int32? = nil) throws(SystemError) {
    namespace = try network.identity()
    owner = try? UserNamespace.owner(of: network)
    ownerIdentity = owner == nil ? nil : try? UserNamespace.ownerIdentity(of: network)
    self.firstDescendant = firstDescendant
  }

  /// The processes, in ascending order.
  borrowing func processes() -> [Int32] {
    guard let census = try? ProcessCensus() else { return [] }
    return processes(in: census)
  }

  borrowing func processes(in census: borrowing ProcessCensus) -> [Int32] {
    var inside = census.processes(in: namespace, orBelow: ownerIdentity)
    if inside.isEmpty, let last = census.overtakenAfter {
      watchNewcomers(in: namespace, after: last) { newcomer in
        inside.append(newcomer)
        return true
      }
    }
    guard let firstDescendant, Supervisor.hasDescendants() else { return inside }
    let home = FileIdentity(path: "/proc/thread-self/ns/net")
    let descendants = Supervisor.descendants().filter { pid in
      pid >= firstDescendant && FileIdentity(path: "/proc/\(pid)/ns/net").map { $0 != home } ?? false
    }
    return Set(inside + descendants).sorted()
  }

  /// Whether processes that joined by themselves may be in a namespace. Most of them started after the sandbox, so for
  /// a short run it suffices to look at the processes started since. A census of the machine costs some 10 us per
  /// process, so it is left to runs that take a hundred times as long. The time of a run counts by its share of a
  /// processor, but at least by one eighth.
  /// - Parameters:
  ///   - first: the id of the first process inside.
  ///   - start: the start of the sandbox (``monotonicMicroseconds()``).
  static func mayHaveCome(into namespace: FileIdentity, from first: Int32, since start: Int64) -> Bool {
    guard let numbers = ProcessNumbers.current, numbers.last >= first else { return true }
    let time = monotonicMicroseconds() - start
    if time > Int64(numbers.count) * 1000 {
      let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
      let share = min(max(processors, numbers.running), 8 * processors)
      if time > Int64(numbers.count * 1000 * share / processors) { return true }
    }
    // So many processes have started since that a census takes less time than a look at each.
    if Int(numbers.last - first) > max(1000, 4 * numbers.count) { return true }
    return !threads(numbered: first...numbers.last, in: namespace).isEmpty
  }

  /// Kills the processes in and below the owning user namespace, including those that a search of /proc misses.
  fileprivate borrowing func strikeUnseen() { owner?.killAll() }

  /// Ends the processes.
  /// - Returns: the processes that are left.
  fileprivate borrowing func end(graceMilliseconds: Int32) -> [Int32] {
    Supervisor.end(graceMilliseconds: graceMilliseconds, remaining: { processes() }, strike: { strike() })
  }

  /// Kills, without grace, processes that fork faster than a census finds them.
  fileprivate borrowing func strike() {
    strikeUnseen()
    watchNewcomers(in: namespace) { newcomer in
      kill(newcomer, SIGKILL)
      return false
    }
  }
}

/// Finds the processes in a network namespace, and ends them.
struct InhabitantSearch {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The inhabitants of a namespace; nil if it has neither a name nor a process inside.
  func inhabitants(
    of namespace: FileIdentity, named name: NamespaceName?, _ census: borrowing ProcessCensus
  ) -> Inhabitants? {
    guard let found = NamespaceSearch(host).open(namespace, named: name, census) else { return nil }
    return try? Inhabitants(of: found)
  }

  /// The inhabitants of the namespace with the peer of a veth link; nil if no process is visible there.
  func inhabitants(behind link: Link, _ census: borrowing ProcessCensus) throws(SandboxError) -> Inhabitants? {
    guard let found = try NamespaceSearch(host).namespace(behind: link, census) else { return nil }
    return try system { () throws(SystemError) in try Inhabitants(of: found) }
  }

  /// Ends the processes in a namespace, and reports them.
  /// - Parameter first: the id of the first process inside.
  /// - Returns: the number of processes found there, including visitors, which are not ended.
  func end(inside network: borrowing NetworkNamespace, from first: Int32, of place: String) -> Int {
    guard let inhabitants = try? Inhabitants(of: network, descendantsFrom: first), let census = try? ProcessCensus()
    else { return 0 }
    return end(inhabitants, of: place, census) + census.visitors(in: inhabitants.namespace).count
  }

  /// Ends the inhabitants, and reports them.
  /// - Parameters:
  ///   - place: where they are, as text for the user.
  ///   - census: a recent census.
  /// - Returns: the number of processes found.
  @discardableResult
  func end(_ inhabitants: borrowing Inhabitants, of place: String, _ census: borrowing ProcessCensus) -> Int {
    let inside = inhabitants.processes(in: census)
    guard !inside.isEmpty else {
      // Processes that cannot be found may exist all the same.
      inhabitants.strikeUnseen()
      return 0
    }
    host.reporter.warn("ending what still runs in \(place): \(programs(of: inside))")
    var left = inhabitants.end(graceMilliseconds: Inhabitants.grace)
    // A process may have joined since the last look.
    for _ in 1...10 where left.isEmpty {
      inhabitants.strike()
      if inhabitants.processes().isEmpty { break }
      left = inhabitants.end(graceMilliseconds: 0)
    }
    if !left.isEmpty {
      host.reporter.warn("still running in \(place) after SIGKILL: \(programs(of: left))")
      host.hasFailed = true
    }
    return inside.count
  }
}

/// Processes with the names of their programs, as text for the user.
func programs(of processes: [Int32]) -> String {
  processes.map { "\($0) (\(programName(of: $0)))" }.joined(separator: ", ")
}

/// The name of a process's program (proc_pid_comm(5)). The process may choose the name, so characters that a terminal
/// would obey are replaced.
public func programName(of pid: Int32) -> String {
  guard let name = try? readFile("/proc/\(pid)/comm") else { return "gone" }
  let text = String(decoding: name.last == UInt8(ascii: "\n") ? name.dropLast() : name[...], as: UTF8.self)
  return text.replacingDeceptive { _ in "?" }
}
