/// One step of a rule, as the kernel has them (nf_tables expressions). A rule ends at the first comparison or lookup
/// that fails.
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
  /// Sets bytes of an option of TCP's that the packet has: `exthdr`.
  case setTCPOption(TCPOptionField, from: Register = .first)
  /// Computes (source & mask) ^ xor; both of the same length: `bitwise`.
  case bitwise(Register = .first, into: Register = .first, mask: [UInt8], xor: [UInt8])
  /// Swaps between host and network byte order, in units of `size` bytes: `byteorder`.
  case byteOrder(Register = .first, into: Register = .first, ByteOrderConversion, length: UInt32, size: UInt32)
  /// Goes on only if the comparison holds; order is that of the bytes: `cmp`.
  case compare(Register = .first, Comparison, [UInt8])
  /// Goes on only if the register is within, or with `isInverted` outside of, the limits, themselves within: `range`.
  case range(Register = .first, isInverted: Bool = false, from: [UInt8], through: [UInt8])
  /// Goes on only if the set has, or with `isInverted` has not, the key; a map's value goes into `into`, a verdict into
  /// ``Register/verdict``: `lookup`.
  case lookup(String, key: Register = .first, into: Register? = nil, isInverted: Bool = false)
  /// Puts a constant into a register: `immediate`.
  case immediate([UInt8], into: Register = .first)
  /// Decides: `immediate` into the verdict register.
  case verdict(Verdict)
  /// Counts packets and bytes from these on: `counter`.
  case counter(packets: UInt64 = 0, bytes: UInt64 = 0)
  /// Goes on only below, or with `isInverted` only above, a rate: `limit`.
  case limit(Limit)
  /// Discards the packet and tells its sender: `reject`.
  case reject(Rejection)
  /// Translates the source address to that of the device the packet leaves by: `masq`.
  case masquerade(ports: PortRegisters? = nil, flags: NATFlags = [])
  /// Translates the destination to this host: `redir`.
  case redirect(ports: PortRegisters? = nil, flags: NATFlags = [])
  /// Translates source or destination to what registers hold: `nat`.
  case nat(NAT)
  /// Leaves the packet out of connection tracking: `notrack`.
  case notrack
  /// Writes a line to the kernel's log, with a level of syslog (0 to 7): `log`.
  case log(prefix: String, level: UInt32? = nil)
  /// An expression that is not known here: its kernel name and the attributes in NFTA_EXPR_DATA, sent as they are.
  case unknown(name: String, data: [UInt8])
}

/// What is known of a packet beside its bytes (enum nft_meta_keys).
public struct MetaKey: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Length in bytes; 4 bytes, host byte order.
  public static let length = MetaKey(rawValue: 0)
  /// EtherType; 2 bytes, network byte order.
  public static let etherType = MetaKey(rawValue: 1)
  /// Priority (skb->priority); 4 bytes, host byte order.
  public static let priority = MetaKey(rawValue: 2)
  /// Mark; 4 bytes, host byte order.
  public static let mark = MetaKey(rawValue: 3)
  /// Number of the device it came in by; 4 bytes, host byte order.
  public static let inputInterfaceIndex = MetaKey(rawValue: 4)
  /// Number of the device it leaves by; 4 bytes, host byte order.
  public static let outputInterfaceIndex = MetaKey(rawValue: 5)
  /// Name of the device it came in by; 16 bytes.
  public static let inputInterfaceName = MetaKey(rawValue: 6)
  /// Name of the device it leaves by; 16 bytes.
  public static let outputInterfaceName = MetaKey(rawValue: 7)
  /// ARPHRD_* of the device it came in by; 2 bytes, host byte order.
  public static let inputDeviceType = MetaKey(rawValue: 8)
  /// Owner of the sending socket; 4 bytes, host byte order.
  public static let socketUserID = MetaKey(rawValue: 10)
  /// Group of the sending socket; 4 bytes, host byte order.
  public static let socketGroupID = MetaKey(rawValue: 11)
  /// Whether rules report that the packet passes; 1 byte.
  public static let trace = MetaKey(rawValue: 12)
  /// NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10); 1 byte.
  public static let networkProtocol = MetaKey(rawValue: 15)
  /// Transport protocol, also behind IPv6 extension headers; 1 byte.
  public static let transportProtocol = MetaKey(rawValue: 16)
  /// Name of the bridge it came in by; 16 bytes.
  public static let inputBridgeName = MetaKey(rawValue: 17)
  /// Name of the bridge it leaves by; 16 bytes.
  public static let outputBridgeName = MetaKey(rawValue: 18)
  /// Unicast, broadcast or multicast (PACKET_HOST, ...); 1 byte.
  public static let packetType = MetaKey(rawValue: 19)
}

