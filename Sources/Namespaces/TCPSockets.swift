import Glibc
import LinuxSystem

/// The TCP sockets of a network namespace.
///
/// After the last process has closed a connection, the kernel goes on sending its data, and its end, until the other
/// side has acknowledged all of it: for 100 s and more if that is silent (tcp_orphan_retries in ip-sysctl.rst). For
/// that time each connection keeps its namespace alive, and with it the links inside.
///
/// Files of /proc/net show the namespace in which they were opened, wherever they are read. An open file keeps that
/// namespace alive too.
public struct TCPSockets: ~Copyable {
  private let statistics: OwnedDescriptor?
  private let statistics6: OwnedDescriptor?
  private let table: OwnedDescriptor?
  private let table6: OwnedDescriptor?

  /// Opens the files of the calling thread's namespace. A kernel without IPv6 has fewer files.
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

  /// Whether a socket keeps the namespace alive; one in TIME_WAIT does not. This costs next to nothing.
  public borrowing func areInUse() throws(SystemError) -> Bool {
    if try Self.isPositive("TCP: inuse ", in: statistics?.text()) { return true }
    return try Self.isPositive("TCP6: inuse ", in: statistics6?.text())
  }

  /// Whether the number after a key is present and not 0.
  private static func isPositive(_ key: String, in text: [UInt8]?) -> Bool {
    let line = text?.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: key.utf8) }
    guard let number = line?.dropFirst(key.utf8.count).first else { return false }
    return number != UInt8(ascii: "0")
  }

  /// The data that the sockets still have to send. The kernel searches one table of all namespaces, which takes
  /// milliseconds.
  public borrowing func outstandingData() throws(SystemError) -> OutstandingData {
    var tables: [String] = []
    if let table = try table?.text() { tables.append(String(decoding: table, as: UTF8.self)) }
    if let table = try table6?.text() { tables.append(String(decoding: table, as: UTF8.self)) }
    return OutstandingData(tables: tables)
  }

  /// Makes the kernel give up the sockets that no process has open, in the calling thread's namespace, when it would
  /// next retransmit.
  public static func giveUp() throws(SystemError) { try Sysctl("net.ipv4.tcp_orphan_retries").write("1") }
}

/// Data that TCP sockets have sent, or are to send, and that other sides have not acknowledged.
public struct OutstandingData: Equatable, Sendable {
  /// In bytes; the end of a connection counts as one.
  public var size = 0
  /// The number of connections whose other side answers, even if it accepts no more data at present.
  public var answering = 0
  /// The number of connections whose other side did not answer retransmissions: five of data, which take 6 s if it used
  /// to answer quickly, or three of only the end of a connection, which take 1.4 s.
  public var silent = 0

  /// - Parameter tables: the contents of /proc/net/tcp and /proc/net/tcp6 (proc_net_tcp.rst).
  init(tables: [String]) {
    for line in tables.flatMap({ $0.split(separator: "\n").dropFirst() }) {
      let fields = line.split(separator: " ")
      // The state does not matter: a connection that MPTCP made stays established until its end.
      guard fields.count > 8, let queue = fields[4].split(separator: ":").first, let size = Int(queue, radix: 16),
        size > 0, let retransmissions = Int(fields[6], radix: 16), let probes = Int(fields[8])
      else { continue }
      self.size += size
      if max(retransmissions, probes) < (size > 1 ? 5 : 3) { answering += 1 } else { silent += 1 }
    }
  }
}

extension OwnedDescriptor {
  /// The whole file as it is now, even if it was read before.
  fileprivate func text() throws(SystemError) -> [UInt8] {
    try systemCall("seek", "/proc/net") { lseek(raw, 0, SEEK_SET) }
    return try readAll("/proc/net")
  }
}
