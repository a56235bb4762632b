import Glibc
import LinuxSystem
import NFTables
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

extension Firewall {
  static let table = Table(.inet, "nsrun", comment: "made by nsrun(8); gone with its last sandbox")

  /// Bridges that sandboxes are on.
  static let bridges = NFTSet("bridges", in: table, key: [.interfaceName], comment: "bridges that sandboxes are on")
  /// Pairs of the same bridge: packets that stay on it, which pass here only where br_netfilter is on.
  static let bridged = NFTSet(
    "bridged", in: table, key: [.interfaceName, .interfaceName], comment: "packets that stay on their bridge")
  /// Bridges of ours: what comes from them leaves with the host's address. A launch has nothing to add here, and so
  /// nothing to delete: deleting makes whoever closes a netlink socket next wait for a grace period of RCU.
  static let networks = NFTSet("networks", in: table, key: [.interfaceName], comment: "bridges behind NAT")
  /// Sandboxes on bridges of others, who may want something else for what else is on them.
  static let masqueraded = NFTSet(
    "masqueraded", in: table, key: [.interfaceName, .ipv4Address], comment: "sandboxes behind NAT on foreign bridges")
  /// Sandboxes that leave with their own address.
  static let routed = NFTSet(
    "routed", in: table, key: [.interfaceName, .ipv4Address], comment: "sandboxes without NAT")
  /// What becomes of a sandbox's packets beyond its bridge, in either direction.
  static let verdicts = NFTSet(
    "verdicts", in: table, key: [.ipv4Address], value: .verdict, comment: "sandboxes without a way out")

  /// The addresses that sandboxes on bridges of ours may send from.
  static let subnets = NFTSet(
    "subnets", in: table, key: [.interfaceName, .ipv4Address], flags: .interval, comment: "and what is behind them")

  /// The subnets of bridges of ours, which nobody else has.
  static let inside = NFTSet(
    "inside", in: table, key: [.ipv4Address], flags: .interval, comment: "subnets of the bridges behind NAT")

  /// What arrives, before a connection is made of it.
  static let arriving = Chain(
    "arriving", in: table, base: BaseChain(type: .filter, hook: .prerouting, priority: .rawPriority))
  /// What comes to the host itself.
  static let input = Chain(
    "input", in: table, base: BaseChain(type: .filter, hook: .input, priority: .filterPriority))
  /// Before what decides about packets: whatever that accepts has been here.
  static let segments = Chain(
    "segments", in: table, base: BaseChain(type: .filter, hook: .forward, priority: .manglePriority))
  static let forward = Chain(
    "forward", in: table, base: BaseChain(type: .filter, hook: .forward, priority: .filterPriority))
  static let postrouting = Chain(
    "postrouting", in: table,
    base: BaseChain(type: .nat, hook: .postrouting, priority: .sourceNATPriority))
  /// Sees what leaves as it leaves: after any translation of addresses, by rules of ours or of others.
  static let leaving = Chain(
    "leaving", in: table,
    base: BaseChain(type: .filter, hook: .postrouting, priority: .sourceNATPriority + 10))

  private static var sets: [NFTSet] { [bridges, bridged, networks, subnets, inside, masqueraded, routed, verdicts] }

  /// The whole table, in place of one that there may be.
  /// - Parameters:
  ///   - isGuarded: whether nsrun turned forwarding on, and so has to keep the host from forwarding for others.
  ///   - hasBridgeRules: whether that of the family bridge comes with it.
  private static func installation(
    isGuarded: Bool, networks records: [NetworkRecord], _ members: [SandboxPlan.Member], hasBridgeRules: Bool
  ) -> Transaction {
    let members = members.map { member in
      // The bridge's owner may have taken his own rules away since.
      var member = member
      if let network = records.first(where: { $0.bridge == member.bridge }) { member.translation = network.translation }
      return member
    }
    var transaction = Transaction()
    transaction.destroy(table)
    transaction.add(table)
    for set in sets { transaction.add(set) }
    for chain in [arriving, input, segments, forward, postrouting, leaving] { transaction.add(chain) }
    for var rule in arrivingRules + inputRules + segmentRules + forwardRules(isGuarded: isGuarded) + postroutingRules
      + leavingRules
    {
      if rule.comment == guardComment { rule.signature = signature }
      transaction.add(rule)
    }
    if hasBridgeRules { Confinement.install(&transaction) }
    for record in records { admit(record, &transaction) }
    for member in members { admit(member, &transaction) }
    return transaction
  }

