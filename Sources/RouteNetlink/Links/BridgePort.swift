import Netlink

/// The settings of a bridge port (IFLA_BRPORT_* in linux/if_link.h). In a request, nil leaves a setting as it is; in a
/// reply, nil means that the kernel did not report the setting.
public struct BridgePortOptions: Hashable, Sendable {
  /// The spanning tree state of a port; forwarding without a spanning tree.
  public enum State: UInt8, Sendable {
    case disabled = 0
    case listening = 1
    case learning = 2
    case forwarding = 3
    case blocking = 4
  }

  /// Whether a port leads to a multicast router, which receives all multicast (MDB_RTR_TYPE_* in linux/if_bridge.h).
  public enum MulticastRouter: UInt8, Sendable {
    case never = 0
    /// If queries or PIM messages arrive on the port.
    case learned = 1
    case always = 2
    /// As if a router had just been seen; this ends by itself.
    case temporary = 3
  }

  /// The spanning tree state.
  public var state: State?
  /// The port's priority in the spanning tree: 0...63.
  public var priority: UInt16?
  /// The cost of a path through the port in the spanning tree: 1...65535.
  public var cost: UInt32?
  /// Whether a frame may leave through the port on which it arrived.
  public var hairpin: Bool?
  /// Whether a spanning tree message that arrives shuts the port.
  public var bpduGuard: Bool?
  /// Whether the port must not become the root port of the spanning tree.
  public var rootBlock: Bool?
  /// Whether the bridge learns the source addresses of frames that arrive on the port.
  public var learning: Bool?
  /// Whether the bridge sends unicast to unknown addresses to this port.
  public var unicastFlood: Bool?
  /// Whether the bridge answers ARP requests for hosts behind this port.
  public var proxyARP: Bool?
  /// Whether the bridge sends multicast that no host asked for to this port.
  public var multicastFlood: Bool?
  /// Whether the port leads to a multicast router. A kernel without CONFIG_BRIDGE_IGMP_SNOOPING ignores this and
  /// reports none.
  public var multicastRouter: MulticastRouter?
  /// Whether the bridge sends broadcast to this port (Linux 4.12).
  public var broadcastFlood: Bool?
  /// Which of the link-local group addresses 01:80:c2:00:00:00...0f the port forwards, one bit each (Linux 4.15).
  public var groupForwardMask: UInt16?
  /// Whether the bridge itself answers ARP and neighbour discovery if it can, and does not send them to this port
  /// (Linux 4.15).
  public var neighbourSuppression: Bool?
  /// Whether frames from this port never go to another isolated port (Linux 4.18).
  public var isolated: Bool?
  /// Whether only hosts with an address in the bridge's forwarding table may send (Linux 5.18).
  public var locked: Bool?
  /// In a request, whether to forget the addresses learned on this port, after the other settings have changed.
  public var flush = false

  public init(
    hairpin: Bool? = nil, isolated: Bool? = nil, learning: Bool? = nil, unicastFlood: Bool? = nil,
    multicastFlood: Bool? = nil, broadcastFlood: Bool? = nil, neighbourSuppression: Bool? = nil,
    proxyARP: Bool? = nil, bpduGuard: Bool? = nil, rootBlock: Bool? = nil, locked: Bool? = nil,
    state: State? = nil, priority: UInt16? = nil, cost: UInt32? = nil, groupForwardMask: UInt16? = nil,
    multicastRouter: MulticastRouter? = nil, flush: Bool = false
  ) {
    self.hairpin = hairpin
    self.isolated = isolated
    self.learning = learning
    self.unicastFlood = unicastFlood
    self.multicastFlood = multicastFlood
    self.broadcastFlood = broadcastFlood
    self.neighbourSuppression = neighbourSuppression
    self.proxyARP = proxyARP
    self.bpduGuard = bpduGuard
    self.rootBlock = rootBlock
    self.locked = locked
    self.state = state
    self.priority = priority
    self.cost = cost
    self.groupForwardMask = groupForwardMask
    self.multicastRouter = multicastRouter
    self.flush = flush
  }

