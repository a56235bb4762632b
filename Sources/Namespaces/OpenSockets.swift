import Glibc
import LinuxSystem

/// The sockets in the calling thread's network namespace that processes have open, whichever namespaces the processes
/// are in.
public enum OpenSockets {
  /// Whether more than a number of sockets are open, as far as the kernel tells. This costs next to nothing if there
  /// are not.
  ///
  /// The kernel counts a netlink socket in sockstat until some milliseconds after it was closed (netlink_release in
  /// net/netlink/af_netlink.c). The table of protocols counts it only until then. But that table does not count some
  /// other sockets, such as a UDP socket without a port. They pass for closed here.
  public static func exceed(_ number: Int) throws(SystemError) -> Bool {
    if let used = count(in: try readFile("\(directory)/sockstat")), used <= number { return false }
    return open(in: try readFile("\(directory)/protocols")) > number
  }

  private static let directory = "/proc/thread-self/net"

  /// Reads the first line of /proc/net/sockstat; nil if it has another form.
  static func count(in text: [UInt8]) -> Int? {
    let prefix = Array("sockets: used ".utf8)
    return text.starts(with: prefix) ? number(text[prefix.count...]) : nil
  }

  /// The sum over all protocols in /proc/net/protocols. A protocol without a count has -1.
  static func open(in table: [UInt8]) -> Int {
    let (space, newline) = (UInt8(ascii: " "), UInt8(ascii: "\n"))
    var (sum, line, field, previous) = (0, 0, 0, newline)
    // Works on bytes for speed: every launch does this.
    for (index, byte) in table.enumerated() {
      if byte == newline {
        line += 1
        field = 0
      } else if byte != space, previous == space || previous == newline {
        field += 1
        if field == 3, line > 0 { sum += number(table[index...]) ?? 0 }
      }
      previous = byte
    }
    return sum
  }

  /// The decimal number at the start of the bytes; nil if there is none.
  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    var number: Int?
    for byte in bytes {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte, number ?? 0 < Int32.max else { break }
      number = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return number
  }
}
