import CLinux
import Glibc

/// How a process ended.
public enum ExitStatus: Equatable, Sendable {
  /// It exited by itself, with 0 to 255.
  case exited(Int32)
  /// A signal killed it.
  case signaled(Int32)

  /// nil where the wait status of waitpid(2) is not that of an end.
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

  /// Ends the calling process by SIGINT where that has ended the command: a shell gives up the loop or script in which it
  /// has started a process only if the signal ends that, too, and not for any status.
  public func handOnInterrupt() {
    guard self == .signaled(SIGINT) else { return }
    fflush(nil)
    signal(SIGINT, SIG_DFL)
    raise(SIGINT)
    var interrupt = sigset_t()
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    // It has been blocked since the launch.
    sigprocmask(SIG_UNBLOCK, &interrupt, nil)
  }
}
