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
    let gone = try Removal(host).namesToSweep()
    spec.gone = Set(gone)
    var facts = try LiveSandbox.facts(of: spec, on: host)
    var steps = gone.map { "remove what is left of \($0), whose nsrun was killed" }
    if !gone.isEmpty {
      host.reporter.warn("killed runs have left something that goes first: after nsrun cleanup the plan is exact")
    }
    let attachments = try BridgeNetworks(host).plan(spec, Bridges(host).resolve(&spec)).map {
      (planned) throws(SandboxError) in
      try facts.connect(to: planned, for: spec, on: host) { plan in
        steps += (plan.steps + plan.ruleSteps).map { "\($0)" }
        return plan.network
      }
    }
    _ = consume lock
    let plan = SandboxPlan(facts, targets: attachments.map(\.target), routes: spec.routes, parameters: spec.parameters)
    steps += plan.steps.map { "\($0)" }
    if let command { steps.append(Self.step(executing: command)) }
    return steps
  }

  static func step(executing command: Command) -> String { "execute \(command.arguments[0])" }
}
