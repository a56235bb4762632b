import NetTypes
import RouteNetlink

/// The wanted connection of a sandbox to one network.
public struct NetworkSpec: Sendable {
  /// Which packets may leave the bridge.
  public enum Egress: String, Sendable {
    /// All, with the host's address as their source.
    case masquerade
    /// All, with the sandbox's address as their source.
    case routed
    /// None.
    case `internal`
  }

  public var bridge: InterfaceName
  /// The name of the link inside the sandbox; nil for `eth` and the number of the network.
  public var interface: InterfaceName?
  /// The wanted IPv4 address; nil for the next free one.
  public var address: IPAddress?
  /// The prefix length that was given with the address.
  public var prefixLength: UInt8?
  /// The wanted IPv6 address; nil for the one that follows from the IPv4 address.
  public var address6: IPAddress?
  /// The prefix length that was given with the IPv6 address.
  public var prefixLength6: UInt8?
  /// Whether the link inside has the IPv4 address. Without it, the sandbox still leases the address, from which its
  /// link-layer and IPv6 addresses follow.
  public var hasIPv4: Bool
  /// The wanted subnet of a new bridge; nil for a free one.
  public var subnet: IPNetwork?
  /// Whether the sandbox has IPv6 as well.
  public enum IPv6: Sendable {
    case none
    /// If the bridge is nsrun's, and the host has IPv6.
    case automatic
    case required
  }
  public var ipv6: IPv6
  /// The wanted IPv6 subnet of a bridge without one; nil for a unique local one.
  public var subnet6: IPNetwork?
  public var gateway: IPAddress?
  /// Whether this network gives the sandbox no default route, even with a gateway.
  public var hasNoDefaultRoute: Bool
  public var mac: MACAddress?
  public var mtu: UInt32?
  public var egress: Egress
  /// Whether nsrun may add rules that accept the packets to other programs' chains that drop them.
  public var mayChangeForeignChains: Bool

  var mayHaveIPv6: Bool { ipv6 != .none && mtu ?? Self.leastMTU6 >= Self.leastMTU6 }

  /// Whether to announce the address to neighbours, so that they learn its new MAC address at once if they know
  /// another. If nsrun has chosen both, the MAC address follows from the IP address, so an announcement is unnecessary.
  /// The bridge would flood it to every port.
  var isAnnounced: Bool { address != nil || address6 != nil || mac != nil }

  public init(
    bridge: InterfaceName, interface: InterfaceName? = nil, address: IPAddress? = nil, prefixLength: UInt8? = nil,
    address6: IPAddress? = nil, prefixLength6: UInt8? = nil, hasIPv4: Bool = true, subnet: IPNetwork? = nil,
    ipv6: IPv6 = .none, subnet6: IPNetwork? = nil,
    gateway: IPAddress? = nil, hasNoDefaultRoute: Bool = false, mac: MACAddress? = nil, mtu: UInt32? = nil,
    egress: Egress = .masquerade,
    mayChangeForeignChains: Bool = true
  ) throws(NetworkError) {
    self.bridge = bridge
    self.interface = interface
    self.address = address
    self.prefixLength = prefixLength
    self.address6 = address6
    self.prefixLength6 = prefixLength6
    self.hasIPv4 = hasIPv4
    self.subnet = subnet
    self.ipv6 = subnet6 == nil && address6 == nil && hasIPv4 ? ipv6 : .required
    self.subnet6 = subnet6
    self.gateway = gateway
    self.hasNoDefaultRoute = hasNoDefaultRoute
    self.mac = mac
    self.mtu = mtu
    self.egress = egress
    self.mayChangeForeignChains = mayChangeForeignChains
    try validate()
  }

  /// The minimum of IPv4 (RFC 791) and the maximum of a veth.
  static let mtuRange: ClosedRange<UInt32> = 68...65535

