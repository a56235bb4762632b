import RouteNetlink

/// Subnets for bridges that nobody gave one: /24s of a private range that Docker (172.16/12 from 172.17, 192.168/16),
/// podman (10.88/16 and up), libvirt (192.168.122/24), Kubernetes (10.96/12, 10.244/16), k3s (10.42/15) and the common
/// home routers (10.0/24, 192.168/16) do not use by default.
struct SubnetPool {
  static let standard = SubnetPool(range: IPNetwork("10.64.0.0/12")!)

  let range: IPNetwork

  /// The subnet for a bridge: always the same for the same name, unless that is in use.
  /// - Parameter used: all that the host has addresses in or routes to.
  /// - Returns: nil where all are in use.
  func subnet(for bridge: InterfaceName, avoiding used: [IPNetwork]) -> IPNetwork? {
    let count = UInt32(1) << (24 - UInt32(range.prefixLength))
    let first = Self.hash(bridge.text) % count
    for step in 0..<count {
      let address = range.address(at: ((first + step) % count) << 8)!
      let candidate = IPNetwork(address: address, prefixLength: 24)!
      if !used.contains(where: candidate.overlaps) { return candidate }
    }
    return nil
  }

  /// FNV-1a: spreads similar names, and stays the same from one run to the next, which Swift's own hash does not.
  private static func hash(_ text: String) -> UInt32 {
    text.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}

/// Something that a new subnet would collide with.
struct SubnetUse {
  let network: IPNetwork
  /// What it is, for people: `the route to 10.0.0.0/8 via 192.0.2.1`.
  let description: String

  /// All that the host has addresses in or routes to, in every table. Default routes are none of it, nor are the halves
  /// of the address space that VPNs use in their place.
  static func all(addresses: [LinkAddress], routes: [Route], linkName: (UInt32) -> String?) -> [SubnetUse] {
    let ofAddresses = addresses.map { address in
      SubnetUse(
        network: address.network.network,
        description: "the address \(address.network) of \(linkName(address.link) ?? "link \(address.link)")")
    }
    let ofRoutes = routes.compactMap { route -> SubnetUse? in
      guard let destination = route.destination, destination.prefixLength > 1 else { return nil }
      var text = "the route to \(destination)"
      if let gateway = route.gateway { text += " via \(gateway)" }
      if let link = route.link { text += " on \(linkName(link) ?? "link \(link)")" }
      if route.table != Route.mainTable { text += " in table \(route.table)" }
      return SubnetUse(network: destination.network, description: text)
    }
    return ofAddresses + ofRoutes
  }
}
