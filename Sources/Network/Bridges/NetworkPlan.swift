import Glibc
import LinuxSystem
import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// What is missing for the network of a bridge, and what the network will then be. To find it changes nothing.
struct NetworkPlan {
  /// One thing that is made, or made again.
  enum Step: Equatable, CustomStringConvertible {
    /// Unmake what is left of the network of a foreign bridge that is gone.
    case unmake(InterfaceName)
    /// Move a record that cannot be read out of the way.
    case setAside(InterfaceName)
    case completeBridge(NetworkRecord)
    /// Write down what is going to be made or used.
    case record(NetworkRecord)
    /// Write down that a sandbox without NAT will be on the bridge.
    case recordReach(InterfaceName)
    case createBridge(NetworkRecord)
    /// Write down the IPv6 address that a bridge of nsrun's will have.
    case recordIPv6(InterfaceName, IPNetwork)
    case addAddress(InterfaceName, IPNetwork)
    /// Make a foreign bridge without ports keep its link-layer address.
    case keepAddress(InterfaceName, MACAddress)
    case turnForwardingOn(AddressFamily)
    case forward(InterfaceName)
    /// Masquerade what leaves a foreign bridge, because its owner's rules do not any more.
    case masquerade(InterfaceName)
    /// Accept a bridge's packets in a chain that drops by its policy.
    case accept(InterfaceName, Chain)
    case admit(InterfaceName)
    case settleForwarding(AddressFamily, Forwarding.Settlement)

    var description: String {
      switch self {
      case .unmake(let bridge): "remove what is left of the network of \(bridge)"
      case .setAside(let bridge): "set the damaged record of \(bridge) aside"
      case .completeBridge(let record): "complete the bridge \(record.bridge)"
      case .record(let record): "record the network of \(record.bridge)"
      case .recordReach(let bridge): "record that sandboxes on \(bridge) can be reached"
      case .createBridge(let record):
        "create the bridge \(record.bridge)"
          + (record.own.map { " with \($0.addresses.map { "\($0)" }.joined(separator: " and "))" } ?? "")
      case .recordIPv6(let bridge, let address): "record the address \(address) of \(bridge)"
      case .addAddress(let bridge, let address): "give \(bridge) the address \(address)"
      case .keepAddress(let bridge, let mac): "make \(bridge) keep its link-layer address \(mac)"
      case .turnForwardingOn(let family):
        "turn \(family) forwarding on, for sandboxes alone (table \(Firewall.table))"
          + (family == .inet ? "" : "; links with accept_ra 1 get 2")
      case .forward(let bridge): "turn IPv4 forwarding on for \(bridge)"
      case .masquerade(let bridge): "masquerade what leaves \(bridge): rules of this host do not any more"
      case .accept(let bridge, let chain): "let \(bridge) through the chain \(chain)"
      case .admit(let bridge): "let \(bridge) into the table \(Firewall.table)"
      case .settleForwarding(let family, let settlement): settlement.description(of: family)
      }
    }
  }

  let spec: NetworkSpec
  /// The bridge; nil where it has to be created.
  let link: Link?
  let record: NetworkRecord
  /// Whether there is no record of the network yet.
  let isNew: Bool
  /// What comes before the rules.
  let steps: [Step]
  /// Rules, and what depends on them.
  let ruleSteps: [Step]
  /// The number of the ruleset by which the rules were found missing; nil where the other steps will change rules.
  let generation: UInt32?
  /// The network as it will be.
  let network: BridgeNetwork

  func turnsForwardingOn(_ family: AddressFamily) -> Bool { steps.contains(.turnForwardingOn(family)) }
}

/// A network that a sandbox is to be on.
enum PlannedNetwork {
  /// The network of a bridge, in which nothing is missing.
  case standing(BridgeNetwork, NetworkSpec)
  /// The network of a bridge, which has to be made first.
  case missing(NetworkPlan)
  /// The network beyond this link of the host.
  case link(Link, LinkSpec)
}

