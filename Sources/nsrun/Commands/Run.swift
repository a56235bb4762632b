import Sandbox

extension Subcommand {
  static let run = Subcommand(
    "run", "Run a command in a sandbox of its own, which is gone when the command ends. (default)",
    usage: "[run] [OPTIONS] -- COMMAND [ARG...]",
    examples: [
      "nsrun -- ip address", "nsrun --net br0 -- curl http://192.0.2.1/",
      "nsrun --net br0 --ip 10.64.1.9 --name client -- ./client-test",
    ],
    takesCommand: true,
    options: [
      NetworkArguments.options,
      OptionGroup(
        title: "SANDBOX",
        options: [
          .value("name", "name", "The sandbox's name. (default: one that nobody has)") { $0.name = $1 },
          .flag("keep", "Let the sandbox stay when the command has ended, as one made by create.") { $0.keeps = true },
          .invertibleFlag(
            "pid", "Give the command a PID namespace of its own; all its processes end with it. (default: --pid)"
          ) { $0.hasOwnProcesses = $1 },
        ]),
      NameArguments.options, IsolationArguments.options, CommandArguments.options, IdentityArguments.options,
      OutputArguments.options(dryRun: "Only print the steps of the launch; change nothing and run nothing."),
    ]
  ) { arguments in
    let command = try arguments.command.resolved("nsrun")
    let name = try arguments.name.map { name throws(SandboxError) in try namespaceName(name, "--name") }
    let spec = try arguments.sandbox(name: name, lifetime: .run, hasOwnProcesses: arguments.hasOwnProcesses)
    let sandboxes = Sandboxes(try arguments.output.host())
    if arguments.isDryRun { return try show(sandboxes.plan(spec, command), asJSON: false) }
    let status = try sandboxes.run(spec, command, keeps: arguments.keeps)
    status.handOnInterrupt()
    return status.code
  }

  /// Prints a plan.
  /// - Returns: the exit status.
  static func show(_ steps: [String], asJSON: Bool) throws -> Int32 {
    try Terminal.print(asJSON ? JSON.text(steps) : steps.joined(separator: "\n"))
    return 0
  }
}
