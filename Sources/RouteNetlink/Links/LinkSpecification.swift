import NetTypes
import Netlink

/// A network namespace, told by something that leads to it.
public enum NamespaceReference: Hashable, Sendable {
  /// An open descriptor of it (IFLA_NET_NS_FD).
  case descriptor(Int32)
  /// A process in it, by its id as the caller sees it (IFLA_NET_NS_PID).
  case process(Int32)

  func write(to buffer: inout MessageBuffer) {
    switch self {
    case .descriptor(let number): buffer.attribute(IFLA_NET_NS_FD, number)
    case .process(let id): buffer.attribute(IFLA_NET_NS_PID, id)
    }
  }
}

/// A link to be created, complete in one request (RTM_NEWLINK) but for its alias.
///
/// How it makes up IPv6 addresses cannot be told here: the kernel refuses IFLA_AF_SPEC in this request (EAFNOSUPPORT).
/// A change sent along with it is early enough for a veth, which has no carrier before its other end is up.
public struct LinkSpecification: Sendable {
  private let details: LinkKind
  public let name: InterfaceName
  /// The interface index it is to have: 1...2,147,483,647.
  public var index: UInt32?
  public var address: MACAddress?
  /// The MTU in bytes.
  public var mtu: UInt32?
  /// The index of the link that it is on, in the namespace of the connection (IFLA_LINK).
  public private(set) var lower: UInt32?
  /// The index of the bridge (or other master) that it becomes a port of.
  public var master: UInt32?
  /// A free text of up to 255 bytes, which is set by a second request; ``index`` must be chosen too.
  ///
  /// The kernel ignores IFLA_IFALIAS while it creates a link. By name, the second request would change the alias of
  /// somebody else's link where the first finds the name taken.
  public var alias: String?
  /// Whether it is brought up at once.
  public var isUp = false
  /// How many packets wait to be sent at most.
  public var txQueueLength: UInt32?
  /// How many queues for sending it can have at most, 1...4096; nil for the kernel's choice. An end of a veth pair can have
  /// one for each processor, uses one until it is told otherwise (ETHTOOL_SCHANNELS), and to lay down the others the kernel
  /// waits for a grace period of RCU (veth_init_queues).
  public var transmitQueues: UInt32?
  /// Where it is created; nil for the namespace of the connection.
  public var namespace: NamespaceReference?
  /// The group it belongs to, from its first moment; 0 is the default one.
  public var group: UInt32?

  private init(_ name: InterfaceName, _ details: LinkKind) {
    self.name = name
    self.details = details
  }

  /// A pair of links: what is sent into one comes out of the other.
  public static func veth(_ name: InterfaceName, peer: VethPeer) -> LinkSpecification {
    LinkSpecification(name, .veth(peer))
  }

  /// A bridge: a switch between the links that become its ports.
  public static func bridge(_ name: InterfaceName, options: BridgeOptions = BridgeOptions()) -> LinkSpecification {
    LinkSpecification(name, .bridge(options))
  }

  /// A link with a MAC address of its own on another one.
  /// - Parameter lower: the index of that one, in the namespace of the connection.
  public static func macvlan(
    _ name: InterfaceName, on lower: UInt32, options: MacvlanOptions = MacvlanOptions()
  ) -> LinkSpecification {
    var link = LinkSpecification(name, .macvlan(options))
    link.lower = lower
    return link
  }

  /// A link that swallows what is sent into it.
  public static func dummy(_ name: InterfaceName) -> LinkSpecification { LinkSpecification(name, .other("dummy")) }

  /// A link of a kind that needs no settings of its own.
  public static func generic(_ name: InterfaceName, kind: String) -> LinkSpecification {
    LinkSpecification(name, .other(kind))
  }

  /// The kind by the kernel's name: `veth`, `bridge`.
  public var kind: String { details.name }

  func write(to buffer: inout MessageBuffer) {
    writeLinkHeader(to: &buffer, index: index ?? 0, isUp: isUp ? true : nil)
    if let address { buffer.attribute(IFLA_ADDRESS, address) }
    if let mtu { buffer.attribute(IFLA_MTU, mtu) }
    if let lower { buffer.attribute(IFLA_LINK, lower) }
    if let master { buffer.attribute(IFLA_MASTER, master) }
    if let txQueueLength { buffer.attribute(IFLA_TXQLEN, txQueueLength) }
    if let group { buffer.attribute(IFLA_GROUP, group) }
    if let transmitQueues { buffer.attribute(IFLA_NUM_TX_QUEUES, transmitQueues) }
    namespace?.write(to: &buffer)
    buffer.attribute(IFLA_IFNAME, string: name.text)
    // ip sets no NLA_F_NESTED on these three, and the kernel must keep accepting that.
    buffer.attribute(IFLA_LINKINFO) { buffer in
      buffer.attribute(IFLA_INFO_KIND, unterminated: kind)
      if details.hasData { buffer.attribute(IFLA_INFO_DATA, details.write) }
    }
  }
}

/// Writes struct ifinfomsg.
/// - Parameter isUp: nil leaves the link up or down.
func writeLinkHeader(to buffer: inout MessageBuffer, index: UInt32, isUp: Bool? = nil) {
  buffer.append(UInt32(0))  // ifi_family, padding, ifi_type
  buffer.append(index)
  buffer.append(isUp == true ? LinkFlags.up.rawValue : 0)
  buffer.append(isUp == nil ? 0 : LinkFlags.up.rawValue)
}