extension BridgeNetworks {
  /// The networks of a sandbox, in the order in which they are made.
  /// - Parameter links: the links of the host where the connections lead; nil for a bridge that does not exist.
  func plan(_ sandbox: AttachmentSpec, _ links: [Link?]) throws(NetworkError) -> [PlannedNetwork] {
    var plans: [NetworkPlan] = []
    return try networks(of: sandbox, links) { (wanted, _) throws(NetworkError) in
      // Another nsrun may have made the network since.
      let link = try Bridges(host).link(wanted.bridge)
      // To make another network first changes rules: then this one's have to be looked at.
      if plans.isEmpty, let standing = try standing(wanted, link) { return .standing(standing, wanted) }
      plans.append(try plan(wanted, link, after: plans, besides: sandbox.givenSubnets))
      return .missing(plans.last!)
    } ?? []
  }

  /// The networks of a sandbox if nothing is missing for any of them; else nil.
  /// - Parameter links: the links of the host where the connections lead; nil for a bridge that does not exist.
  func standing(_ sandbox: AttachmentSpec, _ links: [Link?]) throws(NetworkError) -> [PlannedNetwork]? {
    try networks(of: sandbox, links) { (wanted, link) throws(NetworkError) in
      try standing(wanted, link).map { .standing($0, wanted) }
    }
  }

  /// - Parameter bridged: the network of a bridge; nil to give up.
  private func networks(
    of sandbox: AttachmentSpec, _ links: [Link?],
    _ bridged: (NetworkSpec, Link?) throws(NetworkError) -> PlannedNetwork?
  ) throws(NetworkError) -> [PlannedNetwork]? {
    var networks: [PlannedNetwork] = []
    for (connection, link) in zip(sandbox.connections, links) {
      switch connection {
      case .bridge(let wanted):
        guard let network = try bridged(wanted, link) else { return nil }
        networks.append(network)
      case .link(let wanted): if let link { networks.append(.link(link, wanted)) }
      }
    }
    try sandbox.requireReachableGateways(subnets(of: networks, sandbox))
    return networks
  }

  private func subnets(
    of networks: [PlannedNetwork], _ sandbox: AttachmentSpec
  ) throws(NetworkError) -> [IPNetwork] {
    guard !sandbox.routes.isEmpty else { return [] }
    var subnets: [IPNetwork] = []
    for planned in networks {
      switch planned {
      case .standing(let network, let wanted): subnets += try AddressPool(host).subnets(for: wanted, on: network)
      case .missing(let plan): subnets += try AddressPool(host).subnets(for: plan.spec, on: plan.network)
      case .link(_, let wanted): subnets.append(wanted.address.network)
      }
    }
    return subnets
  }

