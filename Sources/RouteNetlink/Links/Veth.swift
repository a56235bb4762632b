import NetTypes
import Netlink

/// The other end of a veth pair.
///
/// The request cannot bring the peer up: the kernel configures it before it joins the pair, and so refuses with
/// ENOTCONN. Bring the peer up in its own namespace.
public struct VethPeer: Hashable, Sendable {
  public var name: InterfaceName
  /// The interface index to assign. The kernel uses it only if the index of the first end is set too.
  public var index: UInt32?
  public var address: MACAddress?
  /// The MTU in bytes.
  public var mtu: UInt32?
  /// The namespace in which the kernel creates it; nil for the namespace of the first end.
  public var namespace: NamespaceReference?
  /// The maximum number of transmit queues (``LinkSpecification/transmitQueues``).
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
  /// The description of a peer is that of a link without a peer inside, which ends the recursion.
  static let schema = AttributeSchema([
    VETH_INFO_PEER: .init("VETH_INFO_PEER", .message(RouteDescription.ifinfomsg, RouteDescription.linkWithoutInfo))
  ])

  /// Writes IFLA_INFO_DATA of a veth pair.
  func writeData(to buffer: inout MessageBuffer) { buffer.attribute(VETH_INFO_PEER, write) }
}

private let VETH_INFO_PEER: UInt16 = 1
