import Glibc
import LinuxSystem
import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// A bridge that sandboxes are on, as it is now.
struct BridgeNetwork: Equatable {
  let bridge: InterfaceName
  let index: UInt32
  let mtu: UInt32
  let mac: MACAddress?
  /// Whether nsrun made the bridge, and so also takes it away.
  let isOurs: Bool
  /// The bridge's own address with the length of the subnet; nil for a foreign bridge without one that is usable.
  let address: IPNetwork?
  /// All of the bridge's own addresses.
  let addresses: [IPNetwork]
  /// By what packets that leave get the host's address.
  let translation: SandboxFacts.Translation

  var subnet: IPNetwork? { address?.network }
}

/// The networks of bridges: makes, completes and unmakes them.
struct BridgeNetworks {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The network of a bridge that others are on already and in which nothing is missing; nil where something has to be
  /// made first.
  /// - Parameter link: the bridge; nil where there is none.
  func standing(_ spec: NetworkSpec, _ link: Link?) throws(SandboxError) -> BridgeNetwork? {
    guard let link, let record = NetworkRecords(host).record(of: spec.bridge), !isHalfMade(link, record) else {
      return nil
    }
    if spec.egress != .internal {
      guard try system({ () throws(SystemError) in try HostParameters.isForwarding() }) else { return nil }
    }
    guard spec.egress != .routed || record.isReached, try RulesetGeneration(host).isUnchanged(for: spec.bridge) else {
      return nil
    }
    return describe(link, spec, record, try addresses(of: link))
  }

  /// Makes what the network of a bridge needs: the bridge, forwarding and the table of rules; only what is missing, and
  /// only what is written down. The caller holds the exclusive lock.
  /// - Parameter resolver: whom the sandbox for which it is made asks for names.
  func make(_ spec: NetworkSpec, _ resolver: ResolverSpec) throws(SandboxError) -> BridgeNetwork {
    let link = try Bridges(host).link(spec.bridge)
    var record = try recordForMaking(spec.bridge, link)
    let isNew = record == nil
    if let link, let record, isHalfMade(link, record) { try completeBridge(link, of: record) }
    var addresses: BridgeAddresses?
    // The number of the rules by which the record is written.
    var generation: UInt32?
    if link == nil, record == nil {
      let address = try addressForNewBridge(spec)
      record = NetworkRecord(
        bridge: spec.bridge, translation: .bridge,
        own: .init(
          mac: .derived(from: address.address, role: .bridge), address: address, mtu: try UplinkMTU.ask(host)))
    } else if let link {
      // Before anything is changed.
      if isNew { try Bridges(host).requireOnlyName(link) }
      let record = record ?? NetworkRecord(bridge: spec.bridge, translation: .host)
      addresses = try self.addresses(of: link)
      _ = try AddressPool(host).check(spec, on: describe(link, spec, record, addresses!))
      if isNew { generation = try RulesetGeneration(host).current() }
    }
    if isNew { record = try writeRecord(record, spec, link) }
    guard var record else { throw .damaged(host.state.record(of: spec.bridge)) }
    let isFirstReached = spec.egress == .routed && !record.isReached
    if isFirstReached {
      record.isReached = true
      try system { () throws(SystemError) in
        try host.state.append(RecordText([(NetworkRecord.reachedKey, "yes")]), to: host.state.record(of: spec.bridge))
      }
    }
    do throws(SandboxError) {
      if link == nil {
        try restoreBridge(of: record)
      } else if let link, !Tag.isOurBridge(link, planned: record.own?.mac) {
        try keepAddress(of: link, named: spec.bridge)
      }
      if spec.egress != .internal { try Forwarding(host).turnOn() }
      guard let made = link != nil ? link : try Bridges(host).link(spec.bridge) else {
        throw .refused("the bridge \(spec.bridge) was deleted while it was being set up")
      }
      if spec.egress != .internal {
        if Tag.isOurBridge(made, planned: record.own?.mac) { Forwarding(host).turnOn(for: made) }
        if isNew { try Forwarding(host).warn(for: made) }
      }
      let chains = ForwardChains(host)
      try RulesetGeneration(host).verify(for: spec.bridge, since: generation) { (isFirst) throws(SandboxError) in
        let isUpToDate = isFirst && generation != nil
        let record = isUpToDate ? record : NetworkRecords(host).record(of: spec.bridge) ?? record
        let hasChanged = isUpToDate ? false : try refreshTranslation(of: record, made)
        if record.mayChangeForeignChains && spec.mayChangeForeignChains { try chains.admit(record, says: isFirst) }
        if hasChanged {
          try Firewall(host).install()
        } else if record.translation != .host || spec.egress == .internal || Forwarding(host).isGuarding {
          try Firewall(host).admitNetworks()
          try Forwarding(host).settle()
        }
        // Something was missing, and not because nobody is on the bridge yet.
        if !isFirst, !isNew { try Flows(host).endMistranslated() }
      }
      if isNew || isFirstReached, spec.mayChangeForeignChains {
        chains.warn(of: spec.bridge, Traffics(isOut: spec.egress != .internal, isIn: spec.egress == .routed))
      }
      if isNew, spec.mayChangeForeignChains {
        OtherHooks(host).warn(of: spec.bridge, resolver, goesOut: spec.egress != .internal)
      }
      return describe(
        made, spec, NetworkRecords(host).record(of: spec.bridge) ?? record,
        addresses != nil ? addresses! : try self.addresses(of: made))
    } catch {
      if AddressLeases(bridge: spec.bridge, state: host.state).removeIfUnused() { _ = unmake(spec.bridge) }
      throw error
    }
  }