  func write(to buffer: inout MessageBuffer) {
    if let state { buffer.attribute(IFLA_BRPORT_STATE, state.rawValue) }
    if let priority { buffer.attribute(IFLA_BRPORT_PRIORITY, priority) }
    if let cost { buffer.attribute(IFLA_BRPORT_COST, cost) }
    buffer.boolean(IFLA_BRPORT_MODE, hairpin)
    buffer.boolean(IFLA_BRPORT_GUARD, bpduGuard)
    buffer.boolean(IFLA_BRPORT_PROTECT, rootBlock)
    buffer.boolean(IFLA_BRPORT_LEARNING, learning)
    buffer.boolean(IFLA_BRPORT_UNICAST_FLOOD, unicastFlood)
    buffer.boolean(IFLA_BRPORT_PROXYARP, proxyARP)
    if flush { buffer.attribute(IFLA_BRPORT_FLUSH, bytes: [UInt8]()) }
    if let multicastRouter { buffer.attribute(IFLA_BRPORT_MULTICAST_ROUTER, multicastRouter.rawValue) }
    buffer.boolean(IFLA_BRPORT_MCAST_FLOOD, multicastFlood)
    buffer.boolean(IFLA_BRPORT_BCAST_FLOOD, broadcastFlood)
    if let groupForwardMask { buffer.attribute(IFLA_BRPORT_GROUP_FWD_MASK, groupForwardMask) }
    buffer.boolean(IFLA_BRPORT_NEIGH_SUPPRESS, neighbourSuppression)
    buffer.boolean(IFLA_BRPORT_ISOLATED, isolated)
    buffer.boolean(IFLA_BRPORT_LOCKED, locked)
  }

  init(_ data: borrowing Attribute) throws(MalformedMessage) {
    self.init()
    var attributes = data.attributes
    while let attribute = try attributes.next() {
      switch attribute.type {
      case IFLA_BRPORT_STATE: state = State(rawValue: try attribute.integer())
      case IFLA_BRPORT_PRIORITY: priority = try attribute.integer()
      case IFLA_BRPORT_COST: cost = try attribute.integer()
      case IFLA_BRPORT_MODE: hairpin = try attribute.boolean
      case IFLA_BRPORT_GUARD: bpduGuard = try attribute.boolean
      case IFLA_BRPORT_PROTECT: rootBlock = try attribute.boolean
      case IFLA_BRPORT_LEARNING: learning = try attribute.boolean
      case IFLA_BRPORT_UNICAST_FLOOD: unicastFlood = try attribute.boolean
      case IFLA_BRPORT_PROXYARP: proxyARP = try attribute.boolean
      case IFLA_BRPORT_MULTICAST_ROUTER: multicastRouter = MulticastRouter(rawValue: try attribute.integer())
      case IFLA_BRPORT_MCAST_FLOOD: multicastFlood = try attribute.boolean
      case IFLA_BRPORT_BCAST_FLOOD: broadcastFlood = try attribute.boolean
      case IFLA_BRPORT_GROUP_FWD_MASK: groupForwardMask = try attribute.integer()
      case IFLA_BRPORT_NEIGH_SUPPRESS: neighbourSuppression = try attribute.boolean
      case IFLA_BRPORT_ISOLATED: isolated = try attribute.boolean
      case IFLA_BRPORT_LOCKED: locked = try attribute.boolean
      default: break
      }
    }
  }
}

