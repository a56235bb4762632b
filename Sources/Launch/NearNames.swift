/// The names that somebody may have meant.
public enum NearNames {
  /// Those that contain the text, or that a few changed letters make of it, the nearest first; none for a text of less
  /// than three letters.
  public static func of(_ text: String, in names: [String]) -> [String] {
    guard text.utf8.count >= 3, text.utf8.count <= 32 else { return [] }
    let measured = names.compactMap { name -> (distance: Int, name: String)? in
      let distance = name.contains(text) ? 0 : distance(Array(text.utf8), Array(name.utf8))
      return distance <= max(2, text.utf8.count / 3) ? (distance, name) : nil
    }
    return measured.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(5).map(\.name)
  }

  /// How many letters have to be put in, taken out or changed (Levenshtein).
  private static func distance(_ from: [UInt8], _ to: [UInt8]) -> Int {
    var row = Array(0...to.count)
    for (line, letter) in from.enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for column in to.indices {
        let changed = diagonal + (to[column] == letter ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
      }
    }
    return row[to.count]
  }
}
