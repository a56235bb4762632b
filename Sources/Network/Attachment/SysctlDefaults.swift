import Glibc
import LinuxSystem
import RouteNetlink

/// Kernel parameters that a sandbox has independently of the host. A new network namespace inherits IPv4 parameters
/// from the initial one (net.core.devconf_inherit_init_net).
package enum SysctlDefaults {
  /// The kernel's defaults for a link (net/ipv4/devinet.c), of the parameters that hosts are known to change.
  static let link = [
    IPv4LinkSetting(.forwarding, 0), IPv4LinkSetting(.proxyARP, 0), IPv4LinkSetting(.acceptRedirects, 1),
    IPv4LinkSetting(.secureRedirects, 1), IPv4LinkSetting(.sendRedirects, 1), IPv4LinkSetting(.reversePathFilter, 0),
    IPv4LinkSetting(.acceptSourceRoute, 1), IPv4LinkSetting(.logMartians, 0), IPv4LinkSetting(.arpFilter, 0),
    IPv4LinkSetting(.arpAnnounce, 0), IPv4LinkSetting(.arpIgnore, 0), IPv4LinkSetting(.promoteSecondaries, 0),
    IPv4LinkSetting(.acceptLocal, 0), IPv4LinkSetting(.sourceMark, 0), IPv4LinkSetting(.routeLocalnet, 0),
  ]

  private static let pingGroups = "net/ipv4/ping_group_range"

  /// Sets the parameters in the calling thread's namespace. A kernel without IPv6 lacks some; a container may forbid
  /// all.
  /// - Parameter warn: receives a sentence if they cannot be set.
  package static func apply(warn: (String) -> Void) {
    do throws(SystemError) {
      // Accept no IPv6 addresses from router advertisements, which another sandbox on the bridge may send.
      try set("net/ipv6/conf/default/accept_ra", "0")
      // A namespace may inherit them (net.core.devconf_inherit_init_net): from a host without IPv6, or from one of which
      // nsrun has turned IPv6 forwarding on. Usually it does not, and a write to them waits for the lock of all links.
      for name in ["disable_ipv6", "forwarding"]
      where (try? readText("/proc/sys/net/ipv6/conf/default/\(name)")) == "1\n" {
        try set("net/ipv6/conf/all/\(name)", "0")
        try set("net/ipv6/conf/default/\(name)", "0")
      }
      // Any user may bind to any port: no port inside belongs to another user's service.
      try set("net/ipv4/ip_unprivileged_port_start", "0")
      // Any user may ping without a capability.
      try set(pingGroups, "0 2147483647")
      // Both `all` and its link's values apply to a packet, and new links start with `default`. Without open
      // directories, the kernel would look up each path from the root, which takes twice as long.
      let all = try OwnedDescriptor.openIfPresent("\(links)/all", O_RDONLY | O_DIRECTORY)
      let later = try OwnedDescriptor.openIfPresent("\(links)/default", O_RDONLY | O_DIRECTORY)
      guard let all, let later else { return }
      for setting in link {
        try set(setting.parameter, setting.value != 0, in: later)
        // The kernel's default for `all` is off, and source routing needs both `all` and the link's value.
        try set(setting.parameter, setting.value != 0 && setting.parameter != .acceptSourceRoute, in: all)
      }
    } catch {
      warn("the sandbox keeps kernel parameters of the host: \(error)")
    }
  }

  private static let links = "/proc/sys/net/ipv4/conf"

  private static func set(
    _ parameter: IPv4LinkParameter, _ isOn: Bool, in directory: borrowing OwnedDescriptor
  ) throws(SystemError) {
    do throws(SystemError) {
      try directory.open(parameter.name, O_WRONLY).write(isOn ? "1" : "0", parameter.name)
    } catch {
      if !error.isNotFound { throw error }
    }
  }

  private static func set(_ name: String, _ value: String) throws(SystemError) {
    do throws(SystemError) { try writeText(value, to: "/proc/sys/\(name)") } catch {
      if error.isNotFound { return }
      // In a container whose user namespace maps few groups, allow those.
      guard error.errno == EINVAL, name == pingGroups else { throw error }
      let last = try readText("/proc/thread-self/gid_map").split(separator: "\n").compactMap { line in
        let fields = line.split(separator: " ").compactMap { UInt32($0) }
        return fields.count == 3 ? fields[0] + (fields[2] - 1) : nil
      }.max()
      guard let last else { throw error }
      try writeText("0 \(last)", to: "/proc/sys/\(name)")
    }
  }
}
