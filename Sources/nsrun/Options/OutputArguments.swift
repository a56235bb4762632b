import LinuxSystem
import Network
import Sandbox

/// The arguments about nsrun's own output.
struct OutputArguments {
  var isVerbose = false
  var hasTrace = false

  static let options = OptionGroup(
    title: "OUTPUT",
    options: [
      .flag("verbose", letter: "v", "Say each step, and when it is taken, on standard error.") {
        $0.output.isVerbose = true
      },
      .flag("trace", "Print every netlink message sent and received as a tree on standard error.") {
        $0.output.hasTrace = true
      },
    ])

  /// The same, after options that ask for JSON and for a plan, where there is help about them.
  static func options(json: String? = nil, dryRun: String? = nil) -> OptionGroup {
    var first: [Option] = []
    if let dryRun { first.append(.flag("dry-run", dryRun) { $0.isDryRun = true }) }
    if let json { first.append(.flag("json", json) { $0.json = true }) }
    return OptionGroup(title: options.title, options: first + options.options)
  }

  var reporter: Reporter {
    let complain: @Sendable (String) -> Void = { Terminal.complain($0) }
    let show: @Sendable (String) -> Void = { Terminal.write(Terminal.plain($0), to: 2) }
    let started = monotonicMicroseconds()
    let progress: @Sendable (String) -> Void = {
      Terminal.complain("\(Milliseconds.text(microseconds: monotonicMicroseconds() - started))  \($0)")
    }
    return Reporter(warn: complain, progress: isVerbose ? progress : nil, trace: hasTrace ? show : nil)
  }

  func host() throws(SandboxError) -> Host { try Host(reporter: reporter) }
}
