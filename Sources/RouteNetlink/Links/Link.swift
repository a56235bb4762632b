import NetTypes
import Netlink

/// Flags of a link (IFF_* in linux/if.h).
public struct LinkFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// IFF_UP: administratively up.
  public static let up = LinkFlags(rawValue: 0x1)
  /// IFF_BROADCAST: has a broadcast address.
  public static let broadcast = LinkFlags(rawValue: 0x2)
  /// IFF_LOOPBACK: leads back to this machine.
  public static let loopback = LinkFlags(rawValue: 0x8)
  /// IFF_POINTOPOINT: has exactly one other end.
  public static let pointToPoint = LinkFlags(rawValue: 0x10)
  /// IFF_RUNNING: up, and able to carry packets.
  public static let running = LinkFlags(rawValue: 0x40)
  /// IFF_NOARP: does not resolve addresses.
  public static let noARP = LinkFlags(rawValue: 0x80)
  /// IFF_PROMISC: receives frames that are addressed to others.
  public static let promiscuous = LinkFlags(rawValue: 0x100)
  /// IFF_ALLMULTI: receives all multicast.
  public static let allMulticast = LinkFlags(rawValue: 0x200)
  /// IFF_MASTER: the master of a bond.
  public static let master = LinkFlags(rawValue: 0x400)
  /// IFF_SLAVE: a slave of a bond.
  public static let slave = LinkFlags(rawValue: 0x800)
  /// IFF_MULTICAST: can send multicast.
  public static let multicast = LinkFlags(rawValue: 0x1000)
  /// IFF_LOWER_UP: the driver reports a carrier.
  public static let lowerUp = LinkFlags(rawValue: 0x10000)
  /// IFF_DORMANT: waits for something, such as 802.1X.
  public static let dormant = LinkFlags(rawValue: 0x20000)
}

/// Whether a link can carry packets (RFC 2863; IF_OPER_* in linux/if.h).
public enum OperationalState: UInt8, Sendable, CustomStringConvertible {
  case unknown = 0
  case notPresent = 1
  case down = 2
  case lowerLayerDown = 3
  case testing = 4
  case dormant = 5
  case up = 6

  /// The state as ip(8) prints it, in lower case.
  public var description: String {
    switch self {
    case .unknown: "unknown"
    case .notPresent: "notpresent"
    case .down: "down"
    case .lowerLayerDown: "lowerlayerdown"
    case .testing: "testing"
    case .dormant: "dormant"
    case .up: "up"
    }
  }
}

/// The traffic counters of a link since it was made (struct rtnl_link_stats64).
public struct LinkStatistics: Hashable, Sendable {
  /// The counters of one direction.
  public struct Counters: Hashable, Sendable {
    public var packets: UInt64
    public var bytes: UInt64
    public var errors: UInt64
    public var dropped: UInt64
  }

  public var received: Counters
  public var sent: Counters

  /// The statistics of the other end of a veth pair: what one end sent, the other received.
  public var ofOtherEnd: LinkStatistics {
    var other = self
    swap(&other.received, &other.sent)
    return other
  }

  init(_ attribute: borrowing Attribute) throws(MalformedMessage) {
    let payload = attribute.payload
    func counters(_ first: Int) throws(MalformedMessage) -> Counters {
      // rx and tx alternate: packets, bytes, errors, dropped.
      guard let packets = payload.integer(at: first, as: UInt64.self),
        let bytes = payload.integer(at: first + 16, as: UInt64.self),
        let errors = payload.integer(at: first + 32, as: UInt64.self),
        let dropped = payload.integer(at: first + 48, as: UInt64.self)
      else { throw MalformedMessage("link statistics of \(payload.byteCount) bytes") }
      return Counters(packets: packets, bytes: bytes, errors: errors, dropped: dropped)
    }
    received = try counters(0)
    sent = try counters(8)
  }
}

