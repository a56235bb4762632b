import CLinux

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
}
