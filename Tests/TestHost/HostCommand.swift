import CLinux
import Glibc

/// How a command ended, and what it printed.
public struct Outcome: Sendable, CustomStringConvertible {
  /// The status as a shell gives it: the exit status, or 128+N for signal N.
  public let status: Int32
  public let output: String
  public let errors: String

  /// The lines of the output, without the last newline.
  public var lines: [String] { Self.lines(of: output) }
  public var errorLines: [String] { Self.lines(of: errors) }
  /// The output without white space around it.
  public var text: String { Self.trimmed(output) }

  public var description: String { "status \(status)\n--- output\n\(output)--- errors\n\(errors)---" }

  private static func lines(of text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      .dropLast(text.hasSuffix("\n") || text.isEmpty ? 1 : 0)
  }

  private static func trimmed(_ text: String) -> String {
    guard let first = text.firstIndex(where: { !$0.isWhitespace }),
      let last = text.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(text[first...last])
  }
}

/// Why a command has no outcome.
public struct HostError: Error, CustomStringConvertible {
  public let description: String
}

/// A running command, with pipes to its three standard streams. It is killed when this object is released.
public final class HostCommand {
  public let pid: Int32
  private let title: String
  private var input: Int32
  private var streams: [Int32]
  private var received: [[UInt8]] = [[], []]
  private var status: Int32?
  /// The position in the output that ``wait(for:seconds:)`` has reached.
  private var position = 0

  public init(_ arguments: [String], environment: [String: String], title: String? = nil) throws {
    _ = Self.ignoreBrokenPipes
    self.title = title ?? arguments.joined(separator: " ")
    let (stdin, stdout, stderr) = (try Self.pipe(), try Self.pipe(), try Self.pipe())
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, end) in [stdin.read, stdout.write, stderr.write].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, end, Int32(number))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The command must not inherit the signal dispositions of the test runner.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var vector = arguments.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in vector + variables { free(text) } }
    // Nor may it inherit descriptors that the test runner has: CLOSE_RANGE_CLOEXEC.
    _ = clinux_close_range(3, .max, 4)
    var pid: Int32 = 0
    let error = posix_spawnp(&pid, arguments[0], &actions, &attributes, &vector, &variables)
    for end in [stdin.read, stdout.write, stderr.write] { close(end) }
    self.pid = pid
    input = stdin.write
    streams = [stdout.read, stderr.read]
    for end in [input] + streams { _ = setNonblocking(end) }
    if error != 0 {
      status = 127
      throw HostError(description: "cannot start \(self.title): \(String(cString: strerror(error)))")
    }
  }

  deinit {
    closeInput()
    for stream in streams where stream >= 0 { close(stream) }
    if status == nil {
      kill(pid, SIGKILL)
      var ignored: Int32 = 0
      while waitpid(pid, &ignored, 0) < 0 && errno == EINTR {}
    }
  }

  public var output: String { String(decoding: received[0], as: UTF8.self) }
  public var errors: String { String(decoding: received[1], as: UTF8.self) }

  /// Writes to the command's standard input; gives up if the command no longer reads.
  public func send(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty && input >= 0 {
      let count = bytes.withUnsafeBufferPointer { write(input, $0.baseAddress, $0.count) }
      let error = errno
      if count > 0 {
        bytes = bytes.dropFirst(count)
      } else if error == EAGAIN {
        pump(milliseconds: 20)
      } else if error != EINTR {
        return
      }
    }
  }

  public func closeInput() {
    if input >= 0 { close(input) }
    input = -1
  }

  /// Waits until the text appears on standard output, after what the previous wait found.
  /// - Returns: the output before the text.
  @discardableResult
  public func wait(for text: String, seconds: Int = 60) throws -> String {
    var patience = Patience(seconds: seconds)
    let wanted = Array(text.utf8)
    while true {
      if let start = find(wanted) {
        let before = received[0][position..<start]
        position = start + wanted.count
        return String(decoding: before, as: UTF8.self)
      }
      guard streams.contains(where: { $0 >= 0 }) else { throw failure("ended without printing '\(text)'") }
      guard !patience.isOver() else { throw failure("did not print '\(text)' within \(seconds) s") }
      pump(milliseconds: 50)
    }
  }

  private func find(_ wanted: [UInt8]) -> Int? {
    guard received[0].count - position >= wanted.count else { return nil }
    return (position...(received[0].count - wanted.count)).first { received[0][$0...].starts(with: wanted) }
  }

  /// Waits for the end of the command. Processes that it left in the background may keep the streams open.
  /// - Throws: if the command does not end in time; it is then killed.
  public func finish(seconds: Int = 120) throws -> Outcome {
    var patience = Patience(seconds: seconds)
    while status == nil {
      reap()
      guard !patience.isOver() else {
        kill(pid, SIGKILL)
        throw failure("did not end within \(seconds) s")
      }
      if status == nil { pump(milliseconds: 20) }
    }
    // Reads what is in the pipes after the end.
    while pump(milliseconds: 0) {}
    return Outcome(status: status ?? -1, output: output, errors: errors)
  }

  private func reap() {
    var raw: Int32 = 0
    guard waitpid(pid, &raw, WNOHANG) == pid else { return }
    status = raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + raw & 0x7f
  }

  /// Reads what has arrived.
  /// - Returns: whether anything has arrived.
  @discardableResult
  private func pump(milliseconds: Int32) -> Bool {
    var polled = streams.filter { $0 >= 0 }.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    if polled.isEmpty {
      // Nothing more can arrive, so only the end of the process is left to wait for.
      usleep(useconds_t(milliseconds) * 1000)
      return false
    }
    guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return false }
    var hasRead = false
    var buffer = [UInt8](repeating: 0, count: 65536)
    for number in 0...1 where streams[number] >= 0 {
      let count = read(streams[number], &buffer, buffer.count)
      if count > 0 {
        received[number] += buffer[0..<count]
        hasRead = true
      } else if count == 0 {
        close(streams[number])
        streams[number] = -1
      }
    }
    return hasRead
  }

  private func failure(_ what: String) -> HostError {
    HostError(description: "\(title): \(what)\n--- output\n\(output)\n--- errors\n\(errors)\n---")
  }

  private static let ignoreBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()

  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard clinux_pipe(&ends) == 0 else { throw HostError(description: "pipe: \(String(cString: strerror(errno)))") }
    return (ends[0], ends[1])
  }
}

/// Sets O_NONBLOCK.
private func setNonblocking(_ descriptor: Int32) -> Int32 { clinux_fcntl(descriptor, F_SETFL, O_NONBLOCK) }

/// A time limit, counted in time that this process spends looking. The clock alone goes on while a virtual machine
/// stands still, and a command that did not run would seem to hang.
struct Patience {
  /// The rest of the time, in milliseconds.
  private var left: Int64
  private var last = Self.now

  init(seconds: Int) { left = Int64(seconds) * 1000 }

  /// Must be called at each look, with at most a tenth of a second between two looks.
  mutating func isOver() -> Bool {
    let now = Self.now
    left -= min(now - last, 100)
    last = now
    return left <= 0
  }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
