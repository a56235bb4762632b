import Glibc
import LinuxSystem

/// A kernel parameter of a network namespace and its wanted value.
public struct KernelParameter: Hashable, Sendable {
  public let parameter: Sysctl
  public let value: String

  /// The error for a text that is no assignment to a kernel parameter of a network namespace.
  public struct Invalid: Error, CustomStringConvertible {
    public let description: String
  }

  /// Those that make a network namespace a router, as far as this kernel has them.
  public static var forwarding: [KernelParameter] {
    [Sysctl("net.ipv4.ip_forward"), Sysctl("net.ipv6.conf.all.forwarding")].filter { access($0.path, F_OK) == 0 }
      .map { KernelParameter($0, "1") }
  }

  /// The one that makes the kernel announce the IPv6 addresses of a link to its neighbours when its MAC address is set.
  init(announcingNeighboursOn link: String) {
    self.init(Sysctl("net.ipv6.conf.\(Sysctl.component(link)).ndisc_notify"), "1")
  }

  /// Whether it makes the kernel remove IPv6 from links.
  var turnsIPv6Off: Bool {
    parameter.path.hasPrefix("/proc/sys/net/ipv6/conf/") && parameter.path.hasSuffix("/disable_ipv6") && value != "0"
  }

  private init(_ parameter: Sysctl, _ value: String) {
    self.parameter = parameter
    self.value = value
  }

  /// Reads `net.NAME=VALUE`.
  public init(_ assignment: String) throws(Invalid) {
    let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else {
      throw Invalid(description: "'\(assignment)' is not net.NAME=VALUE")
    }
    parameter = Sysctl(String(parts[0]))
    value = String(parts[1])
    // Checks the path, because in a name dots and slashes are interchangeable, and two of them give the parent
    // directory.
    let components = parameter.path.dropFirst("/proc/sys/".count).split(
      separator: "/", omittingEmptySubsequences: false)
    guard components.first == "net", components.count > 2,
      !components.contains(where: { ["", ".", ".."].contains($0) })
    else {
      throw Invalid(
        description: "'\(parts[0])' is no kernel parameter of a network: only net.* can be set for a sandbox")
    }
  }
}