extension BridgePortOptions {
  static let schema = AttributeSchema([
    1: .init(
      "IFLA_BRPORT_STATE",
      .named([
        0: "BR_STATE_DISABLED", 1: "BR_STATE_LISTENING", 2: "BR_STATE_LEARNING", 3: "BR_STATE_FORWARDING",
        4: "BR_STATE_BLOCKING",
      ])),
    2: .init("IFLA_BRPORT_PRIORITY", .unsigned), 3: .init("IFLA_BRPORT_COST", .unsigned),
    4: .init("IFLA_BRPORT_MODE", .boolean), 5: .init("IFLA_BRPORT_GUARD", .boolean),
    6: .init("IFLA_BRPORT_PROTECT", .boolean),
    7: .init("IFLA_BRPORT_FAST_LEAVE", .boolean),
    8: .init("IFLA_BRPORT_LEARNING", .boolean),
    9: .init("IFLA_BRPORT_UNICAST_FLOOD", .boolean),
    10: .init("IFLA_BRPORT_PROXYARP", .boolean),
    11: .init("IFLA_BRPORT_LEARNING_SYNC", .boolean),
    12: .init("IFLA_BRPORT_PROXYARP_WIFI", .boolean), 13: .init("IFLA_BRPORT_ROOT_ID", .hex),
    14: .init("IFLA_BRPORT_BRIDGE_ID", .hex), 15: .init("IFLA_BRPORT_DESIGNATED_PORT", .unsigned),
    16: .init("IFLA_BRPORT_DESIGNATED_COST", .unsigned), 17: .init("IFLA_BRPORT_ID", .unsigned),
    18: .init("IFLA_BRPORT_NO", .unsigned), 19: .init("IFLA_BRPORT_TOPOLOGY_CHANGE_ACK", .boolean),
    20: .init("IFLA_BRPORT_CONFIG_PENDING", .boolean),
    21: .init("IFLA_BRPORT_MESSAGE_AGE_TIMER", .unsigned),
    22: .init("IFLA_BRPORT_FORWARD_DELAY_TIMER", .unsigned), 23: .init("IFLA_BRPORT_HOLD_TIMER", .unsigned),
    24: .init("IFLA_BRPORT_FLUSH", .flag), 25: .init("IFLA_BRPORT_MULTICAST_ROUTER", .unsigned),
    26: .init("IFLA_BRPORT_PAD", .flag), 27: .init("IFLA_BRPORT_MCAST_FLOOD", .boolean),
    28: .init("IFLA_BRPORT_MCAST_TO_UCAST", .boolean),
    29: .init("IFLA_BRPORT_VLAN_TUNNEL", .boolean),
    30: .init("IFLA_BRPORT_BCAST_FLOOD", .boolean), 31: .init("IFLA_BRPORT_GROUP_FWD_MASK", .unsigned),
    32: .init("IFLA_BRPORT_NEIGH_SUPPRESS", .boolean),
    33: .init("IFLA_BRPORT_ISOLATED", .boolean),
    34: .init("IFLA_BRPORT_BACKUP_PORT", .unsigned), 35: .init("IFLA_BRPORT_MRP_RING_OPEN", .boolean),
    36: .init("IFLA_BRPORT_MRP_IN_OPEN", .boolean),
    37: .init("IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT", .unsigned),
    38: .init("IFLA_BRPORT_MCAST_EHT_HOSTS_CNT", .unsigned), 39: .init("IFLA_BRPORT_LOCKED", .boolean),
    40: .init("IFLA_BRPORT_MAB", .boolean), 41: .init("IFLA_BRPORT_MCAST_N_GROUPS", .unsigned),
    42: .init("IFLA_BRPORT_MCAST_MAX_GROUPS", .unsigned),
    43: .init("IFLA_BRPORT_NEIGH_VLAN_SUPPRESS", .boolean),
    44: .init("IFLA_BRPORT_BACKUP_NHID", .unsigned),
  ])
}

private let IFLA_BRPORT_STATE: UInt16 = 1
private let IFLA_BRPORT_PRIORITY: UInt16 = 2
private let IFLA_BRPORT_COST: UInt16 = 3
private let IFLA_BRPORT_MODE: UInt16 = 4
private let IFLA_BRPORT_GUARD: UInt16 = 5
private let IFLA_BRPORT_PROTECT: UInt16 = 6
private let IFLA_BRPORT_LEARNING: UInt16 = 8
private let IFLA_BRPORT_UNICAST_FLOOD: UInt16 = 9
private let IFLA_BRPORT_PROXYARP: UInt16 = 10
private let IFLA_BRPORT_FLUSH: UInt16 = 24
private let IFLA_BRPORT_MULTICAST_ROUTER: UInt16 = 25
private let IFLA_BRPORT_MCAST_FLOOD: UInt16 = 27
private let IFLA_BRPORT_BCAST_FLOOD: UInt16 = 30
private let IFLA_BRPORT_GROUP_FWD_MASK: UInt16 = 31
private let IFLA_BRPORT_NEIGH_SUPPRESS: UInt16 = 32
private let IFLA_BRPORT_ISOLATED: UInt16 = 33
private let IFLA_BRPORT_LOCKED: UInt16 = 39
