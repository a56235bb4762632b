import Glibc
import LinuxSystem
import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// The forward chains of other programs. An accept in nsrun's table does not override a drop in another table at the
/// same hook. If the policy of such a chain drops packets, sandboxes need rules in that chain to get out, or with
/// br_netfilter to reach each other. If rules of a chain drop them, these belong to a program (firewalld, ufw) that
/// restores its rules. Then only the configuration of that program helps.
package struct ForwardChains {
  private let host: Host

  package init(_ host: Host) { self.host = host }

  /// A base chain at the forward hook.
  struct Hook {
    let chain: Chain
    /// The chain in which the owner expects rules of other programs.
    let place: Chain
    let owner: ChainOwner

    /// Whether a rule in the chain may help, and the kernel lets nsrun add one.
    var takesRules: Bool { chain.base?.policy == .drop && !chain.table.flags.contains(.owner) }
  }

  /// - Parameter network: the network whose packets are to pass; nil for IPv4 packets only.
  private func hooks(for network: NetworkRecord? = nil) throws(NetworkError) -> [Hook] {
    let chains = try ForeignTables(host).foreignChains()
    let families: [TableFamily] = network?.own?.address6 == nil ? [.ip, .inet] : [.ip, .inet, .ip6]
    var hooks: [Hook] = []
    for chain in chains where chain.base?.hook == .forward && families.contains(chain.table.family) {
      // Docker jumps to this chain before its own rules and never changes it (docs.docker.com).
      var place = chain
      let dockers = chains.first { $0.table == chain.table && $0.name == Self.dockerChain }
      if let dockers, try leadsAll(chain, to: dockers) { place = dockers }
      hooks.append(Hook(chain: chain, place: place, owner: ChainOwner(of: chain, among: chains)))
    }
    return hooks
  }

  /// Whether a rule of one chain jumps to the other with every packet.
  private func leadsAll(_ chain: Chain, to other: Chain) throws(NetworkError) -> Bool {
    try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: chain) }.contains { rule in
      rule.expressions.allSatisfy { expression in
        switch expression {
        case .counter, .verdict(.jump(other.name)): true
        default: false
        }
      } && rule.expressions.contains(.verdict(.jump(other.name)))
    }
  }

  // MARK: Rules of nsrun

  private static let dockerChain = "DOCKER-USER"
  private static let recordKey = "accepts"
  private static let families = ["ip": TableFamily.ip, "ip6": .ip6, "inet": .inet]

  private static func tag(_ bridge: InterfaceName) -> String { tagPrefix + bridge.text }
  private static let tagPrefix = "nsrun "

  /// The bridge for which nsrun made a rule; nil for a rule of another program, whatever its comment.
  static func bridge(of rule: Rule) -> InterfaceName? {
    guard let comment = rule.anyComment, comment.hasPrefix(tagPrefix),
      let bridge = try? InterfaceName(String(comment.dropFirst(tagPrefix.count))), rule.expressions.count > 2,
      case .meta(let key, _) = rule.expressions[0], key == .inputInterfaceName || key == .outputInterfaceName,
      case .compare(_, .equal, let name) = rule.expressions[1],
      name.prefix(while: { $0 != 0 }).elementsEqual(bridge.text.utf8)
    else { return nil }
    return bridge
  }

  /// Adds rules to all chains that drop by policy, so that they accept a bridge's packets and the answers. If an nsrun
  /// bridge has a sandbox without NAT, they also accept all packets to the bridge, because nsrun's own table drops the
  /// rest. On a foreign bridge, that is the owner's decision. If the kernel refuses a rule, nsrun warns and goes on.
  /// - Parameters:
  ///   - place: the only chain that counts; nil for all.
  ///   - says: whether a refusal is reported.
  func admit(_ network: NetworkRecord, in place: Chain? = nil, says: Bool = true) throws(NetworkError) {
    for hook in try hooks(for: network) where hook.takesRules && (place ?? hook.place) == hook.place {
      do throws(NetworkError) { try admit(network, at: hook.place) } catch {
        guard error.netlinkErrno != nil else { throw error }
        if says { host.reporter.warn("\(error): \(Self.remedy(hook, [network.bridge.text], isIn: false))") }
      }
    }
  }

  private static func isOpen(_ network: NetworkRecord) -> Bool { network.isReached && network.translation == .bridge }

  /// Whether a rule of nsrun accepts all packets to its bridge, also in the form that iptables-restore writes.
  private static func letsIn(_ rule: Rule) -> Bool {
    guard case .meta(.outputInterfaceName, _) = rule.expressions[0] else { return false }
    return rule.expressions.dropFirst(2).allSatisfy { expression in
      switch expression {
      case .counter, .verdict(.accept): true
      default: XTables(expression)?.comment != nil
      }
    }
  }

  /// The chains that drop by policy and lack nsrun's rules for a bridge.
  func missingPlaces(of network: NetworkRecord) throws(NetworkError) -> [Chain] {
    var missing: [Chain] = []
    for hook in try hooks(for: network) where hook.takesRules {
      let ours = try rules(of: network.bridge, in: hook.place)
      if ours.isEmpty || Self.isOpen(network) && !ours.contains(where: Self.letsIn) { missing.append(hook.place) }
    }
    return missing
  }

  /// Warns of the chains that still refuse a bridge's packets, with a remedy.
  func warn(of bridge: InterfaceName, _ traffics: Traffics) {
    do throws(NetworkError) {
      var tables = ForeignTables(host)
      for hook in try hooks() {
        let refusal = try tables.refusal(of: bridge, traffics, at: hook)
        guard let refusal, refusal.isCertain else { continue }
        host.reporter.warn("\(refusal): \(Self.remedy(hook, [bridge.text], isIn: traffics.isIn))")
      }
    } catch {
      host.reporter.warn("\(error)")
    }
  }

  private func admit(_ network: NetworkRecord, at place: Chain) throws(NetworkError) {
    let bridge = network.bridge
    let ours = try rules(of: bridge, in: place)
    let opens = Self.isOpen(network) && !ours.contains(where: Self.letsIn)
    guard ours.isEmpty || opens else { return }
    try system { () throws(SystemError) in
      try host.state.append(
        RecordText([(Self.recordKey, "\(place.table.family) \(place.table.name) \(place.name)")]),
        to: host.state.record(of: bridge))
    }
    var transaction = Transaction()
    let name = DataValue.interfaceName(bridge.text)
    func insert(_ conditions: Statement...) {
      transaction.insert(Rule(in: place, conditions + [.counter, .verdict(.accept)], comment: Self.tag(bridge)))
    }
    if opens { insert(.equals(.outputInterfaceName, name)) }
    if ours.isEmpty {
      insert(.equals(.outputInterfaceName, name), answers(in: place))
      insert(.equals(.inputInterfaceName, name))
    }
    do throws(NetworkError) {
      try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
    } catch {
      // The owner has deleted the chain meanwhile, so it refuses nothing any more.
      guard error.netlinkErrno == ENOENT, try !exists(place) else { throw error }
    }
  }

  /// Matches packets of existing connections.
  private func answers(in place: Chain) -> Statement {
    // iptables-nft 1.8.9 can list a table only if all rules have the form that it writes itself.
    [.ip, .ip6].contains(place.table.family) && place.table.name == "filter"
      ? .expression(XTables.state([.established, .related]).expression) : .state([.established, .related])
  }

  private func exists(_ chain: Chain) throws(NetworkError) -> Bool {
    try host.nftables { (nft) throws(NetlinkError) in try nft.chains(in: chain.table) }.contains {
      $0.name == chain.name
    }
  }

  /// nsrun's rules for a bridge in a chain; empty if there is no such chain.
  private func rules(of bridge: InterfaceName, in place: Chain) throws(NetworkError) -> [Rule] {
    try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: place) }
      .filter { Self.bridge(of: $0) == bridge }
  }

  /// Deletes the rules that ``admit(_:)`` added, if they still exist. A failure does not end the removal.
  /// - Returns: the failures.
  func retract(_ bridge: InterfaceName) -> [NetworkError] {
    var failures: [NetworkError] = []
    do throws(NetworkError) {
      for place in try places(of: bridge) {
        do throws(NetworkError) { try retract(bridge, from: place) } catch { failures.append(error) }
      }
    } catch {
      failures.append(error)
    }
    return failures
  }

  /// The chains that may have rules for a bridge.
  private func places(of bridge: InterfaceName) throws(NetworkError) -> [Chain] {
    if let record = try? RecordText.read(host.state.record(of: bridge)) {
      return Set(record.all(Self.recordKey)).sorted().compactMap { line in
        let parts = line.split(separator: " ").map(String.init)
        guard parts.count == 3, let family = Self.families[parts[0]] else { return nil }
        return Chain(parts[2], in: Table(family, parts[1]))
      }
    }
    // Without a readable record, the rules may be in any chain.
    let rules = try host.nftables { (nft) throws(NetlinkError) in try nft.rules() }
    let ours = rules.filter {
      Self.bridge(of: $0) == bridge && $0.chain.table != Firewall.table
        && Self.families.values.contains($0.chain.table.family)
    }
    return Array(Set(ours.map(\.chain)))
  }

  /// The number of rules for a bridge in each chain.
  func ruleCounts(of bridge: InterfaceName) throws(NetworkError) -> [(chain: Chain, count: Int)] {
    var counts: [(chain: Chain, count: Int)] = []
    for place in try places(of: bridge) {
      let count = try rules(of: bridge, in: place).count
      if count > 0 { counts.append((place, count)) }
    }
    return counts
  }

  private static let isLeft = "the rules of nsrun stay there until the program that owns the table deletes them"

  private func retract(_ bridge: InterfaceName, from place: Chain) throws(NetworkError) {
    // Another program may delete a rule between the listing and the transaction.
    for attempt in 1... {
      let ours = try rules(of: bridge, in: place)
      guard !ours.isEmpty else { return }
      var transaction = Transaction()
      for rule in ours { transaction.delete(rule) }
      do throws(NetworkError) {
        try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
        host.hasDeletedRules = true
        return
      } catch {
        // The table has an owner now, and only the owner can change it.
        if error.netlinkErrno == EPERM { return host.reporter.warn("\(error): \(Self.isLeft)") }
        guard error.netlinkErrno == ENOENT, attempt < 3 else { throw error }
      }
    }
  }

  /// Deletes rules for unrecorded bridges in all chains.
  func removeUnrecorded(keeping recorded: Set<InterfaceName>, isDryRun: Bool) throws(NetworkError) -> [Removed] {
    let chains = try host.nftables { (nft) throws(NetlinkError) in try nft.chains() }
      .filter { ($0.base?.hook == .forward || $0.name == Self.dockerChain) && $0.table != Firewall.table }
    var removed: [Removed] = []
    for chain in chains {
      let ours = try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: chain) }
        .filter { rule in Self.bridge(of: rule).map { !recorded.contains($0) } ?? false }
      guard !ours.isEmpty else { continue }
      removed.append(Removed(kind: .rules, name: "\(ours.count) rules of the chain \(chain)", reason: .unrecorded))
      if isDryRun { continue }
      var transaction = Transaction()
      for rule in ours { transaction.delete(rule) }
      do throws(NetworkError) {
        try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
        host.hasDeletedRules = true
      } catch {
        guard error.netlinkErrno == EPERM else { throw error }
        removed.removeLast()
        host.reporter.warn("\(error): \(Self.isLeft)")
      }
    }
    return removed
  }

  // MARK: For the doctor

  package func findings() -> [Finding] {
    do throws(NetworkError) {
      let hooks = try hooks()
      var tables = ForeignTables(host)
      var findings: [Finding] = []
      for hook in hooks { findings += try self.findings(on: hook, &tables) }
      if findings.isEmpty {
        findings.append(Finding(check: Self.check, status: .ok, message: "no chain refuses what sandboxes send"))
      }
      return findings + legacyFindings()
    } catch {
      return [Self.unreadable(error)]
    }
  }

  static let check = "firewall"

  /// The finding that the rules of other programs cannot be read.
  static func unreadable(_ error: NetworkError) -> Finding {
    Finding(check: check, status: .warning, message: "\(error)", remedy: "look at nft list ruleset yourself")
  }

  /// A placeholder for a bridge that does not exist yet.
  private static let anyBridge = "BRIDGE"

  private func findings(on hook: Hook, _ tables: inout ForeignTables) throws(NetworkError) -> [Finding] {
    let networks = try NetworkRecords(host).all()
    let members = try SandboxRecords(host).all().flatMap(\.bridgeConnections)
    var findings: [Finding] = []
    for network in networks {
      let here = members.filter { $0.bridge == network.bridge }
      let traffics = Traffics(
        isOut: here.contains { $0.egress != .internal }, isIn: here.contains { $0.egress == .routed })
      guard let refusal = try tables.refusal(of: network.bridge, traffics, at: hook) else { continue }
      var isOurs = hook.takesRules && network.mayChangeForeignChains
      if case .incoming = refusal.traffic { isOurs = isOurs && Self.isOpen(network) }
      findings.append(
        Finding(
          check: Self.check, status: refusal.isCertain ? .problem : .warning, message: "\(refusal)",
          remedy: isOurs ? "nsrun reload" : Self.remedy(hook, [refusal.bridge], isIn: traffics.isIn)))
    }
    guard findings.isEmpty else { return findings }
    if hook.takesRules {
      return [
        Finding(
          check: Self.check, status: .ok,
          message: "the chain \(hook.chain) has the policy drop; nsrun lets its bridges through")
      ]
    }
    guard networks.isEmpty, let refusal = try tables.refusalOfAnyBridge(at: hook) else { return [] }
    return [
      Finding(
        check: Self.check, status: .warning, message: "\(refusal)",
        remedy: "for the bridge that sandboxes will be on: \(Self.remedy(hook, [Self.anyBridge], isIn: false))")
    ]
  }

  /// Rules of iptables-legacy are outside nf_tables, so nsrun cannot see them.
  private func legacyFindings() -> [Finding] {
    guard let tables = try? readText("/proc/net/ip_tables_names"),
      tables.split(separator: "\n").contains("filter")
    else { return [] }
    let networks = ((try? NetworkRecords(host).all()) ?? []).map(\.bridge.text)
    let commands = (networks.isEmpty ? [Self.anyBridge] : networks).flatMap { Self.passages($0, isIn: false) }
      .flatMap { ChainOwner.iptables("iptables-legacy", "filter", "FORWARD", $0) }.joined(separator: "; ")
    return [
      Finding(
        check: Self.check, status: .warning,
        message: "iptables-legacy has a table filter, which nsrun does not see",
        remedy: "if iptables-legacy -S FORWARD shows that it refuses packets: \(commands)")
    ]
  }

  /// The commands that make a hook accept the packets of bridges.
  private static func remedy(_ hook: Hook, _ bridges: [String], isIn: Bool) -> String {
    hook.owner.remedy(at: hook.place, for: bridges.flatMap { passages($0, isIn: isIn) })
  }

  /// - Parameter isIn: whether to accept more than answers to the bridge.
  private static func passages(_ bridge: String, isIn: Bool) -> [Passage] {
    [Passage(bridge: bridge, input: bridge), Passage(bridge: bridge, output: bridge, isAnswer: !isIn)]
  }
}

extension ForwardChains: NetworkResource {
  func drifts(of network: RecordedNetwork, _ links: [Link]) throws(NetworkError) -> [Drift] {
    guard let record = network.record, record.mayChangeForeignChains else { return [] }
    return try missingPlaces(of: record).map { place in
      Drift(
        kind: .passages, message: "the rules for \(network.bridge) in the chain \(place) are gone",
        restored: "the rules for \(network.bridge) in the chain \(place)")
    }
  }

  func restore(for network: RecordedNetwork) throws(NetworkError) {
    guard let record = network.record, record.mayChangeForeignChains,
      try BridgeLink(host).fit(for: network) != nil
    else { return }
    try admit(record)
  }

  func remains(of network: RecordedNetwork) throws(NetworkError) -> [Removed] {
    try ruleCounts(of: network.bridge).map { chain, count in
      Removed(kind: .rules, name: "\(count) rules of the chain \(chain)", reason: .stale, bridge: network.bridge)
    }
  }

  func remove(from network: RecordedNetwork) -> [NetworkError] {
    retract(network.bridge).filter { _ in !host.lacksNFTables }
  }
}
