import Glibc
import LinuxSystem
import Namespaces
import Netlink
import RouteNetlink

extension Attachment {
  /// Ends the processes in the namespace, which has no name any more, and closes it. From then on its links pass no
  /// packets, even if something keeps the namespace alive.
  /// - Returns: whether nothing keeps it alive. It is then ending, and its links end with it.
  mutating func isVacated(_ host: Host, isPatient: Bool) -> Bool {
    inside = nil
    var isVacated = processesEnded() == 0
    deleteUpperLinks(host)
    do throws(SystemError) {
      if let namespace, let sockets = try openSockets(host), try sockets.areInUse() {
        let isDrained = if isPatient { try sockets.drain(from: namespace, host.reporter) } else { false }
        if !isDrained {
          isVacated = false
          try opened?.inside(home: host.home, TCPSockets.giveUp).get()
        }
      }
    } catch {
      // Sockets that cannot be examined may keep the namespace alive.
      isVacated = false
    }
    guard !facts.connections.isEmpty else {
      opened = nil
      return isVacated
    }
    do throws(NetworkError) {
      for connection in facts.bridgeConnections { try HostLinks(host).shut(connection.hostLink) }
      // The counters must be read while the links exist.
      let isTracking = Flows.isTracking
      var hostLinks: [Link?] = []
      for (number, connection) in facts.connections.enumerated() {
        guard let connection = connection.bridged else { continue }
        let link = try HostLinks(host).link(connection.hostLink)
        hostLinks.append(link)
        links[number].mayHaveFlows =
          isTracking && (link.map { hasSent($0, connection, links[number]) } ?? true)
      }
      let isFree = try isLetGo(of: hostLinks, host)
      return isVacated && isFree
    } catch {
      return false
    }
  }

  /// Deletes the links on links of the host; what fails is reported, and keeps the record.
  private mutating func deleteUpperLinks(_ host: Host) {
    guard facts.hasUpperLinks else { return }
    hasLeftUpperLinks = !host.report { () throws(NetworkError) in
      switch opened {
      case .some(let namespace): try UpperLinks(host).deleteAll(in: namespace)
      case nil: break
      }
    }
  }

  /// Closes the namespace.
  /// - Returns: whether nothing else keeps it alive; false if one of its links is in another namespace.
  private mutating func isLetGo(of links: [Link?], _ host: Host) throws(NetworkError) -> Bool {
    guard let opened = opened.take() else { return false }
    let raw = opened.raw
    let id = try host.route { (route) throws(NetlinkError) in try route.namespaceID(of: .descriptor(raw)) }
    // Root inside can move its end of a veth pair to another namespace.
    guard let id, links.allSatisfy({ $0 == nil || $0?.peerNamespaceID == id }) else { return false }
    // A short run does not wait until the kernel has freed what this process had open inside.
    guard monotonicMicroseconds() - start > 500_000 else {
      do throws(SystemError) { return try opened.closeLast(home: host.home) } catch { throw .system(error) }
    }
    _ = consume opened
    for pause: UInt32 in [0, 200, 400, 800, 1600, 3200, 6400, 12800, 25600] {
      usleep(pause)
      if try host.route({ (route) throws(NetlinkError) in try !route.hasNamespace(id) }) { return true }
    }
    return false
  }

  /// Ends the processes that are still inside.
  /// - Returns: the number of processes found.
  private borrowing func processesEnded() -> Int {
    guard let namespace else { return 0 }
    switch opened {
    case .some(let network): return ending.endProcesses(network, namespace, record.hasGrown)
    case nil: return 0
    }
  }

  /// Whether packets other than the kernel's announcements have passed a link. Packets to the sandbox count only if its
  /// address is routed without NAT.
  private borrowing func hasSent(
    _ link: Link, _ connection: BridgeConnection, _ attached: AttachedLink
  ) -> Bool {
    guard let traffic = link.statistics else { return true }
    return traffic.received.packets > attached.announcements
      || connection.egress == .routed && traffic.sent.packets > 0
  }

  private borrowing func openSockets(_ host: Host) throws(SystemError) -> TCPSockets? {
    guard !facts.connections.isEmpty else { return nil }
    return try opened?.inside(home: host.home) { () throws(SystemError) in try TCPSockets() }.get()
  }
}