  /// What has to be made for the network of a bridge.
  /// - Parameters:
  ///   - link: the bridge; nil where there is none.
  ///   - others: plans that are carried out before this one.
  ///   - taken: subnets of the same sandbox's other networks.
  /// - Throws: where the network cannot give what is wanted.
  private func plan(
    _ spec: NetworkSpec, _ link: Link?, after others: [NetworkPlan], besides taken: [IPNetwork]
  ) throws(NetworkError) -> NetworkPlan {
    let generation = try RulesetGeneration(host).current()
    var (known, steps) = try knownRecord(of: spec.bridge, link)
    let taken = taken + others.flatMap { $0.network.addresses + ($0.record.own?.addresses ?? []) }
    var (record, addresses) = try record(for: spec, link, known, taken)
    try addIPv6(to: &record, spec, link, taken)
    // Its owner may have removed its rules since.
    let network = describe(link, spec, try Translations(host).current(record, link), addresses)
    _ = try AddressPool(host).check(spec, on: network)
    let isReached = spec.egress == .routed && known?.isReached != true
    if known == nil {
      steps.append(.record(record))
    } else if isReached {
      steps.append(.recordReach(spec.bridge))
    }
    if let address = record.own?.address6, let known, known.own?.address6 != address {
      steps.append(.recordIPv6(spec.bridge, address))
    }
    if let link {
      if known != nil, BridgeLink(host).isHalfMade(link, record) { steps.append(.completeBridge(record)) }
      if !network.isOurs, let mac = try addressToKeep(of: link) { steps.append(.keepAddress(spec.bridge, mac)) }
      if network.address6 != nil, let own = record.own, !BridgeLink(host).isHalfMade(link, record) {
        steps += try BridgeLink(host).lostAddresses(of: link, own).filter { $0.family == .inet6 }
          .map { .addAddress(spec.bridge, $0) }
      }
    } else {
      steps.append(.createBridge(record))
    }
    var isGuarding = !Forwarding.guarded(host).isEmpty
    var changesRules = false
    var settled: Set<AddressFamily> = []
    for family in spec.egress == .internal ? [] : network.families {
      // An earlier plan turns it on for all links, those that do not exist yet included.
      if others.contains(where: { $0.turnsForwardingOn(family) }) {
        isGuarding = true
      } else if try Forwarding(host, family).isToBeTurnedOn() {
        // This makes the rules anew by the records: one that somebody has deleted has to be there again.
        for lost in Forwarding.all(host) where lost.family != family && !settled.contains(lost.family) {
          guard try lost.settlement() == .record else { continue }
          steps.append(.settleForwarding(lost.family, .record))
          settled.insert(lost.family)
        }
        steps.append(.turnForwardingOn(family))
        (isGuarding, changesRules) = (true, true)
      } else if family == .inet, network.isOurs,
        HostParameters.lacksForwarding(link?.name ?? HostParameters.newLinks)
      {
        steps.append(.forward(spec.bridge))
      }
    }
    return NetworkPlan(
      spec: spec, link: link, record: record, isNew: known == nil, steps: steps,
      ruleSteps: try ruleSteps(
        for: record, spec, link, isGuarding: isGuarding, settled: settled, besides: others.map(\.record.bridge)),
      generation: changesRules || !others.isEmpty ? nil : generation, network: network)
  }

  /// What is written down of a bridge whose network is to be made or completed.
  /// - Returns: nil where nothing is that counts, and what has to be done about that.
  private func knownRecord(
    of bridge: InterfaceName, _ link: Link?
  ) throws(NetworkError) -> (NetworkRecord?, [NetworkPlan.Step]) {
    let path = host.state.record(of: bridge)
    guard access(path, F_OK) == 0 else { return (nil, []) }
    do throws(NetworkError) {
      guard let record = NetworkRecord(try RecordText.read(path)), record.bridge == bridge else { throw .damaged(path) }
      // A foreign bridge is its owner's to create again. What is left of a network without sandboxes tells nothing.
      guard link == nil, record.own == nil else { return (record, []) }
      guard AddressLeases(bridge: bridge, state: host.state).count == 0 else {
        throw .refused(
          "the bridge \(bridge), which somebody else made, is gone, but not the sandboxes that were on it (nsrun list): "
            + "make it again, or remove them")
      }
      return (nil, [.unmake(bridge)])
    } catch {
      guard case .damaged = error else { throw error }
      return (nil, [.setAside(bridge)])
    }
  }

