import CLinux
import Glibc
import LinuxSystem

/// A child of this process that prepares itself step by step, in time with its parent, and then executes a command.
///
/// It is killed when this process ends, however it ends, unless the command changes its credentials itself: the kernel
/// forgets the signal then (PR_SET_PDEATHSIG in prctl(2)).
public struct ChildProcess: ~Copyable {
  /// Its process id; it stays a zombie, and the number its own, until it is waited for.
  public let pid: Int32
  /// Where process 1 of a PID namespace, whose child the command is, reports the signals that stop the command; each report
  /// comes with a SIGIO. nil where the child itself becomes the command.
  let stops: Int32?
  private let stopReports: OwnedDescriptor?
  private let reports: OwnedDescriptor
  private let permissions: OwnedDescriptor

  /// The parent as the child sees it.
  public struct Parent: ~Copyable {
    fileprivate let reports: OwnedDescriptor
    private let permissions: OwnedDescriptor

    fileprivate init(reports: consuming OwnedDescriptor, permissions: consuming OwnedDescriptor) {
      self.reports = reports
      self.permissions = permissions
    }

    /// Tells the parent that a checkpoint has been reached; the parent waits for it in ``ChildProcess/checkpoint()``.
    /// - Parameter goesOn: whether this process has more to do at once.
    public borrowing func reachCheckpoint(goesOn: Bool = false) {
      if goesOn, lend(Report.checkpoint) { return }
      send(Report.checkpoint)
    }

    /// Sends bytes that stay as they are. write(2) lets a waiting parent start on this processor, once this process waits
    /// (wake_up_interruptible_sync_poll in fs/pipe.c); vmsplice(2) lets it start on another one.
    private borrowing func lend(_ report: [UInt8]) -> Bool {
      report.withUnsafeBytes { clinux_vmsplice(reports.raw, $0.baseAddress, UInt64($0.count)) == $0.count }
    }

    /// Waits until the parent lets go on, by ``ChildProcess/permit(telling:)`` or ``ChildProcess/proceed(with:)``; ends the
    /// process when the parent is gone.
    /// - Returns: what the parent tells, or the variables that it has for the command.
    @discardableResult
    public borrowing func awaitPermission() -> [Command.Variable] {
      let head = receive(exactly: Permission.headSize)
      return Permission.decode(receive(exactly: Permission.textSize(head)))
    }

    /// Waits until the parent has come back from fork(2): see clinux_start_apart.
    fileprivate borrowing func awaitBeginning() { _ = receive(exactly: 1) }

    private borrowing func receive(exactly size: Int) -> [UInt8] {
      do throws(SystemError) {
        let bytes = try permissions.read(size, "the permission to start")
        if bytes.count == size { return bytes }
      } catch {
        send(Report.encode(.setup(error)))
      }
      _exit(125)
    }

    fileprivate borrowing func send(_ report: [UInt8]) { Self.send(report, to: reports.raw) }

    fileprivate static func send(_ report: [UInt8], to reports: Int32) {
      do throws(SystemError) {
        try systemCall("write", "a report") { write(reports, report, report.count) }
      } catch {
        // The parent waits for a report or for this process's end.
        _exit(125)
      }
    }
  }

  /// Forks. The child runs `prepare`, in which it may wait for ``permit(telling:)``, waits for ``proceed(with:)`` and then
  /// executes the command, or exits with 0 where there is none.
  ///
  /// The calling process must have one thread only.
  /// - Parameter isInit: whether the child is process 1 of a PID namespace of its own. It starts the command as its child
  ///   then, hands on signals to it, waits for every process that loses its parent, and ends as the command does: and
  ///   with it, by the kernel, all processes of the namespace (pid_namespaces(7)).
  public init(
    signals: borrowing BlockedSignals, command: Command?, isInit: Bool = false,
    prepare: (borrowing Parent) throws(SystemError) -> Void
  ) throws(SystemError) {
    let report = try Pipe()
    let permission = try Pipe()
    let stops = isInit ? try Pipe() : nil
    let parent = getpid()
    let child = try systemCall(isInit ? "make a PID namespace" : "fork", "") { isInit ? clinux_fork_init() : fork() }
    if child == 0 {
      let link = Parent(reports: report.keepWriteEnd(), permissions: permission.keepReadEnd())
      Self.end(with: parent, isInit: isInit)
      link.awaitBeginning()
      do throws(SystemError) { try prepare(link) } catch {
        link.send(Report.encode(.setup(error)))
        _exit(125)
      }
      if let stops { Self.become(command, of: parent, link, signals, reportingStopsTo: stops.writeEnd.raw) }
      Self.become(command, of: parent, link, signals, reportingStopsTo: nil)
    }
    try systemCall("write", "the permission to begin") { clinux_start_apart(child, permission.writeEnd.raw) }
    pid = child
    if let stops {
      let end = Self.notify(stops)
      self.stops = end
      stopReports = OwnedDescriptor(owning: end)
    } else {
      self.stops = nil
      stopReports = nil
    }
    reports = report.keepReadEnd()
    permissions = permission.keepWriteEnd()
  }

