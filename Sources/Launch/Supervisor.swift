import CLinux
import Glibc
import LinuxSystem

/// Stands between the world and a command that runs as a child in the same process group: hands on the signals that are
/// sent to this process, stops and continues with the command, and waits for its end.
///
/// The command thus behaves as if it had been started directly. What a terminal sends (Ctrl-C, Ctrl-Z, a new window
/// size) goes to the whole process group, so the command has it already and it is not sent again.
public struct Supervisor: ~Copyable {
  /// How it is known that the command stands still.
  private enum Stops {
    /// The command is a child, which waitpid(2) sees stop.
    case seen
    /// The same for process 1 of a PID namespace, which does not stand still with it, but reports the signal; and the one
    /// that ends it, since no signal of its own ends process 1.
    case reported(to: Int32)
    /// The command is the child of such a process 1, and this descriptor the other end.
    case told(by: Int32)
  }

  private let child: Int32
  private let stops: Stops

  /// Makes this process the one that orphaned descendants of the command fall to: what the command leaves running can
  /// then be told from all other processes without a search (PR_SET_CHILD_SUBREAPER, Linux 3.4).
  public static func adoptOrphans() { clinux_set_child_subreaper(1) }

  public init(of child: borrowing ChildProcess) {
    self.child = child.pid
    stops = child.stops.map { .told(by: $0) } ?? .seen
  }

  /// For process 1 of a PID namespace, which cannot be stopped from inside.
  /// - Parameter stops: where each signal that stops the command is written to, in one byte.
  init(ofOrphan child: Int32, reportingStopsTo stops: Int32) {
    self.child = child
    self.stops = .reported(to: stops)
  }

  /// Waits until the command ends.
  public borrowing func wait(signals: borrowing BlockedSignals) -> ExitStatus {
    var end: Int32?
    var recent = RecentSignals()
    while true {
      let status = reap(signals, &recent)
      if case .told(let descriptor) = stops { end = follow(descriptor, signals) ?? end }
      if let status { return end.map { .signaled($0) } ?? status }
      if let signal = ArrivedSignal.next(timeout: recent.timeout) {
        if isForCommand(signal, &recent) { handOn(signal) }
      } else {
        for signal in recent.forget() { handOn(signal) }
      }
    }
  }

  /// The signals of the last moment that process 1 may have by another way as well: whoever sends one to the process group,
  /// or to all processes of a name, sends it to process 1 and to nsrun, which hands it on.
  private struct RecentSignals {
    private var entries: [(signal: ArrivedSignal, deadline: Int64)] = []

    /// How long the other one is waited for, in microseconds.
    private static let moment: Int64 = 20_000

    mutating func add(_ signal: ArrivedSignal) {
      entries.append((signal, monotonicMicroseconds() + Self.moment))
    }

    /// Takes out the same signal by the other way.
    mutating func takeOther(of signal: ArrivedSignal) -> ArrivedSignal? {
      entries.firstIndex { signal.isOther(of: $0.signal) || $0.signal.isOther(of: signal) }
        .map { entries.remove(at: $0).signal }
    }

    /// How long until the first is over, in milliseconds; nil for none.
    var timeout: Int32? {
      entries.first.map { Int32(max(0, $0.deadline - monotonicMicroseconds()) + 999) / 1000 }
    }

    /// Takes out those that are over.
    /// - Returns: those of somebody outside, which have come to process 1 alone.
    mutating func forget() -> [ArrivedSignal] {
      let now = monotonicMicroseconds()
      let count = entries.prefix { $0.deadline <= now }.count
      defer { entries.removeFirst(count) }
      return entries.prefix(count).map(\.signal).filter { $0.sender == 0 && $0.value == 0 }
    }
  }

  /// Whether a signal is to be handed on.
  private borrowing func isForCommand(_ signal: ArrivedSignal, _ recent: inout RecentSignals) -> Bool {
    if signal.number == SIGCHLD || signal.number == SIGIO && !signal.isFromProcess { return false }
    if signal.isFromProcess { return !isOurs(signal, &recent) }
    // That its terminal is gone is told to the leader of a session only, not to the process group.
    return signal.number == SIGHUP && getsid(0) == getpid()
  }

  /// Whether the command has a signal already, or has sent it: it was to the whole process group then; or whether it is
  /// expected to come again.
  private borrowing func isOurs(_ signal: ArrivedSignal, _ recent: inout RecentSignals) -> Bool {
    switch stops {
    case .seen: return signal.sender == child || signal.sender == getpid()
    // Whose number it is, is not known here: process 1 finds out.
    case .told: return signal.sender == getpid()
    case .reported:
      let other = recent.takeOther(of: signal)
      guard signal.sender == 0 else {
        recent.add(signal)
        // What an insider of another group sends is to process 1 alone, and so to the command.
        let group = getpgid(signal.sender)
        return signal.sender == child || group < 0 || group == getpgrp()
      }
      // To be continued twice is no harm.
      if signal.number == SIGCONT && signal.value == 0 { return false }
      if let other {
        // The command has that of somebody inside, and what nsrun has handed on.
        return other.sender != 0 || other.value != 0
      }
      recent.add(signal)
      return signal.value == 0
    }
  }

  /// In the place of the number of a sender that is not known: 0 is what process 1 finds of signals that nobody has handed on.
  private static let unknown: Int32 = -1

  /// Sends a signal on, to process 1 with the number of its sender.
  private borrowing func handOn(_ signal: ArrivedSignal) {
    let sender = signal.sender == 0 ? Self.unknown : signal.sender
    if case .told = stops, clinux_queue_signal(child, signal.number, sender) == 0 { return }
    kill(child, signal.number)
  }

