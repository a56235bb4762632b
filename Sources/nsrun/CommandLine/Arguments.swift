import Namespaces
import NetTypes
import Network
import Sandbox

/// The values of a parsed command line. Each command uses some of them.
struct Arguments {
  /// The words before `--` that are neither options nor their values.
  var operands: [String] = []
  var network = NetworkArguments()
  var names = NameArguments()
  var isolation = IsolationArguments()
  var command = CommandArguments()
  var output = OutputArguments()
  /// For `run`.
  var name: String?
  var keeps = false
  var hasOwnProcesses = true
  /// Of run, create and cleanup.
  var isDryRun = false
  /// For `cleanup`.
  var bridge: InterfaceName?
  var all = false
  /// For the commands that print something.
  var json = false
  /// For `selftest` as the program that its sandboxes run: the address to send echo requests to.
  var probe: IPAddress?
  var count = 1

  /// The sandbox that the arguments request.
  func sandbox(
    name: NamespaceName?, lifetime: Lifetime, hasOwnProcesses: Bool = false
  ) throws(SandboxError) -> SandboxSpec {
    SandboxSpec(
      AttachmentSpec(
        name: name, lifetime: lifetime, connections: try network.specs(), routes: network.routes,
        parameters: (network.forwards ? KernelParameter.forwarding : []) + isolation.parameters,
        hostname: names.hostname, resolver: try names.resolver(), isPlanned: isDryRun),
      isPrivileged: isolation.isPrivileged, hasOwnProcesses: hasOwnProcesses)
  }
}
