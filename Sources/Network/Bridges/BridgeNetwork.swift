import Glibc
import LinuxSystem
import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// The current state of a bridge that sandboxes are on.
struct BridgeNetwork: Equatable {
  let bridge: InterfaceName
  let index: UInt32
  let mtu: UInt32
  let mac: MACAddress?
  /// Whether nsrun made the bridge, and so also deletes it.
  let isOurs: Bool
  /// The bridge's address with the prefix length of the subnet; nil for a foreign bridge without a usable one.
  let address: IPNetwork?
  /// The bridge's IPv6 address with the prefix length of the subnet; nil where the sandbox has no IPv6, as on a foreign
  /// bridge.
  let address6: IPNetwork?
  /// All IPv4 addresses of the bridge.
  let addresses: [IPNetwork]
  /// Which rules masquerade the packets that leave the bridge.
  let translation: BridgeConnection.Translation

  var subnet: IPNetwork? { address?.network }
  /// The families of the sandbox's addresses.
  var families: [AddressFamily] { address6 == nil ? [.inet] : [.inet, .inet6] }
}

/// Creates, completes and removes the networks of bridges.
struct BridgeNetworks {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The network of a bridge if it is recorded and complete, with all its rules; otherwise nil.
  /// - Parameter link: the bridge; nil if there is none.
  func standing(_ spec: NetworkSpec, _ link: Link?) throws(NetworkError) -> BridgeNetwork? {
    guard let link, let record = NetworkRecords(host).record(of: spec.bridge), !isHalfMade(link, record) else {
      return nil
    }
    let network = describe(link, spec, record, try addresses(of: link))
    if let address = network.address6?.address {
      // A bridge in a VRF has its routes in another table.
      if link.master == nil, try !isLocal(address) { return nil }
    } else if spec.mayHaveIPv6, network.isOurs, let own = record.own, own.address6 == nil,
      HostParameters.lackOfIPv6(on: link, spec) == nil
    {
      return nil
    }
    for family in spec.egress == .internal ? [] : network.families {
      guard try system({ () throws(SystemError) in try HostParameters.isForwarding(family) }) else { return nil }
    }
    guard spec.egress != .routed || record.isReached, try RulesetGeneration(host).isUnchanged(for: spec.bridge) else {
      return nil
    }
    return network
  }

  /// Whether the host has an address, and gets packets to it. The kernel adds the route for that only after its work
  /// queue for duplicate address detection has run, even for an address without detection.
  func isLocal(_ address: IPAddress) throws(NetworkError) -> Bool {
    try host.route { (route) throws(NetlinkError) in try route.route(to: address) }?.type == .local
  }

  /// Makes what is planned for the network of a bridge. The caller holds the exclusive lock.
  /// - Parameter nameServers: the DNS servers that the sandbox asks for which it is made, by the host's address there.
  func make(
    _ plan: NetworkPlan, _ nameServers: (IPAddress?) -> [IPAddress]
  ) throws(NetworkError) -> BridgeNetwork {
    let spec = plan.spec
    var isRecorded = !plan.isNew
    do throws(NetworkError) {
      for step in plan.steps {
        host.reporter.progress?("\(step)")
        try take(step, plan.link)
        if case .record = step { isRecorded = true }
      }
      guard let made = plan.link != nil ? plan.link : try Bridges(host).link(spec.bridge) else {
        throw .refused("the bridge \(spec.bridge) was deleted while it was being set up")
      }
      if plan.isNew, spec.egress != .internal { try Forwarding(host, .inet).warn(for: made) }
      try makeRules(plan, made)
      if spec.mayChangeForeignChains { warn(of: plan, nameServers) }
      return describe(
        made, spec, NetworkRecords(host).record(of: spec.bridge) ?? plan.record, try addresses(of: made))
    } catch {
      if isRecorded, AddressLeases(bridge: spec.bridge, state: host.state).removeIfUnused() { _ = unmake(spec.bridge) }
      throw error
    }
  }

  private func makeRules(_ plan: NetworkPlan, _ bridge: Link) throws(NetworkError) {
    let spec = plan.spec
    try RulesetGeneration(host).verify(for: spec.bridge, since: plan.generation) { (isFirst) throws(NetworkError) in
      var steps = plan.ruleSteps
      // By now others may have changed rules, or a step before may have.
      if !isFirst || plan.generation == nil {
        let record = NetworkRecords(host).record(of: spec.bridge) ?? plan.record
        steps = try ruleSteps(for: record, spec, bridge, isGuarding: !Forwarding.guarded(host).isEmpty)
      }
      for step in steps {
        if isFirst { host.reporter.progress?("\(step)") }
        try take(step, bridge, isFirst: isFirst)
      }
      // Something was missing, and not because no sandbox is on the bridge yet.
      if !isFirst, !plan.isNew { try Flows(host).endMistranslated() }
    }
  }

