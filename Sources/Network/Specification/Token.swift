/// Short random text for names that must be unique.
enum Token {
  /// 8 characters of 5 bits each.
  /// - Parameter isPlanned: whether it is only to show where there will be one.
  static func draw(isPlanned: Bool) -> String {
    if isPlanned { return "XXXXXXXX" }
    var bits = UInt64.random(in: 0..<(1 << 40))
    let digits = Array("abcdefghijkmnpqrstuvwxyz23456789")
    return String(
      (0..<8).map { _ in
        defer { bits >>= 5 }
        return digits[Int(bits & 31)]
      })
  }
}
