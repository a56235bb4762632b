import NetTypes
import Netlink

/// The other end of a veth pair.
///
/// It cannot be asked to be up: the kernel refuses that with ENOTCONN, since the pair is not joined yet when it
/// configures this end. Bring it up in its own namespace.
public struct VethPeer: Hashable, Sendable {
  public var name: InterfaceName
  /// The interface index it is to have. The kernel heeds it only if the first end's is chosen too.
  public var index: UInt32?
  public var address: MACAddress?
  /// The MTU in bytes.
  public var mtu: UInt32?
  /// Where it is created; nil for the same namespace as the first end.
  public var namespace: NamespaceReference?
  /// How many queues for sending it can have at most (``LinkSpecification/transmitQueues``).
  public var transmitQueues: UInt32?

  public init(
    name: InterfaceName, index: UInt32? = nil, address: MACAddress? = nil, mtu: UInt32? = nil,
    namespace: NamespaceReference? = nil, transmitQueues: UInt32? = nil
  ) {
    self.name = name
    self.index = index
    self.address = address
    self.mtu = mtu
    self.namespace = namespace
    self.transmitQueues = transmitQueues
  }

  func write(to buffer: inout MessageBuffer) {
    writeLinkHeader(to: &buffer, index: index ?? 0)
    if let address { buffer.attribute(IFLA_ADDRESS, address) }
    if let mtu { buffer.attribute(IFLA_MTU, mtu) }
    if let transmitQueues { buffer.attribute(IFLA_NUM_TX_QUEUES, transmitQueues) }
    namespace?.write(to: &buffer)
    buffer.attribute(IFLA_IFNAME, string: name.text)
  }
}

extension VethPeer {
  /// A peer is described like a link, but has no peer inside: that ends the recursion.
  static let schema = AttributeSchema([
    VETH_INFO_PEER: .init("VETH_INFO_PEER", .message(RouteDescription.ifinfomsg, RouteDescription.linkWithoutInfo))
  ])

  /// Writes IFLA_INFO_DATA of a pair.
  func writeData(to buffer: inout MessageBuffer) { buffer.attribute(VETH_INFO_PEER, write) }
}

private let VETH_INFO_PEER: UInt16 = 1
