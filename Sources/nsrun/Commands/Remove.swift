import ArgumentParser
import Sandbox

struct Remove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm",
    abstract: "Remove sandboxes made by create; what runs inside is ended.",
    usage: "nsrun rm NAME...")

  @Argument(help: ArgumentHelp("The names of the sandboxes.", valueName: "name"))
  var names: [String]

  @OptionGroup var output: OutputOptions

  func run() throws {
    let host = try output.host()
    let names = try names.map { name throws(SandboxError) in try namespaceName(name, "NAME") }
    let failures = try host.remove(names)
    for failure in failures { Terminal.complain("\(failure)") }
    if !failures.isEmpty || host.hasFailed { throw ExitCode(Main.failure) }
  }
}
