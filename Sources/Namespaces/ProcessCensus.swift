import Glibc
import LinuxSystem

/// The processes of the machine that are visible from here, by the namespaces of their threads.
///
/// A process counts in every network namespace of its threads: its main thread may have ended, or be in another
/// sandbox. But a process whose main thread is at home, where the calling process is, is only a visitor in other
/// namespaces. It belongs to the host and looks at many namespaces, as a network plugin or a metrics exporter does.
public struct ProcessCensus: ~Copyable {
  /// A thread in a network namespace, through which the namespace can be opened.
  private struct Thread {
    let id: Int32
    let process: Int32
    let isVisitor: Bool
  }

  private var threads: [FileIdentity: [Thread]] = [:]
  /// The user namespaces above each network namespace, its owner first, without the calling process's own.
  private var owners: [FileIdentity: [FileIdentity]] = [:]
  /// The processes below a user namespace: in it, in one below it, or in a network namespace that one of these owns.
  private var below: [FileIdentity: [Int32]] = [:]
  /// The last id before those of processes or threads that started during the census, which may have missed them; nil
  /// if none started.
  public private(set) var overtakenAfter: Int32?

  /// Examines every thread.
  public init() throws(SystemError) {
    let home = FileIdentity(path: "/proc/thread-self/ns/net")
    let own = UserNamespace.own
    let numbers = ProcessNumbers.current
    var ancestors: [FileIdentity: [FileIdentity]] = [:]
    for process in try directoryEntries("/proc").compactMap({ Int32($0) }).sorted() {
      var above: Set<FileIdentity> = []
      let isAtHome = Self.isAtHome(process, home, own)
      for thread in Self.threads(of: process) {
        guard let network = FileIdentity(path: "/proc/\(thread)/ns/net") else { continue }
        if threads[network]?.last?.process != process {
          threads[network, default: []].append(
            Thread(id: thread, process: process, isVisitor: isAtHome && network != home))
        }
        if network != home, !isAtHome {
          if owners[network] == nil, let namespace = open(network) {
            owners[network] = UserNamespace.owners(of: namespace)
          }
          above.formUnion(owners[network] ?? [])
        }
        guard let user = FileIdentity(path: "/proc/\(thread)/ns/user"), user != own else { continue }
        if ancestors[user] == nil { ancestors[user] = UserNamespace.chain(ofThread: thread) }
        above.formUnion(ancestors[user] ?? [])
      }
      for namespace in above { below[namespace, default: []].append(process) }
    }
    if let last = numbers?.last, last != ProcessNumbers.current?.last { overtakenAfter = last }
  }

  /// Whether the main thread of a process is in the namespaces of the calling one.
  fileprivate static func isAtHome(_ process: Int32, _ home: FileIdentity?, _ own: FileIdentity?) -> Bool {
    home != nil && FileIdentity(path: "/proc/\(process)/ns/net") == home
      && FileIdentity(path: "/proc/\(process)/ns/user") == own
  }

  /// Whether a thread belongs to a process that is only a visitor in the thread's namespace.
  fileprivate static func isVisitor(_ thread: Int32) -> Bool {
    let line = (try? readText("/proc/\(thread)/status"))?.split(separator: "\n").first { $0.hasPrefix("Tgid:") }
    guard let process = line.flatMap({ Int32($0.dropFirst(5).drop { $0 == "\t" }) }), process != thread else {
      return false
    }
    return isAtHome(process, FileIdentity(path: "/proc/thread-self/ns/net"), UserNamespace.own)
  }

  /// The threads of a process; only the main thread if there is no other.
  private static func threads(of process: Int32) -> [Int32] {
    var status = stat()
    // The link count of the directory is 2 plus the number of threads (proc_task_getattr in fs/proc/base.c).
    guard stat("/proc/\(process)/task", &status) == 0 else { return [] }
    if status.st_nlink == 3 { return [process] }
    return ((try? directoryEntries("/proc/\(process)/task")) ?? []).compactMap { Int32($0) }
  }