  private func validate() throws(NetworkError) {
    for (field, address) in [(Field.ip, address), (.gateway, gateway), (.subnet, subnet?.address)] {
      guard let address else { continue }
      if !address.isIPv4 {
        let remedy: Message =
          switch field {
          case .gateway: ": an IPv6 gateway is given with \(Field.route) default=\(address)"
          case .subnet: ": the IPv6 subnet is given with \(Field.subnet6)"
          default: ""
          }
        throw .refused("\(field) \(address) is not IPv4\(remedy)")
      }
      if address.bytes[0] == 0 || address.isLoopback || address.isMulticast {
        throw .refused("\(field) \(address): no host can have this address, nor one near it")
      }
    }
    if let prefixLength, !(1...30).contains(prefixLength) {
      throw .refused("\(Field.ip) \(address!)/\(prefixLength): the prefix length must be 1 to 30")
    }
    if let subnet {
      if !(8...30).contains(subnet.prefixLength) {
        throw .refused(
          "\(Field.subnet) \(subnet): the prefix length must be 8 to 30, so that there is room for a gateway and a sandbox"
        )
      }
      if subnet.network != subnet {
        throw .refused(
          "\(Field.subnet) \(subnet): there are bits set after the prefix; the subnet is \(subnet.network)")
      }
      if let address { try Self.check(address, .field(.ip), in: subnet) }
      if let gateway { try Self.check(gateway, .field(.gateway), in: subnet) }
    }
    if let address, let prefixLength, let network = IPNetwork(address: address, prefixLength: prefixLength) {
      try Self.check(address, .field(.ip), in: network.network)
      if let subnet, subnet.prefixLength != prefixLength {
        throw .refused(
          "\(Field.ip) \(address)/\(prefixLength) does not have the prefix length of \(Field.subnet) \(subnet)")
      }
    }
    if let address, address == gateway { throw .refused("\(Field.ip) \(address) is the gateway's address") }
    if let mac {
      if mac.isMulticast {
        throw .refused("\(Field.mac) \(mac): the first byte is odd, which makes it a multicast address")
      }
      if mac.isZero { throw .refused("\(Field.mac) \(mac): an address of zeros cannot be used") }
    }
    if let mtu, !Self.mtuRange.contains(mtu) {
      throw .refused("\(Field.mtu) \(mtu): must be \(Self.mtuRange.lowerBound) to \(Self.mtuRange.upperBound)")
    }
    try validateIPv6()
  }

  /// The minimum of IPv6 (RFC 8200). The kernel removes IPv6 from a link with a smaller MTU.
  static let leastMTU6: UInt32 = 1280

  private func validateIPv6() throws(NetworkError) {
    if ipv6 == .required, let mtu, mtu < Self.leastMTU6 {
      throw .refused("\(Field.mtu) \(mtu): IPv6, which you asked for, needs at least \(Self.leastMTU6)")
    }
    if let address6 {
      let lengths = IPNetwork.derivingLengths
      if !address6.isUsableIPv6 {
        throw .refused("\(Field.ip) \(address6): no host can have this address for others to reach it")
      }
      if let prefixLength6, !lengths.contains(prefixLength6) {
        throw .refused(
          "\(Field.ip) \(address6)/\(prefixLength6): the prefix length must be \(lengths.lowerBound) to \(lengths.upperBound)"
        )
      }
    }
    guard let subnet6 else { return }
    let (address, lengths) = (subnet6.address, IPNetwork.derivingLengths)
    if address.isIPv4 { throw .refused("\(Field.subnet6) \(subnet6) is an IPv4 subnet; it goes with \(Field.subnet)") }
    if !lengths.contains(subnet6.prefixLength) {
      throw .refused(
        "\(Field.subnet6) \(subnet6): the prefix length must be \(lengths.lowerBound) to \(lengths.upperBound), because the last "
          + "32 bits of an address are those of the sandbox's IPv4 address")
    }
    if subnet6.network != subnet6 {
      throw .refused(
        "\(Field.subnet6) \(subnet6): there are bits set after the prefix; the subnet is \(subnet6.network)")
    }
    if !address.isUsableIPv6 {
      throw .refused("\(Field.subnet6) \(subnet6): no host can have an address in it that others reach; choose another")
    }
    try checkAddress6(in: subnet6)
  }

  /// Refuses a wanted IPv6 address that no sandbox on a bridge with this subnet can have.
  func checkAddress6(in subnet: IPNetwork) throws(NetworkError) {
    guard let address6 else { return }
    guard subnet.contains(address6) else { throw .refused("\(Field.ip) \(address6) is outside the subnet \(subnet)") }
    if let prefixLength6, prefixLength6 != subnet.prefixLength {
      throw .refused("\(Field.ip) \(address6)/\(prefixLength6): the subnet is \(subnet)")
    }
    // The subnet's first address is that of all its routers (RFC 4291, section 2.6.1).
    if [subnet.address, NetworkRecord.OwnBridge.address6(in: subnet).address].contains(address6) {
      throw .refused("\(Field.ip) \(address6) is the address of the gateway: choose another")
    }
  }

  /// The IPv6 subnet that is wanted for a bridge without one; nil for a unique local one.
  var wantedSubnet6: IPNetwork? {
    subnet6 ?? address6.flatMap { IPNetwork(address: $0, prefixLength: prefixLength6 ?? 64)?.network }
  }

  /// Refuses an address that no host in the subnet can have.
  /// - Parameter what: what the address is for.
  static func check(_ address: IPAddress, _ what: Message, in subnet: IPNetwork) throws(NetworkError) {
    guard subnet.contains(address) else { throw .refused("\(what) \(address) is outside the subnet \(subnet)") }
    if address == subnet.address { throw .refused("\(what) \(address) is the network address of \(subnet)") }
    if address == subnet.broadcast { throw .refused("\(what) \(address) is the broadcast address of \(subnet)") }
  }
}
