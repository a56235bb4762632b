import Glibc
import LinuxSystem
import RouteNetlink

/// The kernel parameters that a sandbox has, whatever those of the host are: a new network namespace takes over what the
/// first one has of IPv4 (net.core.devconf_inherit_init_net).
enum Baseline {
  /// The kernel's own defaults of a link (net/ipv4/devinet.c).
  static let link: [IPv4LinkParameter: UInt32] = Dictionary(
    uniqueKeysWithValues: IPv4LinkParameter.allCases.map { ($0, ones.contains($0) ? 1 : 0) })

  private static let ones: Set<IPv4LinkParameter> = [
    .acceptRedirects, .secureRedirects, .sendRedirects, .sharedMedia, .acceptSourceRoute,
  ]
  private static let pingGroups = "net.ipv4.ping_group_range"

  /// Those of no link alone. A packet meets what `all` and its link have, and later links start with `default`.
  private static let parameters: [(name: String, value: String)] =
    [
      // No addresses that another sandbox on the bridge announces.
      ("net.ipv6.conf.default.accept_ra", "0"),
      // Who is not root may bind to any port: none is another's inside.
      ("net.ipv4.ip_unprivileged_port_start", "0"),
      // Everybody may ping, without a capability.
      (pingGroups, "0 2147483647"),
    ]
    + link.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { parameter, value in
      [
        ("net.ipv4.conf.default.\(parameter.name)", "\(value)"),
        // Only with this one off can a link's own be off.
        ("net.ipv4.conf.all.\(parameter.name)", parameter == .acceptSourceRoute ? "0" : "\(value)"),
      ]
    }

  /// Sets them in the calling thread's namespace. A kernel without IPv6 lacks some; a container may forbid all.
  /// - Parameter warn: is told, in a sentence, if they cannot be set.
  static func apply(warn: (String) -> Void) {
    for (name, value) in parameters {
      do throws(SystemError) { try set(name, value) } catch {
        if error.isNotFound { continue }
        return warn("the sandbox keeps kernel parameters of the host: \(error)")
      }
    }
  }

  private static func set(_ name: String, _ value: String) throws(SystemError) {
    do throws(SystemError) { try Sysctl(name).write(value) } catch {
      // In a container whose user namespace has few groups, those that there are.
      guard error.errno == EINVAL, name == pingGroups else { throw error }
      let last = try readText("/proc/thread-self/gid_map").split(separator: "\n").compactMap { line in
        let fields = line.split(separator: " ").compactMap { UInt32($0) }
        return fields.count == 3 ? fields[0] + (fields[2] - 1) : nil
      }.max()
      guard let last else { throw error }
      try Sysctl(name).write("0 \(last)")
    }
  }
}
