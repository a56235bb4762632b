import Glibc
import LinuxSystem

/// The TCP sockets of a network namespace.
///
/// The kernel goes on sending what was written to a connection, and its end, when no process has it open any more, until
/// the other side has acknowledged all of it: for 100 s and more to one that is silent (tcp_orphan_retries in
/// ip-sysctl.rst). That long each keeps its namespace, and with it the links inside.
///
/// Files of /proc/net show the namespace that they were opened in, wherever they are read. Open, they keep it too.
public struct TCPSockets: ~Copyable {
  private let statistics: OwnedDescriptor?
  private let statistics6: OwnedDescriptor?
  private let table: OwnedDescriptor?
  private let table6: OwnedDescriptor?

  /// Those of the calling thread's namespace. A kernel without IPv6 has fewer files.
  public init() throws(SystemError) {
    let statistics = try OwnedDescriptor.openIfPresent("\(Self.directory)/sockstat", O_RDONLY)
    let statistics6 = try OwnedDescriptor.openIfPresent("\(Self.directory)/sockstat6", O_RDONLY)
    let table = try OwnedDescriptor.openIfPresent("\(Self.directory)/tcp", O_RDONLY)
    let table6 = try OwnedDescriptor.openIfPresent("\(Self.directory)/tcp6", O_RDONLY)
    self.statistics = statistics
    self.statistics6 = statistics6
    self.table = table
    self.table6 = table6
  }

  private static let directory = "/proc/thread-self/net"

  /// Whether there is one that keeps the namespace; those in TIME_WAIT do not. Costs next to nothing.
  public borrowing func areInUse() throws(SystemError) -> Bool {
    if try Self.isPositive("TCP: inuse ", in: statistics?.text()) { return true }
    return try Self.isPositive("TCP6: inuse ", in: statistics6?.text())
  }

  /// Whether the number behind a key is there and not 0.
  private static func isPositive(_ key: String, in text: [UInt8]?) -> Bool {
    let line = text?.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: key.utf8) }
    guard let number = line?.dropFirst(key.utf8.count).first else { return false }
    return number != UInt8(ascii: "0")
  }

  /// What they have still to send. The kernel looks through a table that is one for all namespaces, which takes it
  /// milliseconds.
  public borrowing func outstandingData() throws(SystemError) -> OutstandingData {
    var tables: [String] = []
    if let table = try table?.text() { tables.append(String(decoding: table, as: UTF8.self)) }
    if let table = try table6?.text() { tables.append(String(decoding: table, as: UTF8.self)) }
    return OutstandingData(tables: tables)
  }

  /// Lets the kernel give up those that nobody has open, in the calling thread's namespace, at the next time that it would
  /// send something again.
  public static func giveUp() throws(SystemError) { try Sysctl("net.ipv4.tcp_orphan_retries").write("1") }
}

/// What TCP sockets have sent, or are to send, and other sides have not acknowledged.
public struct OutstandingData: Equatable, Sendable {
  /// In bytes; the end of a connection counts as one.
  public var size = 0
  /// How many connections have another side that answers, be it only that it takes nothing more just now.
  public var answering = 0
  /// How many have another side that has been sent the same again and did not answer: data five times, which is for 6 s
  /// where it used to answer quickly, and the end of a connection alone three times, which is for 1.4 s.
  public var silent = 0

  /// - Parameter tables: what the kernel says in /proc/net/tcp and /proc/net/tcp6 (proc_net_tcp.rst).
  init(tables: [String]) {
    for line in tables.flatMap({ $0.split(separator: "\n").dropFirst() }) {
      let fields = line.split(separator: " ")
      // Whatever its state is: a connection that MPTCP has made stays established to its end.
      guard fields.count > 8, let queue = fields[4].split(separator: ":").first, let size = Int(queue, radix: 16),
        size > 0, let retransmissions = Int(fields[6], radix: 16), let probes = Int(fields[8])
      else { continue }
      self.size += size
      if max(retransmissions, probes) < (size > 1 ? 5 : 3) { answering += 1 } else { silent += 1 }
    }
  }
}

extension OwnedDescriptor {
  /// All of a file as it is now, which may have been read before.
  fileprivate func text() throws(SystemError) -> [UInt8] {
    try systemCall("seek", "/proc/net") { lseek(raw, 0, SEEK_SET) }
    return try readAll("/proc/net")
  }
}
