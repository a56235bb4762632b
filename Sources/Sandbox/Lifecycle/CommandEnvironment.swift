import Glibc
import Launch
import LinuxSystem
import Namespaces
import Network

extension SandboxFacts {
  /// The environment variables that describe the sandbox to a command.
  var variables: [Command.Variable] { Self.variables(of: name, connections) }

  private static let keys = [
    "NSRUN_NET", "NSRUN_ADDRESS", "NSRUN_GATEWAY", "NSRUN_ADDRESS6", "NSRUN_GATEWAY6", "NSRUN_INTERFACE",
  ]

  /// The environment variables for a command in a namespace with this name. Variables without a value are removed: an
  /// outer sandbox may have set them.
  static func variables(of name: NamespaceName, _ connections: [Connection] = []) -> [Command.Variable] {
    var others = [""]
    while getenv("NSRUN_NET_\(others.count + 1)") != nil { others.append("_\(others.count + 1)") }
    return [("NSRUN_NAME", name.text)]
      + others.flatMap { suffix in keys.map { ("\($0)\(suffix)", nil) } }
      + connections.enumerated().flatMap { number, connection -> [Command.Variable] in
        let suffix = number == 0 ? "" : "_\(number + 1)"
        return [
          ("NSRUN_NET\(suffix)", connection.label),
          ("NSRUN_ADDRESS\(suffix)", connection.inside.hasIPv4 ? "\(connection.inside.address.address)" : nil),
          ("NSRUN_GATEWAY\(suffix)", connection.inside.gateway.map { "\($0)" }),
          ("NSRUN_ADDRESS6\(suffix)", connection.inside.ipv6.map { "\($0.address.address)" }),
          ("NSRUN_GATEWAY6\(suffix)", connection.inside.ipv6?.gateway.map { "\($0)" }),
        ] + (connections.count == 1 ? [] : [("NSRUN_INTERFACE\(suffix)", connection.inside.interface.text)])
      }
  }
}
