import CLinux
import Glibc
import LinuxSystem

/// What a process has from the one that executed it, and nsrun depends on: put into a known state while nsrun is at work,
/// and handed on to the command as it came.
///
/// Where SIGCHLD is ignored the kernel waits for children itself, and nobody sees how they end. A timer of the caller's
/// would end who it is not meant for. A umask takes from files what they are to have, and soft limits can be raised to the
/// hard ones.
public struct InheritedState {
  private var ignoresChildren = false
  private var mask: mode_t = 0
  private var timers: [itimerval] = []

  private static let clocks = [ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF].map { __itimer_which_t($0.rawValue) }

  /// Of the calling process, from which it is taken.
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

  /// Puts the soft limits at the hard ones, as they are from the start on and until they are given back.
  public static func raiseLimits() { clinux_raise_limits() }

  /// Gives it back to the calling process.
  public func restore() {
    if ignoresChildren { signal(SIGCHLD, SIG_IGN) }
    umask(mask)
    clinux_restore_limits()
    for (clock, var timer) in zip(Self.clocks, timers) { setitimer(clock, &timer, nil) }
  }
}
