import Launch
import Network

extension Sandboxes {
  /// What ``run(_:_:keeps:)`` or ``create(_:)`` would do, step by step, for people. It changes nothing.
  /// - Parameters:
  ///   - spec: one that is planned.
  ///   - command: the command; nil for none.
  public func plan(_ spec: SandboxSpec, _ command: Command?) throws(SandboxError) -> [String] {
    try requireMeans(for: spec)
    let gone = try Removal(host).namesToSweep()
    var network = spec.network
    network.gone = Set(gone)
    if !gone.isEmpty {
      host.reporter.warn("killed runs have left something that goes first: after nsrun cleanup the plan is exact")
    }
    let steps = try Attachment.plan(network, on: host)
    return gone.map { "remove what is left of \($0), whose nsrun was killed" } + steps
      + (command.map { [Self.step(executing: $0)] } ?? [])
  }

  static func step(executing command: Command) -> String { "execute \(command.arguments[0])" }
}