  /// Puts both tables in place; without sandboxes that need it, that of the family bridge only where the kernel has it.
  /// - Parameter isGuarded: whether nsrun turned forwarding on, and so has to keep the host from forwarding for others.
  static func install(
    isGuarded: Bool, networks: [NetworkRecord], _ members: [SandboxPlan.Member], _ nft: inout NFTConnection
  ) throws(NetlinkError) {
    do throws(NetlinkError) {
      try nft.commit(installation(isGuarded: isGuarded, networks: networks, members, hasBridgeRules: true))
    } catch {
      guard isUnsupported(error), !members.contains(where: { $0.egress == .internal }) else { throw error }
      try nft.commit(installation(isGuarded: isGuarded, networks: networks, members, hasBridgeRules: false))
    }
  }

  /// Whether the kernel lacks nf_tables, or a family of it.
  static func isUnsupported(_ error: NetlinkError) -> Bool {
    [EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT].contains(error.errno)
  }

  /// Proves that nsrun made a rule: nft saves no copy of it.
  static let signature: [UInt8] = Array("nsrun".utf8)

  /// Of the rule that is there only where nsrun turned forwarding on.
  static let guardComment = "nsrun turned forwarding on, but only for sandboxes"

  private static let isIPv4 = Statement.equals(.networkProtocol, .bytes([2 /* NFPROTO_IPV4 */]))
  private static let isIPv6 = Statement.equals(.networkProtocol, .bytes([10 /* NFPROTO_IPV6 */]))
  private static let isFromNetwork = Statement.matching(.inputInterfaceName, in: networks)
  private static let isToNetwork = Statement.matching(.outputInterfaceName, in: networks)
  private static let isBridged = Statement.matching(.inputInterfaceName, .outputInterfaceName, in: bridged)
  private static let isFromRouted = Statement.matching(.inputInterfaceName, .sourceAddress, in: routed)
  private static let isMasqueraded = Statement.matching(.inputInterfaceName, .sourceAddress, in: masqueraded)
  private static let isToRouted = Statement.matching(.outputInterfaceName, .destinationAddress, in: routed)
  private static let isAnswer = Statement.equals(.conntrackDirection, .bytes([ConntrackDirection.reply.rawValue]))
  private static let isToLoopback = Statement.within(.destinationAddress, .loopback)

  /// Who could send as a sandbox from elsewhere would have the host's answers sent to it, and connections in its name that
  /// answers are let in for.
  private static var arrivingRules: [Rule] {
    [
      // A packet of IPv6 has no such source, and so matches none of what follows but the end.
      Rule(in: arriving, [isIPv6, .verdict(.accept)]),
      Rule(in: arriving, [.matching(.sourceAddress, in: inside, inverted: true), .verdict(.accept)]),
      Rule(in: arriving, [.matching(.inputInterfaceName, .sourceAddress, in: subnets), .verdict(.accept)]),
      Rule(in: arriving, [.equals(.inputInterfaceName, .interfaceName("lo")), .verdict(.accept)]),
      Rule(in: arriving, [.verdict(.drop)], comment: "an address of the inside comes from there alone"),
    ]
  }

  /// Others may have turned route_localnet on, and translate what is sent to another address to one of loopback.
  private static var inputRules: [Rule] {
    let loopback6 = DataValue.address(IPAddress("::1")!)
    return [
      Rule(in: input, [.equals(.inputInterfaceName, .interfaceName("lo")), .verdict(.accept)]),
      Rule(in: input, [isFromNetwork, isToLoopback, .verdict(.drop)], comment: "loopback is the host's alone"),
      Rule(in: input, [isFromNetwork, .equals(.destinationAddress6, loopback6), .verdict(.drop)]),
      Rule(in: input, [isToLoopback, .vmap(.sourceAddress, in: verdicts)]),
      Rule(
        in: input, [isFromNetwork, .within(.sourceAddress, .loopback), .verdict(.drop)]),
    ]
  }

  /// The segments of a connection are as large as the way is wide, also where ICMP does not tell of a narrow place. nf_tables
  /// has both expressions built in since Linux 4.18.
  private static var segmentRules: [Rule] {
    let isSYN = Statement.hasFlags(2)
    return [
      Rule(in: segments, [isBridged, .verdict(.accept)]),
      Rule(in: segments, [isFromNetwork, isSYN, .clampSegmentSize], comment: "TCP fits the way, without ICMP too"),
      Rule(in: segments, [isToNetwork, isSYN, .clampSegmentSize]),
    ]
  }

