import CLinux
import Glibc
import LinuxSystem

/// A child of this process that prepares itself step by step, in sync with its parent, and then executes a command.
///
/// The kernel kills the child when this process ends, for whatever reason, unless the command itself changes its
/// credentials: the kernel then clears the parent-death signal (PR_SET_PDEATHSIG in prctl(2)).
public struct ChildProcess: ~Copyable {
  /// Its process id. After its end it stays a zombie, and keeps the id, until this process waits for it.
  public let pid: Int32
  /// The descriptor with reports of the signals that stop the command, from process 1 of a PID namespace, whose child
  /// the command is. Each report comes with a SIGIO. nil if the child itself becomes the command.
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

    /// Tells the parent that this process has reached a checkpoint; the parent waits in ``ChildProcess/checkpoint()``.
    /// - Parameter goesOn: whether this process continues at once.
    public borrowing func reachCheckpoint(goesOn: Bool = false) {
      if goesOn, lend(Report.checkpoint) { return }
      send(Report.checkpoint)
    }

    /// Sends bytes that do not change. After write(2), a waiting parent starts on this processor once this process
    /// waits (wake_up_interruptible_sync_poll in fs/pipe.c); after vmsplice(2), it starts on another processor.
    private borrowing func lend(_ report: [UInt8]) -> Bool {
      report.withUnsafeBytes { clinux_vmsplice(reports.raw, $0.baseAddress, UInt64($0.count)) == $0.count }
    }

    /// Waits until the parent permits this process to continue, by ``ChildProcess/permit(telling:)`` or
    /// ``ChildProcess/proceed(with:)``. Ends the process if the parent is gone.
    /// - Returns: the values that the parent sends, or the variables for the command.
    @discardableResult
    public borrowing func awaitPermission() -> [Command.Variable] {
      let head = receive(exactly: Permission.headSize)
      return Permission.decode(receive(exactly: Permission.textSize(head)))
    }

    /// Waits until the parent has returned from fork(2); see clinux_start_apart.
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

  /// Forks. The child runs `prepare`, in which it may wait for ``permit(telling:)``, and waits for ``proceed(with:)``.
  /// Then it executes the command, or exits with 0 if there is none.
  ///
  /// The calling process must have only one thread.
  /// - Parameter isInit: whether the child is process 1 of a new PID namespace. It then starts the command as its
  ///   child, forwards signals to it, waits for every orphaned process, and ends as the command does. With process 1,
  ///   the kernel ends all processes of the namespace (pid_namespaces(7)).
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

  /// The last step of the child, as an object that C passes on.
  private final class Body {
    let run: () -> Never

    init(_ run: @escaping () -> Never) { self.run = run }
  }

  /// Executes the command when the parent permits it, or exits if there is no command.
  /// - Parameter stops: for process 1, which starts the command in a child of its own and ends as that does.
  private static func become(
    _ command: Command?, of parent: Int32, _ link: consuming Parent, _ signals: borrowing BlockedSignals,
    reportingStopsTo stops: Int32?
  ) -> Never {
    let variables = link.awaitPermission()
    guard var command else { _exit(0) }
    command.environment.insert(contentsOf: variables, at: 0)
    let body = Body { [command, restoration = signals.restoration, reports = link.reports.raw] in
      // A change of credentials clears the parent-death signal. What process 1 starts ends with process 1 anyway.
      let failure = command.execute(
        onChange: { if stops == nil { Self.end(with: parent, isInit: false) } }, last: restoration)
      Parent.send(Report.encode(failure), to: reports)
      _exit(125)
    }
    guard let stops else { body.run() }
    var child: Int32 = 0
    do throws(SystemError) {
      // The command can inspect process 1 as soon as it runs.
      try systemCall("hide", "the environment of process 1") { clinux_move_environment() }
      // A copy of the memory would take longer than what is left to do until the command takes over.
      let context = Unmanaged.passRetained(body).toOpaque()
      child = try systemCall("fork", "") {
        clinux_vfork({ Unmanaged<Body>.fromOpaque($0!).takeUnretainedValue().run() }, context)
      }
    } catch {
      link.send(Report.encode(.setup(error)))
      _exit(125)
    }
    // Otherwise a wait for the end of a stream, or for the start of the command, would include process 1.
    if stops > 0 { clinux_close_range(0, UInt32(stops) - 1, 0) }
    clinux_close_range(UInt32(stops) + 1, UInt32.max, 0)
    _exit(Supervisor(ofOrphan: child, reportingStopsTo: stops).wait(signals: signals).code)
  }

