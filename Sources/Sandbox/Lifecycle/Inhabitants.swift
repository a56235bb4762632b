import Glibc
import Launch
import LinuxSystem
import Namespaces

/// All that is to end with a sandbox: the processes with a thread in its network namespace, those in or below the user
/// namespace that owns it, and those in network namespaces that these own.
///
/// A namespace is not empty because nobody is seen in it: a process of another PID namespace is seen by those there alone.
struct Inhabitants: ~Copyable {
  let namespace: FileIdentity
  /// nil where it is this process's own, and so tells nothing.
  private let owner: UserNamespace?
  private let ownerIdentity: FileIdentity?
  /// From which process on the descendants of this one belong to it, as far as they are not in this one's own network
  /// namespace; nil for none. Those before it are others' that this process has inherited, or started for something else.
  private let firstDescendant: Int32?

  /// How long they have between SIGTERM and SIGKILL, in milliseconds.
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

  /// Whether processes may be in a namespace that came by themselves. Most who do have been started since; a look at all
  /// of the machine, some 10 us for each, is left to those runs that take much longer than that, as far as they have had a
  /// processor to themselves; an eighth of it is taken for granted, however many others run.
  /// - Parameters:
  ///   - first: the number of the first process that was inside.
  ///   - start: when that was started (``monotonicMicroseconds()``).
  static func mayHaveCome(into namespace: FileIdentity, from first: Int32, since start: Int64) -> Bool {
    guard let numbers = ProcessNumbers.current, numbers.last >= first else { return true }
    let time = monotonicMicroseconds() - start
    if time > Int64(numbers.count) * 1000 {
      let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
      let share = min(max(processors, numbers.running), 8 * processors)
      if time > Int64(numbers.count * 1000 * share / processors) { return true }
    }
    // Others have started so many that to look at each of those would take longer.
    if Int(numbers.last - first) > max(1000, 4 * numbers.count) { return true }
    return !threads(numbered: first...numbers.last, in: namespace).isEmpty
  }

  /// Ends those that only the kernel finds: of other PID namespaces.
  fileprivate borrowing func strikeUnseen() { owner?.killAll() }

  /// Ends them.
  /// - Returns: those that are left.
  fileprivate borrowing func end(graceMilliseconds: Int32) -> [Int32] {
    Supervisor.end(graceMilliseconds: graceMilliseconds, remaining: { processes() }, strike: { strike() })
  }

  /// Ends, without grace, those that fork faster than they can be found.
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

  /// Those of a namespace, by the name that it has, or by a process that is in it; nil where it has neither.
  func inhabitants(
    of namespace: FileIdentity, named name: NamespaceName?, _ census: borrowing ProcessCensus
  ) -> Inhabitants? {
    if let name, let named = try? host.names.open(name), (try? named.identity()) == namespace {
      return try? Inhabitants(of: named)
    }
    guard let found = census.open(namespace) else { return nil }
    return try? Inhabitants(of: found)
  }

  /// Ends those of a namespace, and says so.
  /// - Parameter first: the number of the first process that was inside.
  /// - Returns: how many processes were found there, be they visitors that are left.
  func end(inside network: borrowing NetworkNamespace, from first: Int32, of place: String) -> Int {
    guard let inhabitants = try? Inhabitants(of: network, descendantsFrom: first), let census = try? ProcessCensus()
    else { return 0 }
    return end(inhabitants, of: place, census) + census.visitors(in: inhabitants.namespace).count
  }

  /// Ends them, and says so.
  /// - Parameters:
  ///   - place: what they are in, for people.
  ///   - census: what was found on the machine just now.
  /// - Returns: how many were found.
  @discardableResult
  func end(_ inhabitants: borrowing Inhabitants, of place: String, _ census: borrowing ProcessCensus) -> Int {
    let inside = inhabitants.processes(in: census)
    guard !inside.isEmpty else {
      // What cannot be found is not absent.
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

/// Processes with their programs' names, for people.
func programs(of processes: [Int32]) -> String {
  processes.map { "\($0) (\(programName(of: $0)))" }.joined(separator: ", ")
}