  /// Stands still where process 1 has reported that the command does.
  /// - Returns: the signal that has ended the command, where process 1 has reported one.
  private borrowing func follow(_ descriptor: Int32, _ signals: borrowing BlockedSignals) -> Int32? {
    var report = nextReport(descriptor)
    while let signal = report {
      if signal & Self.endBit != 0 { return signal & ~Self.endBit }
      signals.stop(by: signal)
      // That the command has wanted the terminal again meanwhile, in the background, is over with this.
      repeat { report = nextReport(descriptor) } while report == SIGTTIN || report == SIGTTOU
      // One that has stopped for another reason since is to stand still.
      if report == nil { kill(child, SIGCONT) }
    }
    return nil
  }

  private borrowing func nextReport(_ descriptor: Int32) -> Int32? {
    var report: UInt8 = 0
    return read(descriptor, &report, 1) == 1 ? Int32(report) : nil
  }

  /// Set in a report of the signal that has ended the command.
  private static let endBit: Int32 = 0x80

  private borrowing func report(_ report: Int32, to descriptor: Int32) {
    var report = UInt8(truncatingIfNeeded: report)
    write(descriptor, &report, 1)
  }

  /// The shell that started this process must see that its job stands still.
  private borrowing func stop(by signal: Int32, _ signals: borrowing BlockedSignals) {
    signals.stop(by: signal)
    kill(child, SIGCONT)
  }

  /// Collects children that changed: the command, or an orphan.
  private borrowing func reap(_ signals: borrowing BlockedSignals, _ recent: inout RecentSignals) -> ExitStatus? {
    var status: Int32 = 0
    while true {
      let pid = waitpid(-1, &status, WNOHANG | WUNTRACED)
      let error = errno
      if pid < 0 && error == EINTR { continue }
      if pid <= 0 { return nil }
      guard pid == child else { continue }
      if let status = ExitStatus(waitStatus: status) {
        if case (.reported(let descriptor), .signaled(let signal)) = (stops, status) {
          report(signal | Self.endBit, to: descriptor)
        }
        return status
      }
      guard clinux_stopped(status) != 0 else { continue }
      let signal = clinux_stop_signal(status)
      switch stops {
      case .seen: stop(by: signal, signals)
      case .reported(let descriptor):
        if let signal = ArrivedSignal.next(of: SIGCONT, timeout: 0), isForCommand(signal, &recent) {
          // Continued at once, it need not be reported.
          handOn(signal)
        } else {
          report(signal, to: descriptor)
        }
      case .told: break
      }
    }
  }

  /// Whether a descendant of the command is still running after its end.
  public static func hasDescendants() -> Bool {
    var status: Int32 = 0
    while true {
      let pid = waitpid(-1, &status, WNOHANG)
      if pid == 0 { return true }
      if pid < 0 && errno != EINTR { return false }
    }
  }

  /// The processes that descend from this one, in no particular order, as far as the kernel tells (CONFIG_PROC_CHILDREN).
  public static func descendants() -> [Int32] {
    var found: [Int32] = []
    var rest = [getpid()]
    while let parent = rest.popLast() {
      for thread in (try? directoryEntries("/proc/\(parent)/task")) ?? [] {
        let text = (try? readText("/proc/\(parent)/task/\(thread)/children")) ?? ""
        let children = text.split(separator: " ").compactMap { Int32($0) }
        found += children
        rest += children
      }
    }
    return found
  }

  /// Ends processes: SIGTERM, and after the grace period SIGKILL to those that are left, until none is.
  ///
  /// Those that fork as fast as they are ended are stopped first, all of them: who is stopped forks no more.
  /// - Parameters:
  ///   - graceMilliseconds: how long they have.
  ///   - remaining: gives the processes that are left; asked again and again.
  ///   - strike: ends, without grace, as many as it can in another way; called before each look for those to be killed.
  /// - Returns: those that are left some seconds later.
  public static func end(graceMilliseconds: Int32, remaining: () -> [Int32], strike: () -> Void = {}) -> [Int32] {
    var left = remaining()
    for pid in left {
      kill(pid, SIGTERM)
      // A stopped process takes the signal only when it is continued.
      kill(pid, SIGCONT)
    }
    var endings: Set<Int32> = []
    var waited: Int64 = 0
    var last = monotonicMicroseconds()
    while !left.isEmpty, waited < Int64(graceMilliseconds) * 1000 + persistence {
      if waited >= Int64(graceMilliseconds) * 1000 {
        strike()
        killAll(remaining)
      }
      // The end of a child wakes up at once; for other processes there is no event to wait for.
      if let signal = ArrivedSignal.next(timeout: 10), EndSignal.all.contains(signal.number) {
        endings.insert(signal.number)
      }
      _ = hasDescendants()
      left = remaining()
      let now = monotonicMicroseconds()
      // They are to have their time also where the machine stood still.
      waited += min(now - last, 100_000)
      last = now
    }
    // Asked to end, this process is still to know of it (EndSignal.pending).
    for signal in endings { raise(signal) }
    return left
  }

  /// How long SIGKILL is tried, in microseconds: on a busy machine, or while the kernel does something for them, processes
  /// take seconds to end.
  private static let persistence: Int64 = 30_000_000

  private static func killAll(_ remaining: () -> [Int32]) {
    var stopped: Set<Int32> = []
    for _ in 1...20 {
      let others = remaining().filter { stopped.insert($0).inserted }
      if others.isEmpty { break }
      for pid in others { kill(pid, SIGSTOP) }
    }
    for pid in stopped { kill(pid, SIGKILL) }
  }
}
