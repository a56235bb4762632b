import LinuxSystem
import NetTypes
import RouteNetlink

/// Restores what another program has deleted from the networks of sandboxes: bridges, their ports, forwarding, rules.
package struct Restoration {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// Reports what it cannot restore, such as a sandbox's namespace or link.
  /// - Returns: the names of the restored objects, for the user.
  package func restore() throws(NetworkError) -> [String] {
    let lock = try system { () throws(SystemError) in try host.state.lockIfPresent(.exclusive) }
    guard let lock else { return [] }
    let survey = Survey(host)
    let drifts = try survey.drifts(isLocked: true)
    if drifts.contains(where: { $0.restored != nil }) {
      for bridge in try NetworkRecords(host).names() { host.report { () throws(NetworkError) in try restore(bridge) } }
      let sandboxes = try SandboxRecords(host).all()
      if drifts.contains(where: { $0.kind == .forwarding }) {
        for forwarding in Forwarding.all(host) { try forwarding.restore(for: sandboxes) }
      }
      if drifts.contains(where: { $0.kind == .others }) {
        for forwarding in Forwarding.all(host) { try forwarding.settle() }
      }
      if drifts.contains(where: { $0.kind == .rules || $0.kind == .others }) { try RuleTables(host).restore() }
    }
    host.report { () throws(NetworkError) in try Flows(host).endMistranslated() }
    let left = drifts.isEmpty ? [] : Set(try survey.look())
    for drift in drifts where left.contains(drift) {
      host.reporter.warn("\(drift.message): \(drift.remedy)")
      host.hasFailed = true
    }
    _ = consume lock
    return drifts.filter { !left.contains($0) }.compactMap(\.restored)
  }

  private func restore(_ bridge: InterfaceName) throws(NetworkError) {
    do throws(NetworkError) {
      guard let record = try NetworkRecords(host).read(of: bridge) else { return }
      try restore(record)
    } catch {
      switch error {
      case .damaged(let path):
        guard let link = try Bridges(host).link(bridge) else { return }
        try DamagedRecords(host).setAside(path, "the bridge \(bridge)", "; it is written anew")
        let record = try BridgeNetworks(host).recordOfUse(of: link, try NetworkSpec(bridge: bridge))
        try BridgeNetworks(host).write(record, link)
        try restore(record)
      // A newer nsrun wrote the record, so it stays; the remaining drift names it.
      case .refused: break
      default: throw error
      }
    }
  }

  private func restore(_ record: NetworkRecord) throws(NetworkError) {
    let users = try SandboxRecords(host).all().filter { $0.connection(to: record.bridge) != nil }
    let network = RecordedNetwork(bridge: record.bridge, record: record, users: users)
    for resource in NetworkResources.all(host) { try resource.restore(for: network) }
    if let own = record.own, let link = try BridgeLink(host).fit(for: network) {
      try waitUntilPacketsPass(over: link, own, network.connections)
    }
  }

  /// Otherwise the kernel would drop the first packets over links that have just come up.
  private func waitUntilPacketsPass(
    over bridge: Link, _ own: NetworkRecord.OwnBridge, _ connections: [BridgeConnection]
  ) throws(NetworkError) {
    for connection in connections {
      // Root inside may have set its end down, and another program may have put the port on another bridge.
      guard let port = try HostLinks(host).link(connection.hostLink), port.flags.contains(.lowerUp),
        port.master == bridge.index
      else { continue }
      do throws(NetworkError) { try Readiness(host).wait(of: connection) } catch {
        // The sandbox has gone meanwhile.
        guard case .refused = error else { throw error }
      }
    }
    if let address6 = own.address6, try BridgeLink(host).ownAddresses(of: bridge, own).contains(address6) {
      try Readiness(host).wait(for: address6.address)
    }
  }
}
