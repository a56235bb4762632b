/// One step of a rule: an expression of nf_tables. A rule ends at the first comparison or lookup that fails.
public enum Expression: Hashable, Sendable {
  /// Loads a property of the packet: `meta`.
  case meta(MetaKey, into: Register = .first)
  /// Sets a property of the packet: `meta`.
  case setMeta(MetaKey, from: Register = .first)
  /// Loads bytes of the packet: `payload`.
  case payload(PayloadField, into: Register = .first)
  /// Loads a property of the packet's connection: `ct`.
  case conntrack(ConntrackKey, direction: ConntrackDirection? = nil, into: Register = .first)
  /// Sets a property of the packet's connection: `ct`.
  case setConntrack(ConntrackKey, direction: ConntrackDirection? = nil, from: Register = .first)
  /// Looks up the routing table: `fib`.
  case fib(FIBResult, FIBFlags, into: Register = .first)
  /// Loads a property of the route that the packet takes: `rt`.
  case route(RouteKey, into: Register = .first)
  /// Sets bytes of a TCP option that the packet has: `exthdr`.
  case setTCPOption(TCPOptionField, from: Register = .first)
  /// Computes (source & mask) ^ xor; both of the same length: `bitwise`.
  case bitwise(Register = .first, into: Register = .first, mask: [UInt8], xor: [UInt8])
  /// Swaps between host and network byte order, in units of `size` bytes: `byteorder`.
  case byteOrder(Register = .first, into: Register = .first, ByteOrderConversion, length: UInt32, size: UInt32)
  /// Continues only if the comparison holds; values are ordered by their bytes: `cmp`.
  case compare(Register = .first, Comparison, [UInt8])
  /// Continues only if the register is within the limits (inclusive), or with `isInverted` if it is not: `range`.
  case range(Register = .first, isInverted: Bool = false, from: [UInt8], through: [UInt8])
  /// Continues only if the set has the key, or with `isInverted` if it does not: `lookup`. The value of a map goes into
  /// `into`, a verdict into ``Register/verdict``.
  case lookup(String, key: Register = .first, into: Register? = nil, isInverted: Bool = false)
  /// Puts a constant into a register: `immediate`.
  case immediate([UInt8], into: Register = .first)
  /// Decides: `immediate` into the verdict register.
  case verdict(Verdict)
  /// Counts packets and bytes, starting from these values: `counter`.
  case counter(packets: UInt64 = 0, bytes: UInt64 = 0)
  /// Continues only below a rate, or with `isInverted` only above it: `limit`.
  case limit(Limit)
  /// Discards the packet and notifies its sender: `reject`.
  case reject(Rejection)
  /// Translates the source address to that of the device through which the packet leaves: `masq`.
  case masquerade(ports: PortRegisters? = nil, flags: NATFlags = [])
  /// Translates the destination to this host: `redir`.
  case redirect(ports: PortRegisters? = nil, flags: NATFlags = [])
  /// Translates the source or destination to addresses and ports in registers: `nat`.
  case nat(NAT)
  /// Excludes the packet from connection tracking: `notrack`.
  case notrack
  /// Writes a line to the kernel's log, with a level of syslog (0 to 7): `log`.
  case log(prefix: String, level: UInt32? = nil)
  /// An expression that this library does not know: its kernel name and the attributes in NFTA_EXPR_DATA, unchanged.
  case unknown(name: String, data: [UInt8])
}

