import CLinux
import Glibc
import LinuxSystem

/// Supervises a command that runs as a child in the same process group: forwards signals sent to this process, stops
/// and continues with the command, and waits for its end.
///
/// So the command behaves as if it had been started directly. Signals from a terminal (Ctrl-C, Ctrl-Z, a new window
/// size) go to the whole process group. The command already has them, so they are not forwarded.
public struct Supervisor: ~Copyable {
  /// How this process learns that the command has stopped.
  private enum Stops {
    /// The command is a child, and waitpid(2) reports its stops.
    case seen
    /// The same in process 1 of a PID namespace. It does not stop with the command, but reports the signal. It also
    /// reports the signal that ends the command, because process 1 cannot end itself by a signal.
    case reported(to: Int32)
    /// The command is the child of such a process 1, and this descriptor receives its reports.
    case told(by: Int32)
  }

  private let child: Int32
  private let stops: Stops

  /// Makes this process the parent of the command's orphaned descendants. So what the command leaves running can be
  /// told from other processes without a search (PR_SET_CHILD_SUBREAPER, Linux 3.4).
  public static func adoptOrphans() { clinux_set_child_subreaper(1) }

  public init(of child: borrowing ChildProcess) {
    self.child = child.pid
    stops = child.stops.map { .told(by: $0) } ?? .seen
  }

  /// For process 1 of a PID namespace, which no process inside can stop.
  /// - Parameter stops: receives each signal that stops the command, in one byte.
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

  /// Recent signals that process 1 may get twice. A signal to the process group, or to all processes of a name, reaches
  /// both process 1 and nsrun, which forwards it.
  private struct RecentSignals {
    private var entries: [(signal: ArrivedSignal, looks: Int)] = []
    private var nextLook: Int64 = 0

    /// How often to look for the second copy, and the time between two looks in microseconds. The first look may come
    /// just after the signal, so a signal waits for 20 ms at least. On a busy machine a look comes late, and so does the
    /// second copy.
    private static let looks = 5
    private static let pause: Int64 = 5000

    mutating func add(_ signal: ArrivedSignal) {
      if entries.isEmpty { nextLook = monotonicMicroseconds() + Self.pause }
      entries.append((signal, 0))
    }

    /// Removes and returns the other copy of a signal.
    mutating func takeOther(of signal: ArrivedSignal) -> ArrivedSignal? {
      entries.firstIndex { signal.isOther(of: $0.signal) || $0.signal.isOther(of: signal) }
        .map { entries.remove(at: $0).signal }
    }

    /// The time until the next look, in milliseconds; nil if there is no entry.
    var timeout: Int32? {
      entries.isEmpty ? nil : Int32(max(0, nextLook - monotonicMicroseconds()) + 999) / 1000
    }

    /// Ends a look, and removes the entries that have expired.
    /// - Returns: the signals from outside that have reached process 1 only.
    mutating func forget() -> [ArrivedSignal] {
      let now = monotonicMicroseconds()
      guard now >= nextLook else { return [] }
      nextLook = now + Self.pause
      for index in entries.indices { entries[index].looks += 1 }
      let count = entries.prefix { $0.looks >= Self.looks }.count
      defer { entries.removeFirst(count) }
      return entries.prefix(count).map(\.signal).filter { $0.sender == 0 && $0.value == 0 }
    }
  }

  /// Whether to forward a signal.
  private borrowing func isForCommand(_ signal: ArrivedSignal, _ recent: inout RecentSignals) -> Bool {
    if signal.number == SIGCHLD || signal.number == SIGIO && !signal.isFromProcess { return false }
    if signal.isFromProcess { return !isOurs(signal, &recent) }
    // The kernel tells only the session leader, not the process group, that its terminal is gone.
    return signal.number == SIGHUP && getsid(0) == getpid()
  }

