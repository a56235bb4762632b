import Glibc
import LinuxSystem
import Namespaces
import NetTypes

/// The record of one sandbox, locked by the process that answers for the sandbox as long as it lives.
///
/// A record among those of running sandboxes that nobody holds the lock of was left behind by a process that was ended:
/// it names everything that has to be undone.
struct SandboxRecord: ~Copyable {
  let name: NamespaceName
  private(set) var path: String
  private let file: OwnedDescriptor
  private var writtenSize: Int = 0

  /// The identity of the network namespace; written before the namespace gets its name, so that a name is only taken
  /// away from a namespace of ours.
  static let namespace = "namespace"
  /// A process has joined from outside (`exec`): it is no descendant of the command, so it has to be searched for.
  static let joined = "joined"

  /// Writes and locks a new record. The caller holds the lock on the directory.
  init(_ facts: SandboxFacts, bridges: [InterfaceName], in state: StateDirectory) throws(SandboxError) {
    name = facts.name
    path = state.runningRecord(of: facts.name)
    file = try Self.create(facts, bridges, in: state)
    writtenSize = size
  }

  private static func create(
    _ facts: SandboxFacts, _ bridges: [InterfaceName], in state: StateDirectory
  ) throws(SandboxError) -> OwnedDescriptor {
    var text = facts.head
    for line in SandboxFacts.lines(of: bridges).lines { text.append(line.key, line.value) }
    let path = state.runningRecord(of: facts.name)
    do throws(SystemError) {
      let file = try state.createRecord(text, at: path, in: state.running, locked: true)
      // Another one may have come to stay since the caller looked: until then its record was in the place of this one.
      if access(state.createdRecord(of: facts.name), F_OK) != 0 { return file }
      _ = try? LinuxSystem.removeFile(path)
    } catch {
      guard error.errno == EEXIST else { throw .system(error) }
    }
    throw taken(facts.name)
  }

  /// Why a name cannot be had.
  static func taken(_ name: NamespaceName) -> SandboxError {
    .refused("the name '\(name)' is taken by another sandbox (nsrun list): choose another, or end that one")
  }

  /// Takes over a record that no process answers for.
  /// - Returns: nil where there is no such record, or a process answers for it.
  /// - Throws: ``SandboxError/damaged(_:)`` where something else than a file of root's is in its place.
  init?(takingOver name: NamespaceName, at path: String) throws(SandboxError) {
    guard let file = try Self.open(path), file.tryLock(.exclusive) else { return nil }
    // Whoever had the lock until now may have removed the file, or moved it, before letting go.
    let identity = try system { () throws(SystemError) in try file.identity() }
    guard let status = try Self.status(of: path), FileIdentity(status) == identity else { return nil }
    self.name = name
    self.path = path
    self.file = file
    writtenSize = size
  }

  /// What is at a path; nil where nothing is.
  private static func status(of path: String) throws(SandboxError) -> stat? {
    var status = stat()
    do throws(SystemError) {
      try systemCall("stat", path) { lstat(path, &status) }
      return status
    } catch {
      if error.isNotFound { return nil }
      throw .system(error)
    }
  }

  /// Opens a record; nil where there is none.
  private static func open(_ path: String) throws(SandboxError) -> OwnedDescriptor? {
    guard let status = try status(of: path) else { return nil }
    guard status.isOwnFile else { throw .damaged(path) }
    do throws(SystemError) {
      return try OwnedDescriptor.openIfPresent(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK)
    } catch {
      throw .system(error)
    }
  }

  /// What the record says now.
  func read() throws(SandboxError) -> RecordText { try RecordText.read(path) }

  /// Adds lines.
  mutating func append(_ lines: RecordText) throws(SystemError) {
    try file.write(lines.serialized, path)
    writtenSize = size
  }

