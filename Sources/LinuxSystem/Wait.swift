import Glibc

/// The signals that ask this process to end.
public enum EndSignal {
  /// By their numbers, in the order in which they are looked for.
  public static let all = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT]

  /// The first of them that waits now, as they do while they are blocked, be they ignored or not; nil for none that is not
  /// ignored (nohup(1)).
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

/// A wait for what others do, of which the kernel does not tell when they have: it is told after a second, and ends with
/// the signals that ask this process to end.
///
/// In its first second it does not: what usually takes milliseconds, as the lock of another nsrun, is not given up for a
/// signal that came before.
public struct Wait {
  /// Is given what this process waits for, in a sentence; set once, before anything is waited for.
  public nonisolated(unsafe) static var report: (String) -> Void = { _ in }

  private let subject: String
  private let limit: Int64
  private let start = monotonicMicroseconds()
  private var pause: UInt32 = 100
  private var isTold = false

  /// - Parameters:
  ///   - subject: what is waited for, for people: `the lock of /run/netns`.
  ///   - limit: how long, in microseconds.
  public init(for subject: String, limit: Int64 = .max) {
    self.subject = subject
    self.limit = limit
  }

  /// Lets a moment pass.
  /// - Throws: ETIMEDOUT beyond the limit; EINTR where a signal asks this process to end.
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
}
