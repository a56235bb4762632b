import Glibc
import Launch
import LinuxSystem
import NFTables
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

extension Host {
  /// Restores what somebody else has deleted from the networks of sandboxes: bridges, their ports, forwarding, rules. It
  /// reports what it cannot restore, such as a sandbox's namespace or link.
  /// - Returns: what was missing, for people.
  public func reload() throws(SandboxError) -> [String] {
    try requirePrivileges()
    defer { finish() }
    let signals = BlockedSignals()
    let lock = try system { () throws(SystemError) in try state.lockIfPresent(.exclusive) }
    guard let lock else { return [] }
    let survey = Survey(self)
    let lacks = try survey.lacks(isLocked: true)
    if lacks.contains(where: { $0.restored != nil }) {
      for bridge in try networkNames() { report { () throws(SandboxError) in try restore(bridge) } }
      if lacks.contains(where: { $0.kind == .forwarding }) { try turnForwardingOn() }
      if lacks.contains(where: { $0.kind == .rules }) { try installFirewall() }
      if lacks.contains(where: { $0.kind == .others }) { try settleForwarding() }
    }
    report { () throws(SandboxError) in try endMistranslatedFlows() }
    let left = lacks.isEmpty ? [] : Set(try survey.look())
    for lack in lacks where left.contains(lack) {
      reporter.warn("\(lack.message): \(lack.remedy)")
      hasFailed = true
    }
    _ = consume lock
    _ = consume signals
    return lacks.filter { !left.contains($0) }.compactMap(\.restored)
  }

  private func restore(_ bridge: InterfaceName) throws(SandboxError) {
    do throws(SandboxError) {
      guard let record = try readNetworkRecord(of: bridge) else { return }
      try restore(record)
    } catch {
      switch error {
      case .damaged(let path):
        guard let link = try bridgeLink(bridge) else { return }
        try setAside(path, "the bridge \(bridge)", "; it is written anew")
        try restore(try writeRecord(nil, try NetworkSpec(bridge: bridge), link))
      // What a newer nsrun has written is left alone, and said to be in the end.
      case .refused: break
      default: throw error
      }
    }
  }

  private func restore(_ record: NetworkRecord) throws(SandboxError) {
    let bridge = record.bridge
    if try bridgeLink(bridge) == nil { try restoreBridge(of: record) }
    let users = try sandboxRecords().filter { $0.connection?.bridge == bridge }
    guard let link = try bridgeLink(bridge), try isFit(link, for: record, users) else { return }
    try restorePorts(of: bridge, link.index)
    if let own = record.own, Tag.isOurBridge(link, planned: own.mac) {
      var requests = RouteRequests()
      if try !addresses(of: link).networks.contains(own.address) {
        requests.add(LinkAddress(own.address, link: link.index, broadcast: own.address.broadcast))
      }
      requests.change(link: .index(link.index), LinkChanges(isUp: true), subject: link.name)
      try netlinkRequests(requests)
      try restoreRoutes(of: bridge, own.address)
      if users.contains(where: { $0.connection?.egress != .internal }) { turnForwardingOn(for: link) }
    }
    _ = try refreshTranslation(of: record, link)
    if record.mayChangeForeignChains { try ForwardChains(self).admit(record) }
  }

  private func restoreRoutes(of bridge: InterfaceName, _ own: IPNetwork) throws(SandboxError) {
    guard let link = try bridgeLink(bridge) else { return }
    var requests = RouteRequests()
    for route in try BridgeRoutes(self, of: link).missing(of: own) { requests.add(route) }
    try netlinkRequests(requests)
  }

  /// Makes a bridge of ours, be it for the first time, and puts the sandboxes on it that were.
  func restoreBridge(of record: NetworkRecord) throws(SandboxError) {
    guard let own = record.own else { return }
    if let renamed = try ownBridge(record.bridge, planned: own.mac) {
      throw .refused(
        "the bridge \(record.bridge) is called \(renamed.name) now: ip link set \(renamed.name) name \(record.bridge)")
    }
    reporter.progress?("create the bridge \(record.bridge) with the address \(own.address)")
    var bridge = LinkSpecification.bridge(
      record.bridge, options: BridgeOptions(stp: false, forwardDelay: 0, multicastSnooping: false))
    // Given here it stays: a bridge otherwise takes the lowest address of its ports, a new one whenever they change.
    bridge.address = own.mac
    var requests = RouteRequests()
    requests.create(bridge)
    try netlinkRequests(requests)
    if let link = try bridgeLink(record.bridge) { try completeBridge(link, of: record) }
  }

