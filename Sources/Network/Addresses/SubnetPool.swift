import LinuxSystem
import NetTypes
import RouteNetlink

/// The IPv4 subnets for bridges without a wanted one: /24s of private ranges that other programs and routers do not use by
/// default. Those are Docker (172.16/12 from 172.17 on, and 192.168/16 from its start), podman (10.88/16 and up),
/// libvirt (192.168.122/24), Kubernetes (10.96/12, 10.244/16), k3s (10.42/15) and the common home routers (10.0/24, the
/// first /24s of 192.168/16). The pool does not use 100.64/10: carriers do, and Tailscale, which drops packets from it
/// on other links.
struct SubnetPool {
  static let standard = SubnetPool(
    ranges: ["10.64.0.0/12", "10.112.0.0/12", "172.16.0.0/16", "192.168.192.0/18"].map { IPNetwork($0)! })

  /// In the order in which they are searched.
  let ranges: [IPNetwork]

  /// The subnet for a bridge, always the same for the same name, unless that one is in use.
  ///
  /// It is outside all subnets and routes of the host. If there is no such subnet, for example because a VPN routes all
  /// private ranges, it is in an otherwise unused part of a larger route.
  /// - Returns: nil if all are in use.
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

/// The IPv6 subnets for bridges without a wanted one: /64s of a /48 of unique local addresses (RFC 4193) that is always
/// the same on a machine, and most likely not that of another one.
struct UniqueLocalPool {
  /// fd and 40 bits.
  let prefix: IPNetwork

  /// - Parameter machine: what tells this machine from others.
  init(machine: String) {
    let bits = UInt128(StableHash.long("nsrun \(machine)".utf8) & 0xff_ffff_ffff)
    prefix = IPNetwork(address: IPAddress(family: .inet6, value: 0xfd << 120 | bits << 80), prefixLength: 48)!
  }

  /// That of this machine.
  static var ofMachine: UniqueLocalPool {
    UniqueLocalPool(machine: (try? readText("/etc/machine-id")) ?? (try? readText("/proc/sys/kernel/hostname")) ?? "")
  }

  /// The subnet for a bridge, always the same for the same name, unless that one is in use.
  /// - Returns: nil if all are in use.
  func subnet(for bridge: InterfaceName, avoiding uses: [SubnetUse]) -> IPNetwork? {
    let start = UInt16(truncatingIfNeeded: StableHash.short(bridge.text.utf8))
    for step in UInt16.min...UInt16.max {
      let value = prefix.address.value | UInt128(start &+ step) << 64
      let candidate = IPNetwork(address: IPAddress(family: .inet6, value: value), prefixLength: 64)!
      if !uses.contains(where: { $0.collides(with: candidate) }) { return candidate }
    }
    return nil
  }
}

/// A subnet or route of the host that a new subnet must not disturb.
struct SubnetUse {
  let network: IPNetwork
  /// A description for messages: `the route to 10.0.0.0/8 via 192.0.2.1`.
  let description: String
  /// Whether the network is on a link of the host, or the host's own. Then no part of it is free. Otherwise it is a
  /// route that leads on, and more specific routes take precedence over it.
  let isConnected: Bool

  /// Whether a new subnet would take packets from this network, or lose its own to it.
  func collides(with subnet: IPNetwork) -> Bool {
    network.overlaps(subnet) && (isConnected || network.prefixLength >= subnet.prefixLength)
  }

  /// Whether a new subnet should rather be elsewhere. The default route, or the several short ones of a VPN, do not
  /// count.
  var isClaim: Bool { isConnected || network.prefixLength >= 8 }

  /// All subnets in which the host has addresses, and all destinations of its routes, in every table.
  static func all(addresses: [LinkAddress], routes: [Route], links: [Link]) -> [SubnetUse] {
    func name(_ index: UInt32) -> String { links.first { $0.index == index }?.name ?? "link \(index)" }
    let ofAddresses = addresses.flatMap { address in
      // With a peer, the prefix length is the peer's. With noprefixroute, a route to the network, if any, counts by
      // itself.
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
  /// Whether it leads to a link or the host itself, not to a gateway. A link without ARP, such as a tunnel, leads on
  /// like a gateway.
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
