/// Aligned columns for the user.
struct Table {
  private var rows: [[String]]

  init(header: [String]) { rows = [header] }

  mutating func append(_ row: [String]) { rows.append(row) }

  /// The lines of the table, with each column padded to one width.
  /// - Parameters:
  ///   - width: the maximum width of a line, to which the first column is cut, but to no less than 8; nil for any
  ///     width.
  ///   - decorate: adds colour to a padded cell.
  func text(width: Int? = nil, decorate: (_ column: Int, _ text: String) -> String = { $1 }) -> String {
    var widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let total = widths.reduce(0, +) + 2 * (widths.count - 1)
    if let width, total > width { widths[0] = max(8, widths[0] - (total - width)) }
    return rows.enumerated().map { index, row in
      row.enumerated().map { column, cell in
        let isLast = column == row.count - 1
        let cut = cell.count > widths[column] ? cell.prefix(widths[column] - 1) + "…" : cell
        let padded = isLast ? cut : cut + String(repeating: " ", count: widths[column] - cut.count)
        return index == 0 ? padded : decorate(column, padded)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

/// A duration as text for the user.
enum Duration {
  /// In at most two units: `45s`, `12m5s`, `3h20m`, `5d2h`.
  static func text(seconds: Int) -> String {
    switch seconds {
    case ..<60: "\(seconds)s"
    case ..<3600: "\(seconds / 60)m\(seconds % 60)s"
    case ..<86400: "\(seconds / 3600)h\(seconds % 3600 / 60)m"
    default: "\(seconds / 86400)d\(seconds % 86400 / 3600)h"
    }
  }
}

/// The duration of a step as text for the user.
enum Milliseconds {
  /// With two decimals: `3.14 ms`.
  static func text(microseconds: Int64) -> String {
    let hundredths = microseconds / 10
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) ms"
  }
}
