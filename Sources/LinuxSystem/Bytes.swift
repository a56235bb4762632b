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

/// Bytes as pairs of hexadecimal digits, in lower case.
@inlinable public func hexadecimal(_ bytes: some Sequence<UInt8>, separator: String = "") -> String {
  // By bytes: each launch writes some.
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes {
    if !text.isEmpty { text += separator.utf8 }
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}
