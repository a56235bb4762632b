import Network
import Sandbox

extension Subcommand {
  static let create = Subcommand(
    "create", "Make a sandbox that stays until it is removed.", usage: "create NAME [OPTIONS]",
    discussion: """
      Prints the IPv4 address that the sandbox got on each network, each in a line; with --no-ip4, the IPv6 address.
      """,
    examples: ["nsrun create web --net br0", "nsrun create db --net br0 --ip 10.64.1.20 --internal"],
    operands: .one(.none),
    options: [
      NetworkArguments.options, NameArguments.options, IsolationArguments.options,
      OutputArguments.options(
        json: "Print what was made as JSON.", dryRun: "Only print what would be done, step by step; change nothing."),
    ]
  ) { arguments in
    let spec = try arguments.sandbox(name: try namespaceName(arguments.operands[0], "NAME"), lifetime: .create)
    let host = try arguments.output.host()
    if arguments.isDryRun { return try show(Sandboxes(host).plan(spec, nil), asJSON: arguments.json) }
    let facts = try Sandboxes(host).create(spec)
    do {
      if arguments.json {
        try Terminal.print(JSON.text(SandboxDocument(try Inventory(host).report(on: facts.name))))
      } else if !facts.connections.isEmpty {
        try Terminal.print(facts.connections.map { "\($0.inside.addresses[0].address)" }.joined(separator: "\n"))
      }
    } catch {
      // A failed command must leave nothing behind.
      _ = try? Removal(host).remove([facts.name])
      throw error
    }
    return 0
  }
}
