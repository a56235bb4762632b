import Glibc
import LinuxSystem
import NFTables
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// What carries nsrun's tag but is in no record: somebody has deleted or damaged the records. It is found by looking at
/// everything on the host, which only a clean-up does.
struct UnrecordedObjects {
  private let host: Host
  private let bridge: InterfaceName?
  private let name: NamespaceName?
  private let damaged: Set<NamespaceName>

  /// - Parameters:
  ///   - bridge: only what is on this bridge; nil for everything.
  ///   - name: only what belongs to the sandbox of this name; nil for everything.
  ///   - damaged: sandboxes whose records say nothing, be they moved aside yet or not.
  init(
    _ host: Host, on bridge: InterfaceName? = nil, named name: NamespaceName? = nil,
    besides damaged: Set<NamespaceName> = []
  ) {
    self.host = host
    self.bridge = bridge
    self.name = name
    self.damaged = damaged
  }

  /// Removes it. Goes on after a failure, which is reported.
  /// - Parameters:
  ///   - all: also sandboxes in which processes run; those are ended. Else they are named and left.
  ///   - isDryRun: only tells.
  /// - Returns: what was removed.
  func remove(all: Bool, isDryRun: Bool) throws(SandboxError) -> [Removed] {
    var orphans: Set<NamespaceName> = []
    var removed = name == nil && bridge == nil ? removeForsakenState(isDryRun: isDryRun, &orphans) : []
    var doomed: [Link] = []
    removed += try removeSandboxes(all: all, isDryRun: isDryRun, orphans, links: &doomed)
    guard name == nil else {
      // It may have been what kept the directory.
      if !isDryRun { host.state.removeRootIfEmpty() }
      return removed
    }
    // Nobody may make or unmake a network meanwhile, nor a directory for its state.
    let wasThere = FileIdentity(path: host.state.path) != nil
    let lock = try system { () throws(SystemError) in
      isDryRun ? try host.state.lockIfPresent(.exclusive) : try host.state.lock(.exclusive)
    }
    removed += try removeNetworks(besides: doomed, isDryRun: isDryRun)
    if wasThere { removed += try removeState(besides: doomed, isDryRun: isDryRun) }
    if let lock { host.state.removeIfEmpty(holding: lock) }
    return removed
  }

  // MARK: Sandboxes

  private static let isUnrecorded = "carries nsrun's tag but is in no record"

  /// - Parameters:
  ///   - orphans: those whose network is gone.
  ///   - links: is given the links that are removed.
  private func removeSandboxes(
    all: Bool, isDryRun: Bool, _ orphans: Set<NamespaceName>, links doomed: inout [Link]
  ) throws(SandboxError) -> [Removed] {
    // What is there before what is recorded: a record is written before the first thing that it names is made.
    var links = try host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") }
    let names = try system { () throws(SystemError) in try host.names.names() }
    let recorded = try system { () throws(SystemError) in try StateDirectory.recordedNames(below: host.state.root) }
      .subtracting(damaged)
    let records = try SandboxRecords(host).all()
    let recordedLinks = Set(records.flatMap(\.connections).map(\.hostLink.text))
    // What a newer nsrun has written down cannot be read, but is that one's.
    let unreadable = Set(try SandboxRecords(host).names()).subtracting(records.map(\.name)).subtracting(damaged).map(
      Tag.link)
    links = links.filter { !recordedLinks.contains($0.name) && !unreadable.contains($0.alias ?? "") }
    for link in links where Tag.isNamesake(link) && name == nil {
      host.reporter.warn(
        "the link \(link.name) has an alias as nsrun gives it, but not the address; left: ip link delete \(link.name) "
          + "removes it")
    }
    links = links.filter(Tag.isOurLinkByItself)
    let bridgeIndex = try bridge.map { bridge throws(SandboxError) in try Bridges(host).link(bridge)?.index ?? 0 }
    let census = try system { () throws(SystemError) in try ProcessCensus() }
    var removed: [Removed] = []
    var nameless = links
    var fading: [Link] = []
    var doomedNames: [(NamespaceName, FileIdentity)] = []

    for name in names where !recorded.contains(name) && (self.name == nil || self.name == name) {
      // The one that this process is in is recorded where it was made.
      guard let identity = host.names.identity(of: name), isTagged(name), !NamespaceSearch(host).isOwnSandbox(name)
      else { continue }
      // The name may be seen in many network namespaces, and only that which it was made in has its link, or its record.
      guard
        self.name != nil || damaged.contains(name) || orphans.contains(name)
          || nameless.contains(where: { $0.alias == Tag.link(of: name) })
      else {
        host.reporter.warn(
          "'\(name)' carries nsrun's tag, but has neither a record nor a link here; left: nsrun rm \(name) removes it")
        continue
      }
      // The one that had no record may have gone meanwhile, and another one have got its name.
      guard isDryRun && damaged.contains(name) || !StateDirectory.isRecorded(name, below: host.state.root) else {
        continue
      }
      let ends = nameless.filter { $0.alias == Tag.link(of: name) }
      nameless.removeAll { $0.alias == Tag.link(of: name) }
      if let bridgeIndex, !ends.contains(where: { $0.master == bridgeIndex }) { continue }
      let inhabitants = InhabitantSearch(host).inhabitants(of: identity, named: name, census)
      let inside = inhabitants?.processes(in: census) ?? []
      guard all || inside.isEmpty else {
        Removal(host).warn("'\(name)' \(Self.isUnrecorded)", inside)
        continue
      }
      removed.append(
        Removed(kind: .sandbox, name: name.text, reason: .unrecorded, bridge: bridge, processes: inside))
      doomed += ends
      if isDryRun { continue }
      if let inhabitants { InhabitantSearch(host).end(inhabitants, of: "\(name)", census) }
      doomedNames.append((name, identity))
    }

    for link in nameless {
      if let bridgeIndex, link.master != bridgeIndex { continue }
      if let name, link.alias != Tag.link(of: name) { continue }
      let inhabitants = try NamespaceSearch(host).inhabitants(behind: link, census)
      let inside = inhabitants?.processes(in: census) ?? []
      guard all || inside.isEmpty else {
        Removal(host).warn("the link \(link.name) \(Self.isUnrecorded)", inside)
        continue
      }
      doomed.append(link)
      guard let inhabitants else {
        fading.append(link)
        continue
      }
      removed.append(
        Removed(kind: .link, name: link.name, reason: .unrecorded, bridge: bridge, processes: inside))
      if isDryRun { continue }
      InhabitantSearch(host).end(inhabitants, of: "the sandbox behind \(link.name)", census)
    }
    removed += try stillThere(fading).map { Removed(kind: .link, name: $0.name, reason: .unrecorded, bridge: bridge) }
    guard !isDryRun else { return removed }
    // Before the names: with those the namespaces would begin to end, and to take the links away one by one.
    try HostLinks(host).delete(doomed)
    for (name, identity) in doomedNames {
      host.report { () throws(SandboxError) in try Teardown(host).unname(name, identity) }
    }
    return removed
  }

