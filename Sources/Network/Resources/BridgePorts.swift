import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// The host ends of the veth pairs on a bridge, after they were made (``Attachment``).
struct BridgePorts {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Sets the sandboxes' links that have lost their bridge up again, and puts them back on it.
  /// - Parameter index: the index of the bridge.
  func restore(on bridge: InterfaceName, _ index: UInt32) throws(NetworkError) {
    let names = Set(
      try SandboxRecords(host).all().flatMap(\.bridgeConnections).filter { $0.bridge == bridge }.map(\.hostLink.text))
    guard !names.isEmpty else { return }
    var requests = RouteRequests()
    for link in try host.route({ (route) throws(NetlinkError) in try route.links(kind: "veth") })
    where names.contains(link.name) && Tag.isOurLink(link) {
      if try !PortGuard(host).guards(link) { PortGuard(host).restore(of: link) }
      if link.master == nil || link.master == index && !link.isUp {
        requests.change(link: .index(link.index), LinkChanges(isUp: true, master: index), subject: link.name)
      } else if link.master != index || link.bridgePort.map(PortGuard.covers) == true {
        continue
      }
      requests.setBridgePort(link: .index(link.index), PortGuard.options, subject: link.name)
    }
    try host.perform(requests)
  }

  /// Leases the addresses of the sandboxes on a bridge of ours that is in no record any more.
  func adopt(_ link: Link, _ bridge: InterfaceName) throws(NetworkError) {
    let leases = AddressLeases(bridge: bridge, state: host.state)
    for port in try host.route({ (route) throws(NetlinkError) in try route.links(master: link.index) }) {
      guard let alias = port.alias, alias.hasPrefix(Tag.linkPrefix),
        let address = port.address?.address(for: .hostLink),
        let name = try? NamespaceName(String(alias.dropFirst(Tag.linkPrefix.count)))
      else { continue }
      // The bridge had no leases for a while, so another sandbox may have leased the address.
      _ = try? leases.take(address, for: name)
    }
  }
}

extension BridgePorts: NetworkResource {
  func drifts(of network: RecordedNetwork, _ links: [Link]) throws(NetworkError) -> [Drift] {
    guard !network.users.isEmpty, let bridge = try BridgeLink(host).fit(for: network, among: links) else { return [] }
    var drifts: [Drift] = []
    for facts in network.users {
      let end = facts.connection(to: network.bridge)?.hostLink.text
      guard let port = links.first(where: { $0.name == end }), Tag.isOurLink(port) else { continue }
      if let drift = try drift(of: port, facts.name, on: bridge, network.bridge) { drifts.append(drift) }
    }
    return drifts
  }

  /// - Parameter name: the name under which the bridge is recorded.
  private func drift(
    of port: Link, _ sandbox: NamespaceName, on bridge: Link, _ name: InterfaceName
  ) throws(NetworkError) -> Drift? {
    func drift(_ message: String, restored: String? = nil, otherRemedy: String? = nil) -> Drift {
      Drift(kind: .sandboxes, message: "'\(sandbox)' \(message)", restored: restored, otherRemedy: otherRemedy)
    }
    if port.master == nil {
      return drift(
        "is cut off: its link \(port.name) was taken off \(name)", restored: "the link of '\(sandbox)' on \(name)")
    }
    if port.master != bridge.index {
      return drift(
        "is cut off: its link \(port.name) was put on another bridge",
        otherRemedy: "ip link set \(port.name) master \(name)")
    }
    if !port.isUp {
      return drift(
        "is cut off: its link \(port.name) is down", restored: "the link of '\(sandbox)', which was down")
    }
    if try !PortGuard(host).guards(port) {
      return drift(
        "is believed as router, switch or DHCP server: the filter of its link \(port.name) is gone",
        restored: "the filter of the link of '\(sandbox)'")
    }
    if let options = port.bridgePort, !PortGuard.covers(options) {
      return drift(
        "may be believed as switch or multicast router: the port \(port.name) was set otherwise",
        restored: "the port of '\(sandbox)'")
    }
    return nil
  }

  func restore(for network: RecordedNetwork) throws(NetworkError) {
    guard let link = try BridgeLink(host).fit(for: network) else { return }
    try restore(on: network.bridge, link.index)
  }
}
