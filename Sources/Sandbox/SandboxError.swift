import Glibc
import Launch
import LinuxSystem
import Namespaces
import Netlink

/// Why nsrun could not do what the caller requested.
public enum SandboxError: Error, Sendable, CustomStringConvertible {
  /// The request cannot be fulfilled. The text tells why, and what to do.
  case refused(String)
  /// The file at this path has the name of a record, but is no valid record.
  case damaged(String)
  /// A system call failed.
  case system(SystemError)
  /// The kernel refused a netlink request.
  case netlink(NetlinkError)
  /// The command did not start.
  case launch(LaunchError)

  public var description: String {
    switch self {
    case .refused(let text): text
    case .damaged(let path):
      if path.utf8.split(separator: UInt8(ascii: "/")).dropLast().last?.elementsEqual("networks".utf8) == true {
        "the record \(path) is damaged: nsrun reload writes it anew"
      } else if path.hasSuffix("/host") || path.hasSuffix("/host6") {
        "the record \(path) is damaged: the last sandbox to leave turns forwarding off, and restores nothing else"
      } else {
        "the record \(path) is damaged: nsrun cleanup moves it aside, and removes what it spoke of"
      }
    case .system(let error): "\(error)"
    case .netlink(let error): "\(error)"
    case .launch(let error): "\(error)"
    }
  }

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

  /// The errno of a netlink request that the kernel refused; nil for every other failure.
  var netlinkErrno: Int32? {
    if case .netlink(let cause) = self { cause.errno } else { nil }
  }

  /// The exit status for this error: 125 for a failure of nsrun itself, 126 for a command that cannot be executed, 127
  /// for a command that was not found, 128+N if signal N arrived before the command started.
  public var exitCode: Int32 {
    switch self {
    case .launch(.execution(let error)): error.isNotFound ? 127 : 126
    case .launch(.ended(let status)): status.code
    default: 125
    }
  }
}

/// Runs system calls, and converts a thrown error to a ``SandboxError``.
func system<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(SandboxError) -> Result {
  do throws(SystemError) { return try body() } catch {
    // Only ``Wait`` throws EINTR, if a signal ended it; other calls are restarted.
    if error.errno == EINTR, let signal = EndSignal.pending { throw .launch(.ended(.signaled(signal))) }
    throw .system(error)
  }
}

/// Runs netlink requests, and converts a thrown error to a ``SandboxError``.
func netlink<Result: ~Copyable>(_ body: () throws(NetlinkError) -> Result) throws(SandboxError) -> Result {
  do throws(NetlinkError) { return try body() } catch { throw .netlink(error) }
}

/// Runs operations on the child that becomes the command, and converts a thrown error to a ``SandboxError``.
func launch<Result: ~Copyable>(_ body: () throws(LaunchError) -> Result) throws(SandboxError) -> Result {
  do throws(LaunchError) { return try body() } catch { throw .launch(error) }
}
