extension Unicode.Scalar {
  /// Whether the scalar misleads a reader about the text: a control character (C0, C1), a change of writing direction,
  /// the end of a line, a space other than U+0020, or an invisible character. Invisible are format characters and all
  /// scalars with Unicode's property Default_Ignorable_Code_Point, such as fillers and variation selectors.
  public var isDeceptive: Bool {
    // Fast path for printable ASCII.
    if 0x20..<0x7f ~= value { return false }
    // The category of the blank Braille pattern is that of symbols, but fonts draw nothing.
    if properties.isDefaultIgnorableCodePoint || value == 0x2800 { return true }
    return switch properties.generalCategory {
    case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension String {
  /// The text with its deceptive scalars replaced.
  /// - Parameters:
  ///   - isKept: whether a deceptive scalar stays.
  ///   - escape: the replacement for a deceptive scalar.
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