  /// Those of some links, whose other ends nobody is behind, that do not go by themselves, as they do after every run that
  /// ends just now.
  private func stillThere(_ links: [Link]) throws(SandboxError) -> [Link] {
    var left = links
    for _ in 1...20 where !left.isEmpty {
      usleep(5000)
      let there = Set(try host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") }.map(\.index))
      left.removeAll { !there.contains($0.index) }
    }
    return left
  }

  /// Whether nsrun made the namespace that has a name.
  private func isTagged(_ name: NamespaceName) -> Bool {
    guard let namespace = try? host.names.open(name) else { return false }
    return NamespaceSearch(host).isTagged(namespace, name)
  }

  // MARK: Networks

  /// - Parameter doomed: ports that are, or would be, gone.
  private func removeNetworks(besides doomed: [Link], isDryRun: Bool) throws(SandboxError) -> [Removed] {
    var removed: [Removed] = []
    let recorded = Set(try NetworkRecords(host).names())
    let links = try host.route { (route) throws(NetlinkError) in try route.links() }
    var isInUse = false
    for link in links where link.kind == "bridge" && link.alias == Tag.bridge {
      guard let name = try? InterfaceName(link.name), !recorded.contains(name) else { continue }
      // What is on it still could not be removed, or is somebody else's.
      if links.contains(where: { port in port.master == link.index && !doomed.contains { $0.index == port.index } }) {
        isInUse = true
        continue
      }
      guard bridge == nil || bridge == name else { continue }
      removed.append(Removed(kind: .bridge, name: link.name, reason: .unrecorded))
      if !isDryRun { try HostLinks(host).delete([link]) }
    }
    guard bridge == nil else { return removed }
    removed += try ForwardChains(host).removeUnrecorded(keeping: recorded, isDryRun: isDryRun)
    guard recorded.isEmpty, !isInUse else { return removed }
    let ours = try Firewall(host).tables().ours
    if ours.contains(Firewall.table), FileIdentity(path: host.state.host) == nil, try Forwarding(host).isProven(),
      try Forwarding(host).newUsers().isEmpty
    {
      removed.append(Removed(kind: .forwarding, name: HostParameters.forwarding.name, reason: .unrecorded))
      if !isDryRun, let failure = HostParameters.forwardingOff.restore().first { throw .system(failure) }
    }
    removed += ours.map { Removed(kind: .rules, name: "table \($0)", reason: .unrecorded) }
    if !isDryRun, !ours.isEmpty { try Firewall(host).removeTables() }
    return removed
  }

  // MARK: State

  /// Leases of sandboxes that there is no record of, and what was set aside.
  /// - Parameter doomed: links that are, or would be, gone.
  private func removeState(besides doomed: [Link], isDryRun: Bool) throws(SandboxError) -> [Removed] {
    var removed: [Removed] = []
    for entry in (try? directoryEntries(host.state.leases)) ?? [] {
      guard let network = try? InterfaceName(entry), bridge == nil || bridge == network else { continue }
      let leases = AddressLeases(bridge: network, state: host.state)
      let lost = LostLeases(host).find(leases, besides: doomed, isDryRun ? damaged : [])
      if !isDryRun { try HostLinks(host).delete(lost.compactMap(\.link)) }
      for (address, holder, _) in lost {
        // Whoever leaves just now has given it back.
        guard isDryRun || (try? Flows(host).release(address, of: holder, to: leases)) == true else { continue }
        removed.append(Removed(kind: .lease, name: "\(address)", reason: .unrecorded, bridge: network))
      }
      let names = try HostsEntries(host).removeLost(on: network, isDryRun: isDryRun)
      // One goes with its lease.
      removed += names.filter { name in !lost.contains { $0.address == name } }
        .map { Removed(kind: .name, name: "of \($0)", reason: .unrecorded, bridge: network) }
      if !isDryRun { Teardown(host).unmakeIfUnused(network) }
    }
    guard bridge == nil else { return removed }
    let networks = Set(try NetworkRecords(host).names().map(\.text))
    for directory in [host.state.cursors, host.state.generations, host.state.hosts] {
      for entry in (try? directoryEntries(directory)) ?? []
      where !isDryRun && !networks.isSuperset(of: HostsEntries.bridges(ofFile: entry)) {
        unlink("\(directory)/\(entry)")
      }
    }
    for name in (try? directoryEntries(host.state.damaged)) ?? [] {
      let path = "\(host.state.damaged)/\(name)"
      removed.append(Removed(kind: .record, name: path, reason: .damaged))
      if !isDryRun { removeTree(path) }
    }
    return removed
  }

  /// The state of network namespaces that are gone.
  /// - Parameter orphans: is given the sandboxes that were recorded there.
  private func removeForsakenState(isDryRun: Bool, _ orphans: inout Set<NamespaceName>) -> [Removed] {
    var removed: [Removed] = []
    var seen: Set<String>?
    for (path, isGone) in host.state.others() {
      if isGone {
        removed.append(Removed(kind: .record, name: path, reason: .damaged))
        for part in ["running", "created"] {
          orphans.formUnion(((try? directoryEntries("\(path)/\(part)")) ?? []).compactMap { try? NamespaceName($0) })
        }
        if !isDryRun { removeTree(path) }
        continue
      }
      // In a sandbox with --privileged the host's is seen, and not the host's processes.
      if NamespaceSearch(host).isInSandbox { continue }
      if seen == nil { seen = namespacesInSight() }
      if seen?.contains(where: { path.hasSuffix("/\($0)") }) == true { continue }
      host.reporter.warn(
        "\(path) is of a network namespace of which nothing is seen from here, and may be in use; left: if it is gone, "
          + "rm -r \(path) removes it")
    }
    if !removed.isEmpty, !isDryRun { host.state.removeRootIfEmpty() }
    return removed
  }

  /// The numbers of the network namespaces that have a name, or a process, here.
  private func namespacesInSight() -> Set<String> {
    var seen: Set<String> = []
    if let census = try? ProcessCensus() { for namespace in census.namespaces { seen.insert("\(namespace.inode)") } }
    for name in (try? host.names.names()) ?? [] { host.names.identity(of: name).map { _ = seen.insert("\($0.inode)") } }
    return seen
  }
}

/// Addresses that are leased to sandboxes that are gone.
struct LostLeases {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Addresses that are leased to sandboxes of which there is neither a record nor, under their name or with a process
  /// in it, a namespace.
  /// - Parameters:
  ///   - doomed: links that are, or would be, gone.
  ///   - damaged: names whose records would be set aside.
  func find(
    _ leases: AddressLeases, besides doomed: [Link] = [], _ damaged: Set<NamespaceName> = []
  ) -> [(address: IPAddress, holder: NamespaceName, link: Link?)] {
    // What is leased before what is recorded: a record is there before the lease. By the record, not by a doomed link:
    // its name may be another sandbox's by now.
    let unrecorded = leases.all().filter { damaged.contains($0.holder) || host.state.record(of: $0.holder) == nil }
    guard !unrecorded.isEmpty else { return [] }
    let links = try? host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") }
    guard let links, let census = try? ProcessCensus() else { return [] }
    var lost: [(address: IPAddress, holder: NamespaceName, link: Link?)] = []
    for (address, holder) in unrecorded {
      let link = links.first { $0.address == .derived(from: address, role: .hostLink) && Tag.isOurLink($0) }
      if let link, !doomed.contains(where: { $0.index == link.index }) {
        // Whether something else keeps it cannot be seen.
        guard host.names.identity(of: holder) == nil,
          (try? NamespaceSearch(host).inhabitants(behind: link, census) == nil) == true
        else {
          continue
        }
      }
      lost.append((address, holder, link))
    }
    return lost
  }

  /// Gives back what is lost; after its link, be that held by what is not seen.
  func release(_ leases: AddressLeases) throws(SandboxError) {
    let lost = find(leases)
    try HostLinks(host).delete(lost.compactMap(\.link))
    for (address, holder, _) in lost { try Flows(host).release(address, of: holder, to: leases) }
  }
}
