import NetTypes

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
  /// Of cleanup.
  var bridge: InterfaceName?
  var all = false
  var isDryRun = false
  /// Of the commands that show something.
  var json = false
  /// Of selftest: the program that its sandboxes run.
  var probe: IPAddress?
  var count = 1
}
