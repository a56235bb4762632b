/// The text that nsrun prints for `--help`, in lines of at most 80 columns.
enum Help {
  static func text(of command: Subcommand?) -> String { command.map(text) ?? general }

  private static let width = 80
  /// The column in which the description of an option begins.
  private static let column = 26

  private static var general: String {
    let commands = Subcommand.all.map { ($0.name, $0.abstract) }
    return """
      Run commands in networks of their own.

      Gives a command a network namespace, a veth pair, an address on a bridge, and
      NAT to the outside; takes all of it away when the command ends.

      USAGE: nsrun [run] [OPTIONS] -- COMMAND [ARG...]
             nsrun create NAME [OPTIONS]
             nsrun exec NAME [OPTIONS] -- COMMAND [ARG...]
             nsrun list | inspect NAME | rm NAME... | cleanup | reload
             nsrun doctor | selftest

      EXAMPLES:
        nsrun --net br0 -- ping 8.8.8.8
        nsrun -- make test                      no network but loopback
        nsrun create web --net br0              a sandbox that stays
        nsrun exec web -- ip address
        nsrun rm web

      COMMANDS:
      \(commands.map(item).joined(separator: "\n"))

      OPTIONS:
      \(common.map(item).joined(separator: "\n"))

      EXIT STATUS: the command's own; 128+N if signal N killed it; 125 if nsrun
      failed, 126 if the command cannot be executed, 127 if it was not found.

      nsrun COMMAND --help tells the options of a command.
      """
  }

  private static func text(of command: Subcommand) -> String {
    var parts = [wrap(command.abstract, indent: 0), "USAGE: nsrun \(command.usage)"]
    if !command.discussion.isEmpty { parts.append(wrap(command.discussion, indent: 0)) }
    if !command.examples.isEmpty { parts.append((["EXAMPLES:"] + command.examples).joined(separator: "\n  ")) }
    for group in command.groups {
      let items = group.options.filter { !$0.isHidden }.map { ($0.synopsis, $0.help) }
      if !items.isEmpty { parts.append("\(group.title):\n" + items.map(item).joined(separator: "\n")) }
    }
    parts.append("OPTIONS OF EACH COMMAND:\n" + common.map(item).joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  /// Options that every command has, without a declaration in the command.
  static let common = [("--version", "Show the version."), ("-h, --help", "Show this help.")]

  private static func item(_ synopsis: String, _ text: String) -> String {
    let head = "  \(synopsis)"
    let body = wrap(text, indent: column)
    guard head.count <= column - 2 else { return "\(head)\n\(body)" }
    return head + String(repeating: " ", count: column - head.count) + body.dropFirst(column)
  }

  private static func wrap(_ text: String, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(margin + word)
      }
    }
    return lines.joined(separator: "\n")
  }
}
