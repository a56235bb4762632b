import LinuxSystem
import NetTypes
import Netlink
import RouteNetlink

/// The routes of packets between a bridge's sandboxes and other hosts, according to the kernel.
struct BridgeRoutes {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The routes that the kernel creates for a bridge's address, that sandboxes need, and that are missing.
  /// - Parameter own: the address.
  private func missing(of own: IPNetwork, on bridge: Link) throws(NetworkError) -> [Route] {
    // The routes of a bridge in a VRF are in another table.
    guard bridge.isUp, bridge.master == nil else { return [] }
    let kernel: UInt8 = 2  // RTPROT_KERNEL, so that they go with the address
    // Only IPv4 routes prefer a source, and the kernel's IPv6 routes to subnets have a metric of their own.
    let (source, metric): (IPAddress?, UInt32?) =
      own.family == .inet ? (own.address, nil) : (nil, 256 /* IP6_RT_PRIO_ADDRCONF */)
    let wanted = [
      Route(
        to: own.network, family: own.family, link: bridge.index, preferredSource: source, protocolNumber: kernel,
        metric: metric),
      Route(
        to: IPNetwork(own.address), family: own.family, link: bridge.index, preferredSource: source,
        table: Route.localTable, protocolNumber: kernel, type: .local),
    ]
    let there = try host.route { (route) throws(NetlinkError) in try route.routes(family: own.family) }
    return wanted.filter { route in
      !there.contains {
        $0.link == route.link && $0.destination == route.destination && $0.table == route.table && $0.type == route.type
      }
    }
  }

  /// An address or route of the host that has appeared since and collides with the subnet of nsrun's bridge. Of a
  /// bridge and a LAN with the same subnet, one gets no packets.
  private func collision(of subnet: IPNetwork, on bridge: Link) throws(NetworkError) -> SubnetUse? {
    try BridgeNetworks(host).subnetUses(subnet.family, besides: bridge.index).first { $0.collides(with: subnet) }
  }

  /// Why packets to a sandbox do not arrive on the bridge, or why its packets to the outside do not leave; nil if they
  /// do.
  /// - Parameter goesOut: whether the sandbox's packets may leave the bridge.
  private func obstacle(of sandbox: IPAddress, on bridge: Link, goesOut: Bool) throws(NetworkError) -> String? {
    guard bridge.isUp, bridge.master == nil else { return nil }
    let way = try host.route { (route) throws(NetlinkError) in try route.route(to: sandbox) }
    guard let way, way.type == .unicast, way.link == bridge.index else {
      return "packets for sandboxes on \(bridge.name) \(try turn(way)): "
        + "another route or rule goes before theirs (ip route get \(sandbox))"
    }
    guard goesOut,
      // The host's own route to an address that no host has (RFC 5737).
      let out = try host.route({ (route) throws(NetlinkError) in try route.route(to: Self.somebody) }),
      out.type == .unicast, let uplink = out.link
    else { return nil }
    let uplinkName = try name(ofLink: uplink)
    // Other checks report missing forwarding.
    guard (try? HostParameters.isForwarding(.inet)) == true,
      ![bridge.name, uplinkName].contains(where: HostParameters.lacksForwarding)
    else { return nil }
    let ways = try host.route { (route) throws(NetlinkError) in
      (
        try route.route(to: Self.somebody, from: sandbox, arrivingOn: bridge.index),
        try route.route(to: sandbox, from: Self.somebody, arrivingOn: uplink)
      )
    }
    if ways.0?.type != .unicast {
      return "packets of sandboxes on \(bridge.name) \(try turn(ways.0)) on their way out: "
        + "rules for their source or link say so (ip route get \(Self.somebody) from \(sandbox) iif \(bridge.name))"
    }
    if ways.1?.type != .unicast || ways.1?.link != bridge.index {
      return
        "answers to sandboxes on \(bridge.name) \(try turn(ways.1)): rp_filter, or rules for the link they "
        + "come by, say so (ip route get \(sandbox) from \(Self.somebody) iif \(uplinkName))"
    }
    return nil
  }

  private static let somebody = IPAddress("198.51.100.1")!

  /// What the kernel does with packets by a route.
  private func turn(_ way: Route?) throws(NetworkError) -> String {
    guard let way, way.type == .unicast, let link = way.link else {
      return way?.type == .local ? "are taken for this host's own" : "are dropped"
    }
    return "go by \(try name(ofLink: link))" + (way.gateway.map { " via \($0)" } ?? "")
  }

  /// The name of a link for messages.
  private func name(ofLink index: UInt32) throws(NetworkError) -> String {
    try host.route { (route) throws(NetlinkError) in try route.link(index: index)?.name } ?? "link \(index)"
  }
}

extension BridgeRoutes: NetworkResource {
  func drifts(of network: RecordedNetwork, _ links: [Link]) throws(NetworkError) -> [Drift] {
    guard !network.users.isEmpty, let record = network.record,
      let bridge = try BridgeLink(host).fit(for: network, among: links)
    else { return [] }
    // The kernel removes the routes of an address together with the address.
    let own = BridgeLink(host).isOurs(bridge, record) ? record.own : nil
    if let own {
      for address in try BridgeLink(host).ownAddresses(of: bridge, own) {
        guard let route = try missing(of: address, on: bridge).first?.destination else { continue }
        return [
          Drift(
            kind: .bridges, message: "the route to \(route) on \(bridge.name) is gone: sandboxes get no answers",
            restored: "the route to \(route) on \(bridge.name)")
        ]
      }
    }
    // Only sandboxes whose subnet contains the host's address: the host needs no route to the others.
    let known = network.connections.filter { $0.hostAddress.map($0.address.network.contains) ?? false }
    var message: String?
    if let one = known.first(where: { $0.egress != .internal }) ?? known.first {
      message = try obstacle(of: one.address.address, on: bridge, goesOut: one.egress != .internal)
    }
    for subnet in own?.addresses.map(\.network) ?? [] where message == nil {
      guard let other = try collision(of: subnet, on: bridge) else { continue }
      message = "the subnet \(subnet) of \(bridge.name) collides with \(other.description), which came later"
    }
    guard let message else { return [] }
    return [
      Drift(
        kind: .routes, message: message,
        otherRemedy: "take away what came later, or make the sandboxes again with another subnet")
    ]
  }

  func restore(for network: RecordedNetwork) throws(NetworkError) {
    guard let (link, own) = try BridgeLink(host).ownFit(for: network) else { return }
    var requests = RouteRequests()
    for address in try BridgeLink(host).ownAddresses(of: link, own) {
      for route in try missing(of: address, on: link) { requests.add(route) }
    }
    try host.perform(requests)
  }
}
