import NetTypes
import RouteNetlink

/// Subnets for bridges that nobody gave one: /24s of private ranges that Docker (172.16/12 from 172.17, 192.168/16 from
/// its beginning), podman (10.88/16 and up), libvirt (192.168.122/24), Kubernetes (10.96/12, 10.244/16), k3s (10.42/15)
/// and the common home routers (10.0/24, the first of 192.168/16) do not use by default. 100.64/10 is none of them: there
/// are carriers' networks and Tailscale, which drops what comes from it by another link.
struct SubnetPool {
  static let standard = SubnetPool(
    ranges: ["10.64.0.0/12", "10.112.0.0/12", "172.16.0.0/16", "192.168.192.0/18"].map { IPNetwork($0)! })

  /// In the order in which they are looked through.
  let ranges: [IPNetwork]

  /// The subnet for a bridge: always the same for the same name, unless that is in use.
  ///
  /// It is apart from all that the host has a use for, or if there is none such, as where a VPN routes all private ranges,
  /// in a part of a larger route that nothing on the host is in.
  /// - Returns: nil where all are in use.
  func subnet(for bridge: InterfaceName, avoiding uses: [SubnetUse]) -> IPNetwork? {
    first(for: bridge) { candidate in !uses.contains { $0.isClaim && $0.network.overlaps(candidate) } }
      ?? first(for: bridge) { candidate in !uses.contains { $0.collides(with: candidate) } }
  }

  private func first(for bridge: InterfaceName, where isFree: (IPNetwork) -> Bool) -> IPNetwork? {
    for range in ranges {
      let count = UInt32(1) << (24 - UInt32(range.prefixLength))
      let start = StableHash.short(bridge.text.utf8) % count
      for step in 0..<count {
        let address = range.address(at: ((start + step) % count) << 8)!
        let candidate = IPNetwork(address: address, prefixLength: 24)!
        if isFree(candidate) { return candidate }
      }
    }
    return nil
  }
}

/// Something that a new subnet would meet on the host.
struct SubnetUse {
  let network: IPNetwork
  /// What it is, for people: `the route to 10.0.0.0/8 via 192.0.2.1`.
  let description: String
  /// Whether hosts of this network are on a link of the host's, or it is the host's own: nothing in it is free. Else it is
  /// a route that leads on, and what is more specific goes before it.
  let isConnected: Bool

  /// Whether a subnet would take something from it, or get nothing because of it.
  func collides(with subnet: IPNetwork) -> Bool {
    network.overlaps(subnet) && (isConnected || network.prefixLength >= subnet.prefixLength)
  }

  /// Whether a subnet is better elsewhere. A default route, or several that a VPN puts in its place, is no claim to
  /// anything.
  var isClaim: Bool { isConnected || network.prefixLength >= 8 }

  /// All that the host has addresses in or routes to, in every table.
  static func all(addresses: [LinkAddress], routes: [Route], links: [Link]) -> [SubnetUse] {
    func name(_ index: UInt32) -> String { links.first { $0.index == index }?.name ?? "link \(index)" }
    let ofAddresses = addresses.flatMap { address in
      // With a peer, the prefix is the peer's; without the route of its network, that has one of its own.
      let isAlone = address.peer != nil || address.flags.contains(.noPrefixRoute)
      var networks = [isAlone ? IPNetwork(address.address) : address.network.network]
      if let peer = address.peer.flatMap({ IPNetwork(address: $0, prefixLength: address.network.prefixLength) }) {
        networks.append(peer.network)
      }
      let text = "the address \(address.network) of \(name(address.link))"
      return networks.map { SubnetUse(network: $0, description: text, isConnected: true) }
    }
    let ofRoutes = routes.compactMap { route -> SubnetUse? in
      guard let destination = route.destination else { return nil }
      var text = "the route to \(destination)"
      if let gateway = route.gateway { text += " via \(gateway)" }
      if let link = route.link { text += " on \(name(link))" }
      if route.table != Route.mainTable { text += " in table \(route.table)" }
      let flags = links.first { $0.index == route.link }?.flags ?? []
      return SubnetUse(
        network: destination.network, description: text, isConnected: route.leadsToNeighbours(overLink: flags))
    }
    return ofAddresses + ofRoutes
  }
}

extension Route {
  /// Whether what it leads to is on a link, or the host itself, rather than somewhere beyond: a tunnel that asks for no
  /// addresses leads on as a gateway does.
  fileprivate func leadsToNeighbours(overLink flags: LinkFlags) -> Bool {
    switch type {
    case .local, .broadcast, .anycast, .multicast, .nat: true
    case .unicast:
      gateway == nil && !isMultipath && flags.isDisjoint(with: [.noARP, .pointToPoint, .loopback])
        && destination.map { $0.prefixLength > 1 } ?? false
    default: false
    }
  }
}
