import LinuxSystem
import Namespaces
import NetTypes

/// A sandbox that this process has taken over, because it is stale or is one that stays: its locked record and the
/// facts in it.
package final class TakenOver {
  let record: SandboxRecord
  package let facts: SandboxFacts
  /// The bridges in the record, including those on which no address was leased yet.
  package let bridges: [InterfaceName]
  /// The identity that its network namespace must have.
  package let identity: FileIdentity?
  /// Whether it is one that stays.
  package let stays: Bool

  /// Takes over the record at a path.
  /// - Returns: nil if there is no record any more, or a process answers for it.
  package init?(_ name: NamespaceName, at path: String, on host: Host) throws(NetworkError) {
    guard let record = try SandboxRecord(takingOver: name, at: path) else { return nil }
    let (text, facts) = try SandboxRecords(host).read(of: name, at: path)
    self.record = record
    self.facts = facts
    bridges = text.bridges
    identity = text.namespaceIdentity
    stays = path == host.state.createdRecord(of: name)
  }
}
