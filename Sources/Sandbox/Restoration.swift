import Glibc
import Launch
import LinuxSystem
import NFTables
import Namespaces
import Netlink
import RouteNetlink

extension Host {
  /// Restores what other people's hands took from the networks that sandboxes are on: bridges, their ports, forwarding,
  /// rules. Sandboxes that lost their namespace or link cannot be restored.
  /// - Returns: what was missing, for people.
  public func reload() throws(SandboxError) -> [String] {
    try requirePrivileges()
    defer { finish() }
    let signals = BlockedSignals()
    let lock = try system { () throws(SystemError) in try state.lockIfPresent(.exclusive) }
    var restored: [String] = []
    guard let lock else { return restored }
    for record in try networkRecords() {
      do throws(SandboxError) { restored += try restore(record) } catch { reporter.warn("\(error)") }
    }
    if try sandboxRecords().contains(where: { $0.connection.map { $0.egress != .internal } ?? false }) {
      let wasOn = try system { () throws(SystemError) in try HostParameters.isForwarding() }
      try turnForwardingOn()
      if !wasOn { restored.append("IPv4 forwarding") }
    }
    let hasConfined = try sandboxRecords().contains { $0.connection?.egress == .internal }
    let isTranslating = try networkRecords().contains { $0.translation != .host }
    if isGuarding || hasConfined || isTranslating {
      let tables = try nftables { (nft) throws(NetlinkError) in try nft.tables() }
      // Also where it is there: what is in it may not be.
      try installFirewall()
      if !tables.contains(Firewall.table) { restored.append("the table \(Firewall.table)") }
    }
    _ = consume lock
    _ = consume signals
    return restored
  }

  private func restore(_ record: NetworkRecord) throws(SandboxError) -> [String] {
    var restored: [String] = []
    let bridge = record.bridge
    if try bridgeLink(bridge) == nil {
      guard record.own != nil else {
        throw .refused("the bridge \(bridge) is gone: it was made by somebody else, who has to make it again")
      }
      try restoreBridge(of: record)
      restored.append("the bridge \(bridge)")
    }
    guard let link = try bridgeLink(bridge) else { return restored }
    let count = try restorePorts(of: bridge, link.index)
    if count > 0 { restored.append("\(count) port\(count == 1 ? "" : "s") of \(bridge)") }
    if !link.isUp, record.own != nil {
      var requests = RouteRequests()
      requests.change(link: .index(link.index), LinkChanges(isUp: true), subject: link.name)
      try netlinkRequests(requests)
      if count == 0 { restored.append("\(bridge) is up again") }
    }
    if try refreshTranslation(of: record, link) { restored.append("NAT for \(bridge)") }
    if record.mayChangeForeignChains { try ForwardChains(self).admit(bridge) }
    return restored
  }

  /// Makes a bridge of ours, be it for the first time, and puts the sandboxes on it that were.
  func restoreBridge(of record: NetworkRecord) throws(SandboxError) {
    guard let own = record.own else { return }
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
    _ = try restorePorts(of: record.bridge, link.index)
    var requests = RouteRequests()
    if try addresses(of: link).isEmpty {
      requests.add(LinkAddress(own.address, link: link.index, broadcast: own.address.broadcast))
    }
    requests.change(link: .index(link.index), LinkChanges(alias: Tag.bridge), subject: link.name)
    try netlinkRequests(requests)
  }

  /// Puts the links of sandboxes that are on no bridge any more back onto theirs.
  /// - Returns: how many.
  private func restorePorts(of bridge: InterfaceName, _ index: UInt32) throws(SandboxError) -> Int {
    let names = Set(try sandboxRecords().compactMap(\.connection).filter { $0.bridge == bridge }.map(\.hostLink.text))
    guard !names.isEmpty else { return 0 }
    let loose = try route { (route) throws(NetlinkError) in try route.links(kind: "veth") }
      .filter { names.contains($0.name) && $0.master == nil && Tag.isOurLink($0) }
    guard !loose.isEmpty else { return 0 }
    var requests = RouteRequests()
    for link in loose {
      requests.change(link: .index(link.index), LinkChanges(isUp: true, master: index), subject: link.name)
    }
    try netlinkRequests(requests)
    return loose.count
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

  /// Takes in a bridge of ours that is in no record any more: its ports keep their addresses, and forwarding is turned
  /// off again in the end.
  func adopt(_ link: Link, _ bridge: InterfaceName) throws(SandboxError) -> NetworkRecord.OwnBridge? {
    guard let mac = link.address, let address = try addresses(of: link).first else { return nil }
    let leases = AddressLeases(bridge: bridge, state: state)
    for port in try route({ (route) throws(NetlinkError) in try route.links(master: link.index) }) {
      guard let alias = port.alias, alias.hasPrefix(Tag.linkPrefix),
        let address = port.address?.address(for: .hostLink),
        let name = try? NamespaceName(String(alias.dropFirst(Tag.linkPrefix.count)))
      else { continue }
      // Another one may have it, as far as that goes: the bridge has been without leases for a while.
      _ = try? leases.take(address, for: name)
    }
    if !isGuarding, (try? isGuardInPlace()) == true {
      _ = try system { () throws(SystemError) in
        try state.createRecord(HostParameters.forwardingOff.record, at: state.host, in: state.path, locked: false)
      }
    }
    return NetworkRecord.OwnBridge(mac: mac, address: address)
  }
}
