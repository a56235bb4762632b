import Launch
import NetTypes
import Sandbox

extension Subcommand {
  static let selftest = Subcommand(
    "selftest", "Prove it: run the main job on a private host with a simulated internet, touching nothing.",
    discussion: "Needs root, but neither a network nor any other program. Exit status 1 if a step fails.",
    options: [
      OptionGroup(
        title: "PROBE",
        options: [
          .value("probe", "addr", "Send echo requests to this address.", isHidden: true) {
            (all, text) throws(InvalidValue) in
            all.probe = try parse(text, "an IPv4 address") { IPAddress($0).flatMap { $0.isIPv4 ? $0 : nil } }
          },
          .value("count", "number", "How many.", isHidden: true) { (all, text) throws(InvalidValue) in
            all.count = try parse(text, "a number above 0") { Int($0).flatMap { $0 > 0 ? $0 : nil } }
          },
        ]),
      OutputArguments.options,
    ]
  ) { arguments in
    // The sandboxes of the test run this program again, which then only sends echo requests.
    if let probe = arguments.probe { return EchoProbe(destination: probe, count: arguments.count).run() ? 0 : 1 }
    var unwritten: SandboxError?
    let selftest = Selftest(
      reporter: arguments.output.reporter,
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
    return hasPassed ? 0 : 1
  }
}
