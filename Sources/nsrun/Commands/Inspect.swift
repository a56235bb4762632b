import Network
import Sandbox

extension Subcommand {
  static let inspect = Subcommand(
    "inspect", "Show what there is to know of a sandbox: addresses, processes, traffic, neighbours.",
    usage: "inspect NAME [--json]", operands: .one(.namespaces),
    options: [OutputArguments.options(json: "Print a JSON object.")]
  ) { arguments in
    let host = try arguments.output.host()
    Removal(host).sweepIfPrivileged()
    let report = try Inventory(host).report(on: try namespaceName(arguments.operands[0], "NAME"))
    try Terminal.print(arguments.json ? JSON.text(SandboxDocument(report)) : text(of: report))
    return 0
  }

  private static func text(of report: SandboxReport) -> String {
    var lines: [(String, String)] = [
      ("Name", report.facts.name.text),
      ("State", report.state.rawValue),
      ("Namespace", "/run/netns/\(report.facts.name)"),
      ("Hostname", report.facts.hostname.text),
    ]
    if let privileged = report.isPrivileged {
      lines.append(("Power", privileged ? "over the host (privileged)" : "over its own network"))
    }
    for connection in report.facts.connections {
      let inside = connection.inside
      if report.facts.connections.count > 1 { lines.append(("Interface", inside.interface.text)) }
      lines.append((connection.bridged == nil ? "Network" : "Bridge", connection.label))
      for address in inside.addresses {
        let gateway = inside.gateway(address.family)
        lines += [("Address", "\(address)"), ("Gateway", gateway.map { "\($0)" } ?? "none")]
      }
      lines += [
        ("MAC", "\(inside.mac)"),
        ("MTU", "\(inside.mtu)"),
        ("Way out", SandboxDocument.describe(connection)),
      ]
      if let hostLink = connection.bridged?.hostLink { lines.append(("Host link", hostLink.text)) }
    }
    if let servers = report.facts.resolver.servers {
      lines.append(("DNS", servers.isEmpty ? "none" : servers.map { "\($0)" }.joined(separator: ", ")))
    }
    if !report.facts.resolver.search.isEmpty {
      lines.append(("DNS search", report.facts.resolver.search.joined(separator: ", ")))
    }
    lines.append(("Age", Duration.text(seconds: report.age)))
    for (number, traffic) in report.traffic.enumerated() {
      guard let traffic else { continue }
      if report.traffic.count > 1 {
        lines.append(("Interface", report.facts.connections[number].inside.interface.text))
      }
      lines += [
        ("Received", "\(traffic.received.packets) packets, \(traffic.received.bytes) bytes"),
        ("Sent", "\(traffic.sent.packets) packets, \(traffic.sent.bytes) bytes"),
      ]
    }
    lines += report.processes.isEmpty ? [("Processes", "none")] : []
    for process in SandboxDocument(report).processes { lines.append(("Process", process.line)) }
    for neighbour in report.neighbours {
      lines.append(("Neighbour", "\(neighbour.address) \(neighbour.mac.map { "\($0)" } ?? "-") \(neighbour.state)"))
    }
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { $0 + String(repeating: " ", count: width - $0.count + 2) + $1 }.joined(separator: "\n")
  }
}
