import Glibc
import Launch
import LinuxSystem
import Namespaces
import Netlink

/// Why nsrun could not do what it was asked.
public enum SandboxError: Error, Sendable, CustomStringConvertible {
  /// The request cannot be fulfilled; nothing has been changed. The text says why and what to do.
  case refused(String)
  /// The file at this path has the name of a record, but cannot be read as one.
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
      } else if path.hasSuffix("/host") {
        "the record \(path) is damaged: the last sandbox to leave turns forwarding off, and restores nothing else"
      } else {
        "the record \(path) is damaged: nsrun cleanup moves it aside, and removes what it spoke of"
      }
    case .system(let error): "\(error)"
    case .netlink(let error): "\(error)"
    case .launch(let error): "\(error)"
    }
  }

  /// Why a child has not come to have its namespaces.
  static func namespaceFailure(_ error: LaunchError) -> SandboxError {
    guard case .setup(let cause) = error, cause.operation == UserNamespace.making else { return .launch(error) }
    return .refused("\(cause): \(userNamespaceRemedy(cause.errno)), or give \(withoutUserNamespace)")
  }

  /// What to do where no user namespace can be made.
  static func userNamespaceRemedy(_ errno: Int32) -> String {
    switch errno {
    case ENOSPC: "raise user.max_user_namespaces (sysctl -w user.max_user_namespaces=10000)"
    case EPERM: "leave the chroot, or let the security module of this host allow them"
    default: "boot a kernel with CONFIG_USER_NS"
    }
  }

  /// Why a child has no PID namespace.
  static func processNamespaceFailure(_ error: SystemError) -> SandboxError {
    let remedy =
      switch error.errno {
      case ENOSPC: "raise user.max_pid_namespaces, or give"
      default: "give"
      }
    return .refused("\(error): \(remedy) --no-pid, which leaves the command among the processes that there are")
  }

  static let withoutUserNamespace = "--privileged, which leaves the command all power over the host"

  /// The error number, where the kernel refused a netlink request with it; nil for every other failure.
  var netlinkErrno: Int32? {
    if case .netlink(let cause) = self { cause.errno } else { nil }
  }

  /// The exit status that tells it: 125 for nsrun's own failures, 126 for a command that cannot be executed, 127 for one
  /// that was not found, 128 and the signal's number where a signal came before the command had started.
  public var exitCode: Int32 {
    switch self {
    case .launch(.execution(let error)): error.isNotFound ? 127 : 126
    case .launch(.ended(let status)): status.code
    default: 125
    }
  }
}

/// Runs system calls; what they throw becomes a ``SandboxError``.
func system<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(SandboxError) -> Result {
  do throws(SystemError) { return try body() } catch {
    // Only a wait that a signal ended is not begun again (``Wait``).
    if error.errno == EINTR, let signal = EndSignal.pending { throw .launch(.ended(.signaled(signal))) }
    throw .system(error)
  }
}

/// Talks to the kernel by netlink; what that throws becomes a ``SandboxError``.
func netlink<Result: ~Copyable>(_ body: () throws(NetlinkError) -> Result) throws(SandboxError) -> Result {
  do throws(NetlinkError) { return try body() } catch { throw .netlink(error) }
}

/// Deals with the child that becomes the command; what that throws becomes a ``SandboxError``.
func launch<Result: ~Copyable>(_ body: () throws(LaunchError) -> Result) throws(SandboxError) -> Result {
  do throws(LaunchError) { return try body() } catch { throw .launch(error) }
}
