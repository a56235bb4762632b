import Sandbox

extension Subcommand {
  static let list = Subcommand(
    "list", "List the sandboxes.",
    options: [OutputArguments.options(json: "Print JSON: an array with an object for each sandbox.")]
  ) { arguments in
    let host = try arguments.output.host()
    Removal(host).sweepIfPrivileged()
    let reports = try Inventory(host).reports()
    if arguments.json {
      try Terminal.print(JSON.text(reports.map { SandboxDocument($0) }))
    } else if !reports.isEmpty {
      try Terminal.print(table(of: reports))
    }
    return 0
  }

  private static func joined(_ words: [String]) -> String { words.isEmpty ? "-" : words.joined(separator: ",") }

  private static func table(of reports: [SandboxReport]) -> String {
    var table = Table(header: ["NAME", "STATE", "BRIDGE", "ADDRESS", "PROCESSES", "AGE"])
    for report in reports {
      table.append([
        report.facts.name.text, report.state.rawValue, joined(report.facts.connections.map(\.label)),
        joined(report.facts.connections.map { "\($0.inside.addresses[0])" }), "\(report.processes.count)",
        Duration.text(seconds: report.age),
      ])
    }
    return table.text(width: 80) { column, text in
      guard column == 1 else { return text }
      switch text.prefix(while: { $0 != " " }) {
      case "running", "created": return Terminal.coloured(text, .green)
      default: return Terminal.coloured(text, .red)
      }
    }
  }
}
