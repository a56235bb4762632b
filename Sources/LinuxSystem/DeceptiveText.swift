extension Unicode.Scalar {
  /// Whether it makes a reader see something else than what is there: a control character (C0, C1), one that changes the
  /// direction of writing or ends a line, another space than U+0020, or one that is invisible: format characters and all
  /// with Unicode's property Default_Ignorable_Code_Point, such as fillers and variation selectors.
  public var isDeceptive: Bool {
    // The usual case.
    if 0x20..<0x7f ~= value { return false }
    // Its category is that of letters and symbols, but fonts draw nothing: the Braille pattern without dots.
    if properties.isDefaultIgnorableCodePoint || value == 0x2800 { return true }
    return switch properties.generalCategory {
    case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: true
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
