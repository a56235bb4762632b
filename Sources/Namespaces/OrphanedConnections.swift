import Glibc
import LinuxSystem

/// TCP connections of a network namespace that no process has open any more.
///
/// The kernel goes on sending what was written to them, and its end, until the other side has acknowledged all of it: for
/// 100 s and more to one that is silent (tcp_orphan_retries in ip-sysctl.rst). That long each keeps its namespace, and
/// with it the links inside.
public struct OrphanedConnections: Equatable, Sendable {
  /// How many have another side that answers, be it only that it takes nothing more just now.
  public var answering = 0
  /// How many have another side that did not answer when it was sent the same for the third time, 1.4 s after the first
  /// at the latest where it used to answer quickly.
  public var silent = 0
  /// What those that answer have not acknowledged, in bytes; the end of a connection counts as one.
  public var unacknowledged = 0

  /// - Parameter tables: what the kernel says in /proc/net/tcp and /proc/net/tcp6 (proc_net_tcp.rst).
  init(tables: [String]) {
    for line in tables.flatMap({ $0.split(separator: "\n").dropFirst() }) {
      let fields = line.split(separator: " ")
      guard fields.count > 9, let state = Int(fields[3], radix: 16), Self.states.contains(state), fields[9] == "0",
        let queue = fields[4].split(separator: ":").first, let size = Int(queue, radix: 16),
        let retransmissions = Int(fields[6], radix: 16), let probes = Int(fields[8])
      else { continue }
      if max(retransmissions, probes) < 3 {
        answering += 1
        unacknowledged += size
      } else {
        silent += 1
      }
    }
  }

  /// Those of the calling thread's namespace.
  /// - Returns: nil where there is no TCP socket at all, orphaned or not, that would keep the namespace.
  public static func current() throws(SystemError) -> OrphanedConnections? {
    // The kernel's table is one for all namespaces: to look through it takes it milliseconds. How many of it are this
    // namespace's is at hand.
    var tables: [String] = []
    if try areInUse("sockstat", "TCP: inuse ") { tables.append(try readText("\(directory)/tcp")) }
    if try areInUse("sockstat6", "TCP6: inuse ") { tables.append(try readText("\(directory)/tcp6")) }
    return tables.isEmpty ? nil : OrphanedConnections(tables: tables)
  }

  private static let directory = "/proc/thread-self/net"

  /// Whether the number behind a key of a file is there and not 0; a kernel without IPv6 has no file of it.
  private static func areInUse(_ file: String, _ key: String) throws(SystemError) -> Bool {
    let path = "\(directory)/\(file)"
    guard let text = try OwnedDescriptor.openIfPresent(path, O_RDONLY)?.readAll(path) else { return false }
    let line = text.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: key.utf8) }
    guard let number = line?.dropFirst(key.utf8.count).first else { return false }
    return number != UInt8(ascii: "0")
  }

  /// Lets the kernel give up those of the calling thread's namespace at the next time that it would send something again.
  public static func giveUp() throws(SystemError) { try Sysctl("net.ipv4.tcp_orphan_retries").write("1") }

  /// FIN_WAIT1, LAST_ACK and CLOSING (enum in net/tcp_states.h): the kernel has something to send again. In FIN_WAIT2 and
  /// TIME_WAIT it has not, and does not keep the namespace for them.
  private static let states = [4, 9, 11]
}
