import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

extension BridgeNetworks {
  /// Creates the recorded bridge, for the first time or again, and puts its sandboxes back on it.
  func restoreBridge(of record: NetworkRecord) throws(NetworkError) {
    guard let own = record.own else { return }
    try Bridges(host).requireNotRenamed(record)
    var bridge = LinkSpecification.bridge(
      record.bridge, options: BridgeOptions(stp: false, forwardDelay: 0, multicastSnooping: false))
    // A MAC address given here stays. Otherwise a bridge takes the lowest one of its ports, a new one whenever they
    // change.
    bridge.address = own.mac
    var requests = RouteRequests()
    requests.create(bridge)
    try host.perform(requests)
    if let link = try Bridges(host).link(record.bridge) { try BridgeNetworks(host).completeBridge(link, of: record) }
  }

  /// Whether nsrun was killed before it completed a bridge of its own. The tag comes last.
  func isHalfMade(_ link: Link, _ record: NetworkRecord) -> Bool {
    record.own.map { $0.mac == link.address && link.alias != Tag.bridge } ?? false
  }

  /// Configures a bridge that has just been created.
  func completeBridge(_ link: Link, of record: NetworkRecord) throws(NetworkError) {
    guard let own = record.own else { return }
    // A sandbox must not give the host an IPv6 route by a router advertisement.
    try? Sysctl("net.ipv6.conf.\(Sysctl.component(link.name)).accept_ra").write("0")
    // A sandbox must not use source routing through the host to destinations that it has no route to itself.
    try? Sysctl("net.ipv4.conf.\(Sysctl.component(link.name)).accept_source_route").write("0")
    try BridgeNetworks(host).restorePorts(of: record.bridge, link.index)
    var requests = RouteRequests()
    try restoreAddresses(of: link, own, &requests)
    if let mtu = own.mtu {
      // Only a change pins the MTU of a bridge, so that it no longer follows its ports (br_change_mtu in
      // net/bridge/br_device.c). Neither the MTU in the request that creates it nor a request with its current MTU
      // does.
      if link.mtu == mtu {
        let other = mtu == UplinkMTU.range.upperBound ? mtu - 1 : mtu + 1
        requests.change(link: .index(link.index), LinkChanges(mtu: other), subject: link.name)
      }
      requests.change(link: .index(link.index), LinkChanges(mtu: mtu), subject: link.name)
    }
    requests.change(link: .index(link.index), LinkChanges(alias: Tag.bridge), subject: link.name)
    try host.perform(requests)
  }

  /// Adds the addresses that a bridge of nsrun's has lost.
  func restoreAddresses(
    of link: Link, _ own: NetworkRecord.OwnBridge, _ requests: inout RouteRequests
  ) throws(NetworkError) {
    for address in try lostAddresses(of: link, own) { requests.add(address, toOwnLink: link.index) }
  }

  /// Sets the sandboxes' links that have lost their bridge up again, and puts them back on it.
  func restorePorts(of bridge: InterfaceName, _ index: UInt32) throws(NetworkError) {
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

  /// Checks again whether other rules masquerade the packets that leave a foreign bridge. Records it if they no longer
  /// do.
  /// - Returns: whether they no longer do.
  func refreshTranslation(of record: NetworkRecord, _ link: Link) throws(NetworkError) -> Bool {
    guard record.translation == .host else { return false }
    let translation = try translation(of: record.bridge, link)
    guard translation != .host else { return false }
    try append(NetworkRecord.translationKey, translation.rawValue, record.bridge)
    return true
  }

  /// What nsrun made a bridge with that is in no record any more.
  func ownBridge(_ link: Link) throws(NetworkError) -> NetworkRecord.OwnBridge? {
    guard let mac = link.address else { return nil }
    let addresses = try addresses(of: link)
    let own = mac.address(for: .bridge)
    guard let address = addresses.networks.first(where: { $0.address == own }) ?? addresses.choice(for: nil, own: nil)
    else { return nil }
    let address6 = try addresses6(of: link).first {
      !$0.address.isLinkLocal && IPNetwork.derivingLengths.contains($0.prefixLength)
        && NetworkRecord.OwnBridge.address6(in: $0) == $0
    }
    return NetworkRecord.OwnBridge(mac: mac, address: address, address6: address6, mtu: link.mtu)
  }

  /// Leases the addresses of the sandboxes on a bridge of ours that is in no record any more.
  func adoptPorts(of link: Link, _ bridge: InterfaceName) throws(NetworkError) {
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

  /// Whether sandboxes can use a bridge in place of the recorded one: it is nsrun's, or it has the address by which
  /// they know the host, even if another program has made it again.
  func isFit(_ bridge: Link, for record: NetworkRecord, _ users: [SandboxFacts]) throws(NetworkError) -> Bool {
    if bridge.kind == "bridge", Tag.isOurBridge(bridge, planned: record.own?.mac) { return true }
    guard bridge.kind == "bridge" else { return false }
    let addresses = try self.addresses(of: bridge).networks.map(\.address)
    return users.allSatisfy { $0.connection(to: record.bridge)?.hostAddress.map(addresses.contains) ?? true }
  }
}

extension RouteRequests {
  /// Adds an address that nsrun chose to a link that it made. It is used at once, without duplicate address detection.
  mutating func add(_ address: IPNetwork, toOwnLink link: UInt32) {
    add(
      LinkAddress(
        address, link: link, broadcast: address.broadcast, flags: address.family == .inet6 ? .noDAD : []))
  }
}
