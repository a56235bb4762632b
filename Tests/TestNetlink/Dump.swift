/// Bytes written as in a dump: `bytes("10 00 00 00")`; `//` on a line starts a comment.
public func bytes(_ dump: String) -> [UInt8] {
  dump.split(separator: "\n").flatMap { line in
    let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
    let digits = code.filter { $0 != " " }.map { UInt8($0.hexDigitValue!) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

/// The messages of a send, each by itself, so that a difference is reported for its message.
public func messages(_ bytes: [UInt8]) -> [[UInt8]] {
  var result: [[UInt8]] = []
  var rest = bytes[...]
  while rest.count >= 4 {
    let start = rest.startIndex
    let length = Int(rest[start]) | Int(rest[start + 1]) << 8 | Int(rest[start + 2]) << 16
    result.append([UInt8](rest.prefix(length)))
    rest = rest.dropFirst((length + 3) & ~3)
  }
  return result
}
