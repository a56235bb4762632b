import ArgumentParser
import NetTypes
import RouteNetlink
import Sandbox

struct CleanUp: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cleanup",
    abstract: "Remove what runs that were killed left behind, and say what.",
    usage: "nsrun cleanup [--net BRIDGE] [--all] [--dry-run] [--json]",
    discussion: """
      Every nsrun does so by itself when it starts; this does it at once. It also looks for what carries nsrun's tag but \
      is in no record any more. What is nobody's but nsrun's is removed, and nothing else.
      """)

  @Option(help: ArgumentHelp("Only sandboxes on this bridge.", valueName: "bridge"))
  var net: String?

  @Flag(help: "Also sandboxes made by create; what runs inside is ended.")
  var all = false

  @Flag(help: "Only say what would be removed.")
  var dryRun = false

  @Flag(help: "Print JSON: an array with an object for each thing removed.")
  var json = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    var bridge: InterfaceName?
    if let net {
      if net == "none" {
        throw SandboxError.refused("--net none: sandboxes without a network are on no bridge; nsrun rm removes them")
      }
      do { bridge = try InterfaceName(net) } catch {
        throw SandboxError.refused("--net '\(net)' cannot be a bridge: \(error)")
      }
    }
    let host = try output.host()
    let removed = try host.cleanUp(bridge: bridge, all: all, isDryRun: dryRun)
    if json { try Terminal.print(JSON.text(removed.map { RemovedDocument($0) })) }
    for one in removed where !json {
      let count = one.processes.count
      let inside = count == 0 ? "" : ", ending \(count) process\(count == 1 ? "" : "es") inside"
      let what = one.kind == .sandbox ? one.name : "\(one.kind.rawValue) \(one.name)"
      try Terminal.print("\(dryRun ? "would remove" : "removed") \(what) (\(one.reason.rawValue)\(inside))")
    }
    if host.hasFailed { throw ExitCode(Main.failure) }
  }
}
