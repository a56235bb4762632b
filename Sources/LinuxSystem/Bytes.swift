extension ArraySlice<UInt8> {
  /// Removes and returns the bytes before the first separator, and removes that separator. Parsing this way needs no
  /// array of parts, which would slow a launch noticeably.
  /// - Returns: nil if there is no separator.
  @inlinable
  public mutating func cut(at separator: UInt8) -> ArraySlice<UInt8>? {
    guard let end = firstIndex(of: separator) else { return nil }
    defer { self = self[(end + 1)...] }
    return self[..<end]
  }
}

/// Bytes as pairs of hexadecimal digits, in lower case.
@inlinable public func hexadecimal(_ bytes: some Sequence<UInt8>, separator: String = "") -> String {
  // Works on bytes for speed: every launch calls this.
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes {
    if !text.isEmpty { text += separator.utf8 }
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}
