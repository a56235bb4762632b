import ArgumentParser
import Sandbox

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Tell whether this host can do it, what stands in the way, and what to do about it.",
    discussion: "Exit status 1 if the main job, nsrun --net BRIDGE -- COMMAND, cannot work.")

  @Flag(help: "Print JSON: an array with an object for each check.")
  var json = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let findings = Doctor(try output.host()).findings()
    if json {
      try Terminal.print(JSON.text(findings.map { FindingDocument($0) }))
    } else {
      for finding in findings { try Terminal.print(Self.text(finding)) }
    }
    if findings.contains(where: { $0.status == .problem }) { throw ExitCode(1) }
  }

  private static func text(_ finding: Finding) -> String {
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
