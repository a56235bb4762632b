import Glibc
import Launch
import LinuxSystem
import Namespaces
import Network

/// Why nsrun could not do what the caller requested. A ``LaunchError`` is in ``NetworkError/other(_:)``.
public typealias SandboxError = NetworkError

extension SandboxError {
  /// The command did not start.
  public static func launch(_ error: LaunchError) -> SandboxError { .other(error) }

  /// The error for a child that could not make its namespaces.
  static func namespaceFailure(_ error: LaunchError) -> SandboxError {
    guard case .setup(let cause) = error, cause.operation == UserNamespace.making else { return .launch(error) }
    return .refused("\(cause): \(userNamespaceRemedy(cause.errno)), or give \(withoutUserNamespace)")
  }

  /// The remedy if the kernel refuses a user namespace.
  static func userNamespaceRemedy(_ errno: Int32) -> String {
    switch errno {
    case ENOSPC: "raise user.max_user_namespaces (sysctl -w user.max_user_namespaces=10000)"
    case EPERM: "leave the chroot, or let the security module of this host allow them"
    default: "boot a kernel with CONFIG_USER_NS"
    }
  }

  /// The error for a child that could not get a PID namespace.
  static func processNamespaceFailure(_ error: SystemError) -> SandboxError {
    let remedy =
      switch error.errno {
      case ENOSPC: "raise user.max_pid_namespaces, or give"
      default: "give"
      }
    return .refused("\(error): \(remedy) --no-pid, which leaves the command among the processes that there are")
  }

  static let withoutUserNamespace = "--privileged, which leaves the command all power over the host"

  /// The exit status for this error: 125 for a failure of nsrun itself, 126 for a command that cannot be executed, 127
  /// for a command that was not found, 128+N if signal N arrived before the command started.
  public var exitCode: Int32 {
    switch self {
    case .interrupted(let signal): 128 + signal
    case .other(let error):
      switch error as? LaunchError {
      case .execution(let error): error.isNotFound ? 127 : 126
      case .ended(let status): status.code
      case .setup, nil: 125
      }
    default: 125
    }
  }
}

/// Runs operations on the child that becomes the command, and converts a thrown error to a ``SandboxError``.
func launch<Result: ~Copyable>(_ body: () throws(LaunchError) -> Result) throws(SandboxError) -> Result {
  do throws(LaunchError) { return try body() } catch { throw .launch(error) }
}