  /// Whether not to forward a signal: the command already has it, or has itself sent it to the whole process group, or
  /// the signal is expected to come again.
  private borrowing func isOurs(_ signal: ArrivedSignal, _ recent: inout RecentSignals) -> Bool {
    switch stops {
    case .seen: return signal.sender == child || signal.sender == getpid()
    // The sender's id cannot be resolved here; process 1 resolves it.
    case .told: return signal.sender == getpid()
    case .reported:
      let other = recent.takeOther(of: signal)
      guard signal.sender == 0 else {
        recent.add(signal)
        // A signal from inside, from another process group, went to process 1 alone and so is for the command.
        let group = getpgid(signal.sender)
        return signal.sender == child || group < 0 || group == getpgrp()
      }
      // A second SIGCONT does no harm.
      if signal.number == SIGCONT && signal.value == 0 { return false }
      if let other {
        // The command already has a signal from a process inside, and one that nsrun has forwarded.
        return other.sender != 0 || other.value != 0
      }
      recent.add(signal)
      return signal.value == 0
    }
  }

  /// Stands for the id of an unknown sender. In process 1, 0 means that the signal was not forwarded.
  private static let unknown: Int32 = -1

  /// Forwards a signal; to process 1 with the id of its sender.
  private borrowing func handOn(_ signal: ArrivedSignal) {
    let sender = signal.sender == 0 ? Self.unknown : signal.sender
    if case .told = stops, clinux_queue_signal(child, signal.number, sender) == 0 { return }
    kill(child, signal.number)
  }

  /// Stops this process if process 1 has reported that the command has stopped.
  /// - Returns: the signal that ended the command, if process 1 has reported one.
  private borrowing func follow(_ descriptor: Int32, _ signals: borrowing BlockedSignals) -> Int32? {
    var report = nextReport(descriptor)
    while let signal = report {
      if signal & Self.endBit != 0 { return signal & ~Self.endBit }
      signals.stop(by: signal)
      // Reports that the command stopped again for the terminal, while in the background, no longer matter.
      repeat { report = nextReport(descriptor) } while report == SIGTTIN || report == SIGTTOU
      // A command that has since stopped for another reason must stay stopped.
      if report == nil { kill(child, SIGCONT) }
    }
    return nil
  }

  private borrowing func nextReport(_ descriptor: Int32) -> Int32? {
    var report: UInt8 = 0
    return read(descriptor, &report, 1) == 1 ? Int32(report) : nil
  }

  /// Set in a report if its signal ended the command.
  private static let endBit: Int32 = 0x80

  private borrowing func report(_ report: Int32, to descriptor: Int32) {
    var report = UInt8(truncatingIfNeeded: report)
    write(descriptor, &report, 1)
  }

  /// Stops this process too, so that the shell that started it sees its job stop.
  private borrowing func stop(by signal: Int32, _ signals: borrowing BlockedSignals) {
    signals.stop(by: signal)
    kill(child, SIGCONT)
  }

  /// Collects children that changed state: the command, or orphans.
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
          // The command continues at once, so the stop need not be reported.
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

  /// The descendants of this process, in no particular order, as far as the kernel tells (CONFIG_PROC_CHILDREN).
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

  /// Ends processes: SIGTERM, and after the grace period SIGKILL to those that are left, until there are none.
  ///
  /// Processes may fork as fast as they are killed, so all are stopped first: a stopped process does not fork.
  /// - Parameters:
  ///   - graceMilliseconds: the grace period.
  ///   - remaining: returns the processes that are left; called repeatedly.
  ///   - strike: kills as many as it can in another way, without grace; called before each search for processes to
  ///     kill.
  /// - Returns: the processes that are left some seconds later.
  public static func end(graceMilliseconds: Int32, remaining: () -> [Int32], strike: () -> Void = {}) -> [Int32] {
    var left = remaining()
    for pid in left {
      kill(pid, SIGTERM)
      // A stopped process handles the signal only when it continues.
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
      // The end of a child wakes this process at once; for other processes there is no event to wait for.
      if let signal = ArrivedSignal.next(timeout: 10), EndSignal.all.contains(signal.number) {
        endings.insert(signal.number)
      }
      _ = hasDescendants()
      left = remaining()
      let now = monotonicMicroseconds()
      // The processes get their full time even if the machine stalled meanwhile.
      waited += min(now - last, 100_000)
      last = now
    }
    // Signals that asked this process to end must stay pending (EndSignal.pending).
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
