import ArgumentParser
import Sandbox

struct Create: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make a sandbox that stays until it is removed.",
    usage: "nsrun create NAME [OPTIONS]",
    discussion: """
      Prints the address that the sandbox got.

      Examples:
        nsrun create web --net br0
        nsrun create db --net br0 --ip 10.64.1.20 --internal
      """)

  @Argument(help: "The sandbox's name.")
  var name: String

  @OptionGroup var network: NetworkOptions
  @OptionGroup var names: NameOptions
  @OptionGroup var isolation: IsolationOptions

  @Flag(help: "Print what was made as JSON.")
  var json = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let (hostname, resolver) = try names.arguments.spec()
    let spec = SandboxSpec(
      name: try namespaceName(name, "NAME"), lifetime: .create, network: try network.arguments.spec(),
      isPrivileged: isolation.privileged, parameters: try isolation.arguments.parameters(), hostname: hostname,
      resolver: resolver)
    let host = try output.host()
    let facts = try host.create(spec)
    do {
      if json {
        try Terminal.print(JSON.text(SandboxDocument(try host.report(on: facts.name))))
      } else if let address = facts.connection?.address {
        try Terminal.print("\(address.address)")
      }
    } catch {
      // What has failed leaves nothing.
      _ = try? host.remove([facts.name])
      throw error
    }
  }
}
