import NetTypes

/// A wanted link that exists inside only, on a link of the host. Its network is the one beyond that link.
public struct LinkSpec: Sendable {
  public var kind: ConnectionKind
  /// The link of the host.
  public var lower: InterfaceName
  public var interface: InterfaceName?
  /// The address with the prefix length of its subnet.
  public var address: IPNetwork
  public var gateway: IPAddress?
  public var mac: MACAddress?
  public var mtu: UInt32?
  /// The values of the settings that its kind has.
  public var settings: [String: String]

  /// - Parameters:
  ///   - kind: one with a driver.
  ///   - settings: those that are not to have their default values.
  /// - Throws: ``NetworkError/refused(_:)`` if the values make no sense together.
  public init(
    kind: ConnectionKind, lower: InterfaceName, interface: InterfaceName? = nil, address: IPAddress?,
    prefixLength: UInt8?, gateway: IPAddress? = nil, mac: MACAddress? = nil, mtu: UInt32? = nil,
    settings: [String: String] = [:]
  ) throws(NetworkError) {
    guard let address, let prefixLength, let network = IPNetwork(address: address, prefixLength: prefixLength) else {
      throw .refused("\(Field.net) \(kind.label(lower)): give ip=ADDRESS/LENGTH: nobody else assigns an address")
    }
    // What is inside has to make the same sense as on a bridge.
    _ = try NetworkSpec(
      bridge: lower, address: address, prefixLength: prefixLength, gateway: gateway, mac: mac, mtu: mtu)
    if let gateway { try NetworkSpec.check(gateway, .field(.gateway), in: network.network) }
    self.kind = kind
    self.lower = lower
    self.interface = interface
    self.address = network
    self.gateway = gateway
    self.mac = mac
    self.mtu = mtu
    self.settings = Dictionary(uniqueKeysWithValues: kind.settings.map { ($0.key, settings[$0.key] ?? $0.values[0]) })
  }
}
