import Launch
import Network

/// Restores what another program has changed or removed.
public struct Reload {
  let host: Host

  public init(_ host: Host) { self.host = host }

  /// Restores what another program has deleted from the networks of sandboxes: bridges, their ports, forwarding, rules.
  /// Reports what it cannot restore, such as a sandbox's namespace or link.
  /// - Returns: the names of the restored objects, for the user.
  public func reload() throws(SandboxError) -> [String] {
    try Privileges.require()
    defer { host.finish() }
    let signals = BlockedSignals()
    Removal(host).sweep()
    let restored = try Restoration(host).restore()
    _ = consume signals
    return restored
  }
}
