import Sandbox

extension Subcommand {
  static let exec = Subcommand(
    "exec", "Become a command inside a sandbox, or inside any namespace that has a name.",
    usage: "exec NAME [OPTIONS] -- COMMAND [ARG...]",
    discussion: """
      Replaces nsrun by the command, as ip netns exec does, and enters namespaces made by ip netns add too.
      """,
    examples: ["nsrun exec web -- ip address", "nsrun exec web -- sh"],
    operands: .one(.namespaces), takesCommand: true,
    options: [
      OptionGroup(
        title: "ISOLATION",
        options: [
          .flag("privileged", "Keep all power over the host, as ip netns exec does.") {
            $0.isolation.isPrivileged = true
          }
        ]),
      CommandArguments.options, IdentityArguments.options, OutputArguments.options,
    ]
  ) { arguments in
    let name = arguments.operands[0]
    let command = try arguments.command.resolved("nsrun exec \(name.shellQuoted)")
    try Sandboxes(arguments.output.host()).execute(
      command, in: try namespaceName(name, "NAME"), isPrivileged: arguments.isolation.isPrivileged)
  }
}