  /// What the child becomes in the end, as C hands it on.
  private final class Body {
    let run: () -> Never

    init(_ run: @escaping () -> Never) { self.run = run }
  }

  /// Executes the command when the parent lets it, or ends where there is none.
  /// - Parameter stops: for process 1, which starts the command in a child of its own and ends as that does.
  private static func become(
    _ command: Command?, of parent: Int32, _ link: consuming Parent, _ signals: borrowing BlockedSignals,
    reportingStopsTo stops: Int32?
  ) -> Never {
    let variables = link.awaitPermission()
    guard var command else { _exit(0) }
    command.environment.insert(contentsOf: variables, at: 0)
    let body = Body { [command, restoration = signals.restoration, reports = link.reports.raw] in
      // A change of credentials makes the kernel forget the signal. What process 1 has started ends with that.
      let failure = command.execute(
        onChange: { if stops == nil { Self.end(with: parent, isInit: false) } }, last: restoration)
      Parent.send(Report.encode(failure), to: reports)
      _exit(125)
    }
    guard let stops else { body.run() }
    var child: Int32 = 0
    do throws(SystemError) {
      // The command can look at it as soon as it is there.
      try systemCall("hide", "the environment of process 1") { clinux_move_environment() }
      // To copy the memory for what is left to do until the command takes over would take longer than that.
      let context = Unmanaged.passRetained(body).toOpaque()
      child = try systemCall("fork", "") {
        clinux_vfork({ Unmanaged<Body>.fromOpaque($0!).takeUnretainedValue().run() }, context)
      }
    } catch {
      link.send(Report.encode(.setup(error)))
      _exit(125)
    }
    // Who waits for the end of a stream, or for the command to have started, waits for the command alone.
    if stops > 0 { clinux_close_range(0, UInt32(stops) - 1, 0) }
    clinux_close_range(UInt32(stops) + 1, UInt32.max, 0)
    _exit(Supervisor(ofOrphan: child, reportingStopsTo: stops).wait(signals: signals).code)
  }

  /// Gives the end to read from, with a signal to this process for what arrives there.
  private static func notify(_ pipe: consuming Pipe) -> Int32 {
    let end = pipe.keepReadEnd().release()
    clinux_fcntl(end, F_SETOWN, getpid())
    clinux_fcntl(end, F_SETFL, O_NONBLOCK | O_ASYNC)
    return end
  }

  /// Lets the kernel kill the calling process when its parent ends.
  private static func end(with parent: Int32, isInit: Bool) {
    clinux_set_parent_death_signal(SIGKILL)
    // The parent may have ended before the line above took effect. Process 1 cannot see its parent, but has no need to:
    // it will not be permitted to go on.
    if !isInit && getppid() != parent { _exit(125) }
  }

  /// Forks a child that only closes what it has inherited, standard streams first, and ends: what is slow to close then
  /// does not hold up this process. Nothing is done where it cannot be forked.
  public static func holdDescriptors() {
    guard fork() == 0 else { return }
    clinux_close_range(0, UInt32.max, 0)
    _exit(0)
  }

  /// Waits until the child has come to the next checkpoint.
  /// - Throws: why it will not come there.
  public borrowing func checkpoint() throws(LaunchError) {
    guard let report = try receive() else { throw endBeforeCommand() }
    if let error = Report.decode(report) { throw error }
  }

  /// Lets the child go on with its preparations. Of one that has ended already, ``checkpoint()`` tells why.
  /// - Parameter telling: what it needs to know for them, as names and values.
  public borrowing func permit(telling: [Command.Variable] = []) throws(SystemError) {
    let permission = Permission.encode(telling)
    do throws(SystemError) {
      try systemCall("let", "the command's process go on") { write(permissions.raw, permission, permission.count) }
    } catch {
      if error.errno != EPIPE { throw error }
    }
  }

  /// Lets the child execute its command, and waits until it has.
  /// - Parameter variables: set before those of the command itself.
  /// - Throws: why the command did not start; the child has ended then and is waited for.
  public borrowing func proceed(with variables: [Command.Variable] = []) throws(LaunchError) {
    let permission = Permission.encode(variables)
    do throws(SystemError) {
      try systemCall("let", "the command start") { write(permissions.raw, permission, permission.count) }
    } catch {
      // Of a child that has ended already, the report says why.
      if error.errno == EPIPE { throw try receive().flatMap(Report.decode) ?? endBeforeCommand() }
      end()
      throw .setup(error)
    }
    // The child's end closes on execution.
    guard let report = try receive() else { return }
    _ = wait()
    throw Report.decode(report) ?? .ended(.exited(125))
  }

