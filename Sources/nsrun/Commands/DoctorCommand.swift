import Network
import Sandbox

extension Subcommand {
  static let doctor = Subcommand(
    "doctor", "Tell whether this host can do it, what stands in the way, and what to do about it.",
    discussion: "Exit status 1 if the main job, nsrun --net BRIDGE -- COMMAND, cannot work.",
    options: [OutputArguments.options(json: "Print JSON: an array with an object for each check.")]
  ) { arguments in
    let findings = Doctor(try arguments.output.host()).findings()
    if arguments.json {
      try Terminal.print(JSON.text(findings.map { FindingDocument($0) }))
    } else {
      for finding in findings { try Terminal.print(text(of: finding)) }
    }
    return findings.contains { $0.status == .problem } ? 1 : 0
  }

  private static func text(of finding: Finding) -> String {
    let colour: Terminal.Colour =
      switch finding.status {
      case .ok: .green
      case .warning: .yellow
      case .problem: .red
      }
    let status = finding.status.rawValue
    let padding = String(repeating: " ", count: Finding.Status.warning.rawValue.count - status.count)
    let line = "\(Terminal.coloured(status, colour))\(padding)  \(finding.check): \(finding.message)"
    return finding.remedy.map { "\(line)\n         what to do: \($0)" } ?? line
  }
}
