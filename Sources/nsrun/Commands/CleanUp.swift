import Network
import Sandbox

extension Subcommand {
  static let cleanUp = Subcommand(
    "cleanup", "Remove what runs that were killed left behind, and say what.",
    usage: "cleanup [--net BRIDGE] [--all] [--dry-run] [--json]",
    discussion: """
      A launch, list, inspect, rm and reload do so by themselves; this does it at once. It also looks for what carries nsrun's tag but \
      is in no record any more. It removes nothing that is not nsrun's.
      """,
    options: [
      OptionGroup(
        title: "WHAT TO REMOVE",
        options: [
          .value("net", "bridge", "Only sandboxes on this bridge.", completion: .bridges) {
            (all, text) throws(InvalidValue) in
            guard text != "none" else {
              throw InvalidValue("none: sandboxes without a network are on no bridge; nsrun rm removes them")
            }
            guard !text.contains("@") else {
              throw InvalidValue("'\(text)': only a bridge can be given; nsrun rm removes the sandboxes on other links")
            }
            all.bridge = try NetworkArguments.parseBridge(text)
          },
          .flag("all", "Also sandboxes made by create; what runs inside is ended.") { $0.all = true },
        ]),
      OutputArguments.options(
        json: "Print JSON: an array with an object for each thing removed.", dryRun: "Only say what would be removed."),
    ]
  ) { arguments in
    let host = try arguments.output.host()
    let removed = try Removal(host).cleanUp(bridge: arguments.bridge, all: arguments.all, isDryRun: arguments.isDryRun)
    if arguments.json { try Terminal.print(JSON.text(removed.map { RemovedDocument($0) })) }
    for one in removed where !arguments.json { try Terminal.print(line(of: one, isDryRun: arguments.isDryRun)) }
    return host.hasFailed ? Main.failure : 0
  }

  private static func line(of one: Removed, isDryRun: Bool) -> String {
    let count = one.processes.count
    let inside = count == 0 ? "" : ", ending \(count) process\(count == 1 ? "" : "es") inside"
    let what = one.kind == .sandbox ? one.name : "\(one.kind.rawValue) \(one.name)"
    return "\(isDryRun ? "would remove" : "removed") \(what) (\(one.reason.rawValue)\(inside))"
  }
}
