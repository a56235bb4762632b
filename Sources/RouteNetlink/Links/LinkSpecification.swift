import NetTypes
import Netlink

/// A reference to a network namespace.
public enum NamespaceReference: Hashable, Sendable {
  /// An open descriptor of the namespace (IFLA_NET_NS_FD).
  case descriptor(Int32)
  /// A process in the namespace, by the id under which the caller sees it (IFLA_NET_NS_PID).
  case process(Int32)

  func write(to buffer: inout MessageBuffer) {
    switch self {
    case .descriptor(let number): buffer.attribute(IFLA_NET_NS_FD, number)
    case .process(let id): buffer.attribute(IFLA_NET_NS_PID, id)
    }
  }
}

/// A link to create. One request (RTM_NEWLINK) sets everything but its alias.
///
/// The request cannot set how the link generates IPv6 addresses: the kernel refuses IFLA_AF_SPEC in it (EAFNOSUPPORT).
/// For a veth, a change that is sent along is early enough, because a veth has no carrier before its other end is up.
public struct LinkSpecification: Sendable {
  private let details: LinkKind
  public let name: InterfaceName
  /// The interface index to assign: 1...2,147,483,647.
  public var index: UInt32?
  public var address: MACAddress?
  /// The MTU in bytes.
  public var mtu: UInt32?
  /// The index of its lower link, in the namespace of the connection (IFLA_LINK).
  public private(set) var lower: UInt32?
  /// The index of the bridge, or other master, of which it becomes a port.
  public var master: UInt32?
  /// A free text of up to 255 bytes. A second request sets it, so ``index`` must be set too.
  ///
  /// The kernel ignores IFLA_IFALIAS while it creates a link. If the name is already taken, a second request by name
  /// would change the alias of the other link.
  public var alias: String?
  /// Whether the link comes up at once.
  public var isUp = false
  /// The maximum number of packets that wait to be sent.
  public var txQueueLength: UInt32?
  /// The maximum number of transmit queues, 1...4096; nil lets the kernel choose. An end of a veth pair can have one
  /// for each processor, but uses only one until ETHTOOL_SCHANNELS changes that. To disable the others, the kernel
  /// waits for an RCU grace period (veth_init_queues).
  public var transmitQueues: UInt32?
  /// The namespace in which the kernel creates it; nil for the namespace of the connection.
  public var namespace: NamespaceReference?
  /// The group of the link from its creation on; 0 is the default group.
  public var group: UInt32?

  private init(_ name: InterfaceName, _ details: LinkKind) {
    self.name = name
    self.details = details
  }

  /// A pair of links: one receives what the other sends.
  public static func veth(_ name: InterfaceName, peer: VethPeer) -> LinkSpecification {
    LinkSpecification(name, .veth(peer))
  }

  /// A bridge: a switch between the links that become its ports.
  public static func bridge(_ name: InterfaceName, options: BridgeOptions = BridgeOptions()) -> LinkSpecification {
    LinkSpecification(name, .bridge(options))
  }

  /// A link with its own MAC address on another link.
  /// - Parameter lower: the index of that link, in the namespace of the connection.
  public static func macvlan(
    _ name: InterfaceName, on lower: UInt32, options: MacvlanOptions = MacvlanOptions()
  ) -> LinkSpecification {
    var link = LinkSpecification(name, .macvlan(options))
    link.lower = lower
    return link
  }

  /// A link that discards what is sent into it.
  public static func dummy(_ name: InterfaceName) -> LinkSpecification { LinkSpecification(name, .other("dummy")) }

  /// A link of a kind that needs no settings of its own.
  public static func generic(_ name: InterfaceName, kind: String) -> LinkSpecification {
    LinkSpecification(name, .other(kind))
  }

  /// The kernel's name of the kind: `veth`, `bridge`.
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
    // ip sets no NLA_F_NESTED on these attributes, so the kernel must keep accepting that.
    buffer.attribute(IFLA_LINKINFO) { buffer in
      buffer.attribute(IFLA_INFO_KIND, unterminated: kind)
      buffer.attributeUnlessEmpty(IFLA_INFO_DATA, details.write)
    }
  }
}

/// Writes struct ifinfomsg.
/// - Parameter isUp: nil leaves the link up or down as it is.
func writeLinkHeader(to buffer: inout MessageBuffer, index: UInt32, isUp: Bool? = nil) {
  buffer.append(UInt32(0))  // ifi_family, padding, ifi_type
  buffer.append(index)
  buffer.append(isUp == true ? LinkFlags.up.rawValue : 0)
  buffer.append(isUp == nil ? 0 : LinkFlags.up.rawValue)
}
