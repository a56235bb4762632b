import Glibc
import LinuxSystem
import NetTypes
import RouteNetlink

/// The kernel parameters that nsrun changes on the host, and how they were before.
struct HostParameters {
  static let forwarding = Sysctl("net.ipv4.ip_forward")

  /// What was found and is to be put back, in this order.
  let original: [(parameter: Sysctl, value: String)]

  /// Whether the host forwards IPv4 packets.
  static func isForwarding() throws(SystemError) -> Bool { try forwarding.read() != "0" }

  /// Whether packets are forwarded that come by a link.
  static func forwarding(of link: String) -> Sysctl {
    // In the dotted notation a dot of the name (eth0.5) is a slash.
    Sysctl("net.ipv4.conf.\(Sysctl.component(link)).forwarding")
  }

  /// In place of a link's name: links that do not exist yet.
  static let newLinks = "default"

  /// Whether the host forwards, but not what comes by a link.
  static func lacksForwarding(_ link: String) -> Bool {
    (try? isForwarding()) == true && (try? forwarding(of: link).read()) == "0"
  }

  static func lackOfForwarding(_ link: String) -> String {
    "IPv4 forwarding is on, but off for \(link): what comes by it gets no further"
  }

  static func forwardingCommand(_ link: String) -> String { "sysctl -w \(forwarding(of: link).name)=1" }

  /// Forwarding as it is where nothing else is known: what follows from it takes its usual values with it.
  static var forwardingOff: HostParameters { HostParameters(original: [(forwarding, "0")]) }

  /// What switching forwarding on will change.
  static func beforeForwarding() throws(SystemError) -> HostParameters {
    // Switching ip_forward also sets accept_redirects and the forwarding of every link, whatever they were before
    // (inet_forward_change in net/ipv4/devinet.c): putting back ip_forward alone would lose what the host had there.
    var original = [(forwarding, "0")]
    original.append((redirects, try redirects.read()))
    for link in try directoryEntries("/proc/sys/net/ipv4/conf") where link != "all" {
      let parameter = forwarding(of: link)
      // A link may go while this looks at the others.
      guard let value = try? parameter.read() else { continue }
      if value != "0" { original.append((parameter, "1")) }
    }
    return HostParameters(original: original)
  }

  var record: RecordText { RecordText(original.map { ("sysctl", "\($0.parameter.name) \($0.value)") }) }

  init(original: [(parameter: Sysctl, value: String)]) { self.original = original }

  /// Reads what a record says. Nothing but what this writes is taken from it: what it says is written to /proc/sys.
  init(_ record: RecordText) {
    original = record.all("sysctl").compactMap { line in
      let parts = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, Self.isOurs(parts[0]), parts[1] == "0" || parts[1] == "1" else { return nil }
      return (Sysctl(parts[0]), parts[1])
    }
  }

  private static let redirects = Sysctl("net.ipv4.conf.all.accept_redirects")

  /// Whether it is one that switching forwarding changes.
  private static func isOurs(_ name: String) -> Bool {
    if name == forwarding.name || name == redirects.name { return true }
    guard name.hasPrefix("net.ipv4.conf."), name.hasSuffix(".forwarding") else { return false }
    let component = name.dropFirst("net.ipv4.conf.".count).dropLast(".forwarding".count)
    // A dot of the link's name stands there as a slash, and no slash is one of a name.
    return !component.utf8.contains(UInt8(ascii: "."))
      && (try? InterfaceName(String(component.map { $0 == "/" ? "." : $0 }))) != nil
  }

  /// Puts everything back. A link that is gone has nothing to put back.
  /// - Returns: what failed.
  func restore() -> [SystemError] {
    original.compactMap { parameter, value in
      do throws(SystemError) {
        try parameter.write(value)
        return nil
      } catch {
        return error.errno == ENOENT ? nil : error
      }
    }
  }
}
