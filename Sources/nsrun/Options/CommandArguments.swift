import Glibc
import Launch
import Sandbox

/// The arguments about the command to run.
struct CommandArguments {
  /// The words after `--`.
  var words: [String] = []
  var workingDirectory: String?
  var environment: [Command.Variable] = []
  var isEnvironmentCleared = false
  var identity = IdentityArguments()

  static let options = OptionGroup(
    title: "COMMAND",
    options: [
      .value("workdir", "dir", "The directory to start in. (default: the current one)", completion: .directories) {
        (all, text) in all.command.workingDirectory = text
      },
      .value("env", "name=value", "Set an environment variable; may be repeated.") { (all, text) throws(InvalidValue) in
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { throw InvalidValue("'\(text)' is not NAME=VALUE") }
        all.command.environment.append((String(parts[0]), String(parts[1])))
      },
      .flag("env-clear", "Start with an empty environment, and set then what other options ask for.") {
        $0.command.isEnvironmentCleared = true
      },
    ])

  /// - Parameter start: the beginning of the command line, as text for the user.
  func resolved(_ start: String) throws(SandboxError) -> Command {
    guard let program = words.first, !program.isEmpty else {
      throw .refused("a command is missing: \(start) [OPTIONS] -- COMMAND [ARG...]; nsrun --help tells more")
    }
    let (credentials, variables) = try identity.resolved()
    var result = Command(words, environment: variables + environment, workingDirectory: workingDirectory)
    result.isEnvironmentCleared = isEnvironmentCleared
    result.credentials = credentials
    result.exactArguments = ExactArguments.afterTerminator(count: words.count)
    return result
  }
}

/// The exact bytes of this process's arguments. Swift replaces bytes that are not UTF-8, but a file's name may contain
/// them.
private enum ExactArguments {
  /// The last `count` arguments, which follow `--`; nil if Swift's strings are the same.
  static func afterTerminator(count: Int) -> [[CChar]]? {
    let all = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
    guard all.count > count else { return nil }
    let vector = all.suffix(count)
    guard vector.contains(where: { $0.map { String(validatingCString: $0) == nil } ?? false }) else { return nil }
    return vector.compactMap { $0.map { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) } }
  }
}
