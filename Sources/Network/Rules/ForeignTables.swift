import LinuxSystem
import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// Which packets of a bridge must pass the forward chains of other programs.
struct Traffics {
  /// Whether sandboxes send packets out of the bridge and get answers.
  var isOut: Bool
  /// Whether hosts outside open connections to sandboxes without NAT.
  var isIn: Bool
}

/// Evaluates the rules of other programs for the packets of a bridge. Reads each table when it is first needed.
package struct ForeignTables {
  private let host: Host
  private var rules: [Table: [String: [Rule]]] = [:]
  private var uplink: SandboxPacket.Device?

  init(_ host: Host) { self.host = host }

  /// A kind of packets.
  enum Traffic {
    /// Packets that leave a bridge, and their answers.
    case outside
    /// Packets to a sandbox that are no answers.
    case incoming
    /// Packets between sandboxes on one bridge.
    case neighbours
    /// Packets to a DNS server on the host, and its answers.
    case names(server: IPAddress)
  }

  /// A chain that refuses packets of sandboxes.
  struct Refusal: CustomStringConvertible {
    let chain: Chain
    /// Empty for any bridge.
    let bridge: String
    let isByPolicy: Bool
    let traffic: Traffic
    /// False if an earlier rule that cannot be evaluated may accept some of the packets.
    let isCertain: Bool

    var description: String {
      let how = isByPolicy ? "has the policy drop" : "has a rule that rejects what no rule before it accepts"
      let place = bridge.isEmpty ? "" : " on \(bridge)"
      let packets =
        switch traffic {
        case .outside: "packets of sandboxes\(place)"
        case .incoming: "packets from outside for sandboxes without NAT\(place)"
        case .neighbours: "packets between sandboxes\(place)"
        case .names(let server): "DNS questions of sandboxes\(place) to this host, \(server), or the answers,"
        }
      return "the chain \(chain) \(how): \(packets) \(isCertain ? "do" : "may") not get through"
    }
  }

  /// The host's address for the sandboxes on a bridge, with their subnet; nil if there is none.
  func address(of bridge: InterfaceName, _ link: Link?) throws(NetworkError) -> IPNetwork? {
    guard let link else { return nil }
    return try BridgeLink(host).addresses(of: link).choice(
      for: nil, own: NetworkRecords(host).record(of: bridge)?.own?.address)
  }

  /// - Returns: nil if the hook accepts all packets that need to pass.
  mutating func refusal(
    of bridge: InterfaceName, _ traffics: Traffics, at hook: ForwardChains.Hook
  ) throws(NetworkError) -> Refusal? {
    let link = try host.route { (route) throws(NetlinkError) in try route.link(named: bridge.text) }
    return try refusal(
      of: .init(name: bridge.text, index: link?.index ?? 0), address(of: bridge, link)?.network,
      isFiltering: Self.isFiltering(link), traffics, at: hook)
  }

  /// The refusal that a bridge without rules of its own would meet; nil for none.
  mutating func refusalOfAnyBridge(at hook: ForwardChains.Hook) throws(NetworkError) -> Refusal? {
    try refusal(
      of: .init(name: "", index: 0), SubnetPool.standard.ranges[0], isFiltering: Self.isFiltering(nil),
      Traffics(isOut: true, isIn: false), at: hook)
  }

  private mutating func refusal(
    of bridge: SandboxPacket.Device, _ subnet: IPNetwork?, isFiltering: Bool, _ traffics: Traffics,
    at hook: ForwardChains.Hook
  ) throws(NetworkError) -> Refusal? {
    let guest = SandboxPacket.bytes(of: subnet)
    if traffics.isIn {
      let packet = SandboxPacket(input: try outside(), output: bridge, state: .new, destination: guest)
      if let refusal = try refusal(of: packet, bridge.name, .incoming, at: hook.chain) { return refusal }
    }
    if traffics.isOut {
      let uplink = try outside()
      for packet in [
        SandboxPacket(input: bridge, output: uplink, state: .new, source: guest),
        SandboxPacket(input: uplink, output: bridge, state: .established, destination: guest),
      ] {
        if let refusal = try refusal(of: packet, bridge.name, .outside, at: hook.chain) { return refusal }
      }
    }
    guard isFiltering else { return nil }
    for state in [ConntrackState.new, .established] {
      let packet = SandboxPacket(
        input: bridge, output: bridge, state: state, source: guest, destination: guest)
      if let refusal = try refusal(of: packet, bridge.name, .neighbours, at: hook.chain) { return refusal }
    }
    return nil
  }

  private mutating func refusal(
    of packet: SandboxPacket, _ bridge: String, _ traffic: Traffic, at chain: Chain
  ) throws(NetworkError) -> Refusal? {
    let rules = try rules(in: chain.table)
    let tables = self
    var walk = PacketWalk(packet, rules: rules) { tables.entry(of: $0, in: chain.table, $1) }
    let fate = walk.fate(in: chain)
    guard fate != .accepted else { return nil }
    return Refusal(
      chain: chain, bridge: bridge, isByPolicy: fate == .refusedByPolicy, traffic: traffic,
      isCertain: !walk.mayBeAccepted)
  }

  /// Evaluates a chain for a packet.
  /// - Returns: the refusal, nil if there is none; and whether connection tracking skips the packet.
  mutating func judge(
    _ packet: SandboxPacket, of bridge: InterfaceName, _ traffic: Traffic, at chain: Chain
  ) throws(NetworkError) -> (refusal: Refusal?, isUntracked: Bool) {
    let refusal = try refusal(of: packet, bridge.text, traffic, at: chain)
    var walk = PacketWalk(packet, rules: try rules(in: chain.table))
    _ = walk.fate(in: chain)
    return (refusal, walk.isUntracked)
  }

  private mutating func rules(in table: Table) throws(NetworkError) -> [String: [Rule]] {
    if let known = rules[table] { return known }
    let list = try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: table) }
    let read = Dictionary(grouping: list, by: \.chain.name)
    rules[table] = read
    return read
  }

  /// The entry of a set for the key at the beginning of these bytes.
  private func entry(of set: String, in table: Table, _ key: [UInt8]) -> PacketWalk.Entry {
    let host = host
    let element = try? host.nftables { (nft) throws(NetlinkError) -> PacketWalk.Entry in
      guard let set = try nft.sets(in: table).first(where: { $0.name == set }) else { return .unknown }
      let size = set.key.count == 1 ? set.key[0].size : set.key.reduce(0) { $0 + $1.paddedSize }
      guard size > 0, key.count >= size else { return .unknown }
      return try nft.element([.bytes(Array(key.prefix(size)))], of: set).map { .present($0.value) } ?? .absent
    }
    return element ?? .unknown
  }

  /// The device through which packets leave this host.
  mutating func outside() throws(NetworkError) -> SandboxPacket.Device {
    if let uplink { return uplink }
    let link = try Forwarding(host, .inet).uplinks().first
    let found = SandboxPacket.Device(name: link?.name ?? "", index: link?.index ?? 0)
    uplink = found
    return found
  }

  /// Whether packets of a family that stay on a bridge pass the IP rules too, because of br_netfilter's switch for all
  /// bridges or the bridge's own (`ip link set BRIDGE type bridge nf_call_iptables 1`).
  package static func isFiltering(_ bridge: Link?, _ family: AddressFamily = .inet) -> Bool {
    if let value = try? filtering(family).read(), value != "0" { return true }
    let options = bridge?.bridge
    return (family == .inet ? options?.callsIPTables : options?.callsIP6Tables) == true
  }

  package static func filtering(_ family: AddressFamily) -> Sysctl {
    Sysctl("net.bridge.bridge-nf-call-\(family == .inet ? "iptables" : "ip6tables")")
  }
}

extension ForeignTables {
  /// The chains of other programs, without those of dormant tables; each with the flags of its table.
  func foreignChains() throws(NetworkError) -> [Chain] {
    let (tables, chains) = try host.nftables { (nft) throws(NetlinkError) in (try nft.tables(), try nft.chains()) }
    return chains.compactMap { chain in
      guard chain.table.name != Firewall.table.name, let table = tables.first(where: { $0 == chain.table }),
        !table.flags.contains(.dormant)
      else { return nil }
      var chain = chain
      chain.table = table
      return chain
    }
  }
}
