import LinuxSystem

/// The kernel parameters that a new network namespace starts with, set before its first link is there.
enum Baseline {
  private static let parameters: [(name: String, value: String)] = [
    // No addresses that another sandbox on the bridge announces.
    ("net.ipv6.conf.default.accept_ra", "0")
  ]

  /// Sets them in the calling thread's namespace. A kernel without IPv6 lacks some; a container may forbid all.
  /// - Parameter warn: is told, in a sentence, if they cannot be set.
  static func apply(_ spec: SandboxSpec, warn: (String) -> Void) {
    let isAnnounced = spec.network?.isAnnounced ?? false
    for (name, value) in parameters + (isAnnounced ? [("net.ipv4.conf.default.arp_notify", "1")] : []) {
      do throws(SystemError) { try Sysctl(name).write(value) } catch {
        if error.isNotFound { continue }
        return warn("the sandbox keeps the kernel's defaults: \(error)")
      }
    }
  }
}
