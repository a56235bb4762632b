import Glibc
import LinuxSystem
import NetTypes
import RouteNetlink

/// The file that the sandboxes on a bridge see as /etc/hosts (hosts(5)): the host's lines, as they were when the first
/// sandbox joined the bridge, and a line for each sandbox.
///
/// All these sandboxes have the same file mounted, so nsrun changes it in place. A reader never sees half a line. To
/// remove a line, nsrun overwrites its first byte, which makes it a comment. To add a line, nsrun writes it as a
/// comment, and its first byte last. A writer locks the directory, not the file: any process that can open a file can
/// lock it.
package struct HostsFile {
  private let directory: String
  let name: String

  package var path: String { "\(directory)/\(name)" }

  init(_ name: String, in directory: String) {
    self.directory = directory
    self.name = name
  }

  /// The line of one sandbox.
  package struct Entry: Equatable, Sendable, CustomStringConvertible {
    var address: IPAddress
    /// Never empty.
    var names: [String]

    package init(address: IPAddress, names: [String]) {
      self.address = address
      self.names = names
    }

    fileprivate var prefix: [UInt8] { Array("\(address) ".utf8) }

    /// The line, padded with spaces so that most other lines fit into its place later.
    fileprivate var line: [UInt8] {
      let text = Array(description.utf8)
      return text + [UInt8](repeating: HostsFile.space, count: 31 - text.count % 32) + [HostsFile.newline]
    }

    package var description: String {
      var text = "\(address)"
      for name in names { text += " \(name)" }
      return text
    }
  }

  /// The file's content is not as ``HostsFile`` writes it.
  struct Damaged: Error {}

  fileprivate static let newline = UInt8(ascii: "\n")
  fileprivate static let space = UInt8(ascii: " ")
  fileprivate static let comment = UInt8(ascii: "#")

  /// The first line tells where the lines of the sandboxes begin. So nsrun need not read the host's lines, which may be
  /// many.
  private static func head(_ start: Int) -> String {
    let digits = "\(start)"
    return "# nsrun: the sandboxes on this bridge begin at byte "
      + String(repeating: "0", count: max(0, 12 - digits.utf8.count)) + digits + "\n"
  }
  private static let headSize = head(0).utf8.count

  /// The content of the host's /etc/hosts, with a newline at its end.
  package static func ofHost(_ path: String = "/etc/hosts") -> [UInt8] {
    let content = (try? readFile(path)) ?? Array("127.0.0.1 localhost\n::1 localhost\n".utf8)
    return content.last ?? newline == newline ? content : content + [newline]
  }

  /// The first IPv4 address that a file gives to a name, ignoring case.
  package static func address(of name: String, in content: [UInt8]) -> IPAddress? {
    // Parse only lines that contain the name: hosts files that block names have a hundred thousand lines.
    var start = 0
    while let place = Self.place(of: name, in: content[start...]) {
      let first = content[..<place].lastIndex(of: newline).map { $0 + 1 } ?? 0
      let line = content[first...].prefix { $0 != newline }
      let words = line.prefix { $0 != comment }.split { $0 == space || $0 == UInt8(ascii: "\t") || $0 == 13 }
        .map { String(decoding: $0, as: UTF8.self) }
      if words.dropFirst().contains(where: { strcasecmp($0, name) == 0 }), let address = IPAddress(words[0]),
        address.isIPv4
      {
        return address
      }
      start = line.endIndex
    }
    return nil
  }

  private static func place(of name: String, in content: ArraySlice<UInt8>) -> Int? {
    let size = name.utf8.count
    guard let letter = name.utf8.first, content.count >= size else { return nil }
    return content.withUnsafeBytes { bytes in
      let text = bytes.assumingMemoryBound(to: CChar.self).baseAddress!
      return (0...(bytes.count - size)).first {
        (bytes[$0] ^ letter) & ~0x20 == 0 && strncasecmp(text + $0, name, size) == 0
      }
    }.map { content.startIndex + $0 }
  }

  /// The content of a new file.
  static func content(_ host: [UInt8], _ entries: [Entry] = []) -> [UInt8] {
    Array(head(headSize + host.count).utf8) + host + entries.flatMap(\.line)
  }

  /// Adds a line, in the place of a removed line if it fits.
  /// - Returns: false if there is no file; ``Damaged`` if its content is not as this type writes it.
  func add(_ entry: Entry) throws(SystemError) -> Result<Bool, Damaged> {
    guard let opened = try open() else { return .success(false) }
    guard let part = try ownPart(of: opened.file) else { return .failure(Damaged()) }
    let line = entry.line
    // An older line with this address belonged to an earlier sandbox.
    for old in part.lines(beginning: entry.prefix) { try blank(old, of: part, opened.file) }
    if let place = part.lines(beginning: [Self.comment]).first(where: { $0.size >= line.count }) {
      let padding = [UInt8](repeating: Self.space, count: place.size - line.count)
      try opened.file.write(
        line[1..<(line.count - 1)] + padding + [Self.newline], at: part.start + place.start + 1, path)
      try opened.file.write(line[..<1], at: part.start + place.start, path)
    } else {
      // The last line may be incomplete, if there was no space for it.
      let separator = part.bytes.last ?? Self.newline == Self.newline ? [] : [Self.newline]
      let end = part.start + part.bytes.count
      try opened.file.write(separator + [Self.comment] + line[1...], at: end, path)
      try opened.file.write(line[..<1], at: end + separator.count, path)
    }
    return .success(true)
  }

  /// Removes the line of an address, if there is one.
  func remove(_ address: IPAddress) throws(SystemError) {
    guard let opened = try open(), let part = try ownPart(of: opened.file) else { return }
    let prefix = Entry(address: address, names: []).prefix
    for line in part.lines(beginning: prefix) { try blank(line, of: part, opened.file) }
  }

  /// Removes the lines of lost addresses.
  /// - Parameter isLost: whether no sandbox has an address; called under the lock, so that no line is added meanwhile.
  /// - Returns: the lost addresses.
  func removeLost(isDryRun: Bool, _ isLost: (IPAddress) -> Bool) throws(SystemError) -> [IPAddress] {
    guard let opened = try open(), let part = try ownPart(of: opened.file) else { return [] }
    var lost: [IPAddress] = []
    for line in part.lines(beginning: []) where part.bytes[line.start] != Self.comment {
      let word = part.bytes[line.start..<line.end].prefix { $0 != Self.space }
      guard let address = IPAddress(String(decoding: word, as: UTF8.self)), isLost(address) else { continue }
      lost.append(address)
      if !isDryRun { try blank(line, of: part, opened.file) }
    }
    return lost
  }

  /// Rewrites a damaged file in place, for the sandboxes that have it mounted. Removes anything but a regular file.
  func rebuild(_ entries: [Entry]) throws(SystemError) {
    guard let opened = try open(), !removeOther(path) else { return }
    // Another nsrun may have rebuilt it meanwhile.
    guard try ownPart(of: opened.file) == nil else { return }
    try systemCall("truncate", path) { ftruncate(opened.file.raw, 0) }
    try opened.file.write(Self.content(Self.ofHost(), entries)[...], at: 0, path)
  }

  /// The open file, and the lock of its directory.
  private struct Opened: ~Copyable {
    let file: OwnedDescriptor
    let directory: OwnedDescriptor
  }

  /// Takes the lock and opens the file; nil if there is none.
  private func open() throws(SystemError) -> Opened? {
    let flags = O_NOFOLLOW | O_NONBLOCK
    guard let directory = try OwnedDescriptor.openIfPresent(self.directory, O_RDONLY | O_DIRECTORY | flags) else {
      return nil
    }
    try directory.lock(.exclusive, self.directory)
    do throws(SystemError) {
      // Open the file in the locked directory: the path may lead to another directory by now.
      let file = try directory.open(name, O_RDWR | flags)
      return Opened(file: file, directory: directory)
    } catch {
      if error.isNotFound || removeOther(path) { return nil }
      throw error
    }
  }

  /// The position of a line in its part, including its newline.
  private struct Line {
    let start: Int
    let end: Int

    var size: Int { end - start }
  }

  /// The lines of the sandboxes.
  private struct Part {
    /// The offset of the part in the file.
    let start: Int
    let bytes: [UInt8]

    /// The lines that begin with a prefix. This must be fast: each launch searches all of them.
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

  /// - Returns: nil if the file is damaged.
  private func ownPart(of file: borrowing OwnedDescriptor) throws(SystemError) -> Part? {
    var status = stat()
    try systemCall("stat", path) { fstat(file.raw, &status) }
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    let size = Int(status.st_size)
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
  /// Writes at an offset of a file. A short write throws ENOSPC.
  fileprivate func write(_ bytes: ArraySlice<UInt8>, at offset: Int, _ subject: String) throws(SystemError) {
    let count = try systemCall("write", subject) {
      bytes.withUnsafeBytes { pwrite(raw, $0.baseAddress, $0.count, off_t(offset)) }
    }
    if count != bytes.count { throw SystemError("write", subject, errno: ENOSPC) }
  }
}
