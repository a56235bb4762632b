import Netlink

/// The settings of a bridge (IFLA_BR_* in linux/if_link.h). In a request, nil keeps the kernel's default; in a reply,
/// nil means that the kernel did not report the setting.
///
/// Times are in centiseconds (USER_HZ): 200 is two seconds.
public struct BridgeOptions: Hashable, Sendable {
  /// How long a port listens and learns before it forwards. The kernel's default is 1500; it refuses a value below 200
  /// while STP is on.
  public var forwardDelay: UInt32?
  /// The time between two configuration messages: 100...1000.
  public var helloTime: UInt32?
  /// How long a configuration message stays valid: 600...4000.
  public var maxAge: UInt32?
  /// How long the bridge keeps a learned address; 0 forgets it at once.
  public var ageingTime: UInt32?
  /// Whether the spanning tree protocol runs.
  public var stp: Bool?
  /// The bridge's priority in the spanning tree; lower is preferred.
  public var priority: UInt16?
  /// Whether the bridge separates frames by VLAN.
  public var vlanFiltering: Bool?
  /// Which of the link-local group addresses 01:80:c2:00:00:00...0f the bridge forwards, one bit each.
  public var groupForwardMask: UInt16?
  /// Whether the bridge sends multicast only to ports that asked for it (IGMP and MLD snooping).
  public var multicastSnooping: Bool?
  /// Whether IPv4 over this bridge passes the host's netfilter rules; the sysctl of br_netfilter sets this for all
  /// bridges.
  public var callsIPTables: Bool?
  /// The same for IPv6.
  public var callsIP6Tables: Bool?
  /// The same for ARP.
  public var callsARPTables: Bool?

  public init(
    stp: Bool? = nil, forwardDelay: UInt32? = nil, helloTime: UInt32? = nil, maxAge: UInt32? = nil,
    ageingTime: UInt32? = nil, priority: UInt16? = nil, vlanFiltering: Bool? = nil, multicastSnooping: Bool? = nil,
    groupForwardMask: UInt16? = nil, callsIPTables: Bool? = nil, callsIP6Tables: Bool? = nil,
    callsARPTables: Bool? = nil
  ) {
    self.stp = stp
    self.forwardDelay = forwardDelay
    self.helloTime = helloTime
    self.maxAge = maxAge
    self.ageingTime = ageingTime
    self.priority = priority
    self.vlanFiltering = vlanFiltering
    self.multicastSnooping = multicastSnooping
    self.groupForwardMask = groupForwardMask
    self.callsIPTables = callsIPTables
    self.callsIP6Tables = callsIP6Tables
    self.callsARPTables = callsARPTables
  }

  func write(to buffer: inout MessageBuffer) {
    if let forwardDelay { buffer.attribute(IFLA_BR_FORWARD_DELAY, forwardDelay) }
    if let helloTime { buffer.attribute(IFLA_BR_HELLO_TIME, helloTime) }
    if let maxAge { buffer.attribute(IFLA_BR_MAX_AGE, maxAge) }
    if let ageingTime { buffer.attribute(IFLA_BR_AGEING_TIME, ageingTime) }
    if let stp { buffer.attribute(IFLA_BR_STP_STATE, UInt32(stp ? 1 : 0)) }
    if let priority { buffer.attribute(IFLA_BR_PRIORITY, priority) }
    buffer.boolean(IFLA_BR_VLAN_FILTERING, vlanFiltering)
    if let groupForwardMask { buffer.attribute(IFLA_BR_GROUP_FWD_MASK, groupForwardMask) }
    buffer.boolean(IFLA_BR_MCAST_SNOOPING, multicastSnooping)
    buffer.boolean(IFLA_BR_NF_CALL_IPTABLES, callsIPTables)
    buffer.boolean(IFLA_BR_NF_CALL_IP6TABLES, callsIP6Tables)
    buffer.boolean(IFLA_BR_NF_CALL_ARPTABLES, callsARPTables)
  }

  init(_ data: borrowing Attribute) throws(MalformedMessage) {
    self.init()
    var attributes = data.attributes
    while let attribute = try attributes.next() {
      switch attribute.type {
      case IFLA_BR_FORWARD_DELAY: forwardDelay = try attribute.integer()
      case IFLA_BR_HELLO_TIME: helloTime = try attribute.integer()
      case IFLA_BR_MAX_AGE: maxAge = try attribute.integer()
      case IFLA_BR_AGEING_TIME: ageingTime = try attribute.integer()
      case IFLA_BR_STP_STATE: stp = try attribute.integer(UInt32.self) != 0
      case IFLA_BR_PRIORITY: priority = try attribute.integer()
      case IFLA_BR_VLAN_FILTERING: vlanFiltering = try attribute.boolean
      case IFLA_BR_GROUP_FWD_MASK: groupForwardMask = try attribute.integer()
      case IFLA_BR_MCAST_SNOOPING: multicastSnooping = try attribute.boolean
      case IFLA_BR_NF_CALL_IPTABLES: callsIPTables = try attribute.boolean
      case IFLA_BR_NF_CALL_IP6TABLES: callsIP6Tables = try attribute.boolean
      case IFLA_BR_NF_CALL_ARPTABLES: callsARPTables = try attribute.boolean
      default: break
      }
    }
  }
}

