import LinuxSystem
import NetTypes
import RouteNetlink

/// The leases of the sandboxes on a bridge, that others have deleted.
struct Leases {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The addresses of sandboxes that no lease keeps for them, so that another sandbox may get them.
  private func lost(of network: RecordedNetwork) -> [(address: IPAddress, sandbox: SandboxFacts)] {
    let leases = AddressLeases(bridge: network.bridge, state: host.state)
    return network.users.filter(stays).flatMap { facts in
      (facts.connection(to: network.bridge)?.inside.leased ?? []).map(\.address)
        // An IPv6 address that follows from the IPv4 address has no lease of its own.
        .filter { $0.isIPv4 && leases.holder(of: $0) == nil }.map { ($0, facts) }
    }
  }

  /// Whether a sandbox is not being removed: it loses its name before its leases.
  private func stays(_ facts: SandboxFacts) -> Bool { host.names.identity(of: facts.name) != nil }
}

extension Leases: NetworkResource {
  func drifts(of network: RecordedNetwork, _ links: [Link]) throws(NetworkError) -> [Drift] {
    lost(of: network).map { address, facts in
      Drift(
        kind: .records, message: "the lease of \(address) of '\(facts.name)' on \(network.bridge) is gone",
        restored: "the lease of \(address) of '\(facts.name)'")
    }
  }

  func restore(for network: RecordedNetwork) throws(NetworkError) {
    let leases = AddressLeases(bridge: network.bridge, state: host.state)
    for (address, facts) in lost(of: network) {
      try leases.take(address, for: facts.name)
      // Its removal may have begun since.
      if !stays(facts) { try system { () throws(SystemError) in _ = try leases.release(address, of: facts.name) } }
    }
  }
}
