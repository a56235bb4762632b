import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// The chains of other programs at all hooks except the IPv4 forward hook: before and after routing, at a DNS server on
/// the host, on the bridge, for ARP, and at the ingress and egress of a device. nsrun adds nothing there; it reports
/// what these chains do.
package struct OtherHooks {
  private let host: Host

  package init(_ host: Host) { self.host = host }

  /// A chain that refuses packets of a bridge, or keeps them from being tracked, and the remedy.
  private struct Obstacle {
    var message: String
    var remedy: String
    var isCertain: Bool
  }

  /// Warns of the chains that certainly stop packets of a bridge.
  /// - Parameter nameServers: the DNS servers that sandboxes ask, by the host's address on the bridge.
  func warn(of bridge: InterfaceName, _ nameServers: (IPAddress?) -> [IPAddress], goesOut: Bool) {
    do throws(NetworkError) {
      for obstacle in try obstacles(of: bridge, nameServers, goesOut: goesOut) where obstacle.isCertain {
        host.reporter.warn("\(obstacle.message): \(obstacle.remedy)")
      }
    } catch {
      host.reporter.warn("\(error)")
    }
  }

  /// - Parameter nameServers: the DNS servers that a sandbox asks, by its settings and the host's address on the bridge.
  package func findings(_ nameServers: (ResolverSpec, IPAddress?) -> [IPAddress]) -> [Finding] {
    do throws(NetworkError) {
      let sandboxes = try SandboxRecords(host).all()
      var findings: [Finding] = []
      for network in try NetworkRecords(host).all() {
        let going = sandboxes.filter { $0.connection(to: network.bridge).map { $0.egress != .internal } ?? false }
        let obstacles = try obstacles(
          of: network.bridge, { address in going.flatMap { nameServers($0.resolver, address) } },
          goesOut: !going.isEmpty)
        findings += obstacles.map {
          Finding(
            check: ForwardChains.check, status: $0.isCertain ? .problem : .warning, message: $0.message,
            remedy: $0.remedy)
        }
      }
      return findings
    } catch {
      return [ForwardChains.unreadable(error)]
    }
  }

  /// A packet as it enters a chain.
  private struct Way {
    var packet: SandboxPacket
    var traffic = ForeignTables.Traffic.outside
    /// The destination port to which the remedy is limited.
    var port: UInt16?
  }

  /// A bridge and its surroundings on the host.
  private struct Surroundings {
    let bridge: SandboxPacket.Device
    let subnet: IPNetwork?
    let uplink: SandboxPacket.Device
    /// Addresses of the host whose DNS server the sandboxes ask.
    let nameServers: [IPAddress]
    let goesOut: Bool
  }

  private func obstacles(
    of bridge: InterfaceName, _ nameServers: (IPAddress?) -> [IPAddress], goesOut: Bool
  ) throws(NetworkError) -> [Obstacle] {
    var tables = ForeignTables(host)
    let surroundings = try surroundings(of: bridge, nameServers, goesOut: goesOut, &tables)
    let chains = try ForeignTables(host).foreignChains()
    var obstacles: [Obstacle] = []
    for chain in chains {
      var isTold = false
      for way in ways(into: chain, surroundings) where !isTold {
        let (refusal, isUntracked) = try tables.judge(way.packet, of: bridge, way.traffic, at: chain)
        guard refusal != nil || isUntracked else { continue }
        isTold = true
        obstacles.append(
          Obstacle(
            message: refusal.map { "\($0)" }
              ?? "the chain \(chain) leaves packets of sandboxes on \(bridge) out of connection tracking: they are not masqueraded",
            remedy: ChainOwner(of: chain, among: chains).remedy(at: chain, for: [Self.passage(of: way, bridge)]),
            isCertain: refusal?.isCertain ?? true))
      }
    }
    return obstacles
  }

  private static func passage(of way: Way, _ bridge: InterfaceName) -> Passage {
    let isOnBridge = way.packet.family == .bridge
    let input = isOnBridge ? nil : way.packet.input?.name
    return Passage(
      bridge: bridge.text, input: input, output: isOnBridge || input != nil ? nil : way.packet.output?.name,
      isOnBridge: isOnBridge, port: way.port)
  }

  private func surroundings(
    of name: InterfaceName, _ nameServers: (IPAddress?) -> [IPAddress], goesOut: Bool, _ tables: inout ForeignTables
  ) throws(NetworkError) -> Surroundings {
    let link = try host.route { (route) throws(NetlinkError) in try route.link(named: name.text) }
    let address = try tables.address(of: name, link)
    var servers: [IPAddress] = []
    if goesOut {
      for server in Set(nameServers(address?.address)) where server.isIPv4 {
        let way = try host.route { (route) throws(NetlinkError) in try route.route(to: server) }
        if way?.type == .local, !server.isLoopback { servers.append(server) }
      }
    }
    return Surroundings(
      bridge: .init(name: name.text, index: link?.index ?? 0), subnet: address?.network, uplink: try tables.outside(),
      nameServers: servers, goesOut: goesOut)
  }

  /// The packets of a bridge's sandboxes that enter a chain; empty for hooks that they do not pass, or that
  /// ``ForwardChains`` covers.
  private func ways(into chain: Chain, _ own: Surroundings) -> [Way] {
    guard let base = chain.base else { return [] }
    func packet(
      _ input: SandboxPacket.Device?, _ output: SandboxPacket.Device?, _ state: ConntrackState = .new,
      isARP: Bool = false
    ) -> SandboxPacket {
      SandboxPacket(input: input, output: output, state: state, isARP: isARP, family: chain.table.family)
    }
    let (bridge, uplink) = (own.bridge, own.uplink)
    let devices = base.devices
    switch (chain.table.family, base.hook) {
    case (.ip, .prerouting), (.inet, .prerouting):
      return own.goesOut ? [Way(packet: packet(bridge, nil)), Way(packet: packet(uplink, nil, .established))] : []
    case (.ip, .postrouting), (.inet, .postrouting):
      return own.goesOut
        ? [Way(packet: packet(bridge, uplink)), Way(packet: packet(uplink, bridge, .established))] : []
    case (.ip, .input), (.inet, .input):
      return own.nameServers.map { question(to: $0, own, packet(bridge, nil)) }
    case (.ip, .output), (.inet, .output):
      return own.nameServers.map { answer(of: $0, own, packet(nil, bridge, .established)) }
    // Port names are random, so the devices are unknown here.
    case (.bridge, .forward):
      return [false, true].map { Way(packet: packet(nil, nil, isARP: $0), traffic: .neighbours) }
    case (.bridge, _): return [false, true].map { Way(packet: packet(nil, nil, isARP: $0)) }
    case (.arp, .input): return [Way(packet: packet(bridge, nil, isARP: true))]
    case (.arp, .output): return [Way(packet: packet(nil, bridge, isARP: true))]
    case (.netdev, .ingress), (.inet, .ingress):
      return (devices.contains(bridge.name) ? [Way(packet: packet(bridge, nil))] : [])
        + (own.goesOut && devices.contains(uplink.name) ? [Way(packet: packet(uplink, nil, .established))] : [])
    case (.netdev, .egress):
      return (devices.contains(bridge.name) ? [Way(packet: packet(nil, bridge))] : [])
        + (own.goesOut && devices.contains(uplink.name) ? [Way(packet: packet(nil, uplink))] : [])
    default: return []
    }
  }

  private static let dns: UInt16 = 53
  private static let udp: UInt8 = 17

  private func question(to server: IPAddress, _ own: Surroundings, _ packet: SandboxPacket) -> Way {
    var packet = packet
    packet.transport = Self.udp
    packet.destinationPort = Self.dns
    packet.source = SandboxPacket.bytes(of: own.subnet)
    packet.destination = server.bytes
    return Way(packet: packet, traffic: .names(server: server), port: Self.dns)
  }

  private func answer(of server: IPAddress, _ own: Surroundings, _ packet: SandboxPacket) -> Way {
    var packet = packet
    packet.transport = Self.udp
    packet.source = server.bytes
    packet.destination = SandboxPacket.bytes(of: own.subnet)
    return Way(packet: packet, traffic: .names(server: server))
  }
}
