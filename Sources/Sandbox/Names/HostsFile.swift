import Glibc
import LinuxSystem
import RouteNetlink

/// What the sandboxes on a bridge see as /etc/hosts: that of the host, as it was when the first of them came, and a line
/// for each sandbox (hosts(5)).
///
/// All of them have the same file mounted, so it is changed in place, and nobody who reads it meanwhile sees half a
/// line: one that is taken away becomes a comment by its first byte, and one that is added is a comment until its last
/// byte to be written, the first. Those who write hold the file's lock.
struct HostsFile {
  let path: String

  /// One sandbox's line.
  struct Entry: Equatable, Sendable, CustomStringConvertible {
    var address: IPAddress
    /// Never empty.
    var names: [String]

    fileprivate var prefix: [UInt8] { Array("\(address) ".utf8) }

    /// With spaces at the end, so that the place is large enough for most others afterwards.
    fileprivate var line: [UInt8] {
      let text = Array(description.utf8)
      return text + [UInt8](repeating: HostsFile.space, count: 31 - text.count % 32) + [HostsFile.newline]
    }

    var description: String {
      var text = "\(address)"
      for name in names { text += " \(name)" }
      return text
    }
  }

  /// What is not as this writes it.
  struct Damaged: Error {}

  fileprivate static let newline = UInt8(ascii: "\n")
  fileprivate static let space = UInt8(ascii: " ")
  fileprivate static let comment = UInt8(ascii: "#")

  /// The first line tells where the lines of the sandboxes begin: the host may have many of its own, which need not be
  /// looked at.
  private static func head(_ start: Int) -> String {
    let digits = "\(start)"
    return "# nsrun: the sandboxes on this bridge begin at byte "
      + String(repeating: "0", count: max(0, 12 - digits.utf8.count)) + digits + "\n"
  }
  private static let headSize = head(0).utf8.count

  /// What the host says of hosts, complete lines.
  static func ofHost(_ path: String = "/etc/hosts") -> [UInt8] {
    let content = (try? readFile(path)) ?? Array("127.0.0.1 localhost\n::1 localhost\n".utf8)
    return content.last ?? newline == newline ? content : content + [newline]
  }

  /// A new file's content.
  static func content(_ host: [UInt8], _ entries: [Entry] = []) -> [UInt8] {
    Array(head(headSize + host.count).utf8) + host + entries.flatMap(\.line)
  }

  /// Adds a line, in the place of one that was taken away where it fits.
  /// - Returns: false where there is no file.
  /// - Throws: ``Damaged`` where it is not as this writes it.
  func add(_ entry: Entry) throws(SystemError) -> Result<Bool, Damaged> {
    guard let file = try open() else { return .success(false) }
    guard let part = try ownPart(of: file) else { return .failure(Damaged()) }
    let line = entry.line
    // One that has the address had it before.
    for old in part.lines(beginning: entry.prefix) { try blank(old, of: part, file) }
    if let place = part.lines(beginning: [Self.comment]).first(where: { $0.size >= line.count }) {
      let padding = [UInt8](repeating: Self.space, count: place.size - line.count)
      try file.write(line[1..<(line.count - 1)] + padding + [Self.newline], at: part.start + place.start + 1, path)
      try file.write(line[..<1], at: part.start + place.start, path)
    } else {
      // The last one may have been written in part only, for want of room.
      let separator = part.bytes.last ?? Self.newline == Self.newline ? [] : [Self.newline]
      let end = part.start + part.bytes.count
      try file.write(separator + [Self.comment] + line[1...], at: end, path)
      try file.write(line[..<1], at: end + separator.count, path)
    }
    return .success(true)
  }

  /// Takes an address's line away, if there is one.
  func remove(_ address: IPAddress) throws(SystemError) {
    guard let file = try open(), let part = try ownPart(of: file) else { return }
    let prefix = Entry(address: address, names: []).prefix
    for line in part.lines(beginning: prefix) { try blank(line, of: part, file) }
  }