  private func warn(of plan: NetworkPlan, _ nameServers: (IPAddress?) -> [IPAddress]) {
    let (bridge, egress) = (plan.spec.bridge, plan.spec.egress)
    let isFirstReached = plan.steps.contains(.recordReach(bridge))
    if plan.isNew || isFirstReached {
      ForwardChains(host).warn(of: bridge, Traffics(isOut: egress != .internal, isIn: egress == .routed))
    }
    if plan.isNew { OtherHooks(host).warn(of: bridge, nameServers, goesOut: egress != .internal) }
  }

  /// - Parameters:
  ///   - link: the bridge; nil before it is created.
  ///   - isFirst: whether a rule that the kernel refuses is reported.
  private func take(
    _ step: NetworkPlan.Step, _ link: Link?, isFirst: Bool = true
  ) throws(NetworkError) {
    switch step {
    case .unmake(let bridge):
      guard AddressLeases(bridge: bridge, state: host.state).removeIfUnused() else { return }
      if let failure = unmake(bridge).first { throw failure }
    case .setAside(let bridge):
      try DamagedRecords(host).setAside(host.state.record(of: bridge), "the bridge \(bridge)", "; it is written anew")
    case .completeBridge(let record): if let link { try completeBridge(link, of: record) }
    case .record(let record): try write(record, link)
    case .recordReach(let bridge): try append(NetworkRecord.reachedKey, "yes", bridge)
    case .recordIPv6(let bridge, let address): try append(NetworkRecord.ipv6Key, "\(address)", bridge)
    case .addAddress(_, let address):
      guard let link else { return }
      var requests = RouteRequests()
      requests.add(address, toOwnLink: link.index)
      try host.perform(requests)
    case .createBridge(let record): try restoreBridge(of: record)
    case .keepAddress(let bridge, let address):
      var requests = RouteRequests()
      requests.change(link: .named(bridge.text), LinkChanges(address: address), subject: bridge.text)
      try host.perform(requests)
    case .turnForwardingOn(let family): try Forwarding(host, family).turnOn()
    case .forward(let bridge): Forwarding(host, .inet).turnOn(for: bridge.text)
    case .masquerade(let bridge):
      if let link, let record = NetworkRecords(host).record(of: bridge), try refreshTranslation(of: record, link) {
        try Firewall(host).install()
      }
    case .accept(let bridge, let chain):
      guard let record = NetworkRecords(host).record(of: bridge) else { return }
      try ForwardChains(host).admit(record, in: chain, says: isFirst)
    case .admit: try Firewall(host).admitNetworks()
    case .settleForwarding(let family, let settlement): try Forwarding(host, family).settle(settlement)
    }
  }

  /// Writes the record of a network, before anything is made for it.
  /// - Parameter link: the bridge; nil where it is to be created.
  func write(_ record: NetworkRecord, _ link: Link?) throws(NetworkError) {
    // A bridge of ours that exists before its record: somebody has deleted that.
    if let link, record.own != nil { try adoptPorts(of: link, record.bridge) }
    _ = try system { () throws(SystemError) in
      try host.state.createRecord(
        record.text, at: host.state.record(of: record.bridge), in: host.state.networks, locked: false)
    }
    if let link, record.own == nil { for forwarding in Forwarding.all(host) { try forwarding.noteUser(link) } }
  }

  func append(_ key: String, _ value: String, _ bridge: InterfaceName) throws(NetworkError) {
    try system { () throws(SystemError) in
      try host.state.append(RecordText([(key, value)]), to: host.state.record(of: bridge))
    }
  }

  /// - Parameter link: the bridge; nil for one that is to be created as the record says.
  func describe(
    _ link: Link?, _ spec: NetworkSpec, _ record: NetworkRecord, _ addresses: BridgeAddresses
  ) -> BridgeNetwork {
    let isOurs = isOurs(link, record)
    var address6 = isOurs && spec.mayHaveIPv6 ? record.own?.address6 : nil
    if address6 != nil, HostParameters.lackOfIPv6(on: link, spec) != nil { address6 = nil }
    return BridgeNetwork(
      bridge: spec.bridge, index: link?.index ?? 0, mtu: link?.mtu ?? record.own?.mtu ?? 1500,
      mac: link?.address ?? record.own?.mac, isOurs: isOurs,
      address: addresses.choice(for: spec, own: record.own?.address),
      address6: address6, addresses: addresses.networks,
      translation: record.translation)
  }