  /// The record of a network, as it is or will be, and the addresses of its bridge.
  private func record(
    for spec: NetworkSpec, _ link: Link?, _ known: NetworkRecord?, _ taken: [IPNetwork]
  ) throws(NetworkError) -> (NetworkRecord, BridgeAddresses) {
    var record = known ?? NetworkRecord(bridge: spec.bridge, translation: .bridge)
    if spec.egress == .routed { record.isReached = true }
    guard let link else {
      if record.own != nil {
        try Bridges(host).requireNotRenamed(record)
      } else {
        let address = try addressForNewBridge(spec, taken)
        record.own = .init(
          mac: .derived(from: address.address, role: .bridge), address: address, mtu: try UplinkMTU.ask(host))
        record.mayChangeForeignChains = spec.mayChangeForeignChains
      }
      return (record, BridgeAddresses(created: record.own!.address))
    }
    let addresses = try BridgeLink(host).addresses(of: link)
    if let own = known?.own, BridgeLink(host).isHalfMade(link, record) {
      return (record, BridgeAddresses(created: own.address))
    }
    if known == nil {
      try Bridges(host).requireOnlyName(link)
      record = try recordOfUse(of: link, spec)
    }
    return (record, addresses)
  }

  /// Chooses the IPv6 address of a bridge of nsrun's that has none yet, where IPv6 is wanted.
  private func addIPv6(
    to record: inout NetworkRecord, _ spec: NetworkSpec, _ link: Link?, _ taken: [IPNetwork]
  ) throws(NetworkError) {
    guard spec.mayHaveIPv6, BridgeLink(host).isOurs(link, record), record.own != nil, record.own?.address6 == nil else {
      return
    }
    if let lack = HostParameters.lackOfIPv6(on: link, spec) {
      guard spec.ipv6 == .required else { return }
      throw .refused("no IPv6 on \(spec.bridge): \(lack)")
    }
    record.own?.address6 = try address6ForNewBridge(spec, taken)
  }

  /// The record of a network on a bridge that exists and is in no record.
  func recordOfUse(of link: Link, _ spec: NetworkSpec) throws(NetworkError) -> NetworkRecord {
    NetworkRecord(
      bridge: spec.bridge, translation: try Translations(host).translation(of: spec.bridge, link),
      // Somebody has deleted the records of a bridge of ours.
      own: Tag.isOurBridge(link, planned: nil) ? try BridgeLink(host).lostRecord(of: link) : nil,
      mayChangeForeignChains: spec.mayChangeForeignChains, isReached: spec.egress == .routed)
  }

  /// The rules that are missing for a network.
  /// - Parameters:
  ///   - isGuarding: whether the host is kept from forwarding for others.
  ///   - settled: families of which forwarding is settled before.
  ///   - planned: other bridges that sandboxes are about to come on.
  func ruleSteps(
    for record: NetworkRecord, _ spec: NetworkSpec, _ link: Link?, isGuarding: Bool,
    settled: Set<AddressFamily> = [],
    besides planned: [InterfaceName] = []
  ) throws(NetworkError) -> [NetworkPlan.Step] {
    var steps: [NetworkPlan.Step] = []
    let translation = try Translations(host).current(record, link).translation
    if translation != record.translation { steps.append(.masquerade(record.bridge)) }
    if record.mayChangeForeignChains && spec.mayChangeForeignChains {
      steps += try ForwardChains(host).missingPlaces(of: record).map { .accept(record.bridge, $0) }
    }
    if translation != .host || spec.egress == .internal || isGuarding {
      steps.append(.admit(record.bridge))
      for forwarding in Forwarding.all(host) where !settled.contains(forwarding.family) {
        if let settlement = try forwarding.settlement(besides: planned + [record.bridge]) {
          steps.append(.settleForwarding(forwarding.family, settlement))
        }
      }
    }
    return steps
  }

  /// The link-layer address that a foreign bridge would lose with the first port; nil where it would not.
  ///
  /// A bridge without ports takes the MAC address of its first port, and has none (00:00:00:00:00:00) once that port is
  /// gone. An address that was set explicitly stays, even if it is the same (NET_ADDR_SET in
  /// br_stp_recalculate_bridge_id).
  private func addressToKeep(of link: Link) throws(NetworkError) -> MACAddress? {
    guard let address = link.address, !address.isZero else { return nil }
    let ports = try host.route { (route) throws(NetlinkError) in try route.links(master: link.index) }
    return ports.isEmpty ? address : nil
  }
}
