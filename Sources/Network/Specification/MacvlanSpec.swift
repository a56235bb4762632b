import NetTypes
import RouteNetlink

/// A wanted macvlan: a link inside the sandbox with its own MAC address on a link of the host. Its network is the one
/// beyond that link. The host itself is never reachable through it.
public struct MacvlanSpec: Sendable {
  /// Which other macvlans on the same link are reachable.
  public enum Mode: String, CaseIterable, Sendable {
    /// All.
    case bridge
    /// None.
    case `private`
    /// All, if the switch beyond the link sends frames back (IEEE 802.1Qbg).
    case vepa

    var option: MacvlanOptions.Mode {
      switch self {
      case .bridge: .bridge
      case .private: .isolated
      case .vepa: .vepa
      }
    }
  }

  /// The link of the host.
  public var lower: InterfaceName
  public var interface: InterfaceName?
  /// The address with the prefix length of its subnet.
  public var address: IPNetwork
  public var gateway: IPAddress?
  public var mac: MACAddress?
  public var mtu: UInt32?
  public var mode: Mode

  /// - Throws: ``NetworkError/refused(_:)`` if the values make no sense together.
  public init(
    lower: InterfaceName, interface: InterfaceName? = nil, address: IPAddress?, prefixLength: UInt8?,
    gateway: IPAddress? = nil, mac: MACAddress? = nil, mtu: UInt32? = nil, mode: Mode = .bridge
  ) throws(NetworkError) {
    guard let address, let prefixLength, let network = IPNetwork(address: address, prefixLength: prefixLength) else {
      throw .refused("\(Field.net) macvlan@\(lower): give ip=ADDRESS/LENGTH: nobody else assigns an address")
    }
    // What is inside has to make the same sense as on a bridge.
    _ = try NetworkSpec(
      bridge: lower, address: address, prefixLength: prefixLength, gateway: gateway, mac: mac, mtu: mtu)
    if let gateway { try NetworkSpec.check(gateway, .field(.gateway), in: network.network) }
    self.lower = lower
    self.interface = interface
    self.address = network
    self.gateway = gateway
    self.mac = mac
    self.mtu = mtu
    self.mode = mode
  }
}
