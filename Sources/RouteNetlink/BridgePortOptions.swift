import Netlink

/// The settings of a bridge's port (IFLA_BRPORT_* in linux/if_link.h). In a request, what is nil stays as it is; in a
/// reply, what is nil the kernel did not tell.
public struct BridgePortOptions: Hashable, Sendable {
  /// What a port does with frames, as the spanning tree decides; forwarding without it.
  public enum State: UInt8, Sendable {
    case disabled = 0
    case listening = 1
    case learning = 2
    case forwarding = 3
    case blocking = 4
  }

  /// Whether a port leads to a multicast router (MDB_RTR_TYPE_* in linux/if_bridge.h), who gets what anybody sends to a group.
  public enum MulticastRouter: UInt8, Sendable {
    case never = 0
    /// Where queries or PIM messages come in by it.
    case learned = 1
    case always = 2
    /// As if one had just been seen; it ends by itself.
    case temporary = 3
  }

  /// What the port does with frames.
  public var state: State?
  /// The port's priority in the spanning tree: 0...63.
  public var priority: UInt16?
  /// What a path through the port costs in the spanning tree: 1...65535.
  public var cost: UInt32?
  /// Whether a frame may leave through the port on which it came.
  public var hairpin: Bool?
  /// Whether spanning tree messages that arrive shut the port.
  public var bpduGuard: Bool?
  /// Whether the port may not become the way to the root of the spanning tree.
  public var rootBlock: Bool?
  /// Whether source addresses that arrive are learned.
  public var learning: Bool?
  /// Whether unicast to addresses that are not known goes out here.
  public var unicastFlood: Bool?
  /// Whether the bridge answers ARP requests for hosts behind this port.
  public var proxyARP: Bool?
  /// Whether multicast that nobody asked for goes out here.
  public var multicastFlood: Bool?
  /// Whether it leads to a multicast router. A kernel without CONFIG_BRIDGE_IGMP_SNOOPING ignores it, and tells none.
  public var multicastRouter: MulticastRouter?
  /// Whether broadcast goes out here (Linux 4.12).
  public var broadcastFlood: Bool?
  /// Which of the link-local group addresses 01:80:c2:00:00:00...0f are forwarded, one bit each (Linux 4.15).
  public var groupForwardMask: UInt16?
  /// Whether ARP and neighbour discovery are answered by the bridge where it can, and not sent out here (Linux 4.15).
  public var neighbourSuppression: Bool?
  /// Whether frames never go to another isolated port (Linux 4.18).
  public var isolated: Bool?
  /// Whether only addresses in the bridge's table may send (Linux 5.18).
  public var locked: Bool?
  /// In a request, to forget the addresses that were learned here, after the other settings have changed.
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