  /// What is written down of a bridge whose network is to be made, or made whole.
  /// - Returns: nil where nothing is.
  private func recordForMaking(_ bridge: InterfaceName, _ link: Link?) throws(SandboxError) -> NetworkRecord? {
    let path = host.state.record(of: bridge)
    guard access(path, F_OK) == 0 else { return nil }
    do throws(SandboxError) {
      guard let record = NetworkRecord(try RecordText.read(path)), record.bridge == bridge else {
        throw .damaged(path)
      }
      // Its bridge is the owner's to make again; what is left of a network that nobody is on any more tells nothing.
      guard link == nil, record.own == nil else { return record }
      guard AddressLeases(bridge: bridge, state: host.state).removeIfUnused() else {
        throw .refused(
          "the bridge \(bridge), which somebody else made, is gone, but not the sandboxes that were on it (nsrun list): "
            + "make it again, or remove them")
      }
      if let failure = unmake(bridge).first { throw failure }
      return nil
    } catch {
      guard case .damaged = error else { throw error }
      try Removal(host).setAside(path, "the bridge \(bridge)", "; it is written anew")
      return nil
    }
  }

  /// Writes down what is going to be made or used.
  func writeRecord(
    _ planned: NetworkRecord?, _ spec: NetworkSpec, _ link: Link?
  ) throws(SandboxError) -> NetworkRecord {
    var record: NetworkRecord
    if let planned {
      record = planned
    } else {
      record = NetworkRecord(bridge: spec.bridge, translation: try translation(of: spec.bridge, link))
    }
    record.mayChangeForeignChains = spec.mayChangeForeignChains
    // A bridge of ours without a record, and what is on it: somebody has deleted the records.
    if let link, Tag.isOurBridge(link, planned: nil) { record.own = try adopt(link, spec.bridge) }
    _ = try system { () throws(SystemError) in
      try host.state.createRecord(
        record.text, at: host.state.record(of: spec.bridge), in: host.state.networks, locked: false)
    }
    if let link, record.own == nil { try Forwarding(host).noteUser(link) }
    return record
  }

  private func describe(
    _ link: Link, _ spec: NetworkSpec, _ record: NetworkRecord, _ addresses: BridgeAddresses
  ) -> BridgeNetwork {
    BridgeNetwork(
      bridge: spec.bridge, index: link.index, mtu: link.mtu, mac: link.address,
      isOurs: Tag.isOurBridge(link, planned: record.own?.mac),
      address: addresses.choice(for: spec, own: record.own?.address), addresses: addresses.networks,
      translation: record.translation)
  }

  /// The IPv4 addresses of a link.
  func addresses(of link: Link) throws(SandboxError) -> BridgeAddresses {
    BridgeAddresses(
      try host.route { (route) throws(NetlinkError) in try route.addresses(link: link.index, family: .inet) })
  }

  // MARK: Making

