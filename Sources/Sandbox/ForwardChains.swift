import Glibc
import LinuxSystem
import NFTables
import Netlink
import RouteNetlink

/// Other people's chains that drop, by their policy, what is forwarded. An accept in nsrun's table does not undo a drop in
/// another one's at the same hook, so a sandbox only gets out, or with br_netfilter to its neighbours, by rules in them.
struct ForwardChains {
  private let host: Host

  init(_ host: Host) { self.host = host }

  /// A chain that drops, and the one in which its owner wants other people's rules to be.
  struct Dropping {
    let chain: Chain
    let place: Chain
  }

  /// The chains that drop sandboxes' packets unless a rule accepts them.
  func dropping() throws(SandboxError) -> [Dropping] {
    let chains = try host.nftables { (nft) throws(NetlinkError) in try nft.chains() }
    return chains.filter { chain in
      chain.base?.hook == .forward && chain.base?.policy == .drop && chain.table != Firewall.table
        && [.ip, .inet].contains(chain.table.family)
    }.map { chain in
      // Docker never touches the rules of this chain, and jumps to it before its own (docs.docker.com).
      let place = chains.first { $0.name == Self.dockerChain && $0.table == chain.table }
      return Dropping(chain: chain, place: place ?? chain)
    }
  }

  // MARK: Rules of ours

