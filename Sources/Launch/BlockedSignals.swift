import CLinux
import Glibc

/// Blocks all signals of this process, so that each stays pending until it is asked for and interrupts nothing. Signals
/// that the processor raises, such as SIGSEGV, still end the process (force_sig_info_to_task in kernel/signal.c).
/// Process 1 of a PID namespace loses signals that are not blocked.
public struct BlockedSignals: ~Copyable {
  /// The previous mask, with which a command starts.
  private var original = sigset_t()
  private var blocked = sigset_t()
  private let inherited: InheritedState

  public init() {
    sigfillset(&blocked)
    sigprocmask(SIG_BLOCK, &blocked, &original)
    inherited = InheritedState()
  }

  /// A function that gives the calling process its previous signal mask and inherited state.
  var restoration: () -> Void {
    let (inherited, original) = (inherited, original)
    return {
      inherited.restore()
      var mask = original
      sigprocmask(SIG_SETMASK, &mask, nil)
    }
  }

  /// Stops this process as the signal would if it were not blocked, until another process continues it.
  func stop(by signal: Int32) {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, signal)
    raise(signal)
    // The unblocked signal stops the process here; in an orphaned process group the kernel discards it.
    sigprocmask(SIG_UNBLOCK, &set, nil)
    sigprocmask(SIG_BLOCK, &set, nil)
  }
}

/// A signal that arrived.
struct ArrivedSignal {
  let number: Int32
  /// Whether a process sent it, by kill(2) or a similar call; the kernel itself sends the signals of a terminal.
  let isFromProcess: Bool
  /// The process id of the sender in its own PID namespace, if that is this process's or one below; 0 for a sender
  /// outside (prepare_kill_siginfo in kernel/signal.c).
  let sender: Int32
  /// The value that was queued with it; 0 for none.
  let value: Int32

  /// Whether this signal, which nsrun forwarded, and another, which came to process 1 directly, are one: both from
  /// outside, or from the same process inside.
  func isOther(of direct: ArrivedSignal) -> Bool {
    number == direct.number && sender == 0 && value != 0 && direct.value == 0
      && (direct.sender == 0 || direct.sender == value)
  }

  /// Waits for a blocked signal; nil after the timeout in milliseconds.
  /// - Parameter wanted: the only signal to take; nil for any.
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
