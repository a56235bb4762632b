import Glibc
import LinuxSystem
import NetTypes
import Netlink
import RouteNetlink

/// The host's ends of the veth pairs of sandboxes.
struct HostLinks {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The host's end of a sandbox's veth pair, with what has passed it: root inside can change no number of that. nil where
  /// there is none.
  func link(_ name: InterfaceName) throws(SandboxError) -> Link? {
    let found = try host.route { (route) throws(NetlinkError) in try route.link(named: name.text) }
    return found.flatMap { Tag.isOurLink($0) ? $0 : nil }
  }

  /// Lets nothing pass the host's end of a sandbox's veth pair any more: as a port it takes frames from known addresses
  /// only, and there is none. It takes the kernel 0.05 ms; to set the link down waits for a grace period of RCU, and to
  /// delete it for several. A port that is only disabled would be enabled again by who sets the other end up.
  func shut(_ link: InterfaceName) throws(SandboxError) {
    var requests = RouteRequests()
    requests.setBridgePort(
      link: .named(link.text),
      BridgePortOptions(
        learning: false, unicastFlood: false, multicastFlood: false, broadcastFlood: false, locked: true, flush: true),
      subject: link.text)
    do throws(SandboxError) { try host.perform(requests) } catch {
      guard error.netlinkErrno == ENODEV else { throw error }
    }
  }

  /// Deletes the host's ends of sandboxes' veth pairs, as far as they are there and carry the sandbox's tag.
  /// - Returns: those that could not be deleted.
  func disconnect(_ sandboxes: [SandboxFacts]) -> Set<InterfaceName> {
    let owners = Dictionary(
      sandboxes.flatMap { facts in facts.connections.map { ($0.hostLink.text, facts) } }, uniquingKeysWith: { $1 })
    guard let first = owners.keys.first else { return [] }
    let hasSucceeded = host.report { () throws(SandboxError) in
      let links = try host.route { (route) throws(NetlinkError) in
        owners.count == 1 ? [try route.link(named: first)].compactMap { $0 } : try route.links(kind: "veth")
      }
      try delete(links.filter { link in owners[link.name].map { Tag.isLink(link, of: $0) } ?? false })
    }
    return hasSucceeded ? [] : Set(sandboxes.flatMap(\.connections).map(\.hostLink))
  }

  /// Deletes links, many at once: each by itself would take the kernel a wait of 8 ms and more. Those that went by
  /// themselves meanwhile, with their namespace, are no failure.
  func delete(_ links: [Link]) throws(SandboxError) {
    for start in stride(from: 0, to: links.count, by: Removal.batchSize) {
      try deleteTogether(links[start..<min(start + Removal.batchSize, links.count)])
    }
  }

  /// - Parameter links: not so many that a failure of each is more than a socket holds (ENOBUFS).
  private func deleteTogether(_ links: ArraySlice<Link>) throws(SandboxError) {
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
