import ArgumentParser
import Sandbox

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the sandboxes.")

  @Flag(help: "Print JSON: an array with an object for each sandbox.")
  var json = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let host = try output.host()
    host.sweepIfPrivileged()
    let reports = try host.reports()
    if json { return try Terminal.print(JSON.text(reports.map { SandboxDocument($0) })) }
    if reports.isEmpty { return }
    var table = Table(header: ["NAME", "STATE", "BRIDGE", "ADDRESS", "PROCESSES", "AGE"])
    for report in reports {
      table.append([
        report.facts.name.text, report.state.rawValue, report.facts.connection?.bridge.text ?? "-",
        report.facts.connection.map { "\($0.address)" } ?? "-", "\(report.processes.count)",
        Duration.text(seconds: report.age),
      ])
    }
    try Terminal.print(
      table.text(width: 80) { column, text in
        guard column == 1 else { return text }
        switch text.prefix(while: { $0 != " " }) {
        case "running", "created": return Terminal.coloured(text, .green)
        default: return Terminal.coloured(text, .red)
        }
      })
  }
}
