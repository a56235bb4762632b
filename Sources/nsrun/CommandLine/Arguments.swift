import Namespaces
import NetTypes
import Sandbox

/// What a command line says. Each command takes part of it.
struct Arguments {
  /// The words before `--` that are neither options nor their values.
  var operands: [String] = []
  var network = NetworkArguments()
  var names = NameArguments()
  var isolation = IsolationArguments()
  var command = CommandArguments()
  var output = OutputArguments()
  /// Of run.
  var name: String?
  var keeps = false
  var hasOwnProcesses = true
  /// Of run, create and cleanup.
  var isDryRun = false
  /// Of cleanup.
  var bridge: InterfaceName?
  var all = false
  /// Of the commands that show something.
  var json = false
  /// Of selftest: the program that its sandboxes run.
  var probe: IPAddress?
  var count = 1

  /// The sandbox that they ask for.
  func sandbox(
    name: NamespaceName?, lifetime: SandboxSpec.Lifetime, hasOwnProcesses: Bool = false
  ) throws(SandboxError) -> SandboxSpec {
    SandboxSpec(
      name: name, lifetime: lifetime, networks: try network.specs(), isPrivileged: isolation.isPrivileged,
      hasOwnProcesses: hasOwnProcesses, parameters: isolation.parameters, hostname: names.hostname,
      resolver: try names.resolver(), isPlanned: isDryRun)
  }
}