  /// Ends the child at once, whatever it does, and waits for it. One that has been waited for already is left alone: its
  /// number may be somebody else's by now.
  public borrowing func end() {
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == 0 else { return }
    kill(pid, SIGKILL)
    _ = wait()
  }

  /// Waits for the end of the child.
  @discardableResult
  public borrowing func wait() -> ExitStatus? {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      if errno != EINTR { return nil }
    }
    return ExitStatus(waitStatus: status)
  }

  /// Why something that needs the child has failed: it has ended, where it has, or else the failure itself.
  public borrowing func cause(of failure: SystemError) -> LaunchError {
    var status: Int32 = 0
    // What /proc shows of a process goes before the process can be waited for (do_exit in kernel/exit.c).
    for _ in 1...100 where failure.errno == ENOENT || failure.errno == ESRCH {
      if waitpid(pid, &status, WNOHANG) == pid {
        return ExitStatus(waitStatus: status).map { .ended($0) } ?? .setup(failure)
      }
      usleep(10_000)
    }
    return .setup(failure)
  }

  private borrowing func endBeforeCommand() -> LaunchError { .ended(wait() ?? .exited(125)) }

  /// - Returns: nil when the child has closed its end.
  /// - Throws: why it cannot be heard; the child has ended then and is waited for.
  private borrowing func receive() throws(LaunchError) -> [UInt8]? {
    // A report is sent in one write below PIPE_BUF, so it arrives in one piece; two in a row must not be read as one.
    guard let head = try receive(exactly: Report.headSize) else { return nil }
    guard let rest = try receive(exactly: Report.textSize(head)) else { return nil }
    return head + rest
  }

  private borrowing func receive(exactly size: Int) throws(LaunchError) -> [UInt8]? {
    do throws(SystemError) {
      if size > 0 { try awaitReport() }
      let bytes = try reports.read(size, "the report of the command's process")
      return bytes.count == size ? bytes : nil
    } catch {
      end()
      throw error.errno == EINTR ? .ended(.signaled(EndSignal.pending ?? SIGTERM)) : .setup(error)
    }
  }

  /// Waits until there is something to read, or the end of it.
  /// - Throws: EINTR where a signal asks this process to end and the child takes its time.
  private borrowing func awaitReport() throws(SystemError) {
    var descriptor = pollfd(fd: reports.raw, events: Int16(POLLIN), revents: 0)
    while try systemCall("poll", "the report of the command's process", { poll(&descriptor, 1, 200) }) == 0 {
      if EndSignal.pending != nil { throw SystemError("wait for", "the command's process", errno: EINTR) }
    }
  }
}

/// What the parent tells its child: the length of a text, and the text, `NAME=VALUE` or `NAME` for one that is to be taken
/// away, each ended by a NUL. Below PIPE_BUF it is written in one piece.
enum Permission {
  static let headSize = 2

  static func encode(_ variables: [Command.Variable]) -> [UInt8] {
    let text = variables.flatMap { name, value in Array((value.map { text in "\(name)=\(text)" } ?? name).utf8) + [0] }
    precondition(text.count <= Int(PIPE_BUF) - headSize)
    return [UInt8(truncatingIfNeeded: text.count), UInt8(truncatingIfNeeded: text.count >> 8)] + text
  }

  static func textSize(_ head: [UInt8]) -> Int { Int(head[0]) | Int(head[1]) << 8 }

  static func decode(_ text: [UInt8]) -> [Command.Variable] {
    text.split(separator: 0).map { entry in
      let parts = entry.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      return (parts[0], parts.count == 2 ? parts[1] : nil)
    }
  }
}

/// What the child tells its parent: one byte for what it is, the error number, the length of a text, and the text.
enum Report {
  static let headSize = 8
  static let checkpoint: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]

  static func encode(_ error: LaunchError) -> [UInt8] {
    let (kind, error): (UInt8, SystemError) =
      switch error {
      case .setup(let error): (1, error)
      case .execution(let error): (2, error)
      case .ended: (1, SystemError("start", "", errno: ECHILD))
      }
    let text = Array("\(error.operation)\0\(error.subject)".utf8.prefix(Int(PIPE_BUF) - headSize))
    let head: [UInt8] = [kind, 0] + bytes(UInt16(text.count)) + bytes(error.errno)
    return head + text
  }

  static func textSize(_ head: [UInt8]) -> Int { Int(head[2]) | Int(head[3]) << 8 }

  /// nil for a checkpoint.
  static func decode(_ report: [UInt8]) -> LaunchError? {
    guard report[0] != 0 else { return nil }
    let errno = report.span.bytes.unsafeLoadUnaligned(fromByteOffset: 4, as: Int32.self)
    let parts = report[headSize...].split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let texts = parts.map { String(decoding: $0, as: UTF8.self) }
    let error = SystemError(texts.first ?? "", texts.count > 1 ? texts[1] : "", errno: errno)
    return report[0] == 1 ? .setup(error) : .execution(error)
  }

  private static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
