import CLinux
import Glibc

/// All signals blocked for this process, so that each waits until it is asked for instead of interrupting something
/// half done. What the processor itself raises, such as SIGSEGV, ends the process all the same (force_sig_info_to_task in
/// kernel/signal.c). Process 1 of a PID namespace loses signals that are not blocked.
public struct BlockedSignals: ~Copyable {
  /// The mask that there was before: what a command starts with.
  private var original = sigset_t()
  private var blocked = sigset_t()
  private let inherited: InheritedState

  public init() {
    sigfillset(&blocked)
    sigprocmask(SIG_BLOCK, &blocked, &original)
    inherited = InheritedState()
  }

  /// What gives the calling process all that it had before.
  var restoration: () -> Void {
    let (inherited, original) = (inherited, original)
    return {
      inherited.restore()
      var mask = original
      sigprocmask(SIG_SETMASK, &mask, nil)
    }
  }

  /// Stops this process as the signal would if it were not blocked, until somebody continues it.
  func stop(by signal: Int32) {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, signal)
    raise(signal)
    // Unblocked, it stops the process here; in an orphaned process group the kernel discards it.
    sigprocmask(SIG_UNBLOCK, &set, nil)
    sigprocmask(SIG_BLOCK, &set, nil)
  }
}

/// A signal that arrived.
struct ArrivedSignal {
  let number: Int32
  /// Whether a process sent it, by kill(2) or its kin; the kernel itself sends those of a terminal.
  let isFromProcess: Bool
  /// The process that sent it, by the number that it has where it is: 0 for one outside of this process's PID namespace,
  /// but of one in a namespace below this it is the number there (prepare_kill_siginfo in kernel/signal.c).
  let sender: Int32
  /// What was sent along; 0 for nothing.
  let value: Int32

  /// Whether this, handed on by nsrun, and another, that came to process 1 itself, are one: of somebody outside, or of the
  /// same process inside.
  func isOther(of direct: ArrivedSignal) -> Bool {
    number == direct.number && sender == 0 && value != 0 && direct.value == 0
      && (direct.sender == 0 || direct.sender == value)
  }

  /// Waits for a signal that is blocked; nil after the timeout in milliseconds.
  /// - Parameter wanted: the only one that is taken; nil for any.
  static func next(of wanted: Int32? = nil, timeout: Int32? = nil) -> ArrivedSignal? {
    var code: Int32 = 0
    var sender: Int32 = 0
    var value: Int32 = 0
    while true {
      let number = clinux_wait_signal(wanted ?? 0, timeout ?? -1, &code, &sender, &value)
      let error = errno
      if number > 0 { return ArrivedSignal(number: number, isFromProcess: code <= 0, sender: sender, value: value) }
      if error != EINTR { return nil }
    }
  }
}
