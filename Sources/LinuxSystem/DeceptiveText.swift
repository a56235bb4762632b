extension Unicode.Scalar {
  /// Whether it makes a reader see something else than what is there: a control character (C0, C1), one that changes the
  /// direction of writing, ends a line, or is invisible (Unicode's bidirectional and other format characters, and tags).
  public var isDeceptive: Bool {
    switch value {
    case 0..<0x20, 0x7f..<0xa0, 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff,
      0xfff9...0xfffb, 0xe0000...0xe007f:
      true
    default: false
    }
  }
}

extension String {
  /// The text with what would deceive its reader replaced.
  /// - Parameters:
  ///   - isKept: what is left as it is all the same.
  ///   - escape: what stands for another one.
  public func replacingDeceptive(
    except isKept: (Unicode.Scalar) -> Bool = { _ in false }, by escape: (Unicode.Scalar) -> String
  ) -> String {
    guard unicodeScalars.contains(where: { $0.isDeceptive && !isKept($0) }) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isDeceptive && !isKept(scalar) { text += escape(scalar) } else { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}
