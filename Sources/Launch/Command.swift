import CLinux
import Glibc
import LinuxSystem

/// A program to execute, with its arguments and its environment.
public struct Command: Equatable, Sendable {
  /// The program, looked up in PATH unless it contains a slash, and its arguments; never empty.
  public var arguments: [String]
  /// Variables to set in the environment of this process, or to remove if the value is nil, in order.
  public var environment: [Variable]
  /// Whether the command gets none of this process's environment; then there is no PATH either.
  public var isEnvironmentCleared = false
  /// The directory in which it starts; nil for that of this process.
  public var workingDirectory: String?
  /// The credentials of the command. They also apply to the search for its directory and program.
  public var credentials = Credentials()
  /// The arguments as bytes, each with a final NUL, if not all of them are UTF-8; nil if ``arguments`` is exact.
  public var exactArguments: [[CChar]]?

  public typealias Variable = (name: String, value: String?)

  public init(_ arguments: [String], environment: [Variable] = [], workingDirectory: String? = nil) {
    precondition(!arguments.isEmpty)
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
  }

  public static func == (left: Command, right: Command) -> Bool {
    left.arguments == right.arguments && left.exactArguments == right.exactArguments
      && left.workingDirectory == right.workingDirectory && left.credentials == right.credentials
      && left.isEnvironmentCleared == right.isEnvironmentCleared
      && left.environment.elementsEqual(right.environment, by: ==)
  }

  /// Replaces this process by the program; returns only with an error.
  /// - Parameter inherited: the state that the program gets from this process's caller.
  /// - Returns: why it could not be executed.
  public func execute(with inherited: InheritedState) -> LaunchError {
    execute(onChange: {}, last: { inherited.restore() })
  }

  /// - Parameters:
  ///   - onChange: called when the process has the command's credentials.
  ///   - last: called before the program is executed.
  func execute(onChange: () -> Void, last: () -> Void) -> LaunchError {
    do throws(SystemError) {
      let isDumpable = clinux_is_dumpable()
      try credentials.assume()
      // A change of ids sets it to the value of fs.suid_dumpable.
      if isDumpable == 0 { clinux_set_dumpable(0) }
      onChange()
      if let workingDirectory {
        try systemCall("change to directory", workingDirectory) { chdir(workingDirectory) }
      }
    } catch {
      return .setup(error)
    }
    if isEnvironmentCleared { clearenv() }
    for (name, value) in environment {
      if let value { setenv(name, value, 1) } else { unsetenv(name) }
    }
    var vector: [UnsafeMutablePointer<CChar>?] = exactArguments?.map { strdup($0) } ?? arguments.map { strdup($0) }
    vector.append(nil)
    guard let file = Self.file(of: arguments[0]) else {
      return .execution(SystemError("execute", arguments[0], errno: ENOENT))
    }
    last()
    execv(file, vector)
    let code = errno
    // A script without an interpreter line runs in the shell, as with execvp(3).
    if code == ENOEXEC {
      vector.replaceSubrange(0..<1, with: [strdup("sh"), strdup(file)])
      execv("/bin/sh", vector)
    }
    InheritedState.raiseLimits()
    if code == EPERM, Capability.hasAny(file: file) {
      let subject = "\(arguments[0]), whose file has capabilities that the command may not have"
      return .execution(SystemError("execute", subject, errno: code))
    }
    return .execution(SystemError("execute", arguments[0], errno: code))
  }

  /// The file of a program, found through PATH; a name with a slash is a file itself. execvp(3) would instead execute
  /// every candidate, whether it exists or not. This way a program that traces executions sees only the real one.
  /// - Returns: nil if there is none. A file that is not executable is returned only if there is no other.
  public static func file(of name: String) -> String? {
    guard !name.utf8.contains(UInt8(ascii: "/")) else { return name }
    guard !name.isEmpty else { return nil }
    let path = getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin"
    var forbidden: String?
    for directory in path.split(separator: ":", omittingEmptySubsequences: false) {
      let file = directory.isEmpty ? name : "\(directory)/\(name)"
      var status = stat()
      guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      if access(file, X_OK) == 0 { return file }
      forbidden = forbidden ?? file
    }
    return forbidden
  }
}

/// Why a command did not start.
public enum LaunchError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A step before the execution failed.
  case setup(SystemError)
  /// The command was not found (ENOENT) or cannot be executed.
  case execution(SystemError)
  /// Something else ended the process before it executed the command.
  case ended(ExitStatus)

  public var description: String {
    switch self {
    case .setup(let error): "\(error)"
    case .execution(let error): "\(error)"
    case .ended(.signaled(let signal)): "the command was ended by signal \(signal) before it started"
    case .ended(.exited(let code)): "the command ended with \(code) before it started"
    }
  }
}