extension BridgeOptions {
  static let schema = AttributeSchema([
    1: .init("IFLA_BR_FORWARD_DELAY", .unsigned), 2: .init("IFLA_BR_HELLO_TIME", .unsigned),
    3: .init("IFLA_BR_MAX_AGE", .unsigned), 4: .init("IFLA_BR_AGEING_TIME", .unsigned),
    5: .init("IFLA_BR_STP_STATE", .boolean), 6: .init("IFLA_BR_PRIORITY", .unsigned),
    7: .init("IFLA_BR_VLAN_FILTERING", .boolean), 8: .init("IFLA_BR_VLAN_PROTOCOL", .hex),
    9: .init("IFLA_BR_GROUP_FWD_MASK", .unsigned), 10: .init("IFLA_BR_ROOT_ID", .hex),
    11: .init("IFLA_BR_BRIDGE_ID", .hex), 12: .init("IFLA_BR_ROOT_PORT", .unsigned),
    13: .init("IFLA_BR_ROOT_PATH_COST", .unsigned), 14: .init("IFLA_BR_TOPOLOGY_CHANGE", .boolean),
    15: .init("IFLA_BR_TOPOLOGY_CHANGE_DETECTED", .boolean),
    16: .init("IFLA_BR_HELLO_TIMER", .unsigned),
    17: .init("IFLA_BR_TCN_TIMER", .unsigned), 18: .init("IFLA_BR_TOPOLOGY_CHANGE_TIMER", .unsigned),
    19: .init("IFLA_BR_GC_TIMER", .unsigned), 20: .init("IFLA_BR_GROUP_ADDR", .linkAddress),
    21: .init("IFLA_BR_FDB_FLUSH", .flag), 22: .init("IFLA_BR_MCAST_ROUTER", .unsigned),
    23: .init("IFLA_BR_MCAST_SNOOPING", .boolean),
    24: .init("IFLA_BR_MCAST_QUERY_USE_IFADDR", .boolean),
    25: .init("IFLA_BR_MCAST_QUERIER", .boolean),
    26: .init("IFLA_BR_MCAST_HASH_ELASTICITY", .unsigned),
    27: .init("IFLA_BR_MCAST_HASH_MAX", .unsigned), 28: .init("IFLA_BR_MCAST_LAST_MEMBER_CNT", .unsigned),
    29: .init("IFLA_BR_MCAST_STARTUP_QUERY_CNT", .unsigned),
    30: .init("IFLA_BR_MCAST_LAST_MEMBER_INTVL", .unsigned), 31: .init("IFLA_BR_MCAST_MEMBERSHIP_INTVL", .unsigned),
    32: .init("IFLA_BR_MCAST_QUERIER_INTVL", .unsigned), 33: .init("IFLA_BR_MCAST_QUERY_INTVL", .unsigned),
    34: .init("IFLA_BR_MCAST_QUERY_RESPONSE_INTVL", .unsigned),
    35: .init("IFLA_BR_MCAST_STARTUP_QUERY_INTVL", .unsigned),
    36: .init("IFLA_BR_NF_CALL_IPTABLES", .boolean),
    37: .init("IFLA_BR_NF_CALL_IP6TABLES", .boolean),
    38: .init("IFLA_BR_NF_CALL_ARPTABLES", .boolean),
    39: .init("IFLA_BR_VLAN_DEFAULT_PVID", .unsigned), 40: .init("IFLA_BR_PAD", .flag),
    41: .init("IFLA_BR_VLAN_STATS_ENABLED", .boolean),
    42: .init("IFLA_BR_MCAST_STATS_ENABLED", .boolean),
    43: .init("IFLA_BR_MCAST_IGMP_VERSION", .unsigned), 44: .init("IFLA_BR_MCAST_MLD_VERSION", .unsigned),
    45: .init("IFLA_BR_VLAN_STATS_PER_PORT", .boolean), 46: .init("IFLA_BR_MULTI_BOOLOPT", .hex),
    47: .init("IFLA_BR_MCAST_QUERIER_STATE", .hex), 48: .init("IFLA_BR_FDB_N_LEARNED", .unsigned),
    49: .init("IFLA_BR_FDB_MAX_LEARNED", .unsigned),
  ])
}

private let IFLA_BR_FORWARD_DELAY: UInt16 = 1
private let IFLA_BR_HELLO_TIME: UInt16 = 2
private let IFLA_BR_MAX_AGE: UInt16 = 3
private let IFLA_BR_AGEING_TIME: UInt16 = 4
private let IFLA_BR_STP_STATE: UInt16 = 5
private let IFLA_BR_PRIORITY: UInt16 = 6
private let IFLA_BR_VLAN_FILTERING: UInt16 = 7
private let IFLA_BR_GROUP_FWD_MASK: UInt16 = 9
private let IFLA_BR_MCAST_SNOOPING: UInt16 = 23
private let IFLA_BR_NF_CALL_IPTABLES: UInt16 = 36
private let IFLA_BR_NF_CALL_IP6TABLES: UInt16 = 37
private let IFLA_BR_NF_CALL_ARPTABLES: UInt16 = 38
