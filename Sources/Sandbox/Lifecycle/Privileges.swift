import Glibc
import Launch
import LinuxSystem
import Namespaces

/// What the process needs of the kernel.
enum Privileges {
  /// What all that changes something needs.
  static func require() throws(SandboxError) {
    let missing = [Capability.sysAdmin, .netAdmin].filter { !$0.isEffective }.map { $0.name.uppercased() }
    guard missing.isEmpty else {
      throw .refused("this needs root (missing: \(missing.joined(separator: ", "))): use sudo nsrun")
    }
  }

  /// What a sandbox with a user namespace needs, as far as it can be told before one is made.
  static func requireUserNamespaces() throws(SandboxError) {
    let missing = Capability.mapping.filter { !$0.isEffective }.map { $0.name.uppercased() }
    guard missing.isEmpty else {
      throw .refused(
        "a sandbox's user namespace needs what is missing here (\(missing.joined(separator: ", "))): "
          + "use sudo nsrun, or give \(SandboxError.withoutUserNamespace)")
    }
    guard (try? Sysctl("user.max_user_namespaces").read()) == "0" else { return }
    throw .namespaceFailure(.setup(SystemError(UserNamespace.making, "", errno: ENOSPC)))
  }
}
