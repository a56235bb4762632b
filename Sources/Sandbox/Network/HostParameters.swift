import Glibc
import LinuxSystem
import NetTypes
import RouteNetlink

/// The kernel parameters that nsrun changes on the host, and their previous values.
struct HostParameters {
  static let forwarding = Sysctl("net.ipv4.ip_forward")

  /// The previous values, in the order in which to restore them.
  let original: [(parameter: Sysctl, value: String)]

  /// Whether the host forwards IPv4 packets.
  static func isForwarding() throws(SystemError) -> Bool { try forwarding.read() != "0" }

  /// The parameter that decides whether packets that arrive on a link are forwarded.
  static func forwarding(of link: String) -> Sysctl {
    // In a dotted parameter name, a dot of the link name (eth0.5) becomes a slash.
    Sysctl("net.ipv4.conf.\(Sysctl.component(link)).forwarding")
  }

  /// In place of a link's name: links that do not exist yet.
  static let newLinks = "default"

  /// Whether the host forwards packets, but not those that arrive on a link.
  static func lacksForwarding(_ link: String) -> Bool {
    (try? isForwarding()) == true && (try? forwarding(of: link).read()) == "0"
  }

  static func lackOfForwarding(_ link: String) -> String {
    "IPv4 forwarding is on, but off for \(link): what comes by it gets no further"
  }

  static func forwardingCommand(_ link: String) -> String { "sysctl -w \(forwarding(of: link).name)=1" }

  /// For a lost or damaged record: turns forwarding off, which makes the kernel set the parameters that depend on it.
  static var forwardingOff: HostParameters { HostParameters(original: [(forwarding, "0")]) }

  /// The current values of what turning forwarding on will change.
  static func beforeForwarding() throws(SystemError) -> HostParameters {
    // A change of ip_forward also sets accept_redirects and the forwarding of every link, whatever their values
    // (inet_forward_change in net/ipv4/devinet.c). Restoring ip_forward alone would lose the host's values.
    var original = [(forwarding, "0")]
    original.append((redirects, try redirects.read()))
    for link in try directoryEntries("/proc/sys/net/ipv4/conf") where link != "all" {
      let parameter = forwarding(of: link)
      // The link may have disappeared since the listing.
      guard let value = try? parameter.read() else { continue }
      if value != "0" { original.append((parameter, "1")) }
    }
    return HostParameters(original: original)
  }

  var record: RecordText { RecordText(original.map { ("sysctl", "\($0.parameter.name) \($0.value)") }) }

  init(original: [(parameter: Sysctl, value: String)]) { self.original = original }

  /// Reads a record. Accepts only parameters and values that nsrun records, because they are written to /proc/sys.
  init(_ record: RecordText) {
    original = record.all("sysctl").compactMap { line in
      let parts = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, Self.isOurs(parts[0]), parts[1] == "0" || parts[1] == "1" else { return nil }
      return (Sysctl(parts[0]), parts[1])
    }
  }

  private static let redirects = Sysctl("net.ipv4.conf.all.accept_redirects")

  /// Whether a change of forwarding changes the parameter.
  private static func isOurs(_ name: String) -> Bool {
    if name == forwarding.name || name == redirects.name { return true }
    guard name.hasPrefix("net.ipv4.conf."), name.hasSuffix(".forwarding") else { return false }
    let component = name.dropFirst("net.ipv4.conf.".count).dropLast(".forwarding".count)
    // In the name, a slash stands for a dot of the link name. Link names contain no slash.
    return !component.utf8.contains(UInt8(ascii: "."))
      && (try? InterfaceName(String(component.map { $0 == "/" ? "." : $0 }))) != nil
  }

  /// Restores all values. The parameter of a link that is gone is no failure.
  /// - Returns: the failures.
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
