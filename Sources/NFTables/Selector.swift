/// The operand of a statement: a property of the packet with its type, and the checks that it requires.
public struct Selector: Hashable, Sendable {
  /// Where the value is found.
  enum Source: Hashable, Sendable {
    case meta(MetaKey)
    case payload(PayloadField)
    case conntrack(ConntrackKey, ConntrackDirection?)
    case fib(FIBResult, FIBFlags)
  }

  /// What a rule must have checked before the value has a meaning.
  enum Requirement: Hashable, Sendable {
    case ether
    case ipv4
    case ipv6
    case transport(UInt8)
  }

  let source: Source
  /// The type of its values, for the key of a set.
  public let type: DataType
  let requirements: [Requirement]

  init(_ source: Source, _ type: DataType, requires requirements: [Requirement] = []) {
    self.source = source
    self.type = type
    self.requirements = requirements
  }

  /// nft's `iifname`.
  public static let inputInterfaceName = Selector(.meta(.inputInterfaceName), .interfaceName)
  /// nft's `oifname`.
  public static let outputInterfaceName = Selector(.meta(.outputInterfaceName), .interfaceName)
  /// nft's `iif`.
  public static let inputInterfaceIndex = Selector(.meta(.inputInterfaceIndex), .interfaceIndex)
  /// nft's `oif`.
  public static let outputInterfaceIndex = Selector(.meta(.outputInterfaceIndex), .interfaceIndex)
  /// nft's `meta mark`.
  public static let mark = Selector(.meta(.mark), .mark)
  /// nft's `meta skuid`.
  public static let socketUserID = Selector(.meta(.socketUserID), .userID)
  /// nft's `meta skgid`.
  public static let socketGroupID = Selector(.meta(.socketGroupID), .groupID)
  /// nft's `meta nfproto`.
  public static let networkProtocol = Selector(.meta(.networkProtocol), .networkProtocol)
  /// nft's `meta l4proto`.
  public static let transportProtocol = Selector(.meta(.transportProtocol), .transportProtocol)
  /// nft's `meta protocol`, of a frame without its first VLAN tag.
  public static let etherType = Selector(.meta(.etherType), .etherType)
  /// nft's `meta pkttype`; values are PACKET_* of linux/if_packet.h.
  public static let packetType = Selector(.meta(.packetType), DataType(number: 42, size: 1, byteOrder: .host))
  /// nft's `ether saddr`.
  public static let etherSource = Selector(.payload(.etherSource), .etherAddress, requires: [.ether])
  /// nft's `ether daddr`.
  public static let etherDestination = Selector(.payload(.etherDestination), .etherAddress, requires: [.ether])
  /// nft's `ip saddr`.
  public static let sourceAddress = Selector(.payload(.ipv4SourceAddress), .ipv4Address, requires: [.ipv4])
  /// nft's `ip daddr`.
  public static let destinationAddress = Selector(.payload(.ipv4DestinationAddress), .ipv4Address, requires: [.ipv4])
  /// nft's `arp saddr ip`; use it with ``etherType``.
  public static let arpSenderAddress = Selector(.payload(.arpSenderAddress), .ipv4Address)
  /// nft's `ip6 saddr`.
  public static let sourceAddress6 = Selector(.payload(.ipv6SourceAddress), .ipv6Address, requires: [.ipv6])
  /// nft's `ip6 daddr`.
  public static let destinationAddress6 = Selector(.payload(.ipv6DestinationAddress), .ipv6Address, requires: [.ipv6])
  /// nft's `th sport`: of any protocol that has ports; use it with ``transportProtocol``.
  public static let sourcePort = Selector(.payload(.sourcePort), .port)
  /// nft's `th dport`: of any protocol that has ports; use it with ``transportProtocol``.
  public static let destinationPort = Selector(.payload(.destinationPort), .port)
  /// nft's `tcp sport`.
  public static let tcpSourcePort = Selector(.payload(.sourcePort), .port, requires: [.transport(6)])
  /// nft's `tcp dport`.
  public static let tcpDestinationPort = Selector(.payload(.destinationPort), .port, requires: [.transport(6)])
  /// nft's `tcp flags`; see ``Statement/hasFlags(_:)``.
  public static let tcpFlags = Selector(
    .payload(.tcpFlags), DataType(number: 15, size: 1, byteOrder: .network), requires: [.transport(6)])
  /// nft's `udp sport`.
  public static let udpSourcePort = Selector(.payload(.sourcePort), .port, requires: [.transport(17)])
  /// nft's `udp dport`.
  public static let udpDestinationPort = Selector(.payload(.destinationPort), .port, requires: [.transport(17)])
  /// nft's `icmp type`.
  public static let icmpType = Selector(
    .payload(.icmpType), DataType(number: 14, size: 1, byteOrder: .network), requires: [.ipv4, .transport(1)])
  /// nft's `icmpv6 type`.
  public static let icmpv6Type = Selector(
    .payload(.icmpType), DataType(number: 29, size: 1, byteOrder: .network), requires: [.ipv6, .transport(58)])
  /// nft's `ct mark`.
  public static let conntrackMark = Selector(.conntrack(.mark, nil), .mark)
  /// nft's `ct status`; see ``Statement/bits(_:_:)`` and IPS_* of linux/netfilter/nf_conntrack_common.h.
  public static let conntrackStatus = Selector(
    .conntrack(.status, nil), DataType(number: 28, size: 4, byteOrder: .host))
  /// nft's `ct direction`; see ``ConntrackDirection``. A packet without a connection has none, and matches nothing.
  public static let conntrackDirection = Selector(
    .conntrack(.direction, nil), DataType(number: 27, size: 1, byteOrder: .host))
  /// nft's `ct state`; see ``Statement/state(_:)``.
  public static let conntrackState = Selector(.conntrack(.state, nil), .conntrackState)
  /// nft's `fib saddr type`; values are RTN_* of linux/rtnetlink.h, 4 bytes in host byte order.
  public static let sourceAddressType = Selector(.fib(.addressType, .sourceAddress), .addressType)
  /// nft's `fib daddr type`; values are RTN_* of linux/rtnetlink.h, 4 bytes in host byte order.
  public static let destinationAddressType = Selector(.fib(.addressType, .destinationAddress), .addressType)

  /// nft's `ct original ip saddr` and similar.
  public static func conntrack(_ key: ConntrackKey, _ direction: ConntrackDirection?, type: DataType) -> Selector {
    Selector(.conntrack(key, direction), type)
  }

  /// A selector for its first bytes; nil if the value is not in the packet.
  func prefix(bytes: Int) -> Selector? {
    guard case .payload(var field) = source, bytes <= field.length else { return nil }
    field.length = UInt32(bytes)
    return Selector(
      .payload(field), DataType(number: type.number, size: bytes, byteOrder: type.byteOrder), requires: requirements)
  }

  /// The expression that loads the value into a register.
  func load(into register: Register) -> Expression {
    switch source {
    case .meta(let key): .meta(key, into: register)
    case .payload(let field): .payload(field, into: register)
    case .conntrack(let key, let direction): .conntrack(key, direction: direction, into: register)
    case .fib(let result, let flags): .fib(result, flags, into: register)
    }
  }
}