  /// Whether whoever made a bridge of ours was ended before it was complete: its tag comes last.
  func isHalfMade(_ link: Link, _ record: NetworkRecord) -> Bool {
    record.own.map { $0.mac == link.address && link.alias != Tag.bridge } ?? false
  }

  /// Gives a bridge that has just been made all that belongs to it.
  func completeBridge(_ link: Link, of record: NetworkRecord) throws(SandboxError) {
    guard let own = record.own else { return }
    // A sandbox must not give the host an IPv6 route by a router advertisement.
    try? Sysctl("net.ipv6.conf.\(Sysctl.component(link.name)).accept_ra").write("0")
    // Nor may it send by the host to where it has no way itself.
    try? Sysctl("net.ipv4.conf.\(Sysctl.component(link.name)).accept_source_route").write("0")
    try restorePorts(of: record.bridge, link.index)
    var requests = RouteRequests()
    if try !addresses(of: link).networks.contains(own.address) {
      requests.add(LinkAddress(own.address, link: link.index, broadcast: own.address.broadcast))
    }
    if let mtu = own.mtu {
      // Only a change makes a bridge keep its MTU, whatever that of its ports (br_change_mtu in
      // net/bridge/br_device.c): neither the request that creates it does, nor one that says what it has.
      if link.mtu == mtu {
        let other = mtu == UplinkMTU.range.upperBound ? mtu - 1 : mtu + 1
        requests.change(link: .index(link.index), LinkChanges(mtu: other), subject: link.name)
      }
      requests.change(link: .index(link.index), LinkChanges(mtu: mtu), subject: link.name)
    }
    requests.change(link: .index(link.index), LinkChanges(alias: Tag.bridge), subject: link.name)
    try netlinkRequests(requests)
  }

  /// Puts the links of sandboxes that are on no bridge any more back onto theirs, and up.
  private func restorePorts(of bridge: InterfaceName, _ index: UInt32) throws(SandboxError) {
    let names = Set(try sandboxRecords().compactMap(\.connection).filter { $0.bridge == bridge }.map(\.hostLink.text))
    guard !names.isEmpty else { return }
    var requests = RouteRequests()
    for link in try route({ (route) throws(NetlinkError) in try route.links(kind: "veth") })
    where names.contains(link.name) && Tag.isOurLink(link) {
      if try !isGuarded(link) { restoreGuard(of: link) }
      if link.master == nil || link.master == index && !link.isUp {
        requests.change(link: .index(link.index), LinkChanges(isUp: true, master: index), subject: link.name)
      } else if link.master != index || link.bridgePort.map(PortGuard.covers) == true {
        continue
      }
      requests.setBridgePort(link: .index(link.index), PortGuard.options, subject: link.name)
    }
    try netlinkRequests(requests)
  }

  /// Looks again whether the owner of a bridge masquerades what leaves it, and writes it down where that has changed.
  /// - Returns: whether it has.
  func refreshTranslation(of record: NetworkRecord, _ link: Link) throws(SandboxError) -> Bool {
    guard record.translation == .host else { return false }
    let translation = try translation(of: record.bridge, link)
    guard translation != .host else { return false }
    try system { () throws(SystemError) in
      try state.append(
        RecordText([(NetworkRecord.translationKey, translation.rawValue)]), to: state.record(of: record.bridge))
    }
    return true
  }

  /// Takes in a bridge of ours that is in no record any more: its ports keep their addresses.
  func adopt(_ link: Link, _ bridge: InterfaceName) throws(SandboxError) -> NetworkRecord.OwnBridge? {
    guard let mac = link.address else { return nil }
    let addresses = try addresses(of: link)
    let own = mac.address(for: .bridge)
    guard let address = addresses.networks.first(where: { $0.address == own }) ?? addresses.choice(for: nil, own: nil)
    else { return nil }
    let leases = AddressLeases(bridge: bridge, state: state)
    for port in try route({ (route) throws(NetlinkError) in try route.links(master: link.index) }) {
      guard let alias = port.alias, alias.hasPrefix(Tag.linkPrefix),
        let address = port.address?.address(for: .hostLink),
        let name = try? NamespaceName(String(alias.dropFirst(Tag.linkPrefix.count)))
      else { continue }
      // Another one may have it, as far as that goes: the bridge has been without leases for a while.
      _ = try? leases.take(address, for: name)
    }
    return NetworkRecord.OwnBridge(mac: mac, address: address, mtu: link.mtu)
  }
}
