import ArgumentParser
import Sandbox

struct Reload: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Restore rules, bridges and forwarding that others took from the sandboxes.",
    discussion: """
      After nft flush ruleset, the restart of a firewall, or ip link delete of a bridge. Prints what was missing. A launch \
      restores what it needs itself; this does it at once, for all.
      """)

  @OptionGroup var output: OutputOptions

  func run() throws {
    let host = try output.host()
    for what in try host.reload() { try Terminal.print("restored \(what)") }
    if host.hasFailed { throw ExitCode(Main.failure) }
  }
}
