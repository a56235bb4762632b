/// A register in which a rule keeps a value that it loaded. There are 64 bytes, addressed as four registers of 16 bytes
/// or as sixteen registers of 4 bytes that overlap them (enum nft_registers).
public struct Register: RawRepresentable, Hashable, Sendable {
  /// The kernel's number.
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The register for a verdict (NFT_REG_VERDICT).
  public static let verdict = Register(rawValue: 0)
  /// The first 16 bytes.
  public static let first = Register(rawValue: 1)
  /// The second 16 bytes.
  public static let second = Register(rawValue: 2)
  /// The third 16 bytes.
  public static let third = Register(rawValue: 3)
  /// The last 16 bytes.
  public static let fourth = Register(rawValue: 4)

  /// The register that begins at a word of 4 bytes, 0 to 15. As in nft, the number is that of a 16-byte register if one
  /// begins there.
  public static func word(_ index: Int) -> Register {
    precondition((0..<16).contains(index), "registers have 16 words of 4 bytes")
    return Register(rawValue: UInt32(index & 3 == 0 ? 1 + index / 4 : 8 + index))
  }
}