  /// Takes the lines away that nobody answers for.
  /// - Parameter isLost: whether an address is nobody's; asked while no line can be added.
  /// - Returns: their addresses.
  func removeLost(isDryRun: Bool, _ isLost: (IPAddress) -> Bool) throws(SystemError) -> [IPAddress] {
    guard let file = try open(), let part = try ownPart(of: file) else { return [] }
    var lost: [IPAddress] = []
    for line in part.lines(beginning: []) where part.bytes[line.start] != Self.comment {
      let word = part.bytes[line.start..<line.end].prefix { $0 != Self.space }
      guard let address = IPAddress(String(decoding: word, as: UTF8.self)), isLost(address) else { continue }
      lost.append(address)
      if !isDryRun { try blank(line, of: part, file) }
    }
    return lost
  }

  /// Writes a damaged file anew, for those who have it mounted.
  func rebuild(_ entries: [Entry]) throws(SystemError) {
    guard let file = try open() else { return }
    // Somebody else may have done so meanwhile.
    guard try ownPart(of: file) == nil else { return }
    try systemCall("truncate", path) { ftruncate(file.raw, 0) }
    try file.write(Self.content(Self.ofHost(), entries)[...], at: 0, path)
  }

  /// Opens and locks the file; nil where there is none.
  private func open() throws(SystemError) -> OwnedDescriptor? {
    guard let file = try OwnedDescriptor.openIfPresent(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK) else { return nil }
    try file.lock(.exclusive, path)
    return file
  }

  /// Where a line is in its part, with its newline.
  private struct Line {
    let start: Int
    let end: Int

    var size: Int { end - start }
  }

  /// The lines of the sandboxes.
  private struct Part {
    /// Where they begin in the file.
    let start: Int
    let bytes: [UInt8]

    /// Those that begin with a prefix. Each launch looks through all of them.
    func lines(beginning prefix: [UInt8]) -> [Line] {
      bytes.withUnsafeBytes { all in
        guard let base = all.baseAddress else { return [] }
        var lines: [Line] = []
        var start = 0
        while start < all.count, let newline = memchr(base + start, Int32(HostsFile.newline), all.count - start) {
          let end = UnsafeRawPointer(newline) - base + 1
          let line = Line(start: start, end: end)
          if line.size > prefix.count, memcmp(base + start, prefix, prefix.count) == 0 { lines.append(line) }
          start = end
        }
        return lines
      }
    }
  }

  /// - Returns: nil where the file is damaged.
  private func ownPart(of file: borrowing OwnedDescriptor) throws(SystemError) -> Part? {
    let size = Int(try systemCall("seek", path) { lseek(file.raw, 0, SEEK_END) })
    let head = try file.read(min(size, Self.headSize), at: 0, path)
    let digits = String(decoding: head.dropLast().suffix(12), as: UTF8.self)
    guard let start = Int(digits), start >= Self.headSize, start <= size, Self.head(start).utf8.elementsEqual(head)
    else { return nil }
    let bytes = try file.read(size - start + 1, at: start - 1, path)
    guard bytes.first == Self.newline else { return nil }
    return Part(start: start, bytes: Array(bytes.dropFirst()))
  }

  private func blank(_ line: Line, of part: Part, _ file: borrowing OwnedDescriptor) throws(SystemError) {
    try file.write([Self.comment], at: part.start + line.start, path)
  }
}

extension OwnedDescriptor {
  /// Writes to a place in a file; a short write is the error ENOSPC.
  fileprivate func write(_ bytes: ArraySlice<UInt8>, at offset: Int, _ subject: String) throws(SystemError) {
    let count = try systemCall("write", subject) {
      bytes.withUnsafeBytes { pwrite(raw, $0.baseAddress, $0.count, off_t(offset)) }
    }
    if count != bytes.count { throw SystemError("write", subject, errno: ENOSPC) }
  }
}