/// A network link as the kernel describes it. Kinds that this library has no type for are given by name.
public struct Link: Hashable, Sendable {
  public var index: UInt32
  public var name: String
  /// A free text that an administrator set.
  public var alias: String?
  /// The driver's name (`veth`, `bridge`, ...); nil for hardware and loopback.
  public var kind: String?
  /// The kind that its master gives it: `bridge` for a bridge port.
  public var slaveKind: String?
  /// Its MAC address; nil if its address has another form.
  public var address: MACAddress?
  /// The MTU in bytes.
  public var mtu: UInt32 = 0
  public var flags: LinkFlags
  public var operState = OperationalState.unknown
  /// The index of its master, the link of which it is a port.
  public var master: UInt32?
  /// The index of a veth's other end, or of the lower link of a VLAN or macvlan (IFLA_LINK). It is an index in the
  /// namespace ``peerNamespaceID`` if that is set.
  public var peerIndex: UInt32?
  /// The id by which this namespace knows the namespace of ``peerIndex`` (IFLA_LINK_NETNSID).
  public var peerNamespaceID: Int32?
  /// The group of the link; 0 is the default group.
  public var group: UInt32 = 0
  /// The maximum number of packets that wait to be sent.
  public var txQueueLength: UInt32 = 0
  /// The traffic counters; nil if the kernel did not report them.
  public var statistics: LinkStatistics?
  /// The settings of its kind; nil if the kernel did not report them.
  public var details: LinkKind?
  /// The settings of a bridge port.
  public var bridgePort: BridgePortOptions?
  /// How the link generates its IPv6 addresses; nil if there is no IPv6.
  public var addressGeneration: AddressGenerationMode?

  /// A link of which nothing else is known.
  public init(index: UInt32, name: String, flags: LinkFlags = []) {
    self.index = index
    self.name = name
    self.flags = flags
  }

  /// A bridge's settings.
  public var bridge: BridgeOptions? {
    if case .bridge(let options) = details { options } else { nil }
  }

  /// Whether the link is administratively up.
  public var isUp: Bool { flags.contains(.up) }

  /// Reads a message; nil if it is not about an existing link.
  init?(_ message: borrowing ReplyMessage) throws(MalformedMessage) {
    guard message.header.type == RTM_NEWLINK else { return nil }
    var attributes = try message.payload.attributes(after: ifinfomsgSize)
    guard let index = message.payload.integer(at: 4, as: UInt32.self),
      let flags = message.payload.integer(at: 8, as: UInt32.self)
    else { throw MalformedMessage("struct ifinfomsg") }
    self.init(index: index, name: "", flags: LinkFlags(rawValue: flags))
    while let attribute = try attributes.next() {
      switch attribute.type {
      case IFLA_IFNAME: name = attribute.string
      case IFLA_IFALIAS: alias = attribute.string
      case IFLA_ADDRESS: address = MACAddress(bytes: attribute.bytes)
      case IFLA_MTU: mtu = try attribute.integer()
      case IFLA_OPERSTATE: operState = OperationalState(rawValue: try attribute.integer()) ?? .unknown
      case IFLA_MASTER: master = try attribute.integer()
      case IFLA_LINK: peerIndex = try attribute.integer()
      case IFLA_LINK_NETNSID: peerNamespaceID = try attribute.integer()
      case IFLA_GROUP: group = try attribute.integer()
      case IFLA_TXQLEN: txQueueLength = try attribute.integer()
      case IFLA_STATS64: statistics = try LinkStatistics(attribute)
      case IFLA_LINKINFO: try readInfo(attribute)
      case IFLA_AF_SPEC: try readFamilies(attribute)
      default: break
      }
    }
  }

  private mutating func readInfo(_ info: borrowing Attribute) throws(MalformedMessage) {
    // The format of the data depends on the kinds, which need not come first.
    var kinds = info.attributes
    while let attribute = try kinds.next() {
      switch attribute.type {
      case IFLA_INFO_KIND: kind = attribute.string
      case IFLA_INFO_SLAVE_KIND: slaveKind = attribute.string
      default: break
      }
    }
    var data = info.attributes
    while let attribute = try data.next() {
      switch attribute.type {
      case IFLA_INFO_DATA: details = try LinkKind(kind ?? "", attribute)
      case IFLA_INFO_SLAVE_DATA where slaveKind == "bridge": bridgePort = try BridgePortOptions(attribute)
      default: break
      }
    }
  }

  private mutating func readFamilies(_ families: borrowing Attribute) throws(MalformedMessage) {
    var families = families.attributes
    while let family = try families.next() {
      guard family.type == UInt16(AddressFamily.inet6.rawValue) else { continue }
      var attributes = family.attributes
      while let attribute = try attributes.next() {
        guard attribute.type == IFLA_INET6_ADDR_GEN_MODE else { continue }
        addressGeneration = AddressGenerationMode(rawValue: try attribute.integer())
      }
    }
  }
}