/// A place in the packet.
public struct PayloadField: Hashable, Sendable {
  /// What an offset counts from (enum nft_payload_bases).
  public enum Base: UInt32, Hashable, Sendable {
    case link = 0
    case network = 1
    case transport = 2
  }

  public var base: Base
  /// In bytes from the base.
  public var offset: UInt32
  /// In bytes, 1 to 16 or what registers hold.
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
  /// EtherType, of a frame without a VLAN tag.
  public static let etherType = PayloadField(.link, offset: 12, length: 2)
  /// Transport protocol in the IPv4 header.
  public static let ipv4Protocol = PayloadField(.network, offset: 9, length: 1)
  /// Source address in the IPv4 header.
  public static let ipv4SourceAddress = PayloadField(.network, offset: 12, length: 4)
  /// Destination address in the IPv4 header.
  public static let ipv4DestinationAddress = PayloadField(.network, offset: 16, length: 4)
  /// Whose address an ARP packet for IPv4 over Ethernet tells (`arp saddr ip`).
  public static let arpSenderAddress = PayloadField(.network, offset: 14, length: 4)
  /// Source address in the IPv6 header.
  public static let ipv6SourceAddress = PayloadField(.network, offset: 8, length: 16)
  /// Destination address in the IPv6 header.
  public static let ipv6DestinationAddress = PayloadField(.network, offset: 24, length: 16)
  /// Of TCP, UDP, UDP-Lite, SCTP and DCCP.
  public static let sourcePort = PayloadField(.transport, offset: 0, length: 2)
  /// Of TCP, UDP, UDP-Lite, SCTP and DCCP.
  public static let destinationPort = PayloadField(.transport, offset: 2, length: 2)
  /// Of ICMP and ICMPv6.
  public static let icmpType = PayloadField(.transport, offset: 0, length: 1)
  /// FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32.
  public static let tcpFlags = PayloadField(.transport, offset: 13, length: 1)
}

/// What is known of a packet's connection (enum nft_ct_keys).
public struct ConntrackKey: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// See ``ConntrackState``; 4 bytes, host byte order.
  public static let state = ConntrackKey(rawValue: 0)
  /// 0: the packet goes the way of the connection's first, 1: the other; 1 byte.
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

/// Which of a connection's two descriptions of itself is meant (enum ip_conntrack_dir).
public enum ConntrackDirection: UInt8, Hashable, Sendable {
  /// As the first packet had it.
  case original = 0
  /// As answers have it.
  case reply = 1
}

/// How a packet relates to connections (NF_CT_STATE_*).
public struct ConntrackState: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Belongs to no connection as it must be.
  public static let invalid = ConntrackState(rawValue: 1)
  /// Of a connection that has seen packets both ways.
  public static let established = ConntrackState(rawValue: 2)
  /// Of a new connection that another one announced, or an ICMP error about one.
  public static let related = ConntrackState(rawValue: 4)
  /// Of a connection that has seen packets one way only.
  public static let new = ConntrackState(rawValue: 8)
  /// Left out of tracking.
  public static let untracked = ConntrackState(rawValue: 64)
}

/// How a register is compared (enum nft_cmp_ops).
public enum Comparison: UInt32, Hashable, Sendable {
  case equal = 0
  case notEqual = 1
  case less = 2
  case lessOrEqual = 3
  case greater = 4
  case greaterOrEqual = 5
}

/// Which way bytes are swapped (enum nft_byteorder_ops).
public enum ByteOrderConversion: UInt32, Hashable, Sendable {
  case networkToHost = 0
  case hostToNetwork = 1
}

/// What a look-up in the routing table gives (enum nft_fib_result).
public enum FIBResult: UInt32, Hashable, Sendable {
  /// The number of the device that the route leads to; 4 bytes, host byte order.
  case interfaceIndex = 1
  /// Its name; 16 bytes.
  case interfaceName = 2
  /// What the address is (RTN_UNICAST 1, RTN_LOCAL 2, ...); 4 bytes, host byte order.
  case addressType = 3
}

