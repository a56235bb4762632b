import LinuxSystem
import Namespaces
import NetTypes

/// A sandbox that this process has taken over, because it is stale or is one that stays: its locked record and the
/// facts in it.
final class TakenOver {
  let record: SandboxRecord
  let facts: SandboxFacts
  /// The bridges in the record, including those on which no address was leased yet.
  let bridges: [InterfaceName]
  /// The identity that its network namespace must have.
  let identity: FileIdentity?
  /// Whether it is one that stays.
  let stays: Bool

  /// Takes over the record at a path.
  /// - Returns: nil if there is no record any more, or a process answers for it.
  init?(_ name: NamespaceName, at path: String, on host: Host) throws(SandboxError) {
    guard let record = try SandboxRecord(takingOver: name, at: path) else { return nil }
    let (text, facts) = try SandboxRecords(host).read(of: name, at: path)
    self.record = record
    self.facts = facts
    bridges = text.bridges
    identity = text.namespaceIdentity
    stays = path == host.state.createdRecord(of: name)
  }
}
