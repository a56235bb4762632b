/// An option of the command line. The parser, the help, the completions and the check of the man page all read this one
/// declaration.
struct Option: Sendable {
  /// The effect of an option on the arguments, and whether a value follows it.
  enum Meaning: Sendable {
    case flag(@Sendable (inout Arguments) -> Void)
    /// A flag that `--no-NAME` turns off.
    case invertibleFlag(@Sendable (inout Arguments, Bool) -> Void)
    /// An option with a value, and the value's name in the help.
    case value(String, @Sendable (inout Arguments, String) throws(InvalidValue) -> Void)
  }

  /// The long name, without dashes.
  let name: String
  /// The short name.
  let letter: Character?
  let help: String
  let completion: Completion
  /// Whether the help and the completions omit it.
  let isHidden: Bool
  let meaning: Meaning

  static func flag(
    _ name: String, letter: Character? = nil, _ help: String, _ set: @escaping @Sendable (inout Arguments) -> Void
  ) -> Option {
    Option(name: name, letter: letter, help: help, completion: .none, isHidden: false, meaning: .flag(set))
  }

  static func invertibleFlag(
    _ name: String, _ help: String, _ set: @escaping @Sendable (inout Arguments, Bool) -> Void
  ) -> Option {
    Option(name: name, letter: nil, help: help, completion: .none, isHidden: false, meaning: .invertibleFlag(set))
  }

  /// - Parameters:
  ///   - value: the value's name in the help.
  ///   - take: reads the value; called for each occurrence of the option.
  static func value(
    _ name: String, _ value: String, _ help: String, completion: Completion = .none, isHidden: Bool = false,
    _ take: @escaping @Sendable (inout Arguments, String) throws(InvalidValue) -> Void
  ) -> Option {
    Option(
      name: name, letter: nil, help: help, completion: completion, isHidden: isHidden, meaning: .value(value, take))
  }

  /// All spellings, without a value: `--net`, or `-v` and `--verbose`, or `--pid` and `--no-pid`.
  var spellings: [String] {
    let short = letter.map { ["-\($0)"] } ?? []
    if case .invertibleFlag = meaning { return short + ["--\(name)", "--no-\(name)"] }
    return short + ["--\(name)"]
  }

  /// The option in the help: `--net <bridge|none>`.
  var synopsis: String {
    switch meaning {
    case .flag: spellings.joined(separator: ", ")
    case .invertibleFlag: spellings.joined(separator: "/")
    case .value(let value, _): "--\(name) <\(value)>"
    }
  }

  var takesValue: Bool { if case .value = meaning { true } else { false } }
}

/// Why an option rejects a value.
struct InvalidValue: Error {
  /// The message after the option's name: `'x' is not a number of bytes`.
  let text: String

  init(_ text: String) { self.text = text }
}

/// Options that belong together, under one heading of the help.
struct OptionGroup: Sendable {
  let title: String
  let options: [Option]
}

/// Parses a value.
/// - Parameter kind: what the value must be, as text for the user: `a number of bytes`.
func parse<Value>(_ text: String, _ kind: String, _ parse: (String) -> Value?) throws(InvalidValue) -> Value {
  guard let value = parse(text) else { throw InvalidValue("'\(text)' is not \(kind)") }
  return value
}
