import Conntrack
import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// What connection tracking knows of sandboxes. A flow that it knows keeps its translation, or its lack of one, whatever
/// becomes of the rules and of the sandbox: what is sent to it later would reach whoever has the address next.
struct Flows {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Whether the kernel knows any flow in this network namespace. A file tells, which costs less than asking.
  static var isTracking: Bool {
    guard let count = try? Sysctl("net.netfilter.nf_conntrack_count").read() else { return false }
    return count != "0"
  }

  /// Gives an address back, with the flows to it and from it.
  /// - Returns: whether the sandbox had it.
  @discardableResult
  func release(
    _ address: IPAddress, of name: NamespaceName, to leases: AddressLeases
  ) throws(SandboxError) -> Bool {
    if Self.isTracking {
      // Where the kernel has translated the destination, the sandbox is the one that answers, and nothing else tells.
      let filters = [FlowFilter(originalSource: address), FlowFilter(replySource: address)]
      _ = try flows { (conntrack) throws(NetlinkError) in try conntrack.delete(matching: filters) }
    }
    return try system { () throws(SystemError) in try leases.release(address, of: name) }
  }

  /// Deletes the flows of sandboxes that nothing passes the links of any more, and that still have their addresses: to
  /// them and from them, and of addresses that root inside has made up.
  func end(of leaving: [SandboxFacts.Connection]) throws(SandboxError) {
    guard !leaving.isEmpty, Self.isTracking else { return }
    let own = Set(leaving.map(\.address.address))
    let subnets = Set(leaving.map(\.address.network))
    // All at once: each look takes the kernel a walk of its whole table.
    let found = try flows { (conntrack) throws(NetlinkError) in
      try conntrack.flows { flow in
        flow.sandboxSides.contains { side in
          own.contains(side) || subnets.contains { $0.contains(side) }
        }
      }
    }
    guard let found, !found.isEmpty else { return }
    let others = Set(found.flatMap(\.sandboxSides)).subtracting(own)
    var ended = own
    for (bridge, there) in Dictionary(grouping: leaving, by: \.bridge) {
      ended.formUnion(try addresses(among: others, madeUpBy: there, on: bridge))
    }
    _ = try flows { (conntrack) throws(NetlinkError) in
      try conntrack.delete(found.filter { !ended.isDisjoint(with: $0.sandboxSides) })
    }
  }

  /// Those of some addresses, found in flows, that can only be of sandboxes that leave a bridge. Who has leased one has
  /// done so before the first packet: leases are read after flows. Where others are on the bridge too, such as machines of
  /// a LAN, only the neighbours of the host's tell whose one was.
  private func addresses(
    among found: Set<IPAddress>, madeUpBy leaving: [SandboxFacts.Connection], on bridge: InterfaceName
  ) throws(SandboxError) -> [IPAddress] {
    let found = found.filter { address in leaving.contains { $0.address.contains(address) } }
    let index = if_nametoindex(bridge.text)
    guard !found.isEmpty, index != 0 else { return [] }
    let leased = Set(AddressLeases(bridge: bridge, state: host.state).all().map(\.address))
    let macs = try AddressHolders.foreignPorts(of: bridge, index, host).isEmpty ? nil : Set(leaving.map(\.mac))
    var result: [IPAddress] = []
    for address in found where !leased.contains(address) {
      let isTheirs = try host.route { (route) throws(NetlinkError) in
        // The host's own, and what is routed elsewhere, is nobody's on the bridge.
        guard let way = try route.route(to: address), way.type == .unicast, way.link == index else { return false }
        guard let macs else { return true }
        // Before Linux 5.0 one neighbour cannot be asked for.
        let neighbour = try? route.neighbour(address, link: index)
        return neighbour?.linkAddress.map(macs.contains) ?? false
      }
      if isTheirs { result.append(address) }
    }
    return result
  }

  /// Deletes flows of sandboxes that began while rules were missing, and so are not translated as they should be.
  func endMistranslated() throws(SandboxError) {
    guard Self.isTracking else { return }
    let members = try SandboxRecords(host).all().flatMap(\.members).filter {
      $0.translation != .host && $0.egress != .internal
    }
    guard !members.isEmpty else { return }
    var isTranslated: [IPAddress: Bool] = [:]
    for member in members { isTranslated[member.address] = member.egress == .masquerade }
    // What stays on this host and its bridges is never translated.
    let local = try host.route { (route) throws(NetlinkError) in try route.addresses(family: .inet) }
    let hosts = Set(local.map(\.network.address))
    let bridges = Set(members.map(\.bridge.text))
    let links = try host.route { (route) throws(NetlinkError) in try route.links() }
    let subnets = local.filter { address in
      links.contains { $0.index == address.link && bridges.contains($0.name) }
    }.map(\.network)
    _ = try flows { (conntrack) throws(NetlinkError) in
      let flows = try conntrack.flows { flow in
        guard let source = flow.original.source, let other = flow.reply.source, let wanted = isTranslated[source],
          flow.isSourceTranslated != wanted
        else { return false }
        return !hosts.contains(other) && !subnets.contains { $0.contains(other) }
      }
      try conntrack.delete(flows)
    }
  }

  /// Talks ctnetlink in the host's namespace.
  /// - Returns: nil for a kernel without it, which has no flows that could be deleted.
  private func flows<Result>(
    _ body: (inout ConntrackConnection) throws(NetlinkError) -> Result
  ) throws(SandboxError) -> Result? {
    do throws(SandboxError) {
      return try host.conntrack(body)
    } catch {
      guard error.netlinkErrno == EINVAL else { throw error }
      return nil
    }
  }
}

extension Flow {
  /// Where a sandbox may be in it: as the one that began, or as the one that answers, where the destination was translated.
  fileprivate var sandboxSides: [IPAddress] { [original.source, reply.source].compactMap { $0 } }
}
