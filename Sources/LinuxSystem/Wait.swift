import Glibc

/// The signals that ask this process to end.
public enum EndSignal {
  /// The signal numbers, in the order in which ``pending`` looks for them.
  public static let all = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT]

  /// The first of these signals that is pending and not ignored (nohup(1)); nil for none. Blocked signals stay pending
  /// even if they are ignored.
  public static var pending: Int32? {
    var pending = sigset_t()
    sigpending(&pending)
    return all.first { sigismember(&pending, $0) == 1 && !isIgnored($0) }
  }

  /// Whether the calling process ignores a signal.
  public static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    sigaction(signal, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

/// A wait for a condition whose change the kernel does not report. After one second it reports its subject, and ends if
/// a signal asks this process to end.
///
/// In its first second it does not end on a signal: a wait that usually takes milliseconds, such as one for the lock of
/// another nsrun, should not fail because of a signal that came before.
public struct Wait {
  /// Receives a sentence that tells what this process waits for. Set it once, before the first wait.
  public nonisolated(unsafe) static var report: (String) -> Void = { _ in }

  private let subject: String
  private let limit: Int64
  private let start = monotonicMicroseconds()
  private var pause: UInt32 = 100
  private var isTold = false

  /// - Parameters:
  ///   - subject: what the wait is for, as text for the user: `the lock of /run/netns`.
  ///   - limit: the longest wait, in microseconds.
  public init(for subject: String, limit: Int64 = .max) {
    self.subject = subject
    self.limit = limit
  }

  /// Sleeps for a moment.
  /// - Throws: ETIMEDOUT beyond the limit; EINTR if a signal asks this process to end.
  public mutating func rest() throws(SystemError) {
    let waited = monotonicMicroseconds() - start
    if waited >= limit { throw SystemError("wait for", subject, errno: ETIMEDOUT) }
    if waited >= 1_000_000 {
      if EndSignal.pending != nil { throw SystemError("wait for", subject, errno: EINTR) }
      if !isTold { Self.report("waiting for \(subject)") }
      isTold = true
    }
    usleep(pause)
    pause = min(pause + pause / 2, 10_000)
  }

  /// The same, where the limit is an expected end.
  /// - Returns: whether it has slept; false beyond the limit.
  public mutating func restWithinLimit() throws(SystemError) -> Bool {
    do throws(SystemError) { try rest() } catch {
      guard error.errno == ETIMEDOUT else { throw error }
      return false
    }
    return true
  }
}
