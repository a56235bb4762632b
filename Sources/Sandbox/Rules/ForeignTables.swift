import LinuxSystem
import NFTables
import Netlink
import RouteNetlink

/// Asks the rules of others what becomes of the packets of a bridge. Reads a table when the first question is about it.
struct ForeignTables {
  private let host: Host
  private var rules: [Table: [String: [Rule]]] = [:]
  private var uplink: ForwardedPacket.Device?

  init(_ host: Host) { self.host = host }

  /// That packets of sandboxes do not get through a chain.
  struct Refusal: CustomStringConvertible {
    let chain: Chain
    let bridge: String
    let isByPolicy: Bool
    /// Whether it is those between sandboxes on the bridge, which are asked about only where br_netfilter is on.
    let isOnBridge: Bool
    /// Whether no rule that cannot be judged accepts some of them before.
    let isCertain: Bool

    var description: String {
      let how = isByPolicy ? "has the policy drop" : "refuses by a rule what none before it accepts"
      let packets =
        bridge.isEmpty
        ? "packets of sandboxes"
        : isOnBridge ? "packets between sandboxes on \(bridge)" : "packets of sandboxes on \(bridge)"
      return "the chain \(chain) \(how): \(packets) \(isCertain ? "do" : "may") not get through"
    }
  }

  /// - Parameter goesOut: whether packets are to leave the bridge at all.
  /// - Returns: nil where all of them get through.
  mutating func refusal(
    of bridge: InterfaceName, goesOut: Bool, at entrance: ForwardChains.Entrance
  ) throws(SandboxError) -> Refusal? {
    let link = try host.route { (route) throws(NetlinkError) in try route.link(named: bridge.text) }
    let own = host.networkRecord(of: bridge)?.own?.address
    let subnet = try link.flatMap { link throws(SandboxError) in
      try host.addresses(of: link).choice(for: nil, own: own)?.network
    }
    return try refusal(of: .init(name: bridge.text, index: link?.index ?? 0), subnet, goesOut: goesOut, at: entrance)
  }

  /// What a bridge that no rule names would meet.
  mutating func refusalOfAnyBridge(at entrance: ForwardChains.Entrance) throws(SandboxError) -> Refusal? {
    try refusal(of: .init(name: "", index: 0), SubnetPool.standard.ranges[0], goesOut: true, at: entrance)
  }

  private mutating func refusal(
    of bridge: ForwardedPacket.Device, _ subnet: IPNetwork?, goesOut: Bool, at entrance: ForwardChains.Entrance
  ) throws(SandboxError) -> Refusal? {
    let guest = ForwardedPacket.bytes(of: subnet)
    if goesOut {
      let uplink = try outside()
      for packet in [
        ForwardedPacket(input: bridge, output: uplink, state: .new, source: guest),
        ForwardedPacket(input: uplink, output: bridge, state: .established, destination: guest),
      ] {
        if let refusal = try refusal(of: packet, bridge.name, isOnBridge: false, at: entrance.chain) { return refusal }
      }
    }
    guard Self.isFilteringBridges else { return nil }
    for state in [ConntrackState.new, .established] {
      let packet = ForwardedPacket(
        input: bridge, output: bridge, state: state, source: guest, destination: guest)
      if let refusal = try refusal(of: packet, bridge.name, isOnBridge: true, at: entrance.chain) { return refusal }
    }
    return nil
  }

  private mutating func refusal(
    of packet: ForwardedPacket, _ bridge: String, isOnBridge: Bool, at chain: Chain
  ) throws(SandboxError) -> Refusal? {
    let rules = try rules(in: chain.table)
    let tables = self
    var walk = PacketWalk(packet, rules: rules) { tables.entry(of: $0, in: chain.table, $1) }
    let fate = walk.fate(in: chain)
    guard fate != .accepted else { return nil }
    return Refusal(
      chain: chain, bridge: bridge, isByPolicy: fate == .refusedByPolicy, isOnBridge: isOnBridge,
      isCertain: !walk.mayBeAccepted)
  }

  /// What becomes of a packet in a chain: why it is refused, nil where it is not, and whether it is left out of connection
  /// tracking.
  mutating func judge(
    _ packet: ForwardedPacket, of bridge: InterfaceName, isOnBridge: Bool, at chain: Chain
  ) throws(SandboxError) -> (refusal: Refusal?, isUntracked: Bool) {
    let refusal = try refusal(of: packet, bridge.text, isOnBridge: isOnBridge, at: chain)
    var walk = PacketWalk(packet, rules: try rules(in: chain.table))
    _ = walk.fate(in: chain)
    return (refusal, walk.isUntracked)
  }

  private mutating func rules(in table: Table) throws(SandboxError) -> [String: [Rule]] {
    if let known = rules[table] { return known }
    let list = try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: table) }
    let read = Dictionary(grouping: list, by: \.chain.name)
    rules[table] = read
    return read
  }

  /// What a set has for a key that begins with these bytes.
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

  /// The device by which packets leave this host.
  mutating func outside() throws(SandboxError) -> ForwardedPacket.Device {
    if let uplink { return uplink }
    let link = try host.uplinks().first
    let found = ForwardedPacket.Device(name: link?.name ?? "", index: link?.index ?? 0)
    uplink = found
    return found
  }

  /// Whether packets that stay on a bridge meet the rules too.
  private static var isFilteringBridges: Bool {
    (try? Sysctl("net.bridge.bridge-nf-call-iptables").read()).map { $0 != "0" } ?? false
  }
}
