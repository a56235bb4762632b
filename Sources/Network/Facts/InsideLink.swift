import NetTypes

/// A link inside a sandbox, as nsrun made it.
public struct InsideLink: Equatable, Sendable {
  public var interface: InterfaceName
  /// The leased IPv4 address with the prefix length of the subnet.
  public var address: IPNetwork
  /// Whether the link has that address.
  public var hasIPv4 = true
  /// The gateway of the default route; nil if the default route leads elsewhere, or if there is none.
  public var gateway: IPAddress?
  /// nil without IPv6.
  public var ipv6: IPv6?
  public var mac: MACAddress
  public var mtu: UInt32

  /// The same for IPv6.
  public struct IPv6: Equatable, Sendable {
    public var address: IPNetwork
    public var gateway: IPAddress?
  }

  /// The gateway of the default route of a family.
  public func gateway(_ family: AddressFamily) -> IPAddress? { family == .inet ? gateway : ipv6?.gateway }

  /// The leased addresses, and the IPv6 address that follows from the IPv4 address; the IPv4 address first.
  var leased: [IPNetwork] { [address] + (ipv6.map { [$0.address] } ?? []) }

  /// The addresses that others may use, the IPv4 address first. There is at least one.
  public var addresses: [IPNetwork] { hasIPv4 ? leased : Array(leased.dropFirst()) }

  /// The subnets of the network, that of IPv4 first, even if the link has no IPv4 address.
  var subnets: [IPNetwork] { leased.map(\.network) }

  /// All IPv6 addresses, the link-local address first; none without IPv6.
  var linkAddresses6: [IPNetwork] {
    ipv6.map { [IPNetwork.linkLocal6.derivedAddress(from: address.address), $0.address] } ?? []
  }

  /// The gateways of the default routes.
  var gateways: [IPAddress] { AddressFamily.allCases.compactMap(gateway) }

  /// The default name of the link to the network with this number, counted from 0.
  static func name(_ number: Int) -> InterfaceName { try! InterfaceName("eth\(number)") }

  var lines: [(String, String)] {
    [("interface", interface.text), ("address", "\(address)"), ("mac", "\(mac)"), ("mtu", "\(mtu)")]
      + (hasIPv4 ? [] : [("ip4", "no")])
      + (gateway.map { [("gateway", "\($0)")] } ?? []) + (ipv6?.lines ?? [])
  }
}

extension InsideLink.IPv6 {
  static let key = "address6"

  fileprivate var lines: [(String, String)] {
    [(Self.key, "\(address)")] + (gateway.map { [("gateway6", "\($0)")] } ?? [])
  }

  /// nil without IPv6, or for an address that nsrun never gives.
  fileprivate init?(_ reader: Connection.Reader) {
    guard let address = reader.text(Self.key).flatMap({ IPNetwork($0) }), address.family == .inet6,
      IPNetwork.derivingLengths.contains(address.prefixLength), address.address.isUsableIPv6
    else { return nil }
    self.init(
      address: address, gateway: reader.text("gateway6").flatMap { IPAddress($0) }.flatMap { $0.isIPv4 ? nil : $0 })
  }
}

extension InsideLink {
  init?(_ reader: Connection.Reader, number: Int) {
    guard let interface = reader.text("interface").map({ try? InterfaceName($0) }) ?? Self.name(number),
      let address = reader.text("address").flatMap({ IPNetwork($0) }), address.address.isIPv4,
      let mac = reader.text("mac").flatMap({ MACAddress($0) }),
      let mtu = reader.text("mtu").flatMap({ UInt32($0) }), (68...65535).contains(mtu)
    else { return nil }
    let ipv6 = IPv6(reader)
    self.init(
      interface: interface, address: address, hasIPv4: ipv6 == nil || reader.text("ip4") != "no",
      gateway: reader.address("gateway"), ipv6: ipv6, mac: mac, mtu: mtu)
  }
}
