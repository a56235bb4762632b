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
    if let used = count(in: try readFile("\(directory)/sockstat")), used <= number { return false }
    return open(in: try readFile("\(directory)/protocols")) > number
  }

  private static let directory = "/proc/thread-self/net"

  /// The first line of /proc/net/sockstat; nil where it is something else.
  static func count(in text: [UInt8]) -> Int? {
    let prefix = Array("sockets: used ".utf8)
    return text.starts(with: prefix) ? number(text[prefix.count...]) : nil
  }

  /// What /proc/net/protocols says of all protocols together. One that is not counted has -1.
  static func open(in table: [UInt8]) -> Int {
    let (space, newline) = (UInt8(ascii: " "), UInt8(ascii: "\n"))
    var (sum, line, field, previous) = (0, 0, 0, newline)
    // By bytes: this is a launch's way.
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

  /// The decimal number that bytes begin with; nil for none.
  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    var number: Int?
    for byte in bytes {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte, number ?? 0 < Int32.max else { break }
      number = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return number
  }
}
