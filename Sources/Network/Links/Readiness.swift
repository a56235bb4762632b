import Glibc
import LinuxSystem
import NetTypes
import Netlink
import RouteNetlink

/// Waits until a bridge forwards the packets of a new port.
struct Readiness {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Waits until packets pass between a sandbox and its bridge, so that the first one is not lost.
  ///
  /// A link whose carrier comes after it was set up drops all packets until the kernel's link watch runs, a moment
  /// later (dev_activate in net/sched/sch_generic.c). Since Linux 6.15, a query for the link makes it run. On older
  /// kernels, the link's state shows when it has run.
  func wait(of connection: BridgeConnection) throws(NetworkError) {
    let start = monotonicMicroseconds()
    var limit = Self.readinessLimit
    var isTold = false
    for look in 0... {
      let bridge = try host.route { (route) throws(NetlinkError) in try route.link(named: connection.bridge.text) }
      let port = try host.route { (route) throws(NetlinkError) in try route.link(named: connection.hostLink.text) }
      guard let bridge, let port else {
        throw .refused(
          "\(bridge == nil ? connection.bridge : connection.hostLink) was deleted while it was being set up")
      }
      if !bridge.isUp {
        guard Tag.isOurBridge(bridge, planned: nil) else {
          return host.reporter.warn(
            "the bridge \(connection.bridge) is down and passes nothing: ip link set \(connection.bridge) up")
        }
        // The bridge is set up only now that a port has a carrier. Set up without one, it is activated with its first
        // carrier.
        var requests = RouteRequests()
        requests.change(link: .index(bridge.index), LinkChanges(isUp: true), subject: bridge.name)
        try host.perform(requests)
        continue
      }
      if bridge.isForwarding && port.isForwarding && bridge.delay(of: port) == nil { return }
      let waited = monotonicMicroseconds() - start
      if let delay = bridge.delay(of: port) {
        // The bridge has no carrier either until a port forwards.
        limit = Self.readinessLimit + delay
        if waited > Self.readinessLimit, !isTold {
          host.reporter.warn(
            "waiting until the spanning tree of \(connection.bridge) lets packets through: up to \(delay / 1_000_000) s"
          )
          isTold = true
        }
      }
      if let signal = EndSignal.pending { throw .interrupted(signal: signal) }
      guard waited < limit || look < Self.looks else {
        return host.reporter.warn("\(connection.hostLink) on \(connection.bridge) does not pass packets yet")
      }
      usleep(waited < Self.readinessLimit ? 200 : limit > Self.readinessLimit ? 20_000 : 2000)
    }
  }

  /// Waits until the kernel inside takes packets to a sandbox's IPv6 addresses, and sends packets to groups, and until
  /// the host takes packets to the gateway.
  ///
  /// It adds the route for the former in its work queue for duplicate address detection, even for an address without
  /// detection, and the route for the latter when the link watch has run. Until then it drops such packets
  /// (Ip6InAddrErrors).
  /// - Parameter gateway: the address of a bridge that has just got it; nil for none.
  func waitForIPv6(
    of connection: InsideLink, link: UInt32, gateway: IPAddress?, _ inside: inout RouteConnection
  ) throws(NetworkError) {
    let wanted = connection.linkAddresses6.map { IPNetwork($0.address) } + [Self.groups6]
    for look in 0... {
      let there: [Route]
      do throws(NetlinkError) {
        // Makes the link watch run (Linux 6.15).
        _ = try inside.link(index: link)
        there = try inside.routes(family: .inet6).filter { $0.link == link }
      } catch {
        throw .netlink(error)
      }
      let isComplete = wanted.allSatisfy { destination in
        there.contains { $0.destination == destination }
      }
      var isGatewayThere = true
      if let gateway { isGatewayThere = try BridgeNetworks(host).isLocal(gateway) }
      if isComplete && isGatewayThere { return }
      if let signal = EndSignal.pending { throw .interrupted(signal: signal) }
      guard look < Self.looks else {
        return host.reporter.warn("\(connection.interface) inside does not pass IPv6 packets yet")
      }
      usleep(look < 1000 ? 200 : 2000)
    }
  }

  /// Waits until the host takes packets to the IPv6 address of a bridge, which it has got.
  func wait(for address: IPAddress) throws(NetworkError) {
    for _ in 0..<Self.looks {
      guard try !BridgeNetworks(host).isLocal(address) else { return }
      usleep(200)
    }
  }

  private static let groups6 = IPNetwork("ff00::/8")!

  /// The least number of looks before a warning: on a busy machine, the kernel's work queues wait for the processor as
  /// well.
  private static let looks = 2000

  /// In microseconds.
  private static let readinessLimit: Int64 = 1_000_000
}

extension Link {
  /// Whether packets pass: the link is up, has a carrier, and the link watch has seen it. IFF_RUNNING follows from the
  /// operational state. A link that always had a carrier stays in the state unknown, which sets IFF_RUNNING as well.
  var isForwarding: Bool { flags.isSuperset(of: [.up, .running, .lowerUp]) }

  /// How long this bridge may keep a port from forwarding, in microseconds. With a spanning tree, a new port spends one
  /// forward delay listening and one learning.
  /// - Returns: nil if the port forwards.
  fileprivate func delay(of port: Link) -> Int64? {
    guard bridge?.stp == true, let state = port.bridgePort?.state, state != .forwarding else { return nil }
    // The forward delay is in centiseconds, at most 30 s (BR_MAX_FORWARD_DELAY).
    return 2 * 10_000 * Int64(min(bridge?.forwardDelay ?? 1500, 3000))
  }
}
