/// A command of nsrun. Its declaration is the only place that knows its words.
struct Subcommand: Sendable {
  /// The words that a command takes before `--`, by what they name in its usage.
  enum Operands: Sendable {
    case none
    case one(Completion)
    case oneOrMore(Completion)
  }

  let name: String
  let abstract: String
  /// How a command line is written, without `nsrun`.
  let usage: String
  /// What its help says besides.
  let discussion: String
  let examples: [String]
  let operands: Operands
  /// Whether a command and its arguments follow after `--`.
  let takesCommand: Bool
  let groups: [OptionGroup]
  /// Carries it out.
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

  /// Its option that is written like this; nil for none.
  func option(_ spelling: String) -> Option? {
    for group in groups {
      for option in group.options where option.spellings.contains(spelling) { return option }
    }
    return nil
  }

  /// The one that is meant where no command is named.
  static let standard = run

  static let all: [Subcommand] = [
    run, create, exec, list, inspect, remove, cleanUp, reload, doctor, selftest,
  ]

  static func named(_ name: String) -> Subcommand? {
    // A launch needs no other.
    name == standard.name ? standard : name.hasPrefix("-") ? nil : all.first { $0.name == name }
  }
}