  /// Puts the record among those of the sandboxes that stay.
  mutating func keep(in state: StateDirectory) throws(SystemError) {
    let kept = state.createdRecord(of: name)
    // Whoever leaves removes the directory when nothing is in it, also between these two.
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

  /// Whether another process has added to the record since this one last did.
  var hasGrown: Bool { size > writtenSize }

  private var size: Int {
    var status = stat()
    return fstat(file.raw, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Removes the record: all that it names is gone.
  /// - Returns: whether it was still there.
  @discardableResult
  func removeFile() throws(SystemError) -> Bool { try LinuxSystem.removeFile(path) }

  /// Tells the process that answers for a sandbox that another one joins it; once is enough, and one that stays needs no
  /// telling.
  static func noteJoining(_ name: NamespaceName, in state: StateDirectory) {
    let path = state.runningRecord(of: name)
    guard let text = try? RecordText.read(path), text[joined] == nil else { return }
    try? state.append(RecordText([(joined, "\(getpid())")]), to: path)
  }

  /// Whether a process answers for the record of this name.
  static func isAlive(_ name: NamespaceName, in state: StateDirectory) -> Bool {
    isLocked(state.runningRecord(of: name))
  }

  /// Whether a process answers for a record, or is about to remove it.
  static func isLocked(_ path: String) -> Bool {
    guard let file = try? OwnedDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return false }
    return !file.tryLock(.shared)
  }
}

extension RecordText {
  /// Reads a record's file.
  static func read(_ path: String) throws(SandboxError) -> RecordText {
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
  var namespaceIdentity: FileIdentity? { self[SandboxRecord.namespace].flatMap { FileIdentity(text: $0) } }
}

/// The records of all sandboxes.
struct SandboxRecords {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// What the record of a sandbox says.
  /// - Throws: ``SandboxError/damaged(_:)`` where something is missing that it has to say.
  func read(of name: NamespaceName, at path: String) throws(SandboxError) -> (
    text: RecordText, facts: SandboxFacts
  ) {
    let text = try RecordText.read(path)
    guard let facts = SandboxFacts(text), facts.name == name else { throw .damaged(path) }
    // One that stays was complete when it came to.
    if path == host.state.createdRecord(of: name) {
      guard text.namespaceIdentity != nil, facts.connections.count == text.bridges.count else { throw .damaged(path) }
    }
    return (text, facts)
  }

  /// What the records of all sandboxes say, by name, and why some of them cannot be read.
  func readAll() throws(SandboxError) -> (facts: [SandboxFacts], unreadable: [SandboxError]) {
    var facts: [SandboxFacts] = []
    var unreadable: [SandboxError] = []
    for name in try names() {
      guard let path = host.state.record(of: name) else { continue }
      do throws(SandboxError) {
        facts.append(try read(of: name, at: path).facts)
      } catch {
        // It has gone meanwhile.
        if case .system(let cause) = error, cause.isNotFound { continue }
        unreadable.append(error)
      }
    }
    return (facts, unreadable)
  }

  /// What the records say, of every sandbox; those that cannot be read are left out.
  func all() throws(SandboxError) -> [SandboxFacts] { try readAll().facts }

  /// The names that there are records of, sorted.
  func names() throws(SandboxError) -> [NamespaceName] {
    // In this order: one that comes to stay meanwhile goes from the first to the second.
    try system { () throws(SystemError) in
      Set(try host.state.names(in: host.state.running) + host.state.names(in: host.state.created)).sorted()
    }
  }
}

extension stat {
  /// Whether it is a plain file of our own that has no other name: no link, FIFO or directory that somebody put there.
  fileprivate var isOwnFile: Bool { st_mode & S_IFMT == S_IFREG && st_nlink == 1 && st_uid == geteuid() }
}

extension FileIdentity {
  /// As it stands in a record.
  var text: String { "\(device):\(inode)" }

  /// - Parameter text: as it stands in a record; nil where it is something else.
  init?(text: String) {
    let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt64($0) }
    guard numbers.count == 2, let device = numbers[0], let inode = numbers[1] else { return nil }
    self.init(device: device, inode: inode)
    guard self.text == text else { return nil }
  }
}
