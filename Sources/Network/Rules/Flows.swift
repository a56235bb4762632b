import Conntrack
import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// The sandboxes' flows in connection tracking. A flow keeps its translation, or the lack of one, even if the rules
/// change or the sandbox is gone. Its later packets would reach the next sandbox with the address.
struct Flows {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Whether the kernel tracks any flow in this network namespace. Reading a file is faster than a netlink request.
  static var isTracking: Bool {
    guard let count = try? Sysctl("net.netfilter.nf_conntrack_count").read() else { return false }
    return count != "0"
  }

  /// Releases an address and deletes its flows.
  /// - Returns: whether the sandbox had leased it.
  @discardableResult
  func release(
    _ address: IPAddress, of name: NamespaceName, to leases: AddressLeases
  ) throws(NetworkError) -> Bool {
    if Self.isTracking {
      let own = NetworkRecords(host).record(of: leases.bridge)?.own
      let address6 = address.isIPv4 ? own?.address6(ofSandbox: address) : nil
      // After DNAT, only the source of the reply shows the sandbox's address.
      let filters = [address, address6].compactMap { $0 }.flatMap {
        [FlowFilter(originalSource: $0), FlowFilter(replySource: $0)]
      }
      _ = try flows { (conntrack) throws(NetlinkError) in try conntrack.delete(matching: filters) }
    }
    return try system { () throws(SystemError) in try leases.release(address, of: name) }
  }

  /// Deletes the flows of sandboxes whose links no longer pass packets and whose addresses are still leased. These are
  /// the flows of their addresses, and of other addresses that root inside used.
  func end(of leaving: [BridgeConnection]) throws(NetworkError) {
    guard !leaving.isEmpty, Self.isTracking else { return }
    let own = Set(leaving.flatMap { [$0.address] + $0.inside.linkAddresses6 }.map(\.address))
    let subnets = Set(leaving.flatMap(\.inside.subnets))
    // One query for all, because the kernel walks its whole table for each.
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

  /// The addresses, of those found in flows, that only sandboxes about to leave this bridge can have used. Any other
  /// sandbox leased its address before its first packet, so leases are read after flows. If there are other hosts on
  /// the bridge, such as machines of a LAN, only the host's neighbour table shows which host used an address.
  private func addresses(
    among found: Set<IPAddress>, madeUpBy leaving: [BridgeConnection], on bridge: InterfaceName
  ) throws(NetworkError) -> [IPAddress] {
    let networks = leaving.flatMap(\.inside.subnets)
    let found = found.filter { address in networks.contains { $0.contains(address) } }
    let index = if_nametoindex(bridge.text)
    guard !found.isEmpty, index != 0 else { return [] }
    let leases = AddressLeases(bridge: bridge, state: host.state).all().map(\.address)
    let derived = networks.filter { $0.family == .inet6 }.flatMap { network in
      leases.filter(\.isIPv4).map { network.derivedAddress(from: $0).address }
    }
    let leased = Set(leases + derived)
    let macs = try AddressHolders.foreignPorts(of: bridge, index, host).isEmpty ? nil : Set(leaving.map(\.inside.mac))
    var result: [IPAddress] = []
    for address in found where !leased.contains(address) {
      let isTheirs = try host.route { (route) throws(NetlinkError) in
        // Skips addresses of the host, and those routed elsewhere: no host on the bridge has them.
        guard let way = try route.route(to: address), way.type == .unicast, way.link == index else { return false }
        guard let macs else { return true }
        // Before Linux 5.0, the kernel cannot be asked for a single neighbour.
        let neighbour = try? route.neighbour(address, link: index)
        return neighbour?.linkAddress.map(macs.contains) ?? false
      }
      if isTheirs { result.append(address) }
    }
    return result
  }

  /// Deletes the sandboxes' flows with a wrong translation, which began while rules were missing.
  func endMistranslated() throws(NetworkError) {
    guard Self.isTracking else { return }
    let members = try SandboxRecords(host).all().flatMap(\.members).filter {
      $0.translation != .host && $0.egress != .internal
    }
    guard !members.isEmpty else { return }
    var isTranslated: [IPAddress: Bool] = [:]
    for member in members {
      isTranslated[member.address] = member.egress == .masquerade
      if let address6 = member.address6 { isTranslated[address6] = member.egress == .masquerade }
    }
    // Packets that stay on this host and its bridges are never translated.
    let local = try host.route { (route) throws(NetlinkError) in try route.addresses() }
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

  /// Uses ctnetlink in the host's network namespace.
  /// - Returns: nil if the kernel has no ctnetlink, and so no flows to delete.
  private func flows<Result>(
    _ body: (inout ConntrackConnection) throws(NetlinkError) -> Result
  ) throws(NetworkError) -> Result? {
    do throws(NetworkError) {
      return try host.conntrack(body)
    } catch {
      guard error.netlinkErrno == EINVAL else { throw error }
      return nil
    }
  }
}

extension Flow {
  /// The addresses that may be a sandbox's: the source of the original direction or, after DNAT, that of the reply.
  fileprivate var sandboxSides: [IPAddress] { [original.source, reply.source].compactMap { $0 } }
}
