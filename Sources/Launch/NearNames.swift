/// The names that the user may have meant.
public enum NearNames {
  /// The names that contain the text, or differ from it in at most one letter of three, nearest first; none for a text
  /// of less than three letters.
  public static func of(_ text: String, in names: [String]) -> [String] {
    guard text.utf8.count >= 3, text.utf8.count <= 32 else { return [] }
    let measured = names.compactMap { name -> (distance: Int, name: String)? in
      let distance = name.contains(text) ? 0 : distance(Array(text.utf8), Array(name.utf8))
      return distance <= text.utf8.count / 3 ? (distance, name) : nil
    }
    return measured.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(5).map(\.name)
  }

  /// The number of letters to insert, remove, replace, or swap with the next (optimal string alignment).
  private static func distance(_ from: [UInt8], _ to: [UInt8]) -> Int {
    var before: [Int] = []
    var last = Array(0...to.count)
    for (line, letter) in from.enumerated() {
      var row = [line + 1]
      for column in to.indices {
        var best = min(last[column] + (to[column] == letter ? 0 : 1), last[column + 1] + 1, row[column] + 1)
        if line > 0, column > 0, letter == to[column - 1], from[line - 1] == to[column] {
          best = min(best, before[column - 1] + 1)
        }
        row.append(best)
      }
      (before, last) = (last, row)
    }
    return last[to.count]
  }
}
