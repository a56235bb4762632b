import Glibc
import Launch
import LinuxSystem
import Namespaces

extension SandboxFacts {
  /// What a command is told of its sandbox.
  var variables: [Command.Variable] { Self.variables(of: name, connections) }

  private static let keys = ["NSRUN_NET", "NSRUN_ADDRESS", "NSRUN_GATEWAY", "NSRUN_INTERFACE"]

  /// What a command is told of a namespace with this name. What there is not is taken away: an outer sandbox may have
  /// set it.
  static func variables(of name: NamespaceName, _ connections: [Connection] = []) -> [Command.Variable] {
    var others = [""]
    while getenv("NSRUN_NET_\(others.count + 1)") != nil { others.append("_\(others.count + 1)") }
    return [("NSRUN_NAME", name.text)]
      + others.flatMap { suffix in keys.map { ("\($0)\(suffix)", nil) } }
      + connections.enumerated().flatMap { number, connection -> [Command.Variable] in
        let suffix = number == 0 ? "" : "_\(number + 1)"
        return [
          ("NSRUN_NET\(suffix)", connection.bridge.text),
          ("NSRUN_ADDRESS\(suffix)", "\(connection.address.address)"),
          ("NSRUN_GATEWAY\(suffix)", connection.gateway.map { "\($0)" }),
        ] + (connections.count == 1 ? [] : [("NSRUN_INTERFACE\(suffix)", connection.interface.text)])
      }
  }
}

extension SandboxRecords {
  /// What is recorded of the sandbox that a namespace with this name is; nil where it is none.
  func facts(of name: NamespaceName, _ namespace: borrowing NetworkNamespace) -> SandboxFacts? {
    guard let path = host.state.record(of: name), let text = try? RecordText.read(path),
      let identity = try? namespace.identity(), identity == text.namespaceIdentity
    else { return nil }
    return SandboxFacts(text)
  }
}