  /// Returns the read end, and lets this process get a signal for reports that arrive there.
  private static func notify(_ pipe: consuming Pipe) -> Int32 {
    let end = pipe.keepReadEnd().release()
    clinux_fcntl(end, F_SETOWN, getpid())
    clinux_fcntl(end, F_SETFL, O_NONBLOCK | O_ASYNC)
    return end
  }

  /// Makes the kernel kill the calling process when its parent ends.
  private static func end(with parent: Int32, isInit: Bool) {
    clinux_set_parent_death_signal(SIGKILL)
    // The parent may have ended before the line above took effect. Process 1 cannot see its parent and need not:
    // without the parent it gets no permission to continue.
    if !isInit && getppid() != parent { _exit(125) }
  }

  /// Waits until the child has reached the next checkpoint.
  /// - Throws: why the child will not reach it.
  public borrowing func checkpoint() throws(LaunchError) {
    guard let report = try receive() else { throw endBeforeCommand() }
    if let error = Report.decode(report) { throw error }
  }

  /// Lets the child continue its preparations. If it has already ended, ``checkpoint()`` tells why.
  /// - Parameter telling: names and values that the child needs for them.
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
  /// - Throws: why the command did not start. The child has then ended, and was waited for.
  public borrowing func proceed(with variables: [Command.Variable] = []) throws(LaunchError) {
    let permission = Permission.encode(variables)
    do throws(SystemError) {
      try systemCall("let", "the command start") { write(permissions.raw, permission, permission.count) }
    } catch {
      // If the child has already ended, its report tells why.
      if error.errno == EPIPE { throw try receive().flatMap(Report.decode) ?? endBeforeCommand() }
      end()
      throw .setup(error)
    }
    // The child's end of the pipe closes when it executes the command.
    guard let report = try receive() else { return }
    _ = wait()
    throw Report.decode(report) ?? .ended(.exited(125))
  }

  /// Kills the child, whatever it does, and waits for it. If this process has already waited for the child, nothing
  /// happens: the id may belong to another process by now.
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

  /// - Returns: nil if the child has closed its end.
  /// - Throws: why the report cannot be read. The child has then ended, and was waited for.
  private borrowing func receive() throws(LaunchError) -> [UInt8]? {
    // A report is one write shorter than PIPE_BUF, so it arrives in one piece. Two in a row must not be read as one.
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

  /// Waits until there is something to read, or the end of the pipe.
  /// - Throws: EINTR if a signal asks this process to end while the child takes its time.
  private borrowing func awaitReport() throws(SystemError) {
    var descriptor = pollfd(fd: reports.raw, events: Int16(POLLIN), revents: 0)
    while try systemCall("poll", "the report of the command's process", { poll(&descriptor, 1, 200) }) == 0 {
      if EndSignal.pending != nil { throw SystemError("wait for", "the command's process", errno: EINTR) }
    }
  }
}

/// The message from the parent to its child: the length of a text, and the text. The text is `NAME=VALUE`, or `NAME`
/// for a variable to remove, each with a final NUL. A message shorter than PIPE_BUF is written in one piece.
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

/// The message from the child to its parent: one byte for its kind, the error number, the length of a text, and the
/// text.
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
