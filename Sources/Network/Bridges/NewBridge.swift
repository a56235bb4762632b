import NetTypes
import Netlink
import RouteNetlink

/// The addresses of a bridge that is to be created.
extension BridgeNetworks {
  func addressForNewBridge(_ spec: NetworkSpec, _ taken: [IPNetwork]) throws(NetworkError) -> IPNetwork {
    let uses = try subnetUses(.inet, taken)
    let subnet: IPNetwork
    if let wanted = spec.subnet ?? spec.subnetOfAddress {
      if wanted.address.isLinkLocal {
        throw .refused(
          "the subnet \(wanted) for the new bridge \(spec.bridge) is link-local, so no router forwards it: choose another"
        )
      }
      try Self.requireFree(wanted, uses, spec.bridge, .field(.subnet))
      subnet = wanted
    } else {
      guard let free = SubnetPool.standard.subnet(for: spec.bridge, avoiding: uses) else {
        let ranges = SubnetPool.standard.ranges.map { "\($0)" }.joined(separator: ", ")
        throw .refused("no subnet of \(ranges) is free for the new bridge: give one with \(Field.subnet)")
      }
      subnet = free
    }
    if let gateway = spec.gateway { try NetworkSpec.check(gateway, .field(.gateway), in: subnet) }
    if let address = spec.address { try NetworkSpec.check(address, .field(.ip), in: subnet) }
    return IPNetwork(address: spec.gateway ?? subnet.address(at: 1)!, prefixLength: subnet.prefixLength)!
  }

  func address6ForNewBridge(_ spec: NetworkSpec, _ taken: [IPNetwork]) throws(NetworkError) -> IPNetwork {
    let uses = try subnetUses(.inet6, taken)
    if let wanted = spec.wantedSubnet6 {
      try Self.requireFree(wanted, uses, spec.bridge, spec.subnet6 == nil ? "\(Field.ip)" : "\(Field.subnet6)")
    }
    guard let subnet = spec.wantedSubnet6 ?? UniqueLocalPool.ofMachine.subnet(for: spec.bridge, avoiding: uses) else {
      throw .refused(
        "no subnet of \(UniqueLocalPool.ofMachine.prefix) is free for \(spec.bridge): give one with \(Field.subnet6)")
    }
    return NetworkRecord.OwnBridge.address6(in: subnet)
  }

  private static func requireFree(
    _ subnet: IPNetwork, _ uses: [SubnetUse], _ bridge: InterfaceName, _ field: Message
  ) throws(NetworkError) {
    guard let use = uses.first(where: { $0.collides(with: subnet) }) else { return }
    throw .refused(
      "the subnet \(subnet) for the new bridge \(bridge) collides with \(use.description): choose another \(field)")
  }

  /// All subnets of a family in which the host has addresses or to which it has routes.
  /// - Parameter link: the index of a link to ignore.
  func subnetUses(_ family: AddressFamily, besides link: UInt32?) throws(NetworkError) -> [SubnetUse] {
    try host.route { (route) throws(NetlinkError) in
      SubnetUse.all(
        addresses: try route.addresses(family: family).filter { $0.link != link },
        routes: try route.routes(family: family).filter { link == nil || $0.link != link }, links: try route.links())
    }
  }

  /// - Parameter taken: addresses of the same sandbox's other networks.
  private func subnetUses(_ family: AddressFamily, _ taken: [IPNetwork]) throws(NetworkError) -> [SubnetUse] {
    let planned = taken.filter { $0.family == family }.map {
      SubnetUse(network: $0.network, description: "the subnet of another network of the sandbox", isConnected: true)
    }
    let uses = try subnetUses(family, besides: nil)
    // Includes bridges that another program has deleted: nsrun creates them again with their subnets.
    let recorded = try NetworkRecords(host).all().flatMap { record in
      (record.own?.addresses ?? []).filter { $0.family == family }.map {
        SubnetUse(
          network: $0.network, description: "the subnet of \(record.bridge), which sandboxes are on", isConnected: true)
      }
    }
    return uses + recorded + planned
  }
}

extension NetworkSpec {
  /// The subnet around the wanted address, or the wanted gateway: a /24 unless a length was given with the address.
  fileprivate var subnetOfAddress: IPNetwork? {
    guard let address = address ?? gateway else { return nil }
    return IPNetwork(address: address, prefixLength: prefixLength ?? 24)?.network
  }
}
