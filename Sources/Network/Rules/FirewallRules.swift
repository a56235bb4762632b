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
  /// Those of them whose sandboxes have IPv6.
  static let bridges6 = NFTSet("bridges6", in: table, key: [.interfaceName], comment: "bridges with IPv6")
  /// Bridges, each paired with itself, for packets that stay on one. They pass these chains only if br_netfilter is on.
  /// Then it includes bridges without sandboxes if there are guard rules, which would drop such packets.
  static let bridged = NFTSet(
    "bridged", in: table, key: [.interfaceName, .interfaceName], comment: "packets that stay on their bridge")
  /// nsrun's own bridges, whose packets leave with the host's address. A launch adds nothing to this set, so it later
  /// deletes nothing. After a deletion, the next process that closes a netlink socket waits for an RCU grace period.
  static let networks = NFTSet("networks", in: table, key: [.interfaceName], comment: "bridges behind NAT")
  /// Sandboxes on foreign bridges. The owner of the bridge may want other rules for other hosts on it.
  static let masqueraded = NFTSet(
    "masqueraded", in: table, key: [.interfaceName, .ipv4Address], comment: "sandboxes behind NAT on foreign bridges")
  /// Sandboxes whose packets leave with their own address.
  static let routed = NFTSet(
    "routed", in: table, key: [.interfaceName, .ipv4Address], comment: "sandboxes without NAT")
  static let routed6 = NFTSet(
    "routed6", in: table, key: [.interfaceName, .ipv6Address], comment: "sandboxes without NAT")
  /// The verdict on a sandbox's packets beyond its bridge, in both directions.
  static let verdicts = NFTSet(
    "verdicts", in: table, key: [.ipv4Address], value: .verdict, comment: "sandboxes without a way out")
  static let verdicts6 = NFTSet(
    "verdicts6", in: table, key: [.ipv6Address], value: .verdict, comment: "sandboxes without a way out")

  /// The source addresses that sandboxes on nsrun's bridges may use.
  static let subnets = NFTSet(
    "subnets", in: table, key: [.interfaceName, .ipv4Address], flags: .interval, comment: "and what is behind them")
  /// A bridge without IPv6 is in no element, so that its sandboxes may use none. The kernel does not drop IPv6 packets
  /// from its own addresses, as it does IPv4 packets: the bridge's address, the first, is not among the elements.
  static let subnets6 = NFTSet(
    "subnets6", in: table, key: [.interfaceName, .ipv6Address], flags: .interval, comment: "and what is behind them")

  /// The subnets of nsrun's bridges, which no other link has.
  static let inside = NFTSet(
    "inside", in: table, key: [.ipv4Address], flags: .interval, comment: "subnets of the bridges behind NAT")
  static let inside6 = NFTSet(
    "inside6", in: table, key: [.ipv6Address], flags: .interval, comment: "subnets of the bridges behind NAT")

  /// The host's links whose parameter accept_ra was 1 before nsrun turned IPv6 forwarding on, and `default` for new links.
  /// No rule uses it: it shows what to restore if the record of it is deleted.
  static let accepting = NFTSet(
    "accept_ra", in: table, key: [.interfaceName], comment: "links whose accept_ra was 1 before")

  /// What nsrun has turned on at the host.
  struct Guards: Equatable {
    /// The families of which it turned forwarding on, so that their guard rules are needed.
    var families: Set<AddressFamily> = []
    /// The elements of ``Firewall/accepting``.
    var acceptingLinks: [String] = []
    /// Further elements of ``Firewall/bridged``: bridges of the host with br_netfilter.
    var bridges: [String] = []
  }

  /// Packets that arrive, before connection tracking.
  static let arriving = Chain(
    "arriving", in: table, base: BaseChain(type: .filter, hook: .prerouting, priority: .rawPriority))
  /// Packets to the host itself.
  static let input = Chain(
    "input", in: table, base: BaseChain(type: .filter, hook: .input, priority: .filterPriority))
  /// Runs before the chains that filter, so that every packet that they accept has passed here.
  static let segments = Chain(
    "segments", in: table, base: BaseChain(type: .filter, hook: .forward, priority: .manglePriority))
  static let forward = Chain(
    "forward", in: table, base: BaseChain(type: .filter, hook: .forward, priority: .filterPriority))
  static let postrouting = Chain(
    "postrouting", in: table,
    base: BaseChain(type: .nat, hook: .postrouting, priority: .sourceNATPriority))
  /// Sees packets as they leave: after all address translation, by rules of nsrun or of other programs.
  static let leaving = Chain(
    "leaving", in: table,
    base: BaseChain(type: .filter, hook: .postrouting, priority: .sourceNATPriority + 10))

  private static var sets: [NFTSet] {
    [
      bridges, bridges6, bridged, networks, subnets, subnets6, inside, inside6, masqueraded, routed, routed6, verdicts,
      verdicts6, accepting,
    ]
  }

  /// Adds the whole table and replaces an existing one.
  /// - Parameters:
  ///   - hasBridgeRules: whether to add the table of the bridge family as well.
  private static func installation(
    guards: Guards, networks records: [NetworkRecord], _ members: [SandboxPlan.Member], hasBridgeRules: Bool
  ) -> Transaction {
    let members = members.map { member in
      // The owner of a foreign bridge may have removed its rules since.
      var member = member
      if let network = records.first(where: { $0.bridge == member.bridge }) { member.translation = network.translation }
      return member
    }
    var transaction = Transaction()
    transaction.destroy(table)
    transaction.add(table)
    for set in sets { transaction.add(set) }
    for chain in [arriving, input, segments, forward, postrouting, leaving] { transaction.add(chain) }
    for var rule in arrivingRules + inputRules + segmentRules + forwardRules(guarded: guards.families)
      + postroutingRules + leavingRules
    {
      if AddressFamily.allCases.contains(where: { rule.comment == guardComment($0) }) { rule.signature = signature }
      transaction.add(rule)
    }
    transaction.add(guards.acceptingLinks.map { SetElement(key: [.interfaceName($0)]) }, to: accepting)
    transaction.add(guards.bridges.map(bridgedElement), to: bridged)
    if hasBridgeRules { Confinement.install(&transaction) }
    for record in records { admit(record, &transaction, hasBridgeRules: hasBridgeRules) }
    for member in members { admit(member, &transaction) }
    return transaction
  }

  /// Installs both tables. If the kernel has no bridge family and no sandbox needs it, installs the `inet` table only.
  static func install(
    guards: Guards, networks: [NetworkRecord], _ members: [SandboxPlan.Member], _ nft: inout NFTConnection
  ) throws(NetlinkError) {
    do throws(NetlinkError) {
      try nft.commit(installation(guards: guards, networks: networks, members, hasBridgeRules: true))
    } catch {
      guard isUnsupported(error), !members.contains(where: { $0.egress == .internal }) else { throw error }
      try nft.commit(installation(guards: guards, networks: networks, members, hasBridgeRules: false))
    }
  }

  /// Whether the kernel lacks nf_tables or one of its families.
  static func isUnsupported(_ error: NetlinkError) -> Bool {
    [EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT].contains(error.errno)
  }

  /// Proves that nsrun made a rule. nft does not save it with the rule.
  static let signature: [UInt8] = Array("nsrun".utf8)

  /// The comment of the guard rule of a family.
  static func guardComment(_ family: AddressFamily) -> String {
    family == .inet
      ? "nsrun turned forwarding on, but only for sandboxes" : "nsrun turned IPv6 forwarding on, but only for sandboxes"
  }

  private static func isOf(_ family: AddressFamily) -> Statement {
    // NFPROTO_IPV4 and NFPROTO_IPV6 have the values of AF_INET and AF_INET6.
    .equals(.networkProtocol, .bytes([family.rawValue]))
  }
  private static let isFromNetwork = Statement.matching(.inputInterfaceName, in: networks)
  private static let isToNetwork = Statement.matching(.outputInterfaceName, in: networks)
  private static let isBridged = Statement.matching(.inputInterfaceName, .outputInterfaceName, in: bridged)
  private static let isFromRouted = Statement.matching(.inputInterfaceName, .sourceAddress, in: routed)
  private static let isFromRouted6 = Statement.matching(.inputInterfaceName, .sourceAddress6, in: routed6)
  private static let isMasqueraded = Statement.matching(.inputInterfaceName, .sourceAddress, in: masqueraded)
  private static let isToRouted = Statement.matching(.outputInterfaceName, .destinationAddress, in: routed)
  private static let isToRouted6 = Statement.matching(.outputInterfaceName, .destinationAddress6, in: routed6)
  private static let isAnswer = Statement.equals(.conntrackDirection, .bytes([ConntrackDirection.reply.rawValue]))
  private static let isToLoopback = Statement.within(.destinationAddress, .loopback)
  /// To the link inside a sandbox, whose address nsrun derived.
  private static let isToSandbox = Statement.bytes(
    PayloadField(.link, offset: 0, length: 2), MACAddress.derivedPrefix(for: .sandbox))
  private static let isFromInside = Statement.matching(.sourceAddress, in: inside)
  private static let isFromSubnet = Statement.matching(.inputInterfaceName, .sourceAddress, in: subnets)
  private static let isSpoofed = Statement.matching(.inputInterfaceName, .sourceAddress, in: subnets, inverted: true)
  private static let isFromSubnet6 = Statement.matching(.inputInterfaceName, .sourceAddress6, in: subnets6)
  private static let isSpoofed6 = Statement.matching(.inputInterfaceName, .sourceAddress6, in: subnets6, inverted: true)

  /// A packet from elsewhere with a sandbox's source address would make the host answer the sandbox. It would also
  /// create a connection whose answers the forward chain lets in.
  private static var arrivingRules: [Rule] {
    [
      Rule(in: arriving, [.matching(.sourceAddress, in: inside, inverted: true), .verdict(.accept)]),
      Rule(in: arriving, [.matching(.sourceAddress6, in: inside6, inverted: true), .verdict(.accept)]),
      Rule(in: arriving, [isFromSubnet, .verdict(.accept)]),
      Rule(in: arriving, [isFromSubnet6, .verdict(.accept)]),
      Rule(in: arriving, [.equals(.inputInterfaceName, .interfaceName("lo")), .verdict(.accept)]),
      // With br_netfilter, frames from port to port come here. What a router inside sends on has other sources. No link of
      // the host has such a link-layer address, so the host's stack gets no such frame; it does get those to the host
      // ends of veth pairs. Without a connection, the packet makes the forward chain let nothing in.
      Rule(
        in: arriving, [isFromNetwork, isToSandbox, .expression(.notrack), .verdict(.accept)],
        comment: "a router inside may send on what it likes to sandboxes"),
      Rule(in: arriving, [.verdict(.drop)], comment: "an address of the inside comes from there alone"),
    ]
  }

  /// Another program may have turned route_localnet on, and may translate other destinations to loopback addresses.
  private static var inputRules: [Rule] {
    let loopback6 = DataValue.address(IPAddress("::1")!)
    return [
      Rule(in: input, [.equals(.inputInterfaceName, .interfaceName("lo")), .verdict(.accept)]),
      Rule(in: input, [isFromNetwork, isToLoopback, .verdict(.drop)], comment: "loopback is the host's alone"),
      Rule(in: input, [isFromNetwork, .equals(.destinationAddress6, loopback6), .verdict(.drop)]),
      Rule(in: input, [isToLoopback, .vmap(.sourceAddress, in: verdicts)]),
      Rule(
        in: input, [isFromNetwork, .within(.sourceAddress, .loopback), .verdict(.drop)]),
      Rule(in: input, [isFromNetwork, isFromInside, isSpoofed, .verdict(.drop)]),
      // Neighbour discovery has a link-local source, or none.
      Rule(in: input, [isFromNetwork, .within(.sourceAddress6, IPNetwork("fe80::/10")!), .verdict(.accept)]),
      Rule(
        in: input,
        [isFromNetwork, .notEquals(.sourceAddress6, .address(IPAddress("::")!)), isSpoofed6, .verdict(.drop)],
        comment: "nor from an address of the host"),
    ]
  }

  /// Clamps the TCP segment size to the path MTU, because ICMP messages about a smaller MTU may get lost. nf_tables has
  /// the expressions rt and exthdr built in since Linux 4.18.
  private static var segmentRules: [Rule] {
    let isSYN = Statement.hasFlags(2)
    return [
      Rule(in: segments, [isBridged, .verdict(.accept)]),
      Rule(in: segments, [isFromNetwork, isSYN, .clampSegmentSize], comment: "TCP fits the way, without ICMP too"),
      Rule(in: segments, [isToNetwork, isSYN, .clampSegmentSize]),
    ]
  }

  private static func forwardRules(guarded: Set<AddressFamily>) -> [Rule] {
    func rule(_ statements: [Statement], _ comment: String? = nil) -> Rule {
      Rule(in: forward, statements, comment: comment)
    }
    let guarding = AddressFamily.allCases.filter(guarded.contains).map { family in
      let exempt = family == .inet ? bridges : bridges6
      return rule(
        [
          isOf(family), .matching(.inputInterfaceName, in: exempt, inverted: true),
          .matching(.outputInterfaceName, in: exempt, inverted: true), .verdict(.drop),
        ], guardComment(family))
    }
    return [
      rule([isBridged, .verdict(.accept)]),
      rule([.vmap(.sourceAddress, in: verdicts)]),
      rule([.vmap(.destinationAddress, in: verdicts)]),
      rule([.vmap(.sourceAddress6, in: verdicts6)]),
      rule([.vmap(.destinationAddress6, in: verdicts6)]),
    ] + guarding + [
      rule([isFromNetwork, isSpoofed, .verdict(.drop)], "not from an address of the bridge's subnet"),
      rule([isFromNetwork, isSpoofed6, .verdict(.drop)]),
      rule([isToRouted, .verdict(.accept)], "sandboxes without NAT are reached from outside"),
      rule([isToRouted6, .verdict(.accept)]),
      rule([isFromRouted, isAnswer, .verdict(.accept)]),
      rule([isFromRouted6, isAnswer, .verdict(.accept)]),
      rule([isFromNetwork, isToNetwork, .verdict(.drop)], "bridges of nsrun do not reach each other"),
      // An ICMP error has the direction of its connection. The state related is for the expectations of conntrack
      // helpers.
      rule([isToNetwork, isAnswer, .verdict(.accept)], "answers to what sandboxes began"),
      rule([isToNetwork, .state(.related), .verdict(.accept)]),
      rule([isToNetwork, .verdict(.drop)], "nothing else comes in"),
    ]
  }

  // This hook knows the input device since Linux 5.7.
  private static var postroutingRules: [Rule] {
    [
      Rule(in: postrouting, [isFromRouted, .verdict(.accept)]),
      Rule(in: postrouting, [isFromRouted6, .verdict(.accept)]),
      Rule(in: postrouting, [isBridged, .verdict(.accept)]),
      // Packets of both families.
      Rule(in: postrouting, [isFromNetwork, .masquerade()]),
      Rule(in: postrouting, [isMasqueraded, .masquerade()]),
    ]
  }

  /// Drops packets that were not translated: those without a connection, and those of connections older than the rules.
  private static var leavingRules: [Rule] {
    [
      Rule(in: leaving, [.bits(.conntrackStatus, 0x10 /* IPS_SRC_NAT */), .verdict(.accept)]),
      Rule(in: leaving, [isFromRouted, .verdict(.accept)]),
      Rule(in: leaving, [isFromRouted6, .verdict(.accept)]),
      Rule(in: leaving, [isBridged, .verdict(.accept)]),
      Rule(
        in: leaving, [isFromNetwork, .verdict(.drop)], comment: "nothing leaves with an address of the inside"),
      // If the bridge's owner lets a connection in, its answers leave untranslated.
      Rule(in: leaving, [isMasqueraded, isAnswer, .verdict(.accept)]),
      Rule(in: leaving, [isMasqueraded, .verdict(.drop)]),
    ]
  }

  /// Adds a bridge; no change if it is there.
  /// - Parameter hasBridgeRules: whether the table of the bridge family exists.
  static func admit(_ network: NetworkRecord, _ transaction: inout Transaction, hasBridgeRules: Bool) {
    for (set, elements) in elements(of: network) where set.table == table || hasBridgeRules {
      transaction.add(elements, to: set)
    }
  }

  /// Adds a sandbox; no change if it is there.
  static func admit(_ member: SandboxPlan.Member, _ transaction: inout Transaction) {
    for (set, elements) in elements(of: member) { transaction.add(elements, to: set) }
  }

  static func elements(of network: NetworkRecord) -> [(NFTSet, [SetElement])] {
    let name = DataValue.interfaceName(network.bridge.text)
    let all = [(bridges, [SetElement(key: [name])]), (bridged, [bridgedElement(network.bridge.text)])]
    guard network.translation == .bridge else { return all }
    // Without `own`, the bridge is nsrun's, but had neither a record nor a usable address when nsrun took it over.
    let subnet = network.own?.address.network
    let range = ends(of: subnet ?? IPNetwork("0.0.0.0/0")!)
    var elements =
      all + [
        (networks, [SetElement(key: [name])]),
        (subnets, [SetElement(key: [name, range.first], upTo: [name, range.last])]),
      ]
    if subnet != nil { elements.append((inside, [SetElement(key: [range.first], upTo: [range.last])])) }
    guard let own = network.own, let address6 = own.address6, let second = address6.address.advanced(by: 1) else {
      return elements
    }
    let range6 = ends(of: address6.network)
    let reporters = ends(of: own.linkLocalSubnet)
    return elements + [
      (PortRules.reporters, [SetElement(key: [reporters.first], upTo: [reporters.last])]),
      (bridges6, [SetElement(key: [name])]),
      (subnets6, [SetElement(key: [name, .address(second)], upTo: [name, range6.last])]),
      (inside6, [SetElement(key: [range6.first], upTo: [range6.last])]),
    ]
  }

  static func bridgedElement(_ bridge: String) -> SetElement {
    SetElement(key: [.interfaceName(bridge), .interfaceName(bridge)])
  }

  private static func ends(of network: IPNetwork) -> (first: DataValue, last: DataValue) {
    (.address(network.address), .address(network.lastAddress))
  }

  /// Whether the tables have elements for a sandbox.
  static func mentions(_ member: SandboxPlan.Member) -> Bool { !elements(of: member).isEmpty }

  static func elements(of member: SandboxPlan.Member) -> [(NFTSet, [SetElement])] {
    let bridge = DataValue.interfaceName(member.bridge.text)
    let comment = "nsrun \(member.name)"
    func key(_ address: IPAddress) -> SetElement { SetElement(key: [bridge, .address(address)], comment: comment) }
    func drop(_ address: IPAddress) -> SetElement {
      SetElement(key: [.address(address)], verdict: .drop, comment: comment)
    }
    switch member.egress {
    case .masquerade: return member.translation == .address ? [(masqueraded, [key(member.address)])] : []
    case .routed:
      guard member.translation == .bridge else { return [] }
      return [(routed, [key(member.address)])] + (member.address6.map { [(routed6, [key($0)])] } ?? [])
    case .internal:
      return [(verdicts, [drop(member.address)])] + (member.address6.map { [(verdicts6, [drop($0)])] } ?? [])
        + Confinement.elements(of: member)
    }
  }
}
