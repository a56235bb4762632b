import FoundationEssentials
import Glibc

/// What the binary offers, as it tells it itself: the JSON of `nsrun --experimental-dump-help`.
struct CommandLineHelp: Decodable {
  struct Command: Decodable {
    let commandName: String
    let abstract: String?
    let arguments: [Argument]?
    let subcommands: [Command]?

    /// Its options, as they are written: `--net`, `-v`.
    var options: [String] {
      (arguments ?? []).filter { $0.kind != "positional" && $0.shouldDisplay }.flatMap(\.names).map { $0.text }
    }
  }

  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String

      var text: String { (kind == "long" ? "--" : "-") + name }
    }

    let kind: String
    let shouldDisplay: Bool
    let names: [Name]

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      kind = try container.decode(String.self, forKey: .kind)
      shouldDisplay = try container.decode(Bool.self, forKey: .shouldDisplay)
      names = try container.decodeIfPresent([Name].self, forKey: .names) ?? []
    }

    private enum CodingKeys: CodingKey {
      case kind, shouldDisplay, names
    }
  }

  let command: Command

  /// Every command but the whole itself.
  var commands: [Command] { command.subcommands ?? [] }

  /// Every option of any command, once.
  var options: Set<String> { Set(([command] + commands).flatMap(\.options)) }

  /// Asks the binary.
  static func ask() throws -> CommandLineHelp {
    let answer = output(of: "'\(binary)' --experimental-dump-help")
    return try JSONDecoder().decode(CommandLineHelp.self, from: Data(answer.text.utf8))
  }

  /// The one that NSRUN_BINARY names, or the one built along with the tests.
  private static var binary: String {
    if let given = getenv("NSRUN_BINARY") { return String(cString: given) }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // swiftpm-testing-helper runs the tests of a bundle that it is given, and lies elsewhere itself.
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
    return bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/nsrun"
  }
}

/// What a shell command prints on standard output, and the status it ends with.
func output(of command: String) -> (text: String, status: Int32) {
  guard let pipe = popen(command, "r") else { return ("", -1) }
  var bytes: [UInt8] = []
  while case let byte = fgetc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
  let status = pclose(pipe)
  return (String(decoding: bytes, as: UTF8.self), status)
}

/// Where a file of the repository is, by its path from the top.
func repositoryPath(_ path: String) -> String {
  let top = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  return "\(top)/\(path)"
}

/// What is in a file of the repository.
func repositoryFile(_ path: String) throws -> String {
  try String(contentsOfFile: repositoryPath(path), encoding: .utf8)
}
