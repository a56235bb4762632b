/// The request in a command line.
enum Request {
  case run(Subcommand, Arguments)
  case version
  /// nil for the help of nsrun itself.
  case help(Subcommand?)

  /// Parses the words after the program's name.
  static func parse(_ words: [String]) throws(Misuse) -> Request {
    if words.first == "help" { return try help(Array(words.dropFirst())) }
    let named = words.first.flatMap { Subcommand.named($0) }
    if named == nil, let word = words.first, !word.hasPrefix("-") { throw Misuse(.unknownCommand(word), words, nil) }
    var parser = Parser(words, named)
    do throws(Misuse) { return .run(parser.command, try parser.read()) } catch {
      // `--help` and `--version` also work on a command line with an error.
      let options = words.prefix { $0 != "--" }
      if options.contains("--help") || options.contains("-h") { return .help(named) }
      if options.contains("--version") { return .version }
      throw error
    }
  }

  private static func help(_ topics: [String]) throws(Misuse) -> Request {
    guard let topic = topics.first, !topic.hasPrefix("-") else { return .help(nil) }
    guard let command = Subcommand.named(topic) else { throw Misuse(.unknownTopic(topic), topics, nil) }
    return .help(command)
  }
}

/// Parses options, operands and the command, from left to right.
private struct Parser {
  private let words: [String]
  private let named: Subcommand?
  let command: Subcommand
  /// The index of the next word.
  private var next: Int
  private var arguments = Arguments()

  /// - Parameter named: the subcommand that the first word names; nil if it names none.
  init(_ words: [String], _ named: Subcommand?) {
    self.words = words
    self.named = named
    command = named ?? .standard
    next = named == nil ? 0 : 1
  }

  mutating func read() throws(Misuse) -> Arguments {
    while next < words.count {
      let word = words[next]
      next += 1
      if word == "--" {
        try takeRest()
      } else if word.hasPrefix("-"), word != "-" {
        try takeOption(word)
      } else {
        try takeOperand(word)
      }
    }
    if arguments.operands.isEmpty, command.minimumOfOperands > 0 { throw misuse(.missingOperand) }
    return arguments
  }

  private func misuse(_ kind: Misuse.Kind) -> Misuse { Misuse(kind, words, named) }

  private mutating func takeRest() throws(Misuse) {
    let rest = Array(words[next...])
    next = words.count
    if command.takesCommand {
      arguments.command.words = rest
    } else if command.maximumOfOperands < arguments.operands.count + rest.count {
      throw misuse(.unexpectedCommand)
    } else {
      arguments.operands += rest
    }
  }

  private mutating func takeOperand(_ word: String) throws(Misuse) {
    guard arguments.operands.count < command.maximumOfOperands else { throw misuse(.unexpectedWord(at: next - 1)) }
    arguments.operands.append(word)
  }

  private mutating func takeOption(_ word: String) throws(Misuse) {
    let equals = word.hasPrefix("--") ? word.utf8.firstIndex(of: UInt8(ascii: "=")) : nil
    let spelling = equals.map { String(word[..<$0]) } ?? word
    guard let option = command.option(spelling) else { throw misuse(.unknownOption(spelling)) }
    let joined = equals.map { String(word[word.utf8.index(after: $0)...]) }
    switch option.meaning {
    case .flag(let set):
      guard joined == nil else { throw misuse(.unexpectedValue(spelling)) }
      set(&arguments)
    case .invertibleFlag(let set):
      guard joined == nil else { throw misuse(.unexpectedValue(spelling)) }
      set(&arguments, !spelling.hasPrefix("--no-"))
    case .value(_, let take):
      guard let value = joined ?? followingValue() else { throw misuse(.missingValue(option)) }
      do throws(InvalidValue) { try take(&arguments, value) } catch {
        throw misuse(.invalidValue("--\(option.name) \(error.text)"))
      }
    }
  }

  /// The next word as a value. A word that begins with a dash is more likely an option; `--mtu=-1` passes such a value.
  private mutating func followingValue() -> String? {
    guard next < words.count, !words[next].hasPrefix("-") else { return nil }
    defer { next += 1 }
    return words[next]
  }
}

extension Subcommand {
  fileprivate var minimumOfOperands: Int { if case .none = operands { 0 } else { 1 } }

  fileprivate var maximumOfOperands: Int {
    switch operands {
    case .none: 0
    case .one: 1
    case .oneOrMore: .max
    }
  }
}
