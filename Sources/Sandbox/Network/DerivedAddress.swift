import NetTypes
import RouteNetlink

extension MACAddress {
  /// What a derived address is for; the first byte of each is that of a locally administered unicast address.
  enum Role: UInt8 {
    case sandbox = 0x02
    case bridge = 0x06
    /// Higher than any address that a port of a foreign bridge is likely to have, so that the bridge, which takes the
    /// lowest address of its ports, keeps the one it has.
    case hostLink = 0xfe
  }

  /// An address that follows from an IPv4 address: whoever gets that again is found by neighbours that still know it.
  static func derived(from address: IPAddress, role: Role) -> MACAddress {
    MACAddress(bytes: [role.rawValue, mark] + address.bytes)!
  }

  /// Whether this is such an address.
  func isDerived(for role: Role) -> Bool { bytes.starts(with: [role.rawValue, Self.mark]) }

  /// The IPv4 address that this one was derived from; nil where it is no such address.
  func address(for role: Role) -> IPAddress? {
    isDerived(for: role) ? IPAddress(bytes: Array(bytes.dropFirst(2))) : nil
  }

  /// The second byte of every derived address: an `n`.
  private static let mark: UInt8 = 0x6e
}
