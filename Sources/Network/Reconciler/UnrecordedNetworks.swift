import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// Networks, and state of sandboxes, that are in no record, because another program has deleted or damaged the records.
package struct UnrecordedNetworks {
  private let host: Host
  private let bridge: InterfaceName?
  private let damaged: Set<NamespaceName>

  /// - Parameters:
  ///   - bridge: only what is on this bridge; nil for everything.
  ///   - damaged: the sandboxes with damaged records, whether or not these have been moved aside yet.
  package init(_ host: Host, on bridge: InterfaceName?, besides damaged: Set<NamespaceName>) {
    self.host = host
    self.bridge = bridge
    self.damaged = damaged
  }

  /// Removes them.
  /// - Parameters:
  ///   - doomed: links that are removed, or would be.
  ///   - isDryRun: whether only to report.
  /// - Returns: what was removed, or would be.
  package func remove(besides doomed: [Link], isDryRun: Bool) throws(NetworkError) -> [Removed] {
    // No other nsrun may make or remove a network meanwhile, or make a directory for its state.
    let wasThere = FileIdentity(path: host.state.path) != nil
    let lock = try system { () throws(SystemError) in
      isDryRun ? try host.state.lockIfPresent(.exclusive) : try host.state.lock(.exclusive)
    }
    var removed = try removeNetworks(besides: doomed, isDryRun: isDryRun)
    if wasThere { removed += try removeState(besides: doomed, isDryRun: isDryRun) }
    if let lock { host.state.removeIfEmpty(holding: lock) }
    return removed
  }

  private func removeNetworks(besides doomed: [Link], isDryRun: Bool) throws(NetworkError) -> [Removed] {
    var removed: [Removed] = []
    let recorded = Set(try NetworkRecords(host).names())
    let links = try host.route { (route) throws(NetlinkError) in try route.links() }
    var isInUse = false
    for link in links where link.kind == "bridge" && link.alias == Tag.bridge {
      guard let name = try? InterfaceName(link.name), !recorded.contains(name) else { continue }
      // The other ports could not be removed, or belong to another program.
      if links.contains(where: { port in port.master == link.index && !doomed.contains { $0.index == port.index } }) {
        isInUse = true
        continue
      }
      guard bridge == nil || bridge == name else { continue }
      removed.append(Removed(kind: .bridge, name: link.name, reason: .unrecorded))
      if !isDryRun { try HostLinks(host).delete([link]) }
    }
    guard bridge == nil else { return removed }
    removed += try ForwardChains(host).removeUnrecorded(keeping: recorded, isDryRun: isDryRun)
    guard recorded.isEmpty, !isInUse else { return removed }
    // By a record that an older nsrun has left, or by the guard rule.
    removed += try Forwarding.remains(host, .unrecorded) + RuleTables(host).remains(.unrecorded)
    guard !isDryRun else { return removed }
    if let failure = Forwarding.remove(host).first { throw failure }
    try RuleTables(host).remove()
    for forwarding in Forwarding.all(host) { try forwarding.removeRecord() }
    return removed
  }

  /// Removes leases and hosts entries of sandboxes without a record, and damaged records that were moved aside.
  private func removeState(besides doomed: [Link], isDryRun: Bool) throws(NetworkError) -> [Removed] {
    var removed: [Removed] = []
    for entry in (try? directoryEntries(host.state.leases)) ?? [] {
      guard let network = try? InterfaceName(entry), bridge == nil || bridge == network else { continue }
      let leases = AddressLeases(bridge: network, state: host.state)
      let lost = LostLeases(host).find(leases, besides: doomed, isDryRun ? damaged : [])
      if !isDryRun { try HostLinks(host).delete(lost.compactMap(\.link)) }
      for (address, holder, _) in lost {
        // Another nsrun may have released it while removing the sandbox.
        guard isDryRun || (try? Flows(host).release(address, of: holder, to: leases)) == true else { continue }
        removed.append(Removed(kind: .lease, name: "\(address)", reason: .unrecorded, bridge: network))
      }
      let names = try HostsEntries(host).removeLost(on: network, isDryRun: isDryRun)
      // An entry is not listed if its lease is.
      removed += names.filter { name in !lost.contains { [name, name.origin].contains($0.address) } }
        .map { Removed(kind: .name, name: "of \($0)", reason: .unrecorded, bridge: network) }
      if !isDryRun { Teardown(host).unmakeIfUnused(network) }
    }
    guard bridge == nil else { return removed }
    let networks = Set(try NetworkRecords(host).names().map(\.text))
    for directory in [host.state.cursors, host.state.generations, host.state.hosts] {
      for entry in (try? directoryEntries(directory)) ?? []
      where !isDryRun && !networks.isSuperset(of: HostsEntries.bridges(ofFile: entry)) {
        unlink("\(directory)/\(entry)")
      }
    }
    for name in (try? directoryEntries(host.state.damaged)) ?? [] {
      let path = "\(host.state.damaged)/\(name)"
      removed.append(Removed(kind: .record, name: path, reason: .damaged))
      if !isDryRun { removeTree(path) }
    }
    return removed
  }

  /// Removes the state of network namespaces that are gone.
  /// - Parameter orphans: receives the sandboxes with a record there.
  package func removeForsakenState(isDryRun: Bool, _ orphans: inout Set<NamespaceName>) -> [Removed] {
    var removed: [Removed] = []
    var seen: Set<String>?
    for (path, isGone) in host.state.others() {
      if isGone {
        removed.append(Removed(kind: .record, name: path, reason: .damaged))
        for part in ["running", "created"] {
          orphans.formUnion(((try? directoryEntries("\(path)/\(part)")) ?? []).compactMap { try? NamespaceName($0) })
        }
        if !isDryRun { removeTree(path) }
        continue
      }
      // In a sandbox made with --privileged, the host's state is visible, but not the host's processes.
      if NamespaceSearch(host).isInSandbox { continue }
      if seen == nil { seen = namespacesInSight() }
      if seen?.contains(where: { path.hasSuffix("/\($0)") }) == true { continue }
      host.reporter.warn(
        "\(path) is of a network namespace of which nothing is seen from here, and may be in use; left: if it is gone, "
          + "rm -r \(path) removes it")
    }
    if !removed.isEmpty, !isDryRun { host.state.removeRootIfEmpty() }
    return removed
  }

  /// The inode numbers of the network namespaces that have a name, or a visible process.
  private func namespacesInSight() -> Set<String> {
    var seen: Set<String> = []
    if let census = try? ProcessCensus() { for namespace in census.namespaces { seen.insert("\(namespace.inode)") } }
    for name in (try? host.names.names()) ?? [] { host.names.identity(of: name).map { _ = seen.insert("\($0.inode)") } }
    return seen
  }
}
