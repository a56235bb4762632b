import Glibc

/// The family of an address (AF_INET and AF_INET6).
public enum AddressFamily: UInt8, CaseIterable, Sendable, CustomStringConvertible {
  /// IPv4 (AF_INET).
  case inet = 2
  /// IPv6 (AF_INET6).
  case inet6 = 10

  /// The number of bits in an address: 32 or 128.
  public var bitWidth: UInt8 { self == .inet ? 32 : 128 }

  /// `IPv4` or `IPv6`.
  public var description: String { self == .inet ? "IPv4" : "IPv6" }
}

/// An IPv4 or IPv6 address. Addresses are ordered as numbers, IPv4 before IPv6.
public struct IPAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Whether it is IPv4 or IPv6.
  public let family: AddressFamily
  /// The address as a number; below 2^32 for IPv4.
  package let value: UInt128

  package init(family: AddressFamily, value: UInt128) {
    self.family = family
    self.value = value
  }

  /// Reads the usual notation: `10.64.1.5`, `2001:db8::1`. Short and octal forms of IPv4, zones and brackets are not
  /// accepted.
  /// - Returns: nil if the text is no address.
  public init?(_ text: String) {
    guard !text.utf8.contains(0) else { return nil }
    let family: AddressFamily = text.utf8.contains(UInt8(ascii: ":")) ? .inet6 : .inet
    var bytes: (UInt64, UInt64) = (0, 0)
    let isAddress = withUnsafeMutableBytes(of: &bytes) {
      inet_pton(Int32(family.rawValue), text, $0.baseAddress) == 1
    }
    guard isAddress else { return nil }
    self.family = family
    if family == .inet {
      value = UInt128(UInt32(truncatingIfNeeded: bytes.0).byteSwapped)
    } else {
      value = UInt128(bytes.0.byteSwapped) << 64 | UInt128(bytes.1.byteSwapped)
    }
  }

  /// Takes the bytes in network byte order: 4 for IPv4, 16 for IPv6; nil for any other count.
  public init?(bytes: some Collection<UInt8>) {
    switch bytes.count {
    case 4: family = .inet
    case 16: family = .inet6
    default: return nil
    }
    value = bytes.reduce(0) { $0 << 8 | UInt128($1) }
  }

  /// The bytes in network byte order: 4 for IPv4, 16 for IPv6.
  public var bytes: [UInt8] {
    let count = Int(family.bitWidth) / 8
    return (1...count).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * (count - $0))) }
  }

  /// Whether it is an IPv4 address.
  public var isIPv4: Bool { family == .inet }

  /// Whether this is the unspecified address: `0.0.0.0`, `::`.
  public var isUnspecified: Bool { value == 0 }

  /// Whether this is a loopback address: 127.0.0.0/8, `::1`.
  public var isLoopback: Bool { isIPv4 ? value >> 24 == 127 : value == 1 }

  /// Whether this is a link-local address: 169.254.0.0/16, fe80::/10.
  public var isLinkLocal: Bool { isIPv4 ? value >> 16 == 0xa9fe : value >> 118 == 0x3fa }

  /// Whether this is a multicast address: 224.0.0.0/4, ff00::/8.
  public var isMulticast: Bool { isIPv4 ? value >> 28 == 0xe : value >> 120 == 0xff }

  /// The address `offset` after this one; nil beyond the last address of the family.
  public func advanced(by offset: UInt64) -> IPAddress? {
    let (sum, overflow) = value.addingReportingOverflow(UInt128(offset))
    guard !overflow, family == .inet6 || sum <= UInt128(UInt32.max) else { return nil }
    return IPAddress(family: family, value: sum)
  }

  public static func < (left: IPAddress, right: IPAddress) -> Bool {
    (left.family.rawValue, left.value) < (right.family.rawValue, right.value)
  }

  /// The usual notation; IPv6 in the short form of RFC 5952.
  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(Int32(family.rawValue), bytes, &text, socklen_t(text.count)) != nil else { return "" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
