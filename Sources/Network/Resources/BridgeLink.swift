import LinuxSystem
import NetTypes
import Netlink
import RouteNetlink

/// The bridge of a network: how nsrun creates, recognises, restores and deletes one of its own.
struct BridgeLink {
  let host: Host

  init(_ host: Host) { self.host = host }

  // MARK: Creation

  /// Creates the recorded bridge, for the first time or again, and puts its sandboxes back on it.
  func create(_ record: NetworkRecord) throws(NetworkError) {
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
    if let link = try Bridges(host).link(record.bridge) { try complete(link, of: record) }
  }

  /// Whether nsrun was killed before it completed a bridge of its own. The tag comes last.
  func isHalfMade(_ link: Link, _ record: NetworkRecord) -> Bool {
    record.own.map { $0.mac == link.address && link.alias != Tag.bridge } ?? false
  }

  /// Configures a bridge that has just been created.
  func complete(_ link: Link, of record: NetworkRecord) throws(NetworkError) {
    guard let own = record.own else { return }
    // A sandbox must not give the host an IPv6 route by a router advertisement.
    try? Sysctl("net.ipv6.conf.\(Sysctl.component(link.name)).accept_ra").write("0")
    // A sandbox must not use source routing through the host to destinations that it has no route to itself.
    try? Sysctl("net.ipv4.conf.\(Sysctl.component(link.name)).accept_source_route").write("0")
    try BridgePorts(host).restore(on: record.bridge, link.index)
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

  // MARK: Addresses

  /// The IPv4 addresses of a link.
  func addresses(of link: Link) throws(NetworkError) -> BridgeAddresses {
    BridgeAddresses(
      try host.route { (route) throws(NetlinkError) in try route.addresses(link: link.index, family: .inet) })
  }

  /// The IPv6 addresses of a link.
  func addresses6(of link: Link) throws(NetworkError) -> [IPNetwork] {
    try host.route { (route) throws(NetlinkError) in try route.addresses(link: link.index, family: .inet6) }
      .map(\.network)
  }

  /// The addresses of a bridge of nsrun's, of the families that it should have.
  private func allAddresses(of link: Link, _ own: NetworkRecord.OwnBridge) throws(NetworkError) -> [IPNetwork] {
    try addresses(of: link).networks + (own.address6 == nil ? [] : addresses6(of: link))
  }

  /// The addresses that a bridge of nsrun's has from it, and whose routes it should have.
  func ownAddresses(of link: Link, _ own: NetworkRecord.OwnBridge) throws(NetworkError) -> [IPNetwork] {
    let there = try allAddresses(of: link, own)
    return own.addresses.filter(there.contains)
  }

  /// The addresses that a bridge of nsrun's should have and lacks. IPv6 addresses are none where IPv6 has become
  /// impossible.
  func lostAddresses(of link: Link, _ own: NetworkRecord.OwnBridge) throws(NetworkError) -> [IPNetwork] {
    let there = try allAddresses(of: link, own)
    let lost = own.linkAddresses.filter { !there.contains($0) }
    guard lost.contains(where: { $0.family == .inet6 }), HostParameters.lackOfIPv6(on: link) != nil else { return lost }
    return lost.filter { $0.family == .inet }
  }

  /// Adds the addresses that a bridge of nsrun's has lost.
  private func restoreAddresses(
    of link: Link, _ own: NetworkRecord.OwnBridge, _ requests: inout RouteRequests
  ) throws(NetworkError) {
    for address in try lostAddresses(of: link, own) { requests.add(address, toOwnLink: link.index) }
  }

  // MARK: Recognition

  /// Whether nsrun made a bridge, or is going to make it.
  func isOurs(_ link: Link?, _ record: NetworkRecord) -> Bool {
    link.map { Tag.isOurBridge($0, planned: record.own?.mac) } ?? true
  }

  /// The bridge of a network, if it is there and sandboxes can use it in place of the recorded one: it is nsrun's, or it
  /// has the address by which they know the host, even if another program has made it again.
  func fit(for network: RecordedNetwork) throws(NetworkError) -> Link? {
    try fit(try Bridges(host).link(network.bridge), for: network)
  }

  /// The same among links that were listed before.
  func fit(for network: RecordedNetwork, among links: [Link]) throws(NetworkError) -> Link? {
    try fit(links.first { $0.name == network.bridge.text }, for: network)
  }

  private func fit(_ link: Link?, for network: RecordedNetwork) throws(NetworkError) -> Link? {
    guard let link, link.kind == "bridge" else { return nil }
    if Tag.isOurBridge(link, planned: network.record?.own?.mac) { return link }
    let addresses = try self.addresses(of: link).networks.map(\.address)
    return network.connections.allSatisfy { $0.hostAddress.map(addresses.contains) ?? true } ? link : nil
  }

  /// The same, if nsrun made the bridge.
  func ownFit(for network: RecordedNetwork) throws(NetworkError) -> (Link, NetworkRecord.OwnBridge)? {
    guard let own = network.record?.own, let link = try fit(for: network),
      Tag.isOurBridge(link, planned: own.mac)
    else { return nil }
    return (link, own)
  }

  /// What nsrun made a bridge with that is in no record any more.
  func lostRecord(of link: Link) throws(NetworkError) -> NetworkRecord.OwnBridge? {
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
}

extension BridgeLink: NetworkResource {
  func drifts(of network: RecordedNetwork, _ links: [Link]) throws(NetworkError) -> [Drift] {
    guard let record = network.record, !network.users.isEmpty else { return [] }
    let name = network.bridge
    guard let found = links.first(where: { $0.name == name.text }) else { return [absence(of: network, links)] }
    guard let bridge = try fit(found, for: network) else {
      return [
        Drift(
          kind: .bridges,
          message:
            "\(name) is not the bridge any more that its sandboxes were on: it does not have their gateway's address",
          otherRemedy: record.own == nil
            ? "give it the address again; then nsrun reload" : "remove it; then nsrun reload")
      ]
    }
    let isOurs = isOurs(bridge, record)
    var drifts: [Drift] = []
    if let own = record.own, isOurs {
      drifts += try lostAddresses(of: bridge, own).map { address in
        Drift(
          kind: .bridges, message: "the bridge \(name) has lost its address \(address): sandboxes cannot get out",
          restored: "the address \(address) of \(name)")
      }
    }
    // A new bridge is set up only after its first port has a carrier (``Readiness/wait(of:)``).
    let ends = Set(network.connections.map(\.hostLink.text))
    if !bridge.isUp, links.contains(where: { ends.contains($0.name) && $0.flags.contains(.lowerUp) }) {
      drifts.append(
        Drift(
          kind: .bridges, message: "the bridge \(name) is down: its sandboxes are cut off",
          restored: isOurs ? "the bridge \(name), which was down" : nil,
          otherRemedy: isOurs ? nil : "ip link set \(name) up"))
    }
    if network.hasWayOut, HostParameters.lacksForwarding(name.text) {
      drifts.append(
        Drift(
          kind: .bridges, message: HostParameters.lackOfForwarding(name.text),
          restored: isOurs ? "IPv4 forwarding for \(name)" : nil,
          otherRemedy: isOurs ? nil : HostParameters.forwardingCommand(name.text)))
    }
    return drifts
  }

  private func absence(of network: RecordedNetwork, _ links: [Link]) -> Drift {
    let name = network.bridge
    // The bridge that has the ports of the network's sandboxes, whatever its name is now.
    let ports = Set(network.connections.map(\.hostLink.text))
    let master = links.first { ports.contains($0.name) && Tag.isOurLink($0) }?.master
    if let renamed = links.first(where: { $0.index == master && $0.kind == "bridge" }) {
      return Drift(
        kind: .bridges, message: "the bridge \(name) is called \(renamed.name) now: the rules for it match nothing",
        otherRemedy: "ip link set \(renamed.name) name \(name)")
    }
    guard network.record?.own == nil else {
      return Drift(
        kind: .bridges, message: "the bridge \(name) is gone: its sandboxes are cut off", restored: "the bridge \(name)"
      )
    }
    return Drift(
      kind: .bridges, message: "the bridge \(name) is gone: it was made by somebody else, who has to make it again",
      otherRemedy: "make it again, with its address; then nsrun reload")
  }

  func restore(for network: RecordedNetwork) throws(NetworkError) {
    if let record = network.record, try Bridges(host).link(network.bridge) == nil { try create(record) }
    guard let (link, own) = try ownFit(for: network) else { return }
    var requests = RouteRequests()
    try restoreAddresses(of: link, own, &requests)
    requests.change(link: .index(link.index), LinkChanges(isUp: true), subject: link.name)
    try host.perform(requests)
    if network.hasWayOut { Forwarding(host, .inet).turnOn(for: link.name) }
  }

  func remains(of network: RecordedNetwork) throws(NetworkError) -> [Removed] {
    try Bridges(host).own(network.bridge, planned: network.record?.own?.mac).map { link in
      [Removed(kind: .bridge, name: link.name, reason: .stale, bridge: network.bridge)]
    } ?? []
  }

  func remove(from network: RecordedNetwork) -> [NetworkError] {
    do throws(NetworkError) {
      let planned = network.record?.own?.mac
      guard let link = try Bridges(host).own(network.bridge, planned: planned) else { return [] }
      // Without a record, the bridge may belong to another network and have been renamed.
      guard planned != nil || (try? Bridges(host).requireOnlyName(link)) != nil else { return [] }
      host.reporter.progress?("delete the bridge \(network.bridge)")
      var requests = RouteRequests()
      requests.delete(link: .index(link.index), subject: network.bridge.text)
      try host.perform(requests)
      return []
    } catch {
      return [error]
    }
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
