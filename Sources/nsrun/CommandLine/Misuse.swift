import Launch
import Network
import Sandbox

/// A command line that nsrun does not understand, with a guess at what the user meant.
struct Misuse: Error {
  enum Kind {
    case unknownCommand(String)
    /// The operand of `nsrun help`.
    case unknownTopic(String)
    case unknownOption(String)
    /// A word that is neither an option, nor the value of one, nor an operand.
    case unexpectedWord(at: Int)
    case missingOperand
    case missingValue(Option)
    /// The option is a flag.
    case unexpectedValue(String)
    /// The complete message.
    case invalidValue(String)
    /// A command follows `--`, but this subcommand takes none.
    case unexpectedCommand
  }

  private let kind: Kind
  /// The command line without the program's name.
  private let words: [String]
  /// nil if the command line names no subcommand.
  private let command: Subcommand?

  init(_ kind: Kind, _ words: [String], _ command: Subcommand?) {
    self.kind = kind
    self.words = words
    self.command = command
  }

  /// The message for the user, in one line.
  var text: String {
    switch kind {
    case .unknownCommand(let word): unknownCommand(word)
    case .unknownTopic(let topic):
      "there is no command '\(topic)': " + (Self.commandMeant(by: topic).map { "did you mean \($0)?" } ?? Self.listing)
    case .unknownOption(let option): unknownOption(option)
    case .unexpectedWord(let index): unexpectedWord(index)
    case .missingOperand: "NAME is missing: nsrun \(command!.usage)"
    case .missingValue(let option): "\(option.synopsis): the value is missing"
    case .unexpectedValue(let option): "\(option) takes no value"
    case .invalidValue(let text): text
    case .unexpectedCommand: unexpectedCommand
    }
  }

  private static let listing = "nsrun --help lists them"

  /// Names that other tools use for nsrun's commands.
  private static let otherNames = [
    "ls": "list", "ps": "list", "show": "inspect", "add": "create", "new": "create", "start": "create", "delete": "rm",
    "del": "rm", "remove": "rm", "stop": "rm", "kill": "rm", "enter": "exec", "shell": "exec", "prune": "cleanup",
    "check": "doctor", "version": "--version",
  ]

  /// The command that a word may mean, with `nsrun ` before it; nil for none.
  private static func commandMeant(by word: String) -> String? {
    let word = word.lowercased()
    return (otherNames[word] ?? NearNames.of(word, in: Subcommand.all.map(\.name)).first).map { "nsrun \($0)" }
  }

  private var hasTerminator: Bool { words.contains("--") }

  private func unknownCommand(_ word: String) -> String {
    let launch = Self.line(["--"] + words)
    let complaint = "nsrun has no command '\(word)'"
    guard let meant = Self.commandMeant(by: word) else {
      return hasTerminator ? complaint : "\(complaint): a command comes after --, as in: \(launch)"
    }
    let isProgram = !hasTerminator && Command.file(of: word) != nil
    return "\(complaint): did you mean \(meant)\(isProgram ? ", or \(launch)" : "")?"
  }

  private func unexpectedWord(_ index: Int) -> String {
    let word = words[index]
    if command == nil, Subcommand.named(word) != nil { return Self.reordered(words, from: index) }
    guard (command ?? .standard).takesCommand, !hasTerminator else {
      return words[index...].contains("--") && command?.name == "create"
        ? unexpectedCommand : "unexpected argument '\(word)': nsrun \((command ?? .standard).usage)"
    }
    return "'\(word)' is no option: a command comes after --, as in: "
      + Self.line(words[..<index] + ["--"] + words[index...])
  }

  private var unexpectedCommand: String {
    guard let command else { return "" }
    let complaint = "nsrun \(command.name) takes no command"
    guard command.name == "create", let end = words.firstIndex(of: "--") else { return complaint }
    let name = words[1..<end].first { !$0.hasPrefix("-") } ?? "NAME"
    return "\(complaint); when it is made: \(Self.line(["exec", name] + words[end...]))"
  }

  private func unknownOption(_ option: String) -> String {
    let complaint = "Unknown option '\(option)'"
    if command == nil, let start = words.firstIndex(where: { Subcommand.named($0) != nil }),
      Subcommand.named(words[start])?.option(option) != nil
    {
      return "\(complaint): \(Self.reordered(words, from: start))"
    }
    let others = Subcommand.all.filter { $0.option(option)?.isHidden == false }.map { "nsrun \($0.name)" }.sorted()
    if others.count == 1 { return "\(complaint): that is \(others[0]) \(option)" }
    if !others.isEmpty { return "\(complaint): that is one of \(others.joined(separator: ", "))" }
    let known = (command ?? .standard).options.filter { !$0.isHidden }.flatMap(\.spellings).map(Self.bare)
    let near = NearNames.of(Self.bare(option), in: known).first
    return complaint + (near.map { ": did you mean --\($0)?" } ?? "")
  }

  /// The command line with the name of the subcommand first.
  private static func reordered(_ words: [String], from start: Int) -> String {
    "options come after the name of the command: \(line(Array(words[start...] + words[..<start])))"
  }

  private static func bare(_ option: String) -> String { String(option.drop { $0 == "-" }) }

  private static func line(_ words: [String]) -> String {
    (["nsrun"] + words.map(\.shellQuoted)).joined(separator: " ")
  }
}
