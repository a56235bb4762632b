import Launch
import LinuxSystem
import NetTypes
import RouteNetlink

extension Sandboxes {
  /// What ``run(_:_:keeps:)`` or ``create(_:)`` would do, step by step, for people. It changes nothing.
  /// - Parameters:
  ///   - spec: one that is planned.
  ///   - command: the command; nil for none.
  public func plan(_ spec: SandboxSpec, _ command: Command?) throws(SandboxError) -> [String] {
    try requireMeans(for: spec)
    var spec = spec
    let lock = try system { () throws(SystemError) in try host.state.lockIfPresent(.shared) }
    var facts = try LiveSandbox.facts(of: spec, on: host)
    var steps = try Removal(host).namesToSweep().map { "remove what is left of \($0), whose nsrun was killed" }
    _ = try Bridges(host).resolve(&spec)
    let networks = try BridgeNetworks(host).plan(spec)
    for (wanted, planned) in zip(spec.networks, networks) {
      if case .missing(let plan) = planned { steps += (plan.steps + plan.ruleSteps).map { "\($0)" } }
      let assigned = try AddressPool(host).assign(on: planned.network, wanted, for: spec)
      facts.connect(to: planned.network, wanted, assigned, for: spec)
    }
    _ = consume lock
    let bridges = networks.map { ($0.network.index, $0.network.mtu) }
    let plan = SandboxPlan(facts, bridges: bridges, routes: spec.routes, parameters: spec.parameters)
    steps += plan.steps.map { "\($0)" }
    if let command { steps.append(Self.step(executing: command)) }
    return steps
  }

  static func step(executing command: Command) -> String { "execute \(command.arguments[0])" }
}