  /// Lets a bridge's packets through all of them: what comes from it, and the answers to that.
  func admit(_ bridge: InterfaceName) throws(SandboxError) {
    for dropping in try dropping() {
      let place = dropping.place
      let rules = try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: place) }
      if rules.contains(where: { $0.comment == Self.tag(bridge) }) { continue }
      host.reporter.progress?("let \(bridge) through the chain \(place)")
      try system { () throws(SystemError) in
        try host.state.append(
          RecordText([(Self.recordKey, "\(place.table.family) \(place.table.name) \(place.name)")]),
          to: host.state.record(of: bridge))
      }
      var transaction = Transaction()
      let name = DataValue.interfaceName(bridge.text)
      transaction.insert(
        Rule(
          in: place, [.equals(.outputInterfaceName, name), answers(in: place), .counter, .verdict(.accept)],
          comment: Self.tag(bridge)))
      transaction.insert(
        Rule(in: place, [.equals(.inputInterfaceName, name), .counter, .verdict(.accept)], comment: Self.tag(bridge)))
      try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
    }
  }

  /// Deletes what ``admit(_:)`` added, as far as it is still there.
  func retract(_ bridge: InterfaceName) throws(SandboxError) {
    guard let record = try? RecordText.read(host.state.record(of: bridge)) else { return }
    for line in Set(record.all(Self.recordKey)) {
      let parts = line.split(separator: " ").map(String.init)
      guard parts.count == 3, let family = Self.families[parts[0]] else { continue }
      let place = Chain(parts[2], in: Table(family, parts[1]))
      let ours = try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: place) }
        .filter { $0.comment == Self.tag(bridge) }
      guard !ours.isEmpty else { continue }
      var transaction = Transaction()
      for rule in ours { transaction.delete(rule) }
      try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
      host.hasDeletedRules = true
    }
  }

  /// Deletes rules of bridges that there are no records of, wherever they are.
  func removeUnrecorded(keeping recorded: Set<InterfaceName>, isDryRun: Bool) throws(SandboxError) -> [Removed] {
    let tags = Set(recorded.map(Self.tag))
    let chains = try host.nftables { (nft) throws(NetlinkError) in try nft.chains() }
      .filter { ($0.base?.hook == .forward || $0.name == Self.dockerChain) && $0.table != Firewall.table }
    var removed: [Removed] = []
    for chain in chains {
      let ours = try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: chain) }
        .filter { $0.comment?.hasPrefix(Self.tagPrefix) == true && !tags.contains($0.comment!) }
      guard !ours.isEmpty else { continue }
      removed.append(Removed(kind: .rules, name: "\(ours.count) rules of the chain \(chain)", reason: .unrecorded))
      if isDryRun { continue }
      var transaction = Transaction()
      for rule in ours { transaction.delete(rule) }
      try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
      host.hasDeletedRules = true
    }
    return removed
  }

  private static let dockerChain = "DOCKER-USER"
  private static let recordKey = "accepts"
  private static let families = ["ip": TableFamily.ip, "inet": .inet]

  private static func tag(_ bridge: InterfaceName) -> String { tagPrefix + bridge.text }
  private static let tagPrefix = "nsrun "

  /// Goes on only with packets of connections that there are already.
  private func answers(in place: Chain) -> Statement {
    guard Self.isOfIPTables(place) else { return .state([.established, .related]) }
    // iptables-nft 1.8.9 cannot list a table with a rule that it would not have written itself. This is its
    // `-m conntrack --ctstate RELATED,ESTABLISHED`: struct xt_conntrack_mtinfo3, padded to a multiple of 8.
    var info = [UInt8](repeating: 0, count: 168)
    info[146] = 1  // match_flags: XT_CONNTRACK_STATE
    info[150] = 6  // state_mask: established (2) and related (4)
    return .expression(.unknown(name: "match", data: Self.match(name: "conntrack", revision: 3, info: info)))
  }

  /// The attributes of the expression by which nf_tables calls a match of xtables (linux/netfilter/nf_tables_compat.h).
  private static func match(name: String, revision: UInt32, info: [UInt8]) -> [UInt8] {
    var buffer = MessageBuffer()
    buffer.attribute(1 /* NFTA_MATCH_NAME */, string: name)
    buffer.attribute(2 /* NFTA_MATCH_REV */, bigEndian: revision)
    buffer.attribute(3 /* NFTA_MATCH_INFO */, bytes: info)
    return buffer.bytes
  }

  private static func isOfIPTables(_ chain: Chain) -> Bool { chain.table.family == .ip && chain.table.name == "filter" }

  // MARK: For the doctor

  func findings() -> [Finding] {
    do throws(SandboxError) {
      let dropping = try dropping()
      var findings: [Finding] = []
      for one in dropping { findings.append(try finding(on: one)) }
      return findings.isEmpty
        ? [Finding(check: "firewall", status: .ok, message: "no chain drops what is forwarded by its policy")]
        : findings
    } catch {
      return [
        Finding(check: "firewall", status: .warning, message: "\(error)", remedy: "look at nft list ruleset yourself")
      ]
    }
  }

  private func finding(on dropping: Dropping) throws(SandboxError) -> Finding {
    let rules = try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: dropping.place) }
    let refused = host.networkRecords().map(\.bridge.text).filter { bridge in
      !rules.contains { Self.accepts($0, from: bridge) }
    }
    guard let bridge = refused.first else {
      return Finding(
        check: "firewall", status: .ok,
        message: "the chain \(dropping.chain) has the policy drop; nsrun lets its bridges through")
    }
    return Finding(
      check: "firewall", status: .problem,
      message: "the chain \(dropping.chain) has the policy drop: packets of sandboxes do not get through",
      remedy: Self.remedy(for: dropping.place, bridge))
  }

  /// Whether a rule accepts whatever comes in by a bridge.
  private static func accepts(_ rule: Rule, from bridge: String) -> Bool {
    var isLoaded = false
    for expression in rule.expressions {
      switch expression {
      case .meta(.inputInterfaceName, _): isLoaded = true
      case .compare(_, .equal, let value):
        guard isLoaded, value.prefix(while: { $0 != 0 }).elementsEqual(bridge.utf8) else { return false }
      case .counter: break
      case .verdict(.accept): return isLoaded
      default: return false
      }
    }
    return false
  }

  /// The commands that let a bridge's packets through.
  private static func remedy(for place: Chain, _ bridge: String) -> String {
    isOfIPTables(place)
      ? "iptables -I \(place.name) -i \(bridge) -j ACCEPT; iptables -I \(place.name) -o \(bridge) -j ACCEPT"
      : "nft insert rule \(place) iifname \(bridge) accept; nft insert rule \(place) oifname \(bridge) accept"
  }
}
