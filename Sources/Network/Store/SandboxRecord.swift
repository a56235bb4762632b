import Glibc
import LinuxSystem
import Namespaces
import NetTypes

/// The record of one sandbox. The nsrun process that supervises the sandbox holds its lock as long as the process
/// lives.
///
/// A record in running/ whose lock is free is stale: its supervisor was killed. It names everything that has to be
/// undone.
package struct SandboxRecord: ~Copyable {
  let name: NamespaceName
  private(set) var path: String
  private let file: OwnedDescriptor
  private var writtenSize: Int = 0

  /// The identity of the network namespace. nsrun writes it before it names the namespace, so that it removes a name
  /// only from a namespace of its own.
  static let namespace = "namespace"
  /// A process has joined from outside (`exec`). It is no descendant of the command, so nsrun has to search for it.
  static let joined = "joined"
  /// A network may have IPv6. nsrun writes it before it changes anything.
  static let ipv6 = "ip6"
  /// The values of that line.
  enum IPv6: String {
    /// Addresses of both families, and the IPv6 address follows from the IPv4 address.
    case both = "yes"
    /// An IPv6 address of its own, or no IPv4.
    case chosen
  }
  /// All that a sandbox needs is there: what is missing from now on, another program has taken.
  static let ready = "ready"

  /// Writes a new record and locks it. The caller holds the lock on the directory.
  init(
    _ facts: SandboxFacts, targets: [ConnectionTarget], ipv6: IPv6? = nil, in state: StateDirectory
  ) throws(NetworkError) {
    name = facts.name
    path = state.runningRecord(of: facts.name)
    file = try Self.create(facts, targets, ipv6, in: state)
    writtenSize = size
  }

  private static func create(
    _ facts: SandboxFacts, _ targets: [ConnectionTarget], _ wanted: IPv6?, in state: StateDirectory
  ) throws(NetworkError) -> OwnedDescriptor {
    var text = facts.head
    for line in SandboxFacts.lines(of: targets).lines { text.append(line.key, line.value) }
    if let wanted { text.append(ipv6, wanted.rawValue) }
    let path = state.runningRecord(of: facts.name)
    do throws(SystemError) {
      let file = try state.createRecord(text, at: path, in: state.running, locked: true)
      // Another sandbox of this name may have moved its record to created/ since the caller looked.
      if access(state.createdRecord(of: facts.name), F_OK) != 0 { return file }
      _ = try? LinuxSystem.removeFile(path)
    } catch {
      guard error.errno == EEXIST else { throw .system(error) }
    }
    throw taken(facts.name)
  }

  /// The error for a name that is taken.
  static func taken(_ name: NamespaceName) -> NetworkError {
    .refused("the name '\(name)' is taken by another sandbox (nsrun list): choose another, or end that one")
  }

  /// Takes over a record whose lock is free.
  /// - Returns: nil if there is no such record, or if its supervisor lives.
  /// - Throws: ``NetworkError/damaged(_:)`` if the path is anything but a regular file of this user.
  init?(takingOver name: NamespaceName, at path: String) throws(NetworkError) {
    guard let file = try Self.open(path), file.tryLock(.exclusive) else { return nil }
    // The process that held the lock may have removed or moved the file before it released the lock.
    let identity = try system { () throws(SystemError) in try file.identity() }
    guard let status = try Self.status(of: path), FileIdentity(status) == identity else { return nil }
    self.name = name
    self.path = path
    self.file = file
    writtenSize = size
  }

  /// The status of the file at a path; nil if there is none.
  private static func status(of path: String) throws(NetworkError) -> stat? {
    var status = stat()
    do throws(SystemError) {
      try systemCall("stat", path) { lstat(path, &status) }
      return status
    } catch {
      if error.isNotFound { return nil }
      throw .system(error)
    }
  }

  /// Opens a record; nil if there is none.
  private static func open(_ path: String) throws(NetworkError) -> OwnedDescriptor? {
    guard let status = try status(of: path) else { return nil }
    guard status.isOwnFile else { throw .damaged(path) }
    do throws(SystemError) {
      return try OwnedDescriptor.openIfPresent(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK)
    } catch {
      throw .system(error)
    }
  }

  /// Reads the current content.
  func read() throws(NetworkError) -> RecordText { try RecordText.read(path) }

  /// Appends lines.
  mutating func append(_ lines: RecordText) throws(SystemError) {
    try file.write(lines.serialized, path)
    writtenSize = size
  }

  /// Moves the record to created/.
  mutating func keep(in state: StateDirectory) throws(SystemError) {
    let kept = state.createdRecord(of: name)
    // A process that leaves removes the directory if it is empty, also between these two calls.
    for attempt in 1...100 {
      try makeDirectory(state.created)
      do throws(SystemError) {
        try systemCall("keep", path) { rename(path, kept) }
        break
      } catch {
        guard StateDirectory.isOfLeaving(error), attempt < 100, access(path, F_OK) == 0 else { throw error }
      }
    }
    path = kept
    _ = state.removeIfEmpty(state.running)
  }

  /// Whether another process has appended to the record since the last append here.
  var hasGrown: Bool { size > writtenSize }

  private var size: Int {
    var status = stat()
    return fstat(file.raw, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Removes the record once all that it names is gone.
  /// - Returns: whether the file still existed.
  @discardableResult
  func removeFile() throws(SystemError) -> Bool { try LinuxSystem.removeFile(path) }

  /// Notes in the record, for the sandbox's supervisor, that a process joins from outside. One note is enough. A
  /// created sandbox has no supervisor and needs none.
  package static func noteJoining(_ name: NamespaceName, in state: StateDirectory) {
    let path = state.runningRecord(of: name)
    guard let text = try? RecordText.read(path), text[joined] == nil else { return }
    try? state.append(RecordText([(joined, "\(getpid())")]), to: path)
  }

  /// Whether the supervisor of this sandbox lives.
  package static func isAlive(_ name: NamespaceName, in state: StateDirectory) -> Bool {
    isLocked(state.runningRecord(of: name))
  }

  /// Whether a process holds the lock of a record: the sandbox's supervisor, or a process that is about to remove the
  /// record.
  static func isLocked(_ path: String) -> Bool {
    guard let file = try? OwnedDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return false }
    return !file.tryLock(.shared)
  }
}

extension RecordText {
  /// Reads the file of a record.
  package static func read(_ path: String) throws(NetworkError) -> RecordText {
    var status = stat()
    if lstat(path, &status) == 0, !status.isOwnFile { throw .damaged(path) }
    let content = try system { () throws(SystemError) in
      try OwnedDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).readRegularFile(path)
    }
    do throws(Unreadable) { return try RecordText(parsing: content) } catch {
      switch error {
      case .empty, .garbage:
        throw .damaged(path)
      case .newer(let version):
        throw .refused("the record \(path) has version \(version): a newer nsrun wrote it, which also has to remove it")
      }
    }
  }

  /// The identity of the network namespace.
  package var namespaceIdentity: FileIdentity? { self[SandboxRecord.namespace].flatMap { FileIdentity(text: $0) } }
}

