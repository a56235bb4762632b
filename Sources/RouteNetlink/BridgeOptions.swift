import Netlink

/// The settings of a bridge (IFLA_BR_* in linux/if_link.h). In a request, what is nil keeps the kernel's default; in a
/// reply, what is nil the kernel did not tell.
///
/// Times are in centiseconds (USER_HZ): 200 is two seconds.
public struct BridgeOptions: Hashable, Sendable {
  /// How long a port listens and learns before it forwards. The kernel's default is 1500; below 200 is refused while
  /// STP is on.
  public var forwardDelay: UInt32?
  /// The time between two configuration messages: 100...1000.
  public var helloTime: UInt32?
  /// How long a configuration message is believed: 600...4000.
  public var maxAge: UInt32?
  /// How long an address that was learned is kept; 0 forgets at once.
  public var ageingTime: UInt32?
  /// Whether the spanning tree protocol runs.
  public var stp: Bool?
  /// The bridge's priority in the spanning tree, lower is preferred.
  public var priority: UInt16?
  /// Whether frames are separated by VLAN.
  public var vlanFiltering: Bool?
  /// Which of the link-local group addresses 01:80:c2:00:00:00...0f are forwarded, one bit each.
  public var groupForwardMask: UInt16?
  /// Whether multicast goes only to ports that asked for it (IGMP and MLD snooping).
  public var multicastSnooping: Bool?
  /// Whether bridged IPv4 passes the host's netfilter rules, for this bridge; br_netfilter's sysctl says it for all.
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

  var isEmpty: Bool { self == BridgeOptions() }

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

extension MessageBuffer {
  /// Adds one byte, 0 or 1; nothing for nil.
  mutating func boolean(_ type: UInt16, _ value: Bool?) {
    if let value { attribute(type, UInt8(value ? 1 : 0)) }
  }
}

extension Attribute {
  /// The payload as one byte that is 0 or not.
  var boolean: Bool { get throws(MalformedMessage) { try integer(UInt8.self) != 0 } }
}
