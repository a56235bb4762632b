import CLinux
import Glibc
import LinuxSystem

/// A program to execute: its arguments and its surroundings.
public struct Command: Equatable, Sendable {
  /// The program, looked up in PATH unless it contains a slash, and its arguments; never empty.
  public var arguments: [String]
  /// Variables set in addition to the environment of this process.
  public var environment: [(name: String, value: String)]
  /// Where it starts; nil for the directory of this process.
  public var workingDirectory: String?

  public init(_ arguments: [String], environment: [(name: String, value: String)] = [], workingDirectory: String? = nil)
  {
    precondition(!arguments.isEmpty)
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
  }

  public static func == (left: Command, right: Command) -> Bool {
    left.arguments == right.arguments && left.workingDirectory == right.workingDirectory
      && left.environment.elementsEqual(right.environment, by: ==)
  }

  /// Replaces this process by the program; comes back only with an error.
  /// - Returns: why it could not be executed.
  public func execute() -> LaunchError { execute(mask: nil) }

  /// - Parameter mask: the signals that are blocked for the program; nil for those that are blocked now.
  func execute(mask: sigset_t?) -> LaunchError {
    if let workingDirectory {
      do throws(SystemError) {
        try systemCall("change to directory", workingDirectory) { chdir(workingDirectory) }
      } catch {
        return .setup(error)
      }
    }
    for (name, value) in environment { setenv(name, value, 1) }
    var vector: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    vector.append(nil)
    if var mask { sigprocmask(SIG_SETMASK, &mask, nil) }
    execvp(vector[0]!, vector)
    return .execution(SystemError("execute", arguments[0], errno: errno))
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