/// What is looked up in the routing table (NFTA_FIB_F_*).
public struct FIBFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The packet's source address.
  public static let sourceAddress = FIBFlags(rawValue: 1)
  /// The packet's destination address.
  public static let destinationAddress = FIBFlags(rawValue: 2)
  /// With the packet's mark, for routing rules.
  public static let mark = FIBFlags(rawValue: 4)
  /// Only routes through the device the packet came in by.
  public static let inputInterface = FIBFlags(rawValue: 8)
  /// Only routes through the device the packet leaves by.
  public static let outputInterface = FIBFlags(rawValue: 16)
  /// Gives 1 byte: whether there is a route.
  public static let present = FIBFlags(rawValue: 32)
}

/// What is known of the route that a packet takes (enum nft_rt_keys).
public struct RouteKey: RawRepresentable, Hashable, Sendable {
  /// The kernel's number (NFT_RT_*).
  public let rawValue: UInt32
  /// Any of the kernel's numbers, be it one without a name here.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The largest TCP segment that fits, by the MTU of the packet's route and of the way back; 2 bytes, host byte order
  /// (nft's `rt mtu`).
  public static let segmentSize = RouteKey(rawValue: 3)
}

/// A place in an option of TCP's.
public struct TCPOptionField: Hashable, Sendable {
  /// The option's number.
  public var kind: UInt8
  /// In bytes from the start of the option.
  public var offset: UInt32
  /// 2 or 4 bytes. What is written to the first two of option 2 only ever makes its value smaller.
  public var length: UInt32

  /// A place in the first option of this kind that a packet has.
  public init(kind: UInt8, offset: UInt32, length: UInt32) {
    self.kind = kind
    self.offset = offset
    self.length = length
  }

  /// The largest segment that the sender takes; 2 bytes, network byte order.
  public static let maximumSegmentSize = TCPOptionField(kind: 2, offset: 2, length: 2)
}

/// A rate that packets or bytes may have.
public struct Limit: Hashable, Sendable {
  /// Over which time the rate is meant, in seconds.
  public enum Unit: UInt64, Hashable, Sendable {
    case second = 1
    case minute = 60
    case hour = 3600
    case day = 86400
    case week = 604_800
  }

  /// How many in each unit of time.
  public var rate: UInt64
  public var unit: Unit
  /// How many more may come at once: packets, 5 unless told; bytes, 0 unless told.
  public var burst: UInt32
  /// Whether bytes are counted instead of packets.
  public var countsBytes: Bool
  /// Whether the rule goes on above the rate instead of below.
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

/// What the sender of a rejected packet is told.
public enum Rejection: Hashable, Sendable {
  /// An ICMP or ICMPv6 "unreachable" with a code of that protocol, which in inet tables the rule must have checked.
  case icmp(code: UInt8)
  /// A TCP reset; the rule must have made sure that it is TCP.
  case tcpReset
  /// An ICMP or ICMPv6 "unreachable", whichever fits; in inet and bridge tables.
  case icmpx(Reason)

  /// Codes that have a counterpart in ICMP and ICMPv6 (enum nft_reject_inet_code).
  public enum Reason: UInt8, Hashable, Sendable {
    case noRoute = 0
    case portUnreachable = 1
    case hostUnreachable = 2
    case administrativelyProhibited = 3
  }
}

/// The registers that hold the ports to translate to; each 2 bytes in network byte order.
public struct PortRegisters: Hashable, Sendable {
  public var first: Register
  /// The end of a range; nil for a single port.
  public var last: Register?

  public init(_ first: Register, through last: Register? = nil) {
    self.first = first
    self.last = last
  }
}

/// How an address is translated (NF_NAT_RANGE_*).
public struct NATFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Addresses are given; the kernel sets it.
  public static let addresses = NATFlags(rawValue: 0x1)
  /// Ports are given; the kernel sets it, and nft with constant ports.
  public static let ports = NATFlags(rawValue: 0x2)
  /// nft's `random`.
  public static let random = NATFlags(rawValue: 0x4)
  /// nft's `persistent`: a client keeps its address.
  public static let persistent = NATFlags(rawValue: 0x8)
  /// nft's `fully-random`.
  public static let fullyRandom = NATFlags(rawValue: 0x10)
}

/// A translation to addresses and ports that registers hold.
public struct NAT: Hashable, Sendable {
  /// What is translated (enum nft_nat_types).
  public enum Kind: UInt32, Hashable, Sendable {
    case source = 0
    case destination = 1
  }

  /// Whose addresses (NFPROTO_IPV4, NFPROTO_IPV6).
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
