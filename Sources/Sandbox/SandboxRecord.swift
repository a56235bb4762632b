import Glibc
import LinuxSystem
import Namespaces

/// The record of one sandbox, locked by the process that answers for the sandbox as long as it lives.
///
/// A record that nobody holds the lock of, and that does not say that its sandbox is to stay, was left behind by a
/// process that was ended: it names everything that has to be undone.
struct SandboxRecord: ~Copyable {
  let name: NamespaceName
  let path: String
  private let file: OwnedDescriptor
  private var writtenSize: Int = 0

  /// Whether the sandbox stays without a process (`create`, `--keep`).
  static let stays = "stays"
  /// The identity of the network namespace; written before the namespace gets its name, so that a name is only taken
  /// away from a namespace of ours.
  static let namespace = "namespace"
  /// A process has joined from outside (`exec`): it is no descendant of the command, so it has to be searched for.
  static let joined = "joined"

  /// Writes and locks a new record. The caller holds the lock on the directory.
  init(_ facts: SandboxFacts, bridge: String?, in state: StateDirectory) throws(SandboxError) {
    name = facts.name
    path = state.record(of: facts.name)
    do throws(SystemError) {
      var text = facts.head
      if let bridge { text.append("bridge", bridge) }
      file = try state.createRecord(text, at: path, in: state.sandboxes, locked: true)
    } catch {
      guard error.errno == EEXIST else { throw .system(error) }
      throw Self.taken(facts.name)
    }
    writtenSize = size
  }

  /// Why a name cannot be had.
  static func taken(_ name: NamespaceName) -> SandboxError {
    .refused("the name '\(name)' is taken by another sandbox (nsrun list): choose another, or end that one")
  }

  /// Takes over the record of a sandbox that no process answers for.
  /// - Returns: nil where there is no such record, or a process answers for it.
  init?(takingOver name: NamespaceName, in state: StateDirectory) throws(SystemError) {
    let path = state.record(of: name)
    guard let file = try OwnedDescriptor.openIfPresent(path, O_RDWR | O_APPEND | O_NOFOLLOW) else { return nil }
    // Whoever had the lock until now may have removed the file before letting go.
    guard file.tryLock(.exclusive), try FileIdentity(path: path) == file.identity() else { return nil }
    self.name = name
    self.path = path
    self.file = file
    writtenSize = size
  }

  /// What the record says now.
  func read() throws(SandboxError) -> RecordText { try RecordText.read(path) }

  /// Adds lines.
  mutating func append(_ lines: RecordText) throws(SystemError) {
    try file.write(lines.serialized, path)
    writtenSize = size
  }

  /// Whether another process has added to the record since this one last did.
  var hasGrown: Bool { size > writtenSize }

  private var size: Int {
    var status = stat()
    return fstat(file.raw, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Removes the record: all that it names is gone.
  func removeFile() throws(SystemError) { try LinuxSystem.removeFile(path) }

  /// Tells the process that answers for a sandbox that another one joins it; once is enough, and one that stays needs no
  /// telling.
  static func noteJoining(_ name: NamespaceName, in state: StateDirectory) {
    let path = state.record(of: name)
    guard let text = try? RecordText.read(path), text[stays] == nil, text[joined] == nil else { return }
    try? state.append(RecordText([(joined, "\(getpid())")]), to: path)
  }

  /// Whether a process answers for the record of this name.
  static func isAttended(_ name: NamespaceName, in state: StateDirectory) -> Bool {
    guard let file = try? OwnedDescriptor.open(state.record(of: name), O_RDONLY | O_NOFOLLOW) else { return false }
    return !file.tryLock(.shared)
  }
}

extension RecordText {
  /// Reads a record's file.
  static func read(_ path: String) throws(SandboxError) -> RecordText {
    let content = try system { () throws(SystemError) in try readFile(path) }
    do throws(Unreadable) { return try RecordText(parsing: content) } catch {
      switch error {
      case .empty, .garbage:
        throw .refused("the record \(path) cannot be read: it was damaged; remove it by hand")
      case .newer(let version):
        throw .refused("the record \(path) has version \(version): a newer nsrun wrote it, which also has to remove it")
      }
    }
  }

  /// The identity of the network namespace.
  var namespaceIdentity: String? { self[SandboxRecord.namespace] }
}

extension FileIdentity {
  /// As it stands in a record.
  var text: String { "\(device):\(inode)" }
}
