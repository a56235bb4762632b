/// An address with a prefix length, such as `10.64.1.5/24`. It stands for an address in a network or, if the host bits
/// are zero, for the network itself.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
  /// The address, including its host bits.
  public let address: IPAddress
  /// The number of leading bits that identify the network: up to 32 for IPv4, up to 128 for IPv6.
  public let prefixLength: UInt8

  /// The IPv4 loopback network: 127.0.0.0/8.
  public static let loopback = IPNetwork("127.0.0.0/8")!

  /// Reads `ADDRESS/LENGTH`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(String(parts[0])) else { return nil }
    let digits = parts[1].utf8
    guard (1...3).contains(digits.count), digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let length = UInt8(parts[1])
    else { return nil }
    self.init(address: address, prefixLength: length)
  }

  /// - Returns: nil if the prefix is longer than the address.
  public init?(address: IPAddress, prefixLength: UInt8) {
    guard prefixLength <= address.family.bitWidth else { return nil }
    self.address = address
    self.prefixLength = prefixLength
  }

  /// The network that consists of this address: /32 or /128.
  public init(_ address: IPAddress) {
    self.address = address
    prefixLength = address.family.bitWidth
  }

  private init(_ address: IPAddress, _ prefixLength: UInt8) {
    self.address = address
    self.prefixLength = prefixLength
  }

  /// Whether it is IPv4 or IPv6.
  public var family: AddressFamily { address.family }

  /// The bits of the host part.
  private var hostMask: UInt128 {
    let bits = family.bitWidth - prefixLength
    return bits == 128 ? .max : (1 << UInt128(bits)) - 1
  }

  /// The network mask as an address of the family: `255.255.255.0`.
  public var mask: IPAddress {
    IPAddress(family: family, value: ~hostMask & (family == .inet ? UInt128(UInt32.max) : .max))
  }

  /// The network that contains the address: the host bits are zero.
  public var network: IPNetwork {
    IPNetwork(IPAddress(family: family, value: address.value & ~hostMask), prefixLength)
  }

  /// The last address of the network, whatever its use.
  public var lastAddress: IPAddress { IPAddress(family: family, value: address.value | hostMask) }

  /// The broadcast address of an IPv4 network; nil for IPv6 and for /31 and /32, which have none.
  public var broadcast: IPAddress? { address.isIPv4 && prefixLength <= 30 ? lastAddress : nil }

  /// Whether the address lies in the network; false for an address of the other family.
  public func contains(_ other: IPAddress) -> Bool {
    other.family == family && other.value & ~hostMask == address.value & ~hostMask
  }

  /// Whether an address exists that lies in both networks.
  public func overlaps(_ other: IPNetwork) -> Bool {
    prefixLength <= other.prefixLength ? contains(other.address) : other.contains(address)
  }

  /// The address at an offset from the network address; nil outside the network.
  public func address(at offset: UInt32) -> IPAddress? {
    guard let candidate = network.address.advanced(by: UInt64(offset)) else { return nil }
    return contains(candidate) ? candidate : nil
  }

  /// The offset of an address from the network address; nil outside the network, and beyond 2^32 - 1.
  public func offset(of address: IPAddress) -> UInt32? {
    contains(address) ? UInt32(exactly: address.value - network.address.value) : nil
  }

  /// `ADDRESS/LENGTH`.
  public var description: String { "\(address)/\(prefixLength)" }
}