  private static func forwardRules(isGuarded: Bool) -> [Rule] {
    func rule(_ statements: [Statement], _ comment: String? = nil) -> Rule {
      Rule(in: forward, statements, comment: comment)
    }
    let isSpoofed = Statement.matching(.inputInterfaceName, .sourceAddress, in: subnets, inverted: true)
    let guarding = [
      Statement.matching(.inputInterfaceName, in: bridges, inverted: true),
      .matching(.outputInterfaceName, in: bridges, inverted: true), .verdict(.drop),
    ]
    return [
      rule([isBridged, .verdict(.accept)]),
      rule([.vmap(.sourceAddress, in: verdicts)]),
      rule([.vmap(.destinationAddress, in: verdicts)]),
    ] + (isGuarded ? [rule(guarding, guardComment)] : []) + [
      rule([isFromNetwork, isIPv6, .verdict(.drop)], "sandboxes have IPv4 only"),
      rule([isFromNetwork, isSpoofed, .verdict(.drop)], "not from an address of the bridge's subnet"),
      rule([isToRouted, .verdict(.accept)], "sandboxes without NAT are reached from outside"),
      rule([isFromRouted, isAnswer, .verdict(.accept)]),
      rule([isFromNetwork, isToNetwork, .verdict(.drop)], "bridges of nsrun do not reach each other"),
      // An ICMP error has the direction of the connection that it is about; related is what a conntrack helper expects.
      rule([isToNetwork, isAnswer, .verdict(.accept)], "answers to what sandboxes began"),
      rule([isToNetwork, .state(.related), .verdict(.accept)]),
      rule([isToNetwork, .verdict(.drop)], "nothing else comes in"),
    ]
  }

  // The device that a packet came in by is known here since Linux 5.7.
  private static var postroutingRules: [Rule] {
    [
      Rule(in: postrouting, [isFromRouted, .verdict(.accept)]),
      Rule(in: postrouting, [isBridged, .verdict(.accept)]),
      // Without the check of the protocol it would give IPv6 packets another address as well.
      Rule(in: postrouting, [isIPv4, isFromNetwork, .masquerade()]),
      Rule(in: postrouting, [isMasqueraded, .masquerade()]),
    ]
  }

  /// Packets that belong to no connection, and those of one from before there were rules, are not translated.
  private static var leavingRules: [Rule] {
    [
      Rule(in: leaving, [.bits(.conntrackStatus, 0x10 /* IPS_SRC_NAT */), .verdict(.accept)]),
      Rule(in: leaving, [isFromRouted, .verdict(.accept)]),
      Rule(in: leaving, [isBridged, .verdict(.accept)]),
      Rule(
        in: leaving, [isFromNetwork, .verdict(.drop)], comment: "nothing leaves with an address of the inside"),
      // Whom its owner lets in is answered: such a connection has the address of the inside on both ways.
      Rule(in: leaving, [isMasqueraded, isAnswer, .verdict(.accept)]),
      Rule(in: leaving, [isMasqueraded, .verdict(.drop)]),
    ]
  }

  /// Adds a bridge; one that is there stays.
  static func admit(_ network: NetworkRecord, _ transaction: inout Transaction) {
    for (set, elements) in elements(of: network) { transaction.add(elements, to: set) }
  }

  /// Adds a sandbox; one that is there stays.
  static func admit(_ member: SandboxPlan.Member, _ transaction: inout Transaction) {
    for (set, elements) in elements(of: member) { transaction.add(elements, to: set) }
  }

  static func elements(of network: NetworkRecord) -> [(NFTSet, [SetElement])] {
    let name = DataValue.interfaceName(network.bridge.text)
    let all = [(bridges, [SetElement(key: [name])]), (bridged, [SetElement(key: [name, name])])]
    guard network.translation == .bridge else { return all }
    // A bridge of ours in no record, and without an address, was found like that.
    let subnet = network.own?.address.network
    let range = subnet ?? IPNetwork("0.0.0.0/0")!
    let first = DataValue.address(range.address)
    let last = DataValue.address(range.lastAddress)
    return all + [
      (networks, [SetElement(key: [name])]), (subnets, [SetElement(key: [name, first], upTo: [name, last])]),
    ] + (subnet == nil ? [] : [(inside, [SetElement(key: [first], upTo: [last])])])
  }

  /// Whether a sandbox is spoken of in the table at all.
  static func mentions(_ member: SandboxPlan.Member) -> Bool { !elements(of: member).isEmpty }

  static func elements(of member: SandboxPlan.Member) -> [(NFTSet, [SetElement])] {
    let address = DataValue.address(member.address)
    let key = [DataValue.interfaceName(member.bridge.text), address]
    let comment = "nsrun \(member.name)"
    switch member.egress {
    case .masquerade:
      return member.translation == .address ? [(masqueraded, [SetElement(key: key, comment: comment)])] : []
    case .routed: return member.translation == .bridge ? [(routed, [SetElement(key: key, comment: comment)])] : []
    case .internal:
      return [(verdicts, [SetElement(key: [address], verdict: .drop, comment: comment)])]
        + Confinement.elements(of: member)
    }
  }
}
