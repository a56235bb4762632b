import CLinux
import Glibc
import LinuxSystem
import NetTypes
import Netlink
import RouteNetlink

/// Finds out whether a host other than a sandbox has an address on a bridge, which leases do not show. Answers of
/// sandboxes do not count: one that answers for every address would keep all others from starting.
struct AddressHolders {
  /// Whether the bridge is foreign and has ports that lead to hosts other than sandboxes.
  let hasStrangers: Bool
  private let host: Host
  private let network: BridgeNetwork
  private let probe: ARPProbe?
  /// The next hops of the host's IPv4 routes; empty if hasStrangers is false.
  private let nextHops: [(address: IPAddress, route: String)]

  init(_ host: Host, _ network: BridgeNetwork) throws(NetworkError) {
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
  ///   - mac: the MAC address that the sandbox will have.
  ///   - isThorough: whether learned neighbour entries count. An entry may be left from an earlier sandbox with another
  ///     MAC address, so a thorough search avoids its IP address. But sandboxes can cause such entries, so a second
  ///     search ignores them.
  /// - Returns: a description of the holder; nil if there is none.
  func holder(
    of address: IPAddress, for mac: MACAddress, isThorough: Bool
  ) throws(NetworkError) -> String? {
    let way = try host.route { (route) throws(NetlinkError) in try route.route(to: address) }
    if let way, [.local, .broadcast, .anycast].contains(way.type) { return "this host" }
    if let hop = nextHops.first(where: { $0.address == address }) { return "the next hop of \(hop.route)" }
    // Before Linux 5.0, the kernel cannot be asked for a single neighbour.
    let neighbour = try? host.route { (route) throws(NetlinkError) in
      try route.neighbour(address, link: network.index)
    }
    if let known = neighbour, let other = known.linkAddress, other != mac {
      let isKnown = known.state.isDisjoint(with: [.incomplete, .failed])
      if known.state.contains(.permanent) || isKnown && isThorough { return "the neighbour \(other)" }
    }
    // The kernel only knows neighbours with which it has exchanged packets. ARP asks the others.
    if let other = probe?.holder(of: address, besides: mac) { return "the host \(other)" }
    return nil
  }

  /// The ports that are not host ends of sandboxes' veth pairs.
  /// - Parameter index: the index of the bridge.
  static func foreignPorts(
    of bridge: InterfaceName, _ index: UInt32, _ host: Host
  ) throws(NetworkError) -> [UInt32] {
    if let ports = listedPorts(of: bridge) { return ports }
    return try host.route { (route) throws(NetlinkError) in try route.links(master: index) }
      .filter { !$0.name.hasPrefix(BridgeConnection.hostLinkPrefix) }.map(\.index)
  }

  /// Every launch needs the list, so this uses the oldest bridge interface, an ioctl that returns up to 1024 ports at
  /// once.
  /// - Returns: nil if the ioctl fails.
  private static func listedPorts(of bridge: InterfaceName) -> [UInt32]? {
    guard let socket = try? systemCall("open", "a socket", { Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0) })
    else { return nil }
    let descriptor = OwnedDescriptor(owning: socket)
    var indices = [Int32](repeating: 0, count: 1024)
    guard clinux_bridge_ports(descriptor.raw, bridge.text, &indices) >= 0 else { return nil }
    let prefix = Array(BridgeConnection.hostLinkPrefix.utf8)
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
