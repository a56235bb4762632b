/// FNV-1a: spreads similar inputs, and is stable from one process to the next, unlike Swift's own hash.
enum StableHash {
  /// 32 bits.
  static func short(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }

  /// 64 bits. A collision of two inputs is very unlikely.
  static func long(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
