extension ArraySlice<UInt8> {
  /// Takes away what is before the first of a byte, and that. To take a text apart so needs no array of its parts, which a
  /// launch would feel.
  /// - Returns: what was before it; nil where there is none.
  @inlinable
  public mutating func cut(at separator: UInt8) -> ArraySlice<UInt8>? {
    guard let end = firstIndex(of: separator) else { return nil }
    defer { self = self[(end + 1)...] }
    return self[..<end]
  }
}
