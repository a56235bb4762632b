import CLinux
import Glibc
import LinuxSystem

/// A program to execute: its arguments and its surroundings.
public struct Command: Equatable, Sendable {
  /// The program, looked up in PATH unless it contains a slash, and its arguments; never empty.
  public var arguments: [String]
  /// Variables set, or where the value is nil taken away, in the environment of this process, one after the other.
  public var environment: [Variable]
  /// Whether the environment of this process is left behind; then there is no PATH either.
  public var isEnvironmentCleared = false
  /// Where it starts; nil for the directory of this process.
  public var workingDirectory: String?
  /// Who executes it: also the directory, and the program, are looked for with that power.
  public var credentials = Credentials()
  /// The arguments byte by byte, each ended by a NUL, where not all of them are UTF-8; nil where the texts tell all.
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

  /// Replaces this process by the program; comes back only with an error.
  /// - Parameter inherited: what the program has from this process's caller.
  /// - Returns: why it could not be executed.
  public func execute(with inherited: InheritedState) -> LaunchError {
    execute(onChange: {}, last: { inherited.restore() })
  }

  /// - Parameters:
  ///   - onChange: is called when the process has the command's credentials.
  ///   - last: is called before the program is executed.
  func execute(onChange: () -> Void, last: () -> Void) -> LaunchError {
    do throws(SystemError) {
      let isDumpable = clinux_is_dumpable()
      try credentials.assume()
      // With other ids it is what fs.suid_dumpable says.
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
    // A script without an interpreter line is the shell's, as execvp(3) has it.
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

  /// The file that a program's name stands for, by PATH; a name with a slash is one itself. execvp(3) would find it by
  /// executing what may not be there; who traces executions sees only the real one.
  /// - Returns: nil for none. One that may not be executed is only given where there is no other.
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
  /// The process was ended by something else before it came to execute the command.
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
