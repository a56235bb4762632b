import NetTypes
import RouteNetlink

extension IPNetwork {
  /// The IPv6 address in this network whose last 32 bits are an IPv4 address. It is written `fd00::10.64.1.5` as well. No
  /// two sandboxes on a bridge have the same, because no two have the same IPv4 address: it needs no lease of its own.
  func derivedAddress(from address: IPAddress) -> IPNetwork {
    IPNetwork(
      address: IPAddress(family: .inet6, value: network.address.value | address.value), prefixLength: prefixLength)!
  }

  /// The IPv4 address from which an address in this network was derived; nil if it was not.
  func origin(of address: IPAddress) -> IPAddress? {
    derivedAddress(from: address.origin).address == address ? address.origin : nil
  }

  /// The prefix lengths of networks with room for derived addresses.
  static let derivingLengths: ClosedRange<UInt8> = 8...96

  /// The link-local network of every link.
  static let linkLocal6 = IPNetwork("fe80::/64")!
}

extension IPAddress {
  /// Whether sandboxes may have this IPv6 address: neither link-local nor multicast, nor in ::/8, which has loopback and
  /// IPv4-mapped addresses.
  var isUsableIPv6: Bool { !isIPv4 && !isLinkLocal && !isMulticast && bytes[0] != 0 }

  /// The IPv4 address from which an IPv6 address was derived; an IPv4 address itself.
  package var origin: IPAddress { IPAddress(family: .inet, value: value & 0xffff_ffff) }
}

extension MACAddress {
  /// The purpose of a derived address. Its value is the first byte, that of a locally administered unicast address.
  enum Role: UInt8 {
    case sandbox = 0x02
    case bridge = 0x06
    /// A bridge takes the lowest MAC address of its ports. This one is higher than those of other ports are likely to
    /// be, so that a foreign bridge keeps its address.
    case hostLink = 0xfe
  }

  /// A MAC address that follows from an IPv4 address. Neighbours that still know it reach the next sandbox with the
  /// IPv4 address.
  static func derived(from address: IPAddress, role: Role) -> MACAddress {
    MACAddress(bytes: derivedPrefix(for: role) + address.bytes)!
  }

  /// Whether this is a derived address.
  func isDerived(for role: Role) -> Bool { bytes.starts(with: Self.derivedPrefix(for: role)) }

  /// The first bytes of every address that is derived for a role.
  static func derivedPrefix(for role: Role) -> [UInt8] { [role.rawValue, mark] }

  /// The IPv4 address from which this address was derived; nil for other addresses.
  func address(for role: Role) -> IPAddress? {
    isDerived(for: role) ? IPAddress(bytes: Array(bytes.dropFirst(2))) : nil
  }

  /// The second byte of every derived address: the letter n.
  private static let mark: UInt8 = 0x6e
}
