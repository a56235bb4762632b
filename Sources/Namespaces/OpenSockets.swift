import Glibc
import LinuxSystem

/// The sockets of the calling thread's network namespace that processes have open, wherever these are.
public enum OpenSockets {
  /// Whether there are more than a number, as far as the kernel tells. Costs next to nothing where there are not.
  ///
  /// The kernel counts a netlink socket until some milliseconds after it was closed (netlink_release in
  /// net/netlink/af_netlink.c). In the table of protocols it is counted until then only; but others, as a UDP socket without
  /// a port, are not counted there, and here taken for closed.
  public static func exceed(_ number: Int) throws(SystemError) -> Bool {
    if let used = count(in: try readText("\(directory)/sockstat")), used <= number { return false }
    return open(in: try readText("\(directory)/protocols")) > number
  }

  private static let directory = "/proc/thread-self/net"

  /// The first line of /proc/net/sockstat; nil where it is something else.
  static func count(in text: String) -> Int? {
    let words = text.prefix { $0 != "\n" }.split(separator: " ")
    return words.count == 3 && words[0] == "sockets:" ? Int(words[2]) : nil
  }

  /// What /proc/net/protocols says of all protocols together. One that is not counted has -1.
  static func open(in table: String) -> Int {
    table.split(separator: "\n").dropFirst().reduce(0) { sum, line in
      let fields = line.split(separator: " ")
      return sum + max(0, fields.count > 2 ? Int(fields[2]) ?? 0 : 0)
    }
  }
}