/// A property of a packet besides its bytes (enum nft_meta_keys).
public struct MetaKey: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The length in bytes; 4 bytes, host byte order.
  public static let length = MetaKey(rawValue: 0)
  /// EtherType; 2 bytes, network byte order.
  public static let etherType = MetaKey(rawValue: 1)
  /// Priority (skb->priority); 4 bytes, host byte order.
  public static let priority = MetaKey(rawValue: 2)
  /// Mark; 4 bytes, host byte order.
  public static let mark = MetaKey(rawValue: 3)
  /// Index of the device on which it arrived; 4 bytes, host byte order.
  public static let inputInterfaceIndex = MetaKey(rawValue: 4)
  /// Index of the device through which it leaves; 4 bytes, host byte order.
  public static let outputInterfaceIndex = MetaKey(rawValue: 5)
  /// Name of the device on which it arrived; 16 bytes.
  public static let inputInterfaceName = MetaKey(rawValue: 6)
  /// Name of the device through which it leaves; 16 bytes.
  public static let outputInterfaceName = MetaKey(rawValue: 7)
  /// ARPHRD_* of the device on which it arrived; 2 bytes, host byte order.
  public static let inputDeviceType = MetaKey(rawValue: 8)
  /// User who owns the sending socket; 4 bytes, host byte order.
  public static let socketUserID = MetaKey(rawValue: 10)
  /// Group of the sending socket; 4 bytes, host byte order.
  public static let socketGroupID = MetaKey(rawValue: 11)
  /// Whether rules report the packet as it passes; 1 byte.
  public static let trace = MetaKey(rawValue: 12)
  /// NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10); 1 byte.
  public static let networkProtocol = MetaKey(rawValue: 15)
  /// Transport protocol, even behind IPv6 extension headers; 1 byte.
  public static let transportProtocol = MetaKey(rawValue: 16)
  /// Name of the bridge on which it arrived; 16 bytes.
  public static let inputBridgeName = MetaKey(rawValue: 17)
  /// Name of the bridge through which it leaves; 16 bytes.
  public static let outputBridgeName = MetaKey(rawValue: 18)
  /// Unicast, broadcast or multicast (PACKET_HOST, ...); 1 byte.
  public static let packetType = MetaKey(rawValue: 19)
}

/// A field of the packet.
public struct PayloadField: Hashable, Sendable {
  /// The header from which an offset counts (enum nft_payload_bases).
  public enum Base: UInt32, Hashable, Sendable {
    case link = 0
    case network = 1
    case transport = 2
  }

  public var base: Base
  /// In bytes from the base.
  public var offset: UInt32
  /// In bytes: 1 to 16, or as many as registers hold.
  public var length: UInt32

  public init(_ base: Base, offset: UInt32, length: UInt32) {
    self.base = base
    self.offset = offset
    self.length = length
  }

  /// Destination MAC address.
  public static let etherDestination = PayloadField(.link, offset: 0, length: 6)
  /// Source MAC address.
  public static let etherSource = PayloadField(.link, offset: 6, length: 6)
  /// EtherType of a frame without a VLAN tag.
  public static let etherType = PayloadField(.link, offset: 12, length: 2)
  /// Transport protocol in the IPv4 header.
  public static let ipv4Protocol = PayloadField(.network, offset: 9, length: 1)
  /// Source address in the IPv4 header.
  public static let ipv4SourceAddress = PayloadField(.network, offset: 12, length: 4)
  /// Destination address in the IPv4 header.
  public static let ipv4DestinationAddress = PayloadField(.network, offset: 16, length: 4)
  /// Sender address of an ARP packet for IPv4 over Ethernet (`arp saddr ip`).
  public static let arpSenderAddress = PayloadField(.network, offset: 14, length: 4)
  /// Source address in the IPv6 header.
  public static let ipv6SourceAddress = PayloadField(.network, offset: 8, length: 16)
  /// Destination address in the IPv6 header.
  public static let ipv6DestinationAddress = PayloadField(.network, offset: 24, length: 16)
  /// Source port of TCP, UDP, UDP-Lite, SCTP and DCCP.
  public static let sourcePort = PayloadField(.transport, offset: 0, length: 2)
  /// Destination port of TCP, UDP, UDP-Lite, SCTP and DCCP.
  public static let destinationPort = PayloadField(.transport, offset: 2, length: 2)
  /// Type of ICMP and ICMPv6.
  public static let icmpType = PayloadField(.transport, offset: 0, length: 1)
  /// FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32.
  public static let tcpFlags = PayloadField(.transport, offset: 13, length: 1)
}

