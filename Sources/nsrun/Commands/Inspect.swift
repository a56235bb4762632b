import ArgumentParser
import Sandbox

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what there is to know of a sandbox: addresses, processes, traffic, neighbours.",
    usage: "nsrun inspect NAME [--json]")

  @Argument(help: "The sandbox's name.")
  var name: String

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let host = try output.host()
    host.sweepIfPrivileged()
    let report = try host.report(on: try namespaceName(name, "NAME"))
    let document = SandboxDocument(report)
    if json { return try Terminal.print(JSON.text(document)) }
    var lines: [(String, String)] = [
      ("Name", report.facts.name.text),
      ("State", report.state.rawValue),
      ("Namespace", "/run/netns/\(report.facts.name)"),
      ("Hostname", report.facts.hostname.text),
    ]
    if let privileged = report.isPrivileged {
      lines.append(("Power", privileged ? "over the host (privileged)" : "over its own network"))
    }
    if let connection = report.facts.connection {
      lines += [
        ("Bridge", connection.bridge.text),
        ("Address", "\(connection.address)"),
        ("Gateway", connection.gateway.map { "\($0)" } ?? "none"),
        ("MAC", "\(connection.mac)"),
        ("MTU", "\(connection.mtu)"),
        ("Way out", SandboxDocument.describe(connection)),
        ("Host link", connection.hostLink.text),
      ]
    }
    if let servers = report.facts.resolver.servers {
      lines.append(("DNS", servers.isEmpty ? "none" : servers.map { "\($0)" }.joined(separator: ", ")))
    }
    if !report.facts.resolver.search.isEmpty {
      lines.append(("DNS search", report.facts.resolver.search.joined(separator: ", ")))
    }
    lines.append(("Age", Duration.text(seconds: report.age)))
    if let traffic = report.traffic {
      lines += [
        ("Received", "\(traffic.received.packets) packets, \(traffic.received.bytes) bytes"),
        ("Sent", "\(traffic.sent.packets) packets, \(traffic.sent.bytes) bytes"),
      ]
    }
    lines += report.processes.isEmpty ? [("Processes", "none")] : []
    for process in document.processes { lines.append(("Process", process.line)) }
    for neighbour in report.neighbours {
      lines.append(("Neighbour", "\(neighbour.address) \(neighbour.mac.map { "\($0)" } ?? "-") \(neighbour.state)"))
    }
    let width = lines.map(\.0.count).max() ?? 0
    for (title, value) in lines {
      try Terminal.print(title + String(repeating: " ", count: width - title.count + 2) + value)
    }
  }
}
