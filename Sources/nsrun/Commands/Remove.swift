import Sandbox

extension Subcommand {
  static let remove = Subcommand(
    "rm", "Remove sandboxes made by create; what runs inside is ended.", usage: "rm NAME...",
    operands: .oneOrMore(.namespaces), options: [OutputArguments.options]
  ) { arguments in
    let host = try arguments.output.host()
    let names = try arguments.operands.map { name throws(SandboxError) in try namespaceName(name, "NAME") }
    let failures = try Removal(host).remove(names)
    for failure in failures { Terminal.complain(failure.words) }
    return failures.isEmpty && !host.hasFailed ? 0 : Main.failure
  }
}
