import Launch
import LinuxSystem
import Namespaces

extension SandboxFacts {
  /// What a command is told of its sandbox. What there is not is taken away: an outer sandbox may have set it.
  var variables: [Command.Variable] {
    [
      ("NSRUN_NAME", name.text), ("NSRUN_NET", connection?.bridge.text),
      ("NSRUN_ADDRESS", connection.map { "\($0.address.address)" }),
      ("NSRUN_GATEWAY", connection?.gateway.map { "\($0)" }),
    ]
  }
}

extension Host {
  /// What a command is told of the namespace that it joins: what the sandbox's record says, or its name alone.
  func variables(of name: NamespaceName, _ namespace: borrowing NetworkNamespace) -> [Command.Variable] {
    var facts = SandboxFacts(name: name, lifetime: .create, maker: 0, createdAt: 0, connection: nil)
    if let path = state.record(of: name), let text = try? RecordText.read(path), let recorded = SandboxFacts(text),
      let identity = try? namespace.identity(), identity.text == text.namespaceIdentity
    {
      facts = recorded
    }
    return facts.variables
  }
}
