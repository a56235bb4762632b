import Launch
import LinuxSystem
import Namespaces

extension SandboxFacts {
  /// What a command is told of its sandbox.
  var variables: [Command.Variable] { Self.variables(of: name, connection) }

  /// What a command is told of a namespace with this name. What there is not is taken away: an outer sandbox may have
  /// set it.
  static func variables(of name: NamespaceName, _ connection: Connection? = nil) -> [Command.Variable] {
    [
      ("NSRUN_NAME", name.text), ("NSRUN_NET", connection?.bridge.text),
      ("NSRUN_ADDRESS", connection.map { "\($0.address.address)" }),
      ("NSRUN_GATEWAY", connection?.gateway.map { "\($0)" }),
    ]
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
