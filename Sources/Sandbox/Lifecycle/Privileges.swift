import Glibc
import Launch
import LinuxSystem
import Namespaces
import Network

/// The capabilities that nsrun needs.
enum Privileges {
  /// Requires the capabilities for any change to the host.
  static func require() throws(SandboxError) {
    let missing = [Capability.sysAdmin, .netAdmin].filter { !$0.isEffective }.map { $0.name.uppercased() }
    guard missing.isEmpty else {
      throw .refused("this needs root (missing: \(missing.joined(separator: ", "))): use sudo nsrun")
    }
  }

  /// Requires what a sandbox with a user namespace needs, as far as this can be checked without making one.
  static func requireUserNamespaces() throws(SandboxError) {
    let missing = Capability.mapping.filter { !$0.isEffective }.map { $0.name.uppercased() }
    guard missing.isEmpty else {
      throw .refused(
        """
        a sandbox's user namespace needs what is missing here (\(missing.joined(separator: ", "))): use sudo nsrun, or \
        give \(SandboxError.withoutUserNamespace)
        """)
    }
    guard (try? Sysctl("user.max_user_namespaces").read()) == "0" else { return }
    throw .namespaceFailure(.setup(SystemError(UserNamespace.making, "", errno: ENOSPC)))
  }
}
