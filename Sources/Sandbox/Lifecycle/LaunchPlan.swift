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
    var plans: [NetworkPlan] = []
    var bridges: [(index: UInt32, mtu: UInt32)] = []
    for (link, wanted) in zip(try Bridges(host).resolve(&spec), spec.networks) {
      let network: BridgeNetwork
      // With other rules the launch will look again at a network that stands.
      if plans.allSatisfy(\.ruleSteps.isEmpty), let standing = try BridgeNetworks(host).standing(wanted, link) {
        network = standing
      } else {
        let plan = try BridgeNetworks(host).plan(wanted, link, after: plans)
        steps += (plan.steps + plan.ruleSteps).map { "\($0)" }
        plans.append(plan)
        network = plan.network
      }
      facts.connect(to: network, wanted, try AddressPool(host).assign(on: network, wanted, for: spec), isPlanned: true)
      bridges.append((network.index, network.mtu))
    }
    _ = consume lock
    steps += SandboxPlan(facts, bridges: bridges, parameters: spec.parameters).steps.map { "\($0)" }
    if let command { steps.append(Self.step(executing: command)) }
    return steps
  }

  static func step(executing command: Command) -> String { "execute \(command.arguments[0])" }
}
