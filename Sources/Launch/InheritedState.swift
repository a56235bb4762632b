import CLinux
import Glibc
import LinuxSystem

/// State that a process inherits from the program that executed it, and on which nsrun depends. nsrun sets it to known
/// values while it works, and gives the command the original state.
///
/// If SIGCHLD is ignored, the kernel itself waits for children, and no process sees how they end. A timer of the caller
/// would end the wrong process. A umask removes permissions that files need, and soft limits can be raised to the hard
/// limits.
public struct InheritedState {
  private var ignoresChildren = false
  private var mask: mode_t = 0
  private var timers: [itimerval] = []

  private static let clocks = [ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF].map { __itimer_which_t($0.rawValue) }

  /// Saves the state of the calling process, and sets it to known values.
  public init() {
    ignoresChildren = EndSignal.isIgnored(SIGCHLD)
    if ignoresChildren { signal(SIGCHLD, SIG_DFL) }
    mask = umask(0o022)
    for clock in Self.clocks {
      var (none, timer) = (itimerval(), itimerval())
      setitimer(clock, &none, &timer)
      timers.append(timer)
    }
    Self.raiseLimits()
  }

  /// Raises the soft limits to the hard limits. They stay raised from the start of the program until ``restore()``.
  public static func raiseLimits() { clinux_raise_limits() }

  /// Gives the state back to the calling process.
  public func restore() {
    if ignoresChildren { signal(SIGCHLD, SIG_IGN) }
    umask(mask)
    clinux_restore_limits()
    for (clock, var timer) in zip(Self.clocks, timers) { setitimer(clock, &timer, nil) }
  }
}
