import LinuxSystem

/// A MAC address: the six bytes that identify an Ethernet link on its network.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address in the low 48 bits; the byte that is sent first is the most significant.
  package let value: UInt64

  /// Reads the usual notation: six pairs of hexadecimal digits between colons, such as `02:00:5e:10:00:01`.
  /// - Returns: nil for anything else.
  public init?(_ text: String) {
    var value: UInt64 = 0
    var digits = 0
    var groups = 1
    for byte in text.utf8 {
      if byte == UInt8(ascii: ":") {
        guard digits == 2 else { return nil }
        digits = 0
        groups += 1
      } else {
        guard digits < 2, groups <= 6, let digit = Self.digit(byte) else { return nil }
        value = value << 4 | digit
        digits += 1
      }
    }
    guard groups == 6, digits == 2 else { return nil }
    self.value = value
  }

  /// Takes the bytes in transmission order; nil unless there are six.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 6 else { return nil }
    value = bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func digit(_ character: UInt8) -> UInt64? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(character - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(character - UInt8(ascii: "A") + 10)
    default: nil
    }
  }

  /// The six bytes in transmission order.
  public var bytes: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: value >> (40 - 8 * UInt64($0))) } }

  /// Whether this is a group address (I/G bit). A link cannot have one.
  public var isMulticast: Bool { value >> 40 & 1 != 0 }

  /// Whether the address was chosen locally rather than by a manufacturer (U/L bit).
  public var isLocallyAdministered: Bool { value >> 40 & 2 != 0 }

  /// Whether all bytes are zero, as on a loopback link. The kernel accepts this address for no Ethernet link.
  public var isZero: Bool { value == 0 }

  /// The usual notation in lower case.
  public var description: String { hexadecimal(bytes, separator: ":") }
}
