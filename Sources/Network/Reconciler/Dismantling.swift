import Glibc
import LinuxSystem
import Namespaces

/// Removes sandboxes that this process has taken over.
package struct Dismantling {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// Undoes everything that the records of sandboxes name.
  /// - Parameter endProcesses: ends the processes inside.
  /// - Returns: the sandboxes of which nothing is left.
  package func dismantle(
    _ batch: [TakenOver], ending endProcesses: (TakenOver, borrowing ProcessCensus) -> Void
  ) -> [NamespaceName] {
    var dismantled: [NamespaceName] = []
    let batch = batch.filter { !isMisleading($0) }
    guard !batch.isEmpty else { return [] }
    // Sandboxes whose links on links of the host could not be deleted.
    var holding: Set<NamespaceName> = []
    host.report { () throws(NetworkError) in
      let census = try system { () throws(SystemError) in try ProcessCensus() }
      for one in batch {
        // Opened before its processes end: it may have no name any more.
        let namespace =
          one.facts.hasUpperLinks ? NamespaceSearch(host).open(one.identity, named: one.facts.name, census) : nil
        endProcesses(one, census)
        guard let namespace else { continue }
        let hasSucceeded = host.report { () throws(NetworkError) in try UpperLinks(host).deleteAll(in: namespace) }
        if !hasSucceeded { holding.insert(one.facts.name) }
      }
    }
    // Delete the links before the names: a namespace without a name would end, and remove its links one by one.
    let remaining = HostLinks(host).disconnect(batch.map(\.facts))
    let connections = batch.flatMap(\.facts.bridgeConnections).filter { !remaining.contains($0.hostLink) }
    let haveFlowsEnded = host.report { () throws(NetworkError) in try Flows(host).end(of: connections) }
    for one in batch {
      var lock = Teardown(host).lockToLeave(one.facts)
      let isUndone = Teardown(host).undo(one.facts, namespace: one.identity, isDying: true)
      // A sandbox sends nothing from an address before the address is in its record.
      let isGone = one.facts.bridgeConnections.allSatisfy { haveFlowsEnded && !remaining.contains($0.hostLink) }
      guard isUndone, isGone, !holding.contains(one.facts.name) else { continue }
      Teardown(host).close(
        one.record, bridges: one.bridges, connections: one.facts.bridgeConnections, holding: &lock)
      if access(one.record.path, F_OK) != 0 { dismantled.append(one.facts.name) }
    }
    return dismantled
  }

  /// Whether the record of a sandbox names a namespace that nsrun did not make. If so, it warns.
  private func isMisleading(_ one: TakenOver) -> Bool {
    guard let identity = one.identity, let named = host.names.open(one.facts.name, identity: identity),
      !NamespaceSearch(host).isOurs(named, one.facts, isComplete: one.stays)
    else { return false }
    host.reporter.warn(
      "'\(one.facts.name)' was not made by nsrun, whatever its record says: left; remove \(one.record.path)")
    host.hasFailed = true
    return true
  }
}
