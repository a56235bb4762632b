import Glibc
import LinuxSystem

/// What a process has from the one that executed it, and nsrun depends on: put into a known state while nsrun is at work,
/// and handed on to the command as it came.
///
/// Where SIGCHLD is ignored the kernel waits for children itself, and nobody sees how they end. A timer of the caller's
/// would end who it is not meant for. A umask takes from files what they are to have, and a soft limit, here of sizes,
/// descriptors, memory and time, can be raised to the hard one.
public struct InheritedState {
  private var ignoresChildren = false
  private var mask: mode_t = 0
  private var timers: [itimerval] = []
  /// nil for one that cannot be read, which is left as it is.
  private var limits: [rlimit?] = []

  private static let clocks = [ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF].map { __itimer_which_t($0.rawValue) }
  private static let resources = [RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_AS]
    .map { __rlimit_resource_t($0.rawValue) }

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
    for resource in Self.resources {
      var limit = rlimit()
      let isKnown = getrlimit(resource, &limit) == 0
      limits.append(isKnown ? limit : nil)
      guard isKnown, limit.rlim_cur < limit.rlim_max else { continue }
      limit.rlim_cur = limit.rlim_max
      setrlimit(resource, &limit)
    }
  }

  /// Gives it back to the calling process.
  public func restore() {
    if ignoresChildren { signal(SIGCHLD, SIG_IGN) }
    umask(mask)
    for (resource, limit) in zip(Self.resources, limits) {
      if var limit { setrlimit(resource, &limit) }
    }
    for (clock, var timer) in zip(Self.clocks, timers) { setitimer(clock, &timer, nil) }
  }
}
