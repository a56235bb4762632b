import ArgumentParser
import Sandbox

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a command in a sandbox of its own, which is gone when the command ends. (default)",
    usage: "nsrun [run] [OPTIONS] -- COMMAND [ARG...]",
    discussion: """
      Examples:
        nsrun -- ip address
        nsrun --net br0 -- curl http://192.0.2.1/
        nsrun --net br0 --ip 10.64.1.9 --name client -- ./client-test
      """)

  @OptionGroup var network: NetworkOptions
  @OptionGroup var names: NameOptions

  @Option(help: ArgumentHelp("The sandbox's name. (default: one that nobody has)", valueName: "name"))
  var name: String?

  @Flag(help: "Let the sandbox stay when the command has ended, as one made by create.")
  var keep = false

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Give the command a PID namespace of its own; all its processes end with it.")
  var pid = true

  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var surroundings: CommandOptions
  @OptionGroup var output: OutputOptions

  var arguments: LaunchArguments {
    LaunchArguments(
      network: network.arguments, names: names.arguments, name: name, keep: keep, isolation: isolation.arguments,
      pid: pid, surroundings: surroundings.arguments, output: output.arguments)
  }

  func run() throws { throw ExitCode(try arguments.perform()) }
}
