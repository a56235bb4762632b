import LinuxSystem
import NetTypes

/// The networks of bridges without sandboxes.
package struct AbandonedNetworks {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// Removes the networks in which no sandbox has a lease: the nsrun of the last sandbox was killed half way, or is
  /// just removing the network.
  /// - Parameter isDryRun: whether only to report.
  /// - Returns: the parts of these networks that were there.
  package func removeUnused(
    only bridge: InterfaceName?, isDryRun: Bool
  ) throws(NetworkError) -> [Removed] {
    // A process that joins a network takes a lease before it releases this lock.
    let lock = try system { () throws(SystemError) in try host.state.lockIfPresent(.exclusive) }
    guard let lock else { return [] }
    let all = try NetworkRecords(host).names()
    var unused: [InterfaceName] = []
    for network in all where bridge == nil || bridge == network {
      guard AddressLeases(bridge: network, state: host.state).count == 0,
        try !SandboxRecords(host).hold(network)
      else { continue }
      unused.append(network)
    }
    var removed: [Removed] = []
    for bridge in unused {
      guard let record = NetworkRecords(host).record(of: bridge) else { continue }
      let network = RecordedNetwork(bridge: bridge, record: record)
      for resource in NetworkResources.all(host) { removed += try resource.remains(of: network) }
    }
    if !all.isEmpty, unused.count == all.count, unused.allSatisfy(isRemovable) {
      removed += try Forwarding.remains(host, .stale) + RuleTables(host).remains(.stale)
    }
    guard !isDryRun else { return removed }
    for bridge in unused { Teardown(host).unmakeIfUnused(bridge) }
    host.state.removeIfEmpty(holding: lock)
    return removed
  }

  /// Whether no newer nsrun wrote the record, which only that one can remove.
  private func isRemovable(_ network: InterfaceName) -> Bool {
    do throws(NetworkError) { _ = try NetworkRecords(host).read(of: network) } catch {
      if case .refused = error { return false }
    }
    return true
  }

  /// Removes all networks without sandboxes, even if leases are left: their holders are gone.
  package func removeAbandoned() throws(NetworkError) {
    let lock = try system { () throws(SystemError) in try host.state.lockIfPresent(.exclusive) }
    guard let lock else { return host.state.removeRootIfEmpty() }
    let isAbandoned = try SandboxRecords(host).names().isEmpty
    for network in try NetworkRecords(host).names() {
      let leases = AddressLeases(bridge: network, state: host.state)
      // A lease that could not be released would keep the network for ever.
      if isAbandoned { try LostLeases(host).release(leases) }
      Teardown(host).unmakeIfUnused(network)
    }
    host.state.removeIfEmpty(holding: lock)
  }
}