/// A property of a packet's connection (enum nft_ct_keys).
public struct ConntrackKey: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// See ``ConntrackState``; 4 bytes, host byte order.
  public static let state = ConntrackKey(rawValue: 0)
  /// 0: the packet goes in the direction of the connection's first packet, 1: in the other; 1 byte.
  public static let direction = ConntrackKey(rawValue: 1)
  /// IPS_* of linux/netfilter/nf_conntrack_common.h; 4 bytes, host byte order.
  public static let status = ConntrackKey(rawValue: 2)
  /// The connection's mark; 4 bytes, host byte order.
  public static let mark = ConntrackKey(rawValue: 3)
  /// Transport protocol; needs a direction; 1 byte.
  public static let transportProtocol = ConntrackKey(rawValue: 10)
  /// Source port; needs a direction; 2 bytes, network byte order.
  public static let sourcePort = ConntrackKey(rawValue: 11)
  /// Destination port; needs a direction; 2 bytes, network byte order.
  public static let destinationPort = ConntrackKey(rawValue: 12)
  /// Conntrack zone; 2 bytes, host byte order.
  public static let zone = ConntrackKey(rawValue: 17)
  /// IPv4 source address; needs a direction (Linux 4.17).
  public static let ipv4SourceAddress = ConntrackKey(rawValue: 19)
  /// IPv4 destination address; needs a direction (Linux 4.17).
  public static let ipv4DestinationAddress = ConntrackKey(rawValue: 20)
  /// IPv6 source address; needs a direction (Linux 4.17).
  public static let ipv6SourceAddress = ConntrackKey(rawValue: 21)
  /// IPv6 destination address; needs a direction (Linux 4.17).
  public static let ipv6DestinationAddress = ConntrackKey(rawValue: 22)
}

/// A direction of a connection (enum ip_conntrack_dir).
public enum ConntrackDirection: UInt8, Hashable, Sendable {
  /// The direction of the first packet.
  case original = 0
  /// The direction of the replies.
  case reply = 1
}

/// The relation of a packet to connections (NF_CT_STATE_*).
public struct ConntrackState: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Of no valid connection.
  public static let invalid = ConntrackState(rawValue: 1)
  /// Of a connection that has seen packets in both directions.
  public static let established = ConntrackState(rawValue: 2)
  /// Of a new connection that another one announced, or an ICMP error about one.
  public static let related = ConntrackState(rawValue: 4)
  /// Of a connection that has seen packets in one direction only.
  public static let new = ConntrackState(rawValue: 8)
  /// Excluded from tracking.
  public static let untracked = ConntrackState(rawValue: 64)
}

/// A comparison of a register (enum nft_cmp_ops).
public enum Comparison: UInt32, Hashable, Sendable {
  case equal = 0
  case notEqual = 1
  case less = 2
  case lessOrEqual = 3
  case greater = 4
  case greaterOrEqual = 5
}

/// The direction of a byte order conversion (enum nft_byteorder_ops).
public enum ByteOrderConversion: UInt32, Hashable, Sendable {
  case networkToHost = 0
  case hostToNetwork = 1
}

/// The result of a routing table lookup (enum nft_fib_result).
public enum FIBResult: UInt32, Hashable, Sendable {
  /// The index of the device to which the route leads; 4 bytes, host byte order.
  case interfaceIndex = 1
  /// The name of that device; 16 bytes.
  case interfaceName = 2
  /// The type of the address (RTN_UNICAST 1, RTN_LOCAL 2, ...); 4 bytes, host byte order.
  case addressType = 3
}

/// The arguments of a routing table lookup (NFTA_FIB_F_*).
public struct FIBFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The packet's source address.
  public static let sourceAddress = FIBFlags(rawValue: 1)
  /// The packet's destination address.
  public static let destinationAddress = FIBFlags(rawValue: 2)
  /// With the packet's mark, for routing rules.
  public static let mark = FIBFlags(rawValue: 4)
  /// Only routes through the device on which the packet arrived.
  public static let inputInterface = FIBFlags(rawValue: 8)
  /// Only routes through the device through which the packet leaves.
  public static let outputInterface = FIBFlags(rawValue: 16)
  /// The result is 1 byte: whether there is a route.
  public static let present = FIBFlags(rawValue: 32)
}

/// A property of the route that a packet takes (enum nft_rt_keys).
public struct RouteKey: RawRepresentable, Hashable, Sendable {
  /// The kernel's number (NFT_RT_*).
  public let rawValue: UInt32
  /// Any of the kernel's numbers, even one without a name here.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The largest TCP segment that fits, according to the MTU of the packet's route and of the return route; 2 bytes,
  /// host byte order (nft's `rt mtu`).
  public static let segmentSize = RouteKey(rawValue: 3)
}

/// A field of a TCP option.
public struct TCPOptionField: Hashable, Sendable {
  /// The option's number.
  public var kind: UInt8
  /// In bytes from the start of the option.
  public var offset: UInt32
  /// 2 or 4 bytes. A write to the first two bytes of option 2 can only make its value smaller.
  public var length: UInt32

