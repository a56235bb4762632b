import ArgumentParser
import Launch
import Sandbox

/// A command line that cannot be understood, and what its author may have meant.
struct Misuse {
  /// Without the program's name.
  let arguments: [String]
  /// What the argument parser says.
  let complaint: String

  /// What other tools call what nsrun can do.
  private static let otherNames = [
    "ls": "list", "ps": "list", "show": "inspect", "add": "create", "new": "create", "start": "create", "delete": "rm",
    "del": "rm", "remove": "rm", "stop": "rm", "kill": "rm", "enter": "exec", "shell": "exec", "prune": "cleanup",
    "check": "doctor", "version": "--version",
  ]

  static var commandNames: [String] { commands.keys.sorted() }

  private static var commands: [String: ParsableCommand.Type] {
    var commands: [String: ParsableCommand.Type] = [:]
    for command in Nsrun.configuration.subcommands { commands[command.configuration.commandName!] = command }
    return commands
  }

  /// What to tell its author, in one line.
  var text: String {
    guard let first = arguments.first else { return complaint }
    if Self.commands[first] == nil, !first.hasPrefix("-") {
      return "nsrun has no command '\(first)'" + (advice(Self.commandMeant(by: first)).map { ": \($0)" } ?? "")
    }
    return misplacedCommand ?? unknownOption ?? missingArgument ?? complaint
  }

  /// The command that a word may mean, as it is given to nsrun; nil for none.
  static func commandMeant(by word: String) -> String? {
    let word = word.lowercased()
    return (otherNames[word] ?? NearNames.of(word, in: commandNames).first).map { "nsrun \($0)" }
  }

  private var hasTerminator: Bool { arguments.contains("--") }

  /// nil for none: `run` may be left out.
  private var command: String? { arguments.first.flatMap { Self.commands[$0] == nil ? nil : $0 } }

  private func advice(_ meant: String?) -> String? {
    let launch = Self.line(["--"] + arguments)
    guard let meant else { return hasTerminator ? nil : "a command comes after --, as in: \(launch)" }
    let isProgram = !hasTerminator && Command.file(of: arguments[0]) != nil
    return "did you mean \(meant)\(isProgram ? ", or \(launch)" : "")?"
  }

  /// What to say where there is a command that has to come after `--`, or where none can be; nil for neither.
  private var misplacedCommand: String? {
    if let command, !["run", "exec"].contains(command) {
      guard complaint.contains("nexpected argument"), let end = arguments.firstIndex(of: "--") else { return nil }
      let name = arguments[1..<end].first { !$0.hasPrefix("-") } ?? "NAME"
      let other = Self.line(["exec", name] + arguments[end...])
      return "nsrun \(command) takes no command" + (command == "create" ? "; when it is made: \(other)" : "")
    }
    guard !hasTerminator, let start = startOfCommand else { return nil }
    if command == nil, Self.commands[arguments[start]] != nil {
      return "options come after the name of the command: "
        + Self.line(Array(arguments[start...] + arguments[..<start]))
    }
    return "'\(arguments[start])' is no option: a command comes after --, as in: "
      + Self.line(arguments[..<start] + ["--"] + arguments[start...])
  }

  /// The first word that is neither an option nor the value of one.
  private var startOfCommand: Int? {
    let options = command == nil ? 0 : command == "exec" ? 2 : 1
    guard options < arguments.count, !arguments[..<options].contains(where: { $0.hasPrefix("-") }) else { return nil }
    return (options..<arguments.count).first { index in
      !arguments[index].hasPrefix("-")
        && LaunchArguments(plain: arguments[options..<index] + ["--", arguments[index]]) != nil
    }
  }

  /// What to say where an option is not one of this command; nil where all are.
  private var unknownOption: String? {
    let known = Self.options(of: command ?? "run")
    let quoted = complaint.split(separator: "'", maxSplits: 2)
    let said = quoted.count > 1 && quoted[0] == "Unknown option " ? String(quoted[1]) : nil
    // The parser complains of an argument that is missing first.
    guard let option = said ?? (command == nil ? nil : given.first { !known.contains($0) }) else { return nil }
    let unknown = "Unknown option '\(option)'"
    if command == nil, let start = arguments.firstIndex(where: { Self.commands[$0] != nil }),
      Self.options(of: arguments[start]).contains(option)
    {
      let all = arguments[start...] + arguments[..<start]
      return "\(unknown): options come after the name of the command: \(Self.line(Array(all)))"
    }
    let others = Self.commandNames.filter { Self.options(of: $0).contains(option) }.map { "nsrun \($0)" }
    if others.count == 1 { return "\(unknown): that is \(others[0]) \(option)" }
    if !others.isEmpty { return "\(unknown): that is one of \(others.joined(separator: ", "))" }
    let near = NearNames.of(Self.bare(option), in: known.map(Self.bare)).first
    return unknown + (near.map { ": did you mean --\($0)?" } ?? "")
  }

  /// The long options, as far as they are nsrun's, without values.
  private var given: [String] {
    arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
  }

  /// The complaint, and how the command is written, where an argument is missing.
  private var missingArgument: String? {
    guard complaint.hasPrefix("Missing expected argument"), let command else { return nil }
    return "\(complaint): \(Nsrun.usageString(for: Self.commands[command]!))"
  }

  /// The long options of a command, by its help.
  private static func options(of command: String) -> [String] {
    guard let type = commands[command] else { return [] }
    return Nsrun.helpMessage(for: type).split(separator: "\n").flatMap { line -> [String] in
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      guard line.hasPrefix("  -"), let first = words.firstIndex(where: { $0.hasPrefix("--") }) else { return [] }
      // `--pid/--no-pid`
      return words[first].split(separator: "/").map { String($0.prefix { $0 != "," }) }
    }
  }

  private static func bare(_ option: String) -> String { String(option.drop { $0 == "-" }) }

  private static func line(_ arguments: [String]) -> String {
    (["nsrun"] + arguments.map(\.shellQuoted)).joined(separator: " ")
  }
}
