import NetTypes
import RouteNetlink

/// What nsrun needs to know of a connection besides the recorded facts.
struct AttachedLink {
  /// The index and the MTU of the link of the host where the connection leads.
  let target: (index: UInt32, mtu: UInt32)
  /// Whether the network was missing, or incomplete, before this sandbox.
  let isFirst: Bool
  /// Whether to announce the sandbox's address to neighbours.
  let isAnnounced: Bool
  /// The bridge's IPv6 address, if the bridge may just have got it.
  var newGateway: IPAddress?
  /// The index of the link inside.
  var link: UInt32?
  /// The number of packets that the kernel inside has sent by itself before the command starts.
  var announcements: UInt64 = 0
  var mayHaveFlows = true
}

extension SandboxFacts {
  /// Leases the addresses of a sandbox on one more network, and adds the connection.
  /// - Parameter make: makes a network that is missing; for a plan, it only gives the network as it will be.
  mutating func connect(
    to planned: PlannedNetwork, for sandbox: AttachmentSpec, on host: Host,
    making make: (NetworkPlan) throws(NetworkError) -> BridgeNetwork
  ) throws(NetworkError) -> AttachedLink {
    let (network, wanted, isFirst): (BridgeNetwork, NetworkSpec, Bool)
    switch planned {
    case .standing(let standing, let spec): (network, wanted, isFirst) = (standing, spec, false)
    case .missing(let plan): (network, wanted, isFirst) = (try make(plan), plan.spec, true)
    case .link(let lower, let wanted):
      connect(to: lower, wanted, UpperLinks(host), for: sandbox)
      return AttachedLink(target: (lower.index, lower.mtu), isFirst: false, isAnnounced: true, mayHaveFlows: false)
    }
    if wanted.egress == .routed, network.translation == .host {
      host.reporter.warn(
        "rules of this host masquerade what leaves \(network.bridge), although this sandbox is to go without NAT")
    }
    let assigned = try AddressPool(host).assign(on: network, wanted, for: sandbox)
    connect(to: network, wanted, assigned, for: sandbox)
    return AttachedLink(
      target: (network.index, network.mtu), isFirst: isFirst,
      isAnnounced: wanted.isAnnounced || assigned.hasStrangers, newGateway: isFirst ? assigned.gateway6 : nil)
  }
}
