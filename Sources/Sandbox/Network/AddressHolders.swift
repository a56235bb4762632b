import CLinux
import Glibc
import LinuxSystem
import NetTypes
import Netlink
import RouteNetlink

/// Looks whether somebody else than a sandbox has an address on a bridge: what leases do not tell. What sandboxes say there
/// does not count: one that answers for every address would keep all others from starting.
struct AddressHolders {
  /// Whether there are ports on a bridge of somebody else's that lead to others than sandboxes.
  let hasStrangers: Bool
  private let host: Host
  private let network: BridgeNetwork
  private let probe: ARPProbe?
  /// Next hops of routes by the bridge, and where these lead; only with strangers.
  private let nextHops: [(address: IPAddress, route: String)]

  init(_ host: Host, _ network: BridgeNetwork) throws(SandboxError) {
    self.host = host
    self.network = network
    let ports = network.isOurs ? [] : try Self.foreignPorts(of: network.bridge, network.index, host)
    hasStrangers = !ports.isEmpty
    guard hasStrangers else {
      probe = nil
      nextHops = []
      return
    }
    probe = try? network.mac.map { mac throws(SystemError) in try ARPProbe(link: network.index, mac: mac, ports: ports)
    }
    nextHops = try host.route { (route) throws(NetlinkError) in try route.routes(family: .inet) }.flatMap { route in
      (route.gateway.map { [$0] } ?? route.multipathGateways).map {
        ($0, route.destination.map { "the route to \($0)" } ?? "the default route")
      }
    }
  }

  /// - Parameters:
  ///   - mac: the address that the sandbox is to have on the link.
  ///   - isThorough: whether what the kernel once learned of a neighbour counts. An earlier sandbox may have had another MAC
  ///     address; but it may also learn from a sandbox what that likes, so that others are to be free.
  /// - Returns: who has the address, for people; nil where nobody has.
  func holder(
    of address: IPAddress, for mac: MACAddress, isThorough: Bool
  ) throws(SandboxError) -> String? {
    let way = try host.route { (route) throws(NetlinkError) in try route.route(to: address) }
    if let way, [.local, .broadcast, .anycast].contains(way.type) { return "this host" }
    if let hop = nextHops.first(where: { $0.address == address }) { return "the next hop of \(hop.route)" }
    // Before Linux 5.0 one neighbour cannot be asked for.
    let neighbour = try? host.route { (route) throws(NetlinkError) in
      try route.neighbour(address, link: network.index)
    }
    if let known = neighbour, let other = known.linkAddress, other != mac {
      let isKnown = known.state.isDisjoint(with: [.incomplete, .failed])
      if known.state.contains(.permanent) || isKnown && isThorough { return "the neighbour \(other)" }
    }
    // The kernel's entry for the host's own packets would say so; strangers may not have been talked to yet.
    if let other = probe?.holder(of: address, besides: mac) { return "the host \(other)" }
    return nil
  }

  /// The ports that are no sandboxes' links.
  /// - Parameter index: that of the bridge.
  static func foreignPorts(
    of bridge: InterfaceName, _ index: UInt32, _ host: Host
  ) throws(SandboxError) -> [UInt32] {
    if let ports = listedPorts(of: bridge) { return ports }
    return try host.route { (route) throws(NetlinkError) in try route.links(master: index) }
      .filter { !$0.name.hasPrefix(SandboxFacts.hostLinkPrefix) }.map(\.index)
  }

  /// By the oldest of the bridge interfaces: it lists a thousand ports in one call and some bytes, and each launch asks.
  /// - Returns: nil where it does not tell.
  private static func listedPorts(of bridge: InterfaceName) -> [UInt32]? {
    guard let socket = try? systemCall("open", "a socket", { Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0) })
    else { return nil }
    let descriptor = OwnedDescriptor(owning: socket)
    var indices = [Int32](repeating: 0, count: 1024)
    guard clinux_bridge_ports(descriptor.raw, bridge.text, &indices) >= 0 else { return nil }
    let prefix = Array(SandboxFacts.hostLinkPrefix.utf8)
    var name = [CChar](repeating: 0, count: 16)
    var ports: [UInt32] = []
    for index in indices where index != 0 {
      guard clinux_link_name(descriptor.raw, index, &name) == 0 else { continue }
      if !name.lazy.map({ UInt8(bitPattern: $0) }).starts(with: prefix) {
        ports.append(UInt32(bitPattern: index))
      }
    }
    return ports
  }
}
