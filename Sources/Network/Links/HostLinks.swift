import Glibc
import LinuxSystem
import NetTypes
import Netlink
import RouteNetlink

/// The host ends of the sandboxes' veth pairs.
package struct HostLinks {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// How many links are deleted together. The kernel deletes them in one wait, during which no other process can change
  /// a link.
  package static let batchSize = 64

  /// The host end of a sandbox's veth pair, with its packet counters, which root inside the sandbox cannot change; nil
  /// if there is none.
  func link(_ name: InterfaceName) throws(NetworkError) -> Link? {
    let found = try host.route { (route) throws(NetlinkError) in try route.link(named: name.text) }
    return found.flatMap { Tag.isOurLink($0) ? $0 : nil }
  }

  /// Stops all packets at the host end of a sandbox's veth pair. A locked port accepts frames from known MAC addresses
  /// only, and here none is known. This takes the kernel 0.05 ms. Setting the link down takes an RCU grace period,
  /// deleting it several. A disabled port would be enabled again when the sandbox sets its end up.
  func shut(_ link: InterfaceName) throws(NetworkError) {
    var requests = RouteRequests()
    requests.setBridgePort(
      link: .named(link.text),
      BridgePortOptions(
        learning: false, unicastFlood: false, multicastFlood: false, broadcastFlood: false, locked: true, flush: true),
      subject: link.text)
    do throws(NetworkError) { try host.perform(requests) } catch {
      guard error.netlinkErrno == ENODEV else { throw error }
    }
  }

  /// Deletes the host ends of the sandboxes' veth pairs that exist and carry the sandbox's tag.
  /// - Returns: empty if all were deleted; otherwise the names of all, deleted or not.
  func disconnect(_ sandboxes: [SandboxFacts]) -> Set<InterfaceName> {
    let owners = Dictionary(
      sandboxes.flatMap { facts in facts.bridgeConnections.map { ($0.hostLink.text, facts) } }, uniquingKeysWith: { $1 }
    )
    guard let first = owners.keys.first else { return [] }
    let hasSucceeded = host.report { () throws(NetworkError) in
      let links = try host.route { (route) throws(NetlinkError) in
        owners.count == 1 ? [try route.link(named: first)].compactMap { $0 } : try route.links(kind: "veth")
      }
      try delete(links.filter { link in owners[link.name].map { Tag.isLink(link, of: $0) } ?? false })
    }
    return hasSucceeded ? [] : Set(sandboxes.flatMap(\.bridgeConnections).map(\.hostLink))
  }

  /// Deletes links in batches, because the kernel waits 8 ms or more for each deletion. A link that has disappeared
  /// with its namespace meanwhile is no failure.
  package func delete(_ links: [Link]) throws(NetworkError) {
    for start in stride(from: 0, to: links.count, by: Self.batchSize) {
      try deleteTogether(links[start..<min(start + Self.batchSize, links.count)])
    }
  }

  /// - Parameter links: few enough that a socket's buffer holds a failure of each (ENOBUFS).
  private func deleteTogether(_ links: ArraySlice<Link>) throws(NetworkError) {
    var requests = RouteRequests()
    if let only = links.first, links.count == 1 {
      requests.delete(link: .index(only.index), subject: only.name)
    } else {
      let taken = Set(try host.route { (route) throws(NetlinkError) in try route.links() }.map(\.group))
      let group = (UInt32(0x6e00_0000)...).first { !taken.contains($0) }!
      for link in links { requests.change(link: .index(link.index), LinkChanges(group: group), subject: link.name) }
      requests.delete(linkGroup: group)
    }
    let failures = try host.route { (route) throws(NetlinkError) in try route.failures(of: requests) }
    if let failure = failures.first(where: { $0.errno != ENODEV }) { throw .netlink(failure) }
  }
}
