import Conntrack
import Glibc
import LinuxSystem
import Namespaces
import Netlink
import RouteNetlink

/// What connection tracking knows of sandboxes. A flow that it knows keeps its translation, or its lack of one, whatever
/// becomes of the rules and of the sandbox: what is sent to it later would reach whoever has the address next.
extension Host {
  /// Whether the kernel knows any flow in this network namespace. A file tells, which costs less than asking.
  static var isTrackingFlows: Bool {
    guard let count = try? Sysctl("net.netfilter.nf_conntrack_count").read() else { return false }
    return count != "0"
  }

  /// Gives an address back, with the flows to it and from it.
  /// - Parameter mayHaveFlows: false where it is known that there are none: looking for them takes the kernel 0.4 ms and
  ///   more.
  /// - Returns: whether the sandbox had it.
  @discardableResult
  func release(
    _ address: IPAddress, of name: NamespaceName, to leases: AddressLeases, mayHaveFlows: Bool = true
  ) throws(SandboxError) -> Bool {
    if mayHaveFlows, Self.isTrackingFlows {
      // Where the kernel has translated the destination, the sandbox is the one that answers, and nothing else tells.
      let filters = [FlowFilter(originalSource: address.bytes), FlowFilter(replySource: address.bytes)]
      try flows { (conntrack) throws(NetlinkError) in try conntrack.delete(matching: filters) }
    }
    return try system { () throws(SystemError) in try leases.release(address, of: name) }
  }

  /// Deletes flows of sandboxes that began while rules were missing, and so are not translated as they should be.
  func endMistranslatedFlows() throws(SandboxError) {
    guard Self.isTrackingFlows else { return }
    let members = try sandboxRecords().compactMap(\.member).filter { $0.translation != .host && $0.egress != .internal }
    guard !members.isEmpty else { return }
    var isTranslated: [[UInt8]: Bool] = [:]
    for member in members { isTranslated[member.address.bytes] = member.egress == .masquerade }
    // What stays on this host and its bridges is never translated.
    let local = try route { (route) throws(NetlinkError) in try route.addresses(family: .inet) }
    let hosts = Set(local.map(\.network.address.bytes))
    let bridges = Set(members.map(\.bridge.text))
    let links = try route { (route) throws(NetlinkError) in try route.links() }
    let subnets = local.filter { address in
      links.contains { $0.index == address.link && bridges.contains($0.name) }
    }.map(\.network)
    try flows { (conntrack) throws(NetlinkError) in
      let flows = try conntrack.flows { flow in
        guard let wanted = isTranslated[flow.original.source], flow.isSourceTranslated != wanted else { return false }
        let other = flow.reply.source
        return !hosts.contains(other) && !subnets.contains { $0.contains(IPAddress(bytes: other)!) }
      }
      try conntrack.delete(flows)
    }
  }

  /// Talks ctnetlink in the host's namespace. A kernel without it has no flows that could be deleted.
  private func flows(_ body: (inout ConntrackConnection) throws(NetlinkError) -> Void) throws(SandboxError) {
    do throws(SandboxError) {
      try conntrack(body)
    } catch {
      guard error.netlinkErrno == EINVAL else { throw error }
    }
  }
}
