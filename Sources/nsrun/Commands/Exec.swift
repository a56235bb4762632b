import ArgumentParser
import Sandbox

struct Exec: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Become a command inside a sandbox, or inside any namespace that has a name.",
    usage: "nsrun exec NAME [OPTIONS] -- COMMAND [ARG...]",
    discussion: """
      Replaces nsrun by the command, as ip netns exec does, and enters namespaces made by ip netns add too.

      Examples:
        nsrun exec web -- ip address
        nsrun exec web -- sh
      """)

  @Argument(help: "The name of the sandbox or namespace.")
  var name: String

  @Flag(help: "Keep all power over the host, as ip netns exec does.")
  var privileged = false

  @OptionGroup var surroundings: CommandOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let command = try surroundings.arguments.resolved("nsrun exec \(name.shellQuoted)")
    try output.host().execute(command, in: try namespaceName(name, "NAME"), isPrivileged: privileged)
  }
}