  /// Whether nsrun made a bridge, or is going to make it.
  func isOurs(_ link: Link?, _ record: NetworkRecord) -> Bool {
    link.map { Tag.isOurBridge($0, planned: record.own?.mac) } ?? true
  }

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

  /// Finds out which rules are to masquerade the packets that leave a bridge.
  func translation(
    of bridge: InterfaceName, _ link: Link?
  ) throws(NetworkError) -> BridgeConnection.Translation {
    guard let link, !Tag.isOurBridge(link, planned: nil) else { return .bridge }
    let addresses = try addresses(of: link).usable
    guard !addresses.isEmpty else { return .address }
    let chains = try host.nftables { (nft) throws(NetlinkError) in try nft.chains() }
    // Sandboxes may get addresses in any of its subnets.
    for address in addresses {
      let nat = ForeignNAT(subnet: address.network, bridge: bridge)
      let chain = try nat.chain(among: chains) { (chain) throws(NetworkError) in
        try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: chain) }
      }
      if chain == nil { return .address }
    }
    return .host
  }

  // MARK: Unmaking

  /// Removes the network of a bridge that no sandbox is on any more. The caller holds the exclusive lock. A failure
  /// does not end the removal.
  /// - Returns: the failures.
  func unmake(_ bridge: InterfaceName) -> [NetworkError] {
    var failures: [NetworkError] = []
    func attempt(_ body: () throws(NetworkError) -> Void) {
      do throws(NetworkError) { try body() } catch { failures.append(error) }
    }
    func attemptWithRules(_ body: () throws(NetworkError) -> Void) {
      do throws(NetworkError) { try body() } catch { if !host.lacksNFTables { failures.append(error) } }
    }
    let planned = NetworkRecords(host).record(of: bridge)?.own?.mac
    let isLast: Bool
    let parameters: [HostParameters]
    do throws(NetworkError) {
      // Goes by the names of the records: a damaged record still stands for a network.
      isLast = try NetworkRecords(host).names().allSatisfy { $0 == bridge }
      parameters = isLast ? try Forwarding.parametersToRestore(host) : []
    } catch {
      return [error]
    }
    if isLast {
      for parameters in parameters {
        host.reporter.progress?("turn \(parameters.family) forwarding off again")
        // While the host still forwards, the guard rule and the records stay, so that the next nsrun tries again.
        let failures = parameters.restore()
        guard failures.isEmpty else { return failures.map { .system($0) } }
      }
      attemptWithRules { () throws(NetworkError) in try Firewall(host).removeTables() }
      for family in AddressFamily.allCases {
        attempt { () throws(NetworkError) in try remove(host.state.host(family)) }
      }
    } else {
      if let network = NetworkRecords(host).record(of: bridge) {
        attemptWithRules { () throws(NetworkError) in try Firewall(host).retract(network) }
      }
    }
    for failure in ForwardChains(host).retract(bridge) where !host.lacksNFTables { failures.append(failure) }
    attempt { () throws(NetworkError) in
      guard let link = try Bridges(host).own(bridge, planned: planned) else { return }
      // Without a record, the bridge may belong to another network and have been renamed.
      guard planned != nil || (try? Bridges(host).requireOnlyName(link)) != nil else { return }
      host.reporter.progress?("delete the bridge \(bridge)")
      var requests = RouteRequests()
      requests.delete(link: .index(link.index), subject: bridge.text)
      try host.perform(requests)
    }
    // The record comes last. If this process is killed before, the next nsrun finds the rest by the record.
    var files = [host.state.cursor(of: bridge), host.state.generation(of: bridge)]
    attempt { () throws(NetworkError) in files += try HostsEntries(host).paths(of: bridge) }
    for file in files + [host.state.record(of: bridge)] where failures.isEmpty {
      attempt { () throws(NetworkError) in try remove(file) }
    }
    return failures
  }

  private func remove(_ file: String) throws(NetworkError) {
    do throws(SystemError) { try removeFile(file) } catch { throw .system(error) }
  }
}