  /// By what packets that leave a bridge are to get the host's address.
  func translation(
    of bridge: InterfaceName, _ link: Link?
  ) throws(SandboxError) -> SandboxFacts.Translation {
    guard let link, !Tag.isOurBridge(link, planned: nil) else { return .bridge }
    let addresses = try addresses(of: link).usable
    guard !addresses.isEmpty else { return .address }
    let chains = try host.nftables { (nft) throws(NetlinkError) in try nft.chains() }
    // Sandboxes may come into any of its subnets.
    for address in addresses {
      let nat = ForeignNAT(subnet: address.network, bridge: bridge)
      let chain = try nat.chain(among: chains) { (chain) throws(SandboxError) in
        try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: chain) }
      }
      if chain == nil { return .address }
    }
    return .host
  }

  private func addressForNewBridge(_ spec: NetworkSpec) throws(SandboxError) -> IPNetwork {
    let uses = try subnetUses()
    let subnet: IPNetwork
    if let wanted = spec.subnet ?? spec.subnetOfAddress {
      if wanted.address.isLinkLocal {
        throw .refused(
          "the subnet \(wanted) for the new bridge \(spec.bridge) is link-local, so no router forwards it: choose another"
        )
      }
      if let use = uses.first(where: { $0.collides(with: wanted) }) {
        throw .refused(
          "the subnet \(wanted) for the new bridge \(spec.bridge) collides with \(use.description): choose another --subnet"
        )
      }
      subnet = wanted
    } else {
      guard let free = SubnetPool.standard.subnet(for: spec.bridge, avoiding: uses) else {
        let ranges = SubnetPool.standard.ranges.map { "\($0)" }.joined(separator: ", ")
        throw .refused("no subnet of \(ranges) is free for the new bridge: give one with --subnet")
      }
      subnet = free
    }
    if let gateway = spec.gateway { try NetworkSpec.check(gateway, "--gateway", in: subnet) }
    if let address = spec.address { try NetworkSpec.check(address, "--ip", in: subnet) }
    return IPNetwork(address: spec.gateway ?? subnet.address(at: 1)!, prefixLength: subnet.prefixLength)!
  }

  /// All that the host has addresses in or routes to.
  /// - Parameter link: the index of one that does not count.
  func subnetUses(besides link: UInt32?) throws(SandboxError) -> [SubnetUse] {
    try host.route { (route) throws(NetlinkError) in
      SubnetUse.all(
        addresses: try route.addresses(family: .inet).filter { $0.link != link },
        routes: try route.routes(family: .inet).filter { link == nil || $0.link != link }, links: try route.links())
    }
  }

  private func subnetUses() throws(SandboxError) -> [SubnetUse] {
    let uses = try subnetUses(besides: nil)
    // Also where somebody has deleted the bridge: it is made again with its subnet.
    let recorded = try NetworkRecords(host).all().compactMap { record in
      record.own.map {
        SubnetUse(
          network: $0.address.network, description: "the subnet of \(record.bridge), which sandboxes are on",
          isConnected: true)
      }
    }
    return uses + recorded
  }

  /// A bridge without ports takes the address of its first one, and after that one's end has none (00:00:00:00:00:00).
  /// Setting the address that it has anyway makes it stay (NET_ADDR_SET in br_stp_recalculate_bridge_id).
  private func keepAddress(of link: Link, named name: InterfaceName) throws(SandboxError) {
    guard let address = link.address, !address.isZero else { return }
    let ports = try host.route { (route) throws(NetlinkError) in try route.links(master: link.index) }
    guard ports.isEmpty else { return }
    var requests = RouteRequests()
    requests.change(link: .index(link.index), LinkChanges(address: address), subject: name.text)
    try host.perform(requests)
  }

  // MARK: Unmaking

  /// Takes away what a network that nobody is on any more needed. The caller holds the exclusive lock. Goes on after a
  /// failure.
  /// - Returns: what failed.
  func unmake(_ bridge: InterfaceName) -> [SandboxError] {
    var failures: [SandboxError] = []
    func attempt(_ body: () throws(SandboxError) -> Void) {
      do throws(SandboxError) { try body() } catch { failures.append(error) }
    }
    func attemptWithRules(_ body: () throws(SandboxError) -> Void) {
      do throws(SandboxError) { try body() } catch { if !host.lacksNFTables { failures.append(error) } }
    }
    let planned = NetworkRecords(host).record(of: bridge)?.own?.mac
    // By the files, not by what they say: one that is damaged is somebody's network all the same.
    let networks: [InterfaceName]
    let parameters: HostParameters?
    do throws(SandboxError) {
      networks = try NetworkRecords(host).names()
      parameters = try Forwarding(host).parametersToRestore()
    } catch {
      return [error]
    }
    if networks.allSatisfy({ $0 == bridge }) {
      if let parameters {
        host.reporter.progress?("turn IPv4 forwarding off again")
        // While the host still forwards, the rule that keeps it from doing so for others stays, and the records by which
        // the next nsrun tries again.
        let failures = parameters.restore()
        guard failures.isEmpty else { return failures.map { .system($0) } }
      }
      attemptWithRules { () throws(SandboxError) in try Firewall(host).removeTables() }
      attempt { () throws(SandboxError) in try remove(host.state.host) }
    } else {
      if let network = NetworkRecords(host).record(of: bridge) {
        attemptWithRules { () throws(SandboxError) in try Firewall(host).retract(network) }
      }
    }
    for failure in ForwardChains(host).retract(bridge) where !host.lacksNFTables { failures.append(failure) }
    attempt { () throws(SandboxError) in
      guard let link = try Bridges(host).own(bridge, planned: planned) else { return }
      // Without a record it may be another network's, renamed.
      guard planned != nil || (try? Bridges(host).requireOnlyName(link)) != nil else { return }
      host.reporter.progress?("delete the bridge \(bridge)")
      var requests = RouteRequests()
      requests.delete(link: .index(link.index), subject: bridge.text)
      try host.perform(requests)
    }
    // The record last: whatever ends this process before leaves it, and with it the rest can be found.
    var files = [host.state.cursor(of: bridge), host.state.generation(of: bridge)]
    attempt { () throws(SandboxError) in files += try HostsEntries(host).paths(of: bridge) }
    for file in files + [host.state.record(of: bridge)] where failures.isEmpty {
      attempt { () throws(SandboxError) in try remove(file) }
    }
    return failures
  }

  private func remove(_ file: String) throws(SandboxError) {
    do throws(SystemError) { try removeFile(file) } catch { throw .system(error) }
  }
}

extension NetworkSpec {
  /// The subnet that `--ip ADDRESS/LENGTH` lies in.
  fileprivate var subnetOfAddress: IPNetwork? {
    guard let address, let prefixLength else { return nil }
    return IPNetwork(address: address, prefixLength: prefixLength)?.network
  }
}
