import ArgumentParser
import Launch
import NetTypes
import RouteNetlink
import Sandbox

struct SelftestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Prove it: run the main job on a private host with a simulated internet, touching nothing.",
    discussion: "Needs root, but neither a network nor any other program. Exit status 1 if a step fails.")

  /// What the sandboxes of the test run: this program again, as the one that sends packets.
  @Option(help: .hidden)
  var probe: String?

  @Option(help: .hidden)
  var count = 1

  @OptionGroup var output: OutputOptions

  func run() throws {
    if let probe {
      guard let address = IPAddress(probe), address.isIPv4, count > 0 else {
        throw ValidationError("--probe takes an IPv4 address, --count a number above 0")
      }
      throw EchoProbe(destination: address, count: count).run() ? ExitCode.success : ExitCode.failure
    }
    var unwritten: SandboxError?
    let selftest = Selftest(
      reporter: output.arguments.reporter,
      probe: { Command(["/proc/self/exe", "selftest", "--probe", "\($0)", "--count", "\($1)"]) },
      onStep: { step in
        let mark = step.failure == nil ? Terminal.coloured("ok", .green) : Terminal.coloured("failed", .red)
        do throws(SandboxError) {
          try Terminal.print("\(mark)  \(Milliseconds.text(microseconds: step.duration))  \(step.name)")
          if let failure = step.failure { try Terminal.print("        \(failure)") }
        } catch {
          unwritten = error
        }
      })
    let hasPassed = try selftest.run()
    if let unwritten { throw unwritten }
    if !hasPassed { throw ExitCode(1) }
  }
}
