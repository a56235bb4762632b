import CLinux
import Glibc

/// How a process ended.
public enum ExitStatus: Equatable, Sendable {
  /// It exited by itself, with 0 to 255.
  case exited(Int32)
  /// A signal killed it.
  case signaled(Int32)

  /// nil if the wait status of waitpid(2) is not that of an ended process.
  init?(waitStatus: Int32) {
    if clinux_exited(waitStatus) != 0 {
      self = .exited(clinux_exit_status(waitStatus))
    } else if clinux_signaled(waitStatus) != 0 {
      self = .signaled(clinux_term_signal(waitStatus))
    } else {
      return nil
    }
  }

  /// The status that a shell gives: the command's own, or 128 and the signal's number.
  public var code: Int32 {
    switch self {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }

  /// Ends the calling process by SIGINT if SIGINT ended the command. A shell gives up the loop or script in which it
  /// started a process only if the signal ends that process too, and not for any exit status.
  public func handOnInterrupt() {
    guard self == .signaled(SIGINT) else { return }
    fflush(nil)
    signal(SIGINT, SIG_DFL)
    raise(SIGINT)
    var interrupt = sigset_t()
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    // SIGINT has been blocked since the launch.
    sigprocmask(SIG_UNBLOCK, &interrupt, nil)
  }
}
