import Sandbox

extension Subcommand {
  static let reload = Subcommand(
    "reload", "Restore rules, bridges and forwarding that others took from the sandboxes.",
    discussion: """
      After nft flush ruleset, the restart of a firewall, or ip link delete of a bridge. Prints what was missing. A launch \
      restores what it needs itself; this does it at once, for all.
      """,
    options: [OutputArguments.options]
  ) { arguments in
    let host = try arguments.output.host()
    for what in try Reload(host).reload() { try Terminal.print("restored \(what)") }
    return host.hasFailed ? Main.failure : 0
  }
}
