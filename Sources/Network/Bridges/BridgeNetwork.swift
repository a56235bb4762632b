import LinuxSystem
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
    guard let link, let record = NetworkRecords(host).record(of: spec.bridge),
      !BridgeLink(host).isHalfMade(link, record)
    else {
      return nil
    }
    let network = describe(link, spec, record, try BridgeLink(host).addresses(of: link))
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
        made, spec, NetworkRecords(host).record(of: spec.bridge) ?? plan.record,
        try BridgeLink(host).addresses(of: made))
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
    case .completeBridge(let record): if let link { try BridgeLink(host).complete(link, of: record) }
    case .record(let record): try write(record, link)
    case .recordReach(let bridge): try append(NetworkRecord.reachedKey, "yes", bridge)
    case .recordIPv6(let bridge, let address): try append(NetworkRecord.ipv6Key, "\(address)", bridge)
    case .addAddress(_, let address):
      guard let link else { return }
      var requests = RouteRequests()
      requests.add(address, toOwnLink: link.index)
      try host.perform(requests)
    case .createBridge(let record): try BridgeLink(host).create(record)
    case .keepAddress(let bridge, let address):
      var requests = RouteRequests()
      requests.change(link: .named(bridge.text), LinkChanges(address: address), subject: bridge.text)
      try host.perform(requests)
    case .turnForwardingOn(let family): try Forwarding(host, family).turnOn()
    case .forward(let bridge): Forwarding(host, .inet).turnOn(for: bridge.text)
    case .masquerade(let bridge):
      if let link, let record = NetworkRecords(host).record(of: bridge), try Translations(host).refresh(record, link) {
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
    if let link, record.own != nil { try BridgePorts(host).adopt(link, record.bridge) }
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
    let isOurs = BridgeLink(host).isOurs(link, record)
    var address6 = isOurs && spec.mayHaveIPv6 ? record.own?.address6 : nil
    if address6 != nil, HostParameters.lackOfIPv6(on: link, spec) != nil { address6 = nil }
    return BridgeNetwork(
      bridge: spec.bridge, index: link?.index ?? 0, mtu: link?.mtu ?? record.own?.mtu ?? 1500,
      mac: link?.address ?? record.own?.mac, isOurs: isOurs,
      address: addresses.choice(for: spec, own: record.own?.address),
      address6: address6, addresses: addresses.networks,
      translation: record.translation)
  }

  /// Removes the network of a bridge that no sandbox is on any more. The caller holds the exclusive lock. A failure
  /// does not end the removal.
  /// - Returns: the failures.
  func unmake(_ bridge: InterfaceName) -> [NetworkError] {
    let network = RecordedNetwork(bridge: bridge, record: NetworkRecords(host).record(of: bridge))
    var failures: [NetworkError] = []
    func attempt(_ body: () throws(NetworkError) -> Void) {
      do throws(NetworkError) { try body() } catch { failures.append(error) }
    }
    let isLast: Bool
    do throws(NetworkError) {
      // Goes by the names of the records: a damaged record still stands for a network.
      isLast = try NetworkRecords(host).names().allSatisfy { $0 == bridge }
    } catch {
      return [error]
    }
    if isLast {
      // While the host still forwards, the guard rule and the records stay, so that the next nsrun tries again.
      failures = Forwarding.remove(host)
      guard failures.isEmpty else { return failures }
      attempt { () throws(NetworkError) in try RuleTables(host).remove() }
      for forwarding in Forwarding.all(host) { attempt { () throws(NetworkError) in try forwarding.removeRecord() } }
    } else if let record = network.record {
      attempt { () throws(NetworkError) in try RuleTables(host).remove(record) }
    }
    for resource in NetworkResources.all(host).reversed() { failures += resource.remove(from: network) }
    return failures.isEmpty ? NetworkFiles(host).remove(of: bridge) : failures
  }
}
