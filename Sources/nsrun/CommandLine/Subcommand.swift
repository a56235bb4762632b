/// A subcommand of nsrun. This declaration is the only place with its name, its options and its texts.
struct Subcommand: Sendable {
  /// The operands that a subcommand takes before `--`, with their completion.
  enum Operands: Sendable {
    case none
    case one(Completion)
    case oneOrMore(Completion)
  }

  let name: String
  let abstract: String
  /// The form of the command line, without `nsrun`.
  let usage: String
  /// Further text for its help.
  let discussion: String
  let examples: [String]
  let operands: Operands
  /// Whether `--` and a command follow.
  let takesCommand: Bool
  let groups: [OptionGroup]
  /// Executes the subcommand.
  /// - Returns: the exit status.
  let run: @Sendable (Arguments) throws -> Int32

  init(
    _ name: String, _ abstract: String, usage: String? = nil, discussion: String = "", examples: [String] = [],
    operands: Operands = .none, takesCommand: Bool = false, options: [OptionGroup],
    run: @escaping @Sendable (Arguments) throws -> Int32
  ) {
    self.name = name
    self.abstract = abstract
    self.usage = usage ?? "\(name) [OPTIONS]"
    self.discussion = discussion
    self.examples = examples
    self.operands = operands
    self.takesCommand = takesCommand
    groups = options
    self.run = run
  }

  var options: [Option] { groups.flatMap(\.options) }

  /// The option with this spelling; nil for none.
  func option(_ spelling: String) -> Option? {
    for group in groups {
      for option in group.options where option.spellings.contains(spelling) { return option }
    }
    return nil
  }

  /// The subcommand if the command line names none.
  static let standard = run

  static let all: [Subcommand] = [
    run, create, exec, list, inspect, remove, cleanUp, reload, doctor, selftest,
  ]

  static func named(_ name: String) -> Subcommand? {
    // Building the list of all subcommands would slow down a launch, which needs only this one.
    name == standard.name ? standard : name.hasPrefix("-") ? nil : all.first { $0.name == name }
  }
}