  /// A field of the first option of this kind in a packet.
  public init(kind: UInt8, offset: UInt32, length: UInt32) {
    self.kind = kind
    self.offset = offset
    self.length = length
  }

  /// The largest segment that the sender accepts; 2 bytes, network byte order.
  public static let maximumSegmentSize = TCPOptionField(kind: 2, offset: 2, length: 2)
}

/// A rate limit for packets or bytes.
public struct Limit: Hashable, Sendable {
  /// The time unit of the rate, in seconds.
  public enum Unit: UInt64, Hashable, Sendable {
    case second = 1
    case minute = 60
    case hour = 3600
    case day = 86400
    case week = 604_800
  }

  /// The number of packets or bytes in each unit of time.
  public var rate: UInt64
  public var unit: Unit
  /// How many may exceed the rate at once: by default 5 packets, or 0 bytes.
  public var burst: UInt32
  /// Whether bytes are counted instead of packets.
  public var countsBytes: Bool
  /// Whether the rule continues above the rate instead of below.
  public var isInverted: Bool

  public init(
    _ rate: UInt64, per unit: Unit, burst: UInt32? = nil, countsBytes: Bool = false, isInverted: Bool = false
  ) {
    self.rate = rate
    self.unit = unit
    self.burst = burst ?? (countsBytes ? 0 : 5)
    self.countsBytes = countsBytes
    self.isInverted = isInverted
  }
}

/// The answer to the sender of a rejected packet.
public enum Rejection: Hashable, Sendable {
  /// An ICMP or ICMPv6 "unreachable" with a code of that protocol. In inet tables the rule must have checked the
  /// protocol.
  case icmp(code: UInt8)
  /// A TCP reset; the rule must have checked that the protocol is TCP.
  case tcpReset
  /// An ICMP or ICMPv6 "unreachable", according to the packet; in inet and bridge tables.
  case icmpx(Reason)

  /// Codes with a counterpart in both ICMP and ICMPv6 (enum nft_reject_inet_code).
  public enum Reason: UInt8, Hashable, Sendable {
    case noRoute = 0
    case portUnreachable = 1
    case hostUnreachable = 2
    case administrativelyProhibited = 3
  }
}

/// The registers with the ports to translate to, 2 bytes each in network byte order.
public struct PortRegisters: Hashable, Sendable {
  public var first: Register
  /// The end of a range; nil for a single port.
  public var last: Register?

  public init(_ first: Register, through last: Register? = nil) {
    self.first = first
    self.last = last
  }
}

/// Flags of an address translation (NF_NAT_RANGE_*).
public struct NATFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// There are addresses; the kernel sets this flag.
  public static let addresses = NATFlags(rawValue: 0x1)
  /// There are ports; the kernel sets this flag, and so does nft for constant ports.
  public static let ports = NATFlags(rawValue: 0x2)
  /// nft's `random`.
  public static let random = NATFlags(rawValue: 0x4)
  /// nft's `persistent`: a client keeps the address that it was given.
  public static let persistent = NATFlags(rawValue: 0x8)
  /// nft's `fully-random`.
  public static let fullyRandom = NATFlags(rawValue: 0x10)
}

/// A translation to addresses and ports in registers.
public struct NAT: Hashable, Sendable {
  /// The address that is translated (enum nft_nat_types).
  public enum Kind: UInt32, Hashable, Sendable {
    case source = 0
    case destination = 1
  }

  /// The family of the addresses (NFPROTO_IPV4, NFPROTO_IPV6).
  public enum Family: UInt32, Hashable, Sendable {
    case ipv4 = 2
    case ipv6 = 10
  }

  public var kind: Kind
  public var family: Family
  public var address: Register?
  /// The end of a range of addresses.
  public var lastAddress: Register?
  public var ports: PortRegisters?
  public var flags: NATFlags

  public init(
    _ kind: Kind, _ family: Family, address: Register?, through lastAddress: Register? = nil,
    ports: PortRegisters? = nil, flags: NATFlags = []
  ) {
    self.kind = kind
    self.family = family
    self.address = address
    self.lastAddress = lastAddress
    self.ports = ports
    self.flags = flags
  }
}
