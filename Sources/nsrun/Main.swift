import Glibc
import Namespaces
import Network
import Sandbox

/// The entry point: parses the arguments, runs the subcommand, and turns an error into one line and an exit status.
@main
struct Main {
  /// The exit status for a failure of nsrun itself, as with env(1) and timeout(1).
  static let failure: Int32 = 125

  static func main() {
    Terminal.reserveStreams()
    exit(run(Array(CommandLine.arguments.dropFirst())))
  }

  /// - Returns: the exit status.
  private static func run(_ words: [String]) -> Int32 {
    do {
      switch words.first {
      // The completion script reads the tabs, so print the text unescaped.
      case "--complete": Terminal.write(CompletionAnswer(to: Array(words.dropFirst())).text, to: 1)
      case "--completion-script": try Terminal.print(completionScript(words.dropFirst().first))
      default:
        switch try Request.parse(words) {
        case .run(let command, let arguments): return try command.run(arguments)
        case .help(let command): try Terminal.print(Help.text(of: command))
        case .version: try Terminal.print(Version.text)
        }
      }
      return 0
    } catch let error as SandboxError {
      Terminal.complain(error.words)
      return error.exitCode
    } catch {
      Terminal.complain((error as? Misuse)?.text ?? "\(error)")
      return failure
    }
  }

  private static func completionScript(_ shell: String?) throws(SandboxError) -> String {
    if let script = shell.flatMap({ CompletionScript(rawValue: $0) }) { return script.text }
    let shells = CompletionScript.allCases.map(\.rawValue).joined(separator: ", ")
    throw .refused("--completion-script takes one of \(shells)")
  }
}

extension SandboxError {
  /// The text in the words of the command line.
  var words: String { text { field in "--\(field.rawValue)" } }
}

/// The program's name and version.
enum Version {
  static let text = "nsrun 0.1.0"
}

/// Parses the name of a sandbox or namespace.
/// - Parameter option: the option or operand with the name, as text for the user.
func namespaceName(_ text: String, _ option: String) throws(SandboxError) -> NamespaceName {
  do throws(NamespaceName.Invalid) { return try NamespaceName(text) } catch {
    throw .refused("\(option) '\(text)': \(error)")
  }
}