/// The records of all sandboxes.
package struct SandboxRecords {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// Reads the record of a sandbox.
  /// - Throws: ``NetworkError/damaged(_:)`` if an essential line is missing.
  package func read(of name: NamespaceName, at path: String) throws(NetworkError) -> (
    text: RecordText, facts: SandboxFacts
  ) {
    let text = try RecordText.read(path)
    guard let facts = SandboxFacts(text), facts.name == name else { throw .damaged(path) }
    // A record is complete before it is moved to created/.
    if path == host.state.createdRecord(of: name) {
      guard text.namespaceIdentity != nil, facts.connections.count == text.targets.count else { throw .damaged(path) }
    }
    return (text, facts)
  }

  /// Reads the records of all sandboxes, by name, with an error for each that is unreadable.
  package func readAll() throws(NetworkError) -> (facts: [SandboxFacts], unreadable: [NetworkError]) {
    var facts: [SandboxFacts] = []
    var unreadable: [NetworkError] = []
    for name in try names() {
      guard let path = host.state.record(of: name) else { continue }
      do throws(NetworkError) {
        facts.append(try read(of: name, at: path).facts)
      } catch {
        // The sandbox was removed meanwhile.
        if case .system(let cause) = error, cause.isNotFound { continue }
        unreadable.append(error)
      }
    }
    return (facts, unreadable)
  }

  /// Reads the records of all sandboxes, without those that are unreadable.
  package func all() throws(NetworkError) -> [SandboxFacts] { try readAll().facts }

  /// The recorded facts of the sandbox to which the namespace with this name belongs; nil if it belongs to none.
  package func facts(of name: NamespaceName, _ namespace: borrowing NetworkNamespace) -> SandboxFacts? {
    guard let path = host.state.record(of: name), let text = try? RecordText.read(path),
      let identity = try? namespace.identity(), identity == text.namespaceIdentity
    else { return nil }
    return SandboxFacts(text)
  }

  /// Whether a sandbox that stays, or for which a process answers, is recorded on a bridge. Its lease may be lost.
  func hold(_ bridge: InterfaceName) throws(NetworkError) -> Bool {
    let stale = Set(try system { () throws(SystemError) in try host.state.staleNames() })
    return try names().contains { name in
      guard !stale.contains(name), let path = host.state.record(of: name) else { return false }
      return (try? RecordText.read(path))?.bridges.contains(bridge) ?? false
    }
  }

  /// The names of all recorded sandboxes, sorted.
  package func names() throws(NetworkError) -> [NamespaceName] {
    // In this order, because a record moves from running/ to created/.
    try system { () throws(SystemError) in
      Set(try host.state.names(in: host.state.running) + host.state.names(in: host.state.created)).sorted()
    }
  }
}

extension stat {
  /// Whether it is a regular file of this user with a single name: no symbolic link, FIFO or directory of another
  /// program.
  fileprivate var isOwnFile: Bool { st_mode & S_IFMT == S_IFREG && st_nlink == 1 && st_uid == geteuid() }
}

extension FileIdentity {
  /// The identity as a record has it.
  var text: String { "\(device):\(inode)" }

  /// - Parameter text: the identity as a record has it; other text gives nil.
  init?(text: String) {
    let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt64($0) }
    guard numbers.count == 2, let device = numbers[0], let inode = numbers[1] else { return nil }
    self.init(device: device, inode: inode)
    guard self.text == text else { return nil }
  }
}