  /// The processes with a thread in a network namespace, without visitors, in ascending order.
  public borrowing func processes(in namespace: FileIdentity) -> [Int32] {
    (threads[namespace] ?? []).filter { !$0.isVisitor }.map(\.process)
  }

  /// The visitors in a network namespace, in ascending order.
  public borrowing func visitors(in namespace: FileIdentity) -> [Int32] {
    (threads[namespace] ?? []).filter(\.isVisitor).map(\.process)
  }

  /// The processes with a thread in a network namespace and all below a user namespace, in ascending order.
  /// - Parameter owner: nil for none.
  public borrowing func processes(in namespace: FileIdentity, orBelow owner: FileIdentity?) -> [Int32] {
    let inside = processes(in: namespace)
    guard let owner, let below = below[owner] else { return inside }
    return Set(inside + below).sorted()
  }

  /// The network namespaces of the processes.
  public var namespaces: [FileIdentity] { Array(threads.keys) }

  /// Opens a network namespace through one of its threads; nil if none is left.
  public borrowing func open(_ namespace: FileIdentity) -> NetworkNamespace? {
    for thread in threads[namespace] ?? [] {
      // The directory of a thread can be opened by its id, although /proc does not list it.
      if let found = try? NetworkNamespace.ofProcess(thread.id), (try? found.identity()) == namespace { return found }
    }
    return nil
  }
}

/// The numbering of processes and threads in this process's PID namespace (proc_loadavg(5)).
public struct ProcessNumbers: Equatable, Sendable {
  /// The number of processes and threads on the machine.
  public let count: Int
  /// The number of those that run, or wait for a processor.
  public let running: Int
  /// The id that was assigned last. After the highest id comes the lowest free one.
  public let last: Int32

  /// The current numbers; nil if the kernel does not tell.
  public static var current: ProcessNumbers? { (try? readText("/proc/loadavg")).flatMap { ProcessNumbers($0) } }

  /// - Parameter text: `0.10 0.20 0.30 1/100 4242`.
  init?(_ text: String) {
    // Works on bytes for speed: every launch does this.
    let fields = text.utf8.prefix { $0 != UInt8(ascii: "\n") }.split(separator: UInt8(ascii: " "))
    guard fields.count == 5, let slash = fields[3].firstIndex(of: UInt8(ascii: "/")),
      let running = Int(Substring(fields[3][..<slash])),
      let count = Int(Substring(fields[3][fields[3].index(after: slash)...])), let last = Int32(Substring(fields[4]))
    else { return nil }
    self.count = count
    self.running = running
    self.last = last
  }
}

/// Watches a network namespace for new processes and threads. A process that starts another one and ends may live for
/// less time than a census takes, but longer than a look at that process alone.
/// - Parameters:
///   - last: the id after which processes count; nil for those that start from now on.
///   - isEnough: receives each process or thread that is found there, except visitors (``ProcessCensus``).
public func watchNewcomers(in namespace: FileIdentity, after last: Int32? = nil, until isEnough: (Int32) -> Bool) {
  guard var last = last ?? ProcessNumbers.current?.last else { return }
  var idle = 0
  for _ in 1...400 where idle < 200 {
    guard let newest = ProcessNumbers.current?.last else { return }
    idle = newest == last ? idle + 1 : 0
    // After the highest id comes the lowest free one.
    let numbers = newest > last ? last + 1...newest : newest < last ? 1...newest : nil
    for thread in numbers.map({ threads(numbered: $0, in: namespace) }) ?? []
    where !ProcessCensus.isVisitor(thread) && isEnough(thread) { return }
    last = newest
  }
}

/// The processes and threads in a network namespace with ids in a range. A look at the newest ones costs less than a
/// census.
public func threads(numbered range: ClosedRange<Int32>, in namespace: FileIdentity) -> [Int32] {
  range.filter { FileIdentity(path: "/proc/\($0)/ns/net") == namespace }
}
