import Glibc
import Launch
import LinuxSystem
import Netlink
import RouteNetlink

/// Waits until a bridge passes the packets of a new port.
struct Readiness {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Waits until packets get through between a sandbox and its bridge, so that the first one is not lost.
  ///
  /// A link that gets its carrier after it was set up drops all packets until the kernel's link watch has run, which is
  /// a moment later (dev_activate in net/sched/sch_generic.c). Since Linux 6.15 asking for the link makes it run; on
  /// older kernels its state tells when it has.
  func wait(of connection: SandboxFacts.Connection) throws(SandboxError) {
    let start = monotonicMicroseconds()
    var limit = Self.readinessLimit
    var isTold = false
    while true {
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
        // Only now, with a port that has a carrier: one that is set up without is not activated before its first.
        var requests = RouteRequests()
        requests.change(link: .index(bridge.index), LinkChanges(isUp: true), subject: bridge.name)
        try host.perform(requests)
        continue
      }
      if bridge.isForwarding && port.isForwarding && bridge.delay(of: port) == nil { return }
      let waited = monotonicMicroseconds() - start
      if let delay = bridge.delay(of: port) {
        // Until a port forwards, the bridge has no carrier either.
        limit = Self.readinessLimit + delay
        if waited > Self.readinessLimit, !isTold {
          host.reporter.warn(
            "waiting until the spanning tree of \(connection.bridge) lets packets through: up to \(delay / 1_000_000) s"
          )
          isTold = true
        }
      }
      if let signal = EndSignal.pending { throw .launch(.ended(.signaled(signal))) }
      guard waited < limit else {
        return host.reporter.warn("\(connection.hostLink) on \(connection.bridge) does not pass packets yet")
      }
      usleep(waited < Self.readinessLimit ? 200 : 20_000)
    }
  }

  /// In microseconds.
  private static let readinessLimit: Int64 = 1_000_000
}

extension Link {
  /// Whether packets get through: it is up, has a carrier, and the link watch has seen it (IFF_RUNNING follows from the
  /// operational state, which a link that always had a carrier never leaves as unknown).
  var isForwarding: Bool { flags.isSuperset(of: [.up, .running, .lowerUp]) }

  /// How long this bridge may keep a port from forwarding, in microseconds: with a spanning tree a port that comes up
  /// listens, and then learns, for a forwarding delay each.
  /// - Returns: nil where the port forwards.
  fileprivate func delay(of port: Link) -> Int64? {
    guard bridge?.stp == true, let state = port.bridgePort?.state, state != .forwarding else { return nil }
    // In centiseconds, 30 s at most (BR_MAX_FORWARD_DELAY).
    return 2 * 10_000 * Int64(min(bridge?.forwardDelay ?? 1500, 3000))
  }
}
