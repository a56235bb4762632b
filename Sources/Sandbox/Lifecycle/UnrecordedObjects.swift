import Glibc
import LinuxSystem
import NFTables
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// Objects with nsrun's tag that are in no record, because another program has deleted or damaged the records. The
/// search looks at everything on the host, so a launch does it only if its own record was deleted.
struct UnrecordedObjects {
  private let host: Host
  private let bridge: InterfaceName?
  private let name: NamespaceName?
  private let damaged: Set<NamespaceName>

  /// - Parameters:
  ///   - bridge: only what is on this bridge; nil for everything.
  ///   - name: only what belongs to the sandbox with this name; nil for everything.
  ///   - damaged: the sandboxes with damaged records, whether or not these have been moved aside yet.
  init(
    _ host: Host, on bridge: InterfaceName? = nil, named name: NamespaceName? = nil,
    besides damaged: Set<NamespaceName> = []
  ) {
    self.host = host
    self.bridge = bridge
    self.name = name
    self.damaged = damaged
  }

  /// Removes the objects. Reports failures and goes on.
  /// - Parameters:
  ///   - all: whether to include sandboxes in which processes run, and to end these. Otherwise it only warns of them.
  ///   - isDryRun: whether only to report.
  /// - Returns: what was removed, or would be.
  func remove(all: Bool, isDryRun: Bool) throws(SandboxError) -> [Removed] {
    var orphans: Set<NamespaceName> = []
    var removed = name == nil && bridge == nil ? removeForsakenState(isDryRun: isDryRun, &orphans) : []
    var doomed: [Link] = []
    removed += try removeSandboxes(all: all, isDryRun: isDryRun, orphans, links: &doomed)
    guard name == nil else {
      // The sandbox may have been the only reason to keep the directory.
      if !isDryRun { host.state.removeRootIfEmpty() }
      return removed
    }
    // No other nsrun may make or remove a network meanwhile, or make a directory for its state.
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
  ///   - orphans: sandboxes with a record in the state of a network namespace that is gone.
  ///   - links: receives the links that are removed.
  private func removeSandboxes(
    all: Bool, isDryRun: Bool, _ orphans: Set<NamespaceName>, links doomed: inout [Link]
  ) throws(SandboxError) -> [Removed] {
    // List the objects before the records: a record is written before the first object that it names.
    let links = try host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") }
    let names = try system { () throws(SystemError) in try host.names.names() }
    let recorded = try system { () throws(SystemError) in try StateDirectory.recordedNames(below: host.state.root) }
      .subtracting(damaged)
    let bridgeIndex = try bridge.map { bridge throws(SandboxError) in try Bridges(host).link(bridge)?.index ?? 0 }
    let census = try system { () throws(SystemError) in try ProcessCensus() }
    var removed: [Removed] = []
    var nameless = try unrecorded(links)
    var doomedNames: [(NamespaceName, FileIdentity)] = []

    for name in names where !recorded.contains(name) && (self.name == nil || self.name == name) {
      // The sandbox that this process is in has its record in the state of the namespace where it was made.
      guard let identity = host.names.identity(of: name), isTagged(name), !NamespaceSearch(host).isOwnSandbox(name)
      else { continue }
      guard isOfThisHost(name, orphans, nameless) else { continue }
      // The sandbox without a record may be gone by now, and a new one may have its name.
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

    removed += try removeNameless(nameless, bridgeIndex, census, all: all, isDryRun: isDryRun, &doomed)
    guard !isDryRun else { return removed }
    // Delete the links before the names: a namespace without a name would end, and remove its links one by one.
    try HostLinks(host).delete(doomed)
    for (name, identity) in doomedNames {
      host.report { () throws(SandboxError) in
        if let namespace = host.names.open(name, identity: identity) {
          try Macvlans(host).deleteAll(in: namespace)
        }
        try Teardown(host).unname(name, identity)
      }
    }
    return removed
  }

  /// Whether the sandbox with this name was made in this network namespace. The name may be visible in many; only that
  /// one has its link or record. Warns if it has neither.
  private func isOfThisHost(_ name: NamespaceName, _ orphans: Set<NamespaceName>, _ links: [Link]) -> Bool {
    if self.name != nil || damaged.contains(name) || orphans.contains(name) { return true }
    if links.contains(where: { $0.alias == Tag.link(of: name) }) { return true }
    host.reporter.warn(
      "'\(name)' carries nsrun's tag, but has neither a record nor a link here; left: nsrun rm \(name) removes it")
    return false
  }

  /// The host ends of veth pairs that carry nsrun's tag but are in no record. Warns of others with such an alias.
  private func unrecorded(_ links: [Link]) throws(SandboxError) -> [Link] {
    let records = try SandboxRecords(host).all()
    let recordedLinks = Set(records.flatMap(\.bridgeConnections).map(\.hostLink.text))
    // A record of a newer nsrun cannot be read, but its objects belong to that nsrun.
    let unreadable = Set(try SandboxRecords(host).names()).subtracting(records.map(\.name)).subtracting(damaged).map(
      Tag.link)
    let links = links.filter { !recordedLinks.contains($0.name) && !unreadable.contains($0.alias ?? "") }
    for link in links where Tag.isNamesake(link) && name == nil {
      host.reporter.warn(
        "the link \(link.name) has an alias as nsrun gives it, but not the address; left: ip link delete \(link.name) "
          + "removes it")
    }
    return links.filter(Tag.isOurLinkByItself)
  }

  /// Ends the processes behind links of sandboxes without a name, and dooms the links.
  private func removeNameless(
    _ links: [Link], _ bridgeIndex: UInt32?, _ census: borrowing ProcessCensus, all: Bool, isDryRun: Bool,
    _ doomed: inout [Link]
  ) throws(SandboxError) -> [Removed] {
    var removed: [Removed] = []
    var fading: [Link] = []
    for link in links {
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
    return removed
      + (try stillThere(fading).map { Removed(kind: .link, name: $0.name, reason: .unrecorded, bridge: bridge) })
  }

  /// Waits for links without processes behind them to disappear, as they do after every run that has just ended.
  /// - Returns: the links that are left.
  private func stillThere(_ links: [Link]) throws(SandboxError) -> [Link] {
    var left = links
    // A second, and on a busy machine, where the kernel takes longer as well, some more.
    for _ in 1...200 where !left.isEmpty {
      usleep(5000)
      let there = Set(try host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") }.map(\.index))
      left.removeAll { !there.contains($0.index) }
    }
    return left
  }

  /// Whether the namespace with this name carries nsrun's tag.
  private func isTagged(_ name: NamespaceName) -> Bool {
    guard let namespace = try? host.names.open(name) else { return false }
    return Tag.isOn(namespace, of: name)
  }

  // MARK: Networks

  /// - Parameter doomed: links that are removed, or would be.
  private func removeNetworks(besides doomed: [Link], isDryRun: Bool) throws(SandboxError) -> [Removed] {
    var removed: [Removed] = []
    let recorded = Set(try NetworkRecords(host).names())
    let links = try host.route { (route) throws(NetlinkError) in try route.links() }
    var isInUse = false
    for link in links where link.kind == "bridge" && link.alias == Tag.bridge {
      guard let name = try? InterfaceName(link.name), !recorded.contains(name) else { continue }
      // The other ports could not be removed, or belong to another program.
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
    // By a record that an older nsrun has left, or by the guard rule.
    for parameters in try Forwarding.parametersToRestore(host) {
      let name = HostParameters.forwarding(parameters.family).name
      removed.append(Removed(kind: .forwarding, name: name, reason: .unrecorded))
      if !isDryRun, let failure = parameters.restore().first { throw .system(failure) }
    }
    removed += ours.map { Removed(kind: .rules, name: "table \($0)", reason: .unrecorded) }
    if !isDryRun, !ours.isEmpty { try Firewall(host).removeTables() }
    for family in isDryRun ? [] : AddressFamily.allCases {
      try system { () throws(SystemError) in _ = try removeFile(host.state.host(family)) }
    }
    return removed
  }

  // MARK: State

  /// Removes leases and hosts entries of sandboxes without a record, and damaged records that were moved aside.
  /// - Parameter doomed: links that are removed, or would be.
  private func removeState(besides doomed: [Link], isDryRun: Bool) throws(SandboxError) -> [Removed] {
    var removed: [Removed] = []
    for entry in (try? directoryEntries(host.state.leases)) ?? [] {
      guard let network = try? InterfaceName(entry), bridge == nil || bridge == network else { continue }
      let leases = AddressLeases(bridge: network, state: host.state)
      let lost = LostLeases(host).find(leases, besides: doomed, isDryRun ? damaged : [])
      if !isDryRun { try HostLinks(host).delete(lost.compactMap(\.link)) }
      for (address, holder, _) in lost {
        // Another nsrun may have released it while removing the sandbox.
        guard isDryRun || (try? Flows(host).release(address, of: holder, to: leases)) == true else { continue }
        removed.append(Removed(kind: .lease, name: "\(address)", reason: .unrecorded, bridge: network))
      }
      let names = try HostsEntries(host).removeLost(on: network, isDryRun: isDryRun)
      // An entry is not listed if its lease is.
      removed += names.filter { name in !lost.contains { [name, name.origin].contains($0.address) } }
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

  /// Removes the state of network namespaces that are gone.
  /// - Parameter orphans: receives the sandboxes with a record there.
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
      // In a sandbox made with --privileged, the host's state is visible, but not the host's processes.
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

  /// The inode numbers of the network namespaces that have a name, or a visible process.
  private func namespacesInSight() -> Set<String> {
    var seen: Set<String> = []
    if let census = try? ProcessCensus() { for namespace in census.namespaces { seen.insert("\(namespace.inode)") } }
    for name in (try? host.names.names()) ?? [] { host.names.identity(of: name).map { _ = seen.insert("\($0.inode)") } }
    return seen
  }
}

/// Leases of sandboxes that are gone.
struct LostLeases {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Finds the leases of sandboxes that have neither a record nor a namespace, by its name or with a visible process
  /// inside.
  /// - Parameters:
  ///   - doomed: links that are removed, or would be.
  ///   - damaged: the sandboxes whose records would be moved aside.
  func find(
    _ leases: AddressLeases, besides doomed: [Link] = [], _ damaged: Set<NamespaceName> = []
  ) -> [(address: IPAddress, holder: NamespaceName, link: Link?)] {
    // List the leases before the records: a record is written before its lease. The record decides, not a doomed link:
    // a new sandbox may have the name by now.
    let unrecorded = leases.all().filter { damaged.contains($0.holder) || host.state.record(of: $0.holder) == nil }
    guard !unrecorded.isEmpty else { return [] }
    let links = try? host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") }
    guard let links, let census = try? ProcessCensus() else { return [] }
    var lost: [(address: IPAddress, holder: NamespaceName, link: Link?)] = []
    for (address, holder) in unrecorded {
      // The link's address follows from the IPv4 address.
      let link = links.first { link in
        address.isIPv4
          ? link.address == .derived(from: address, role: .hostLink) && Tag.isOurLink(link)
          : link.alias == Tag.link(of: holder) && Tag.isOurLinkByItself(link)
      }
      if let link, !doomed.contains(where: { $0.index == link.index }) {
        // Anything else that keeps the namespace alive is not visible.
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

  /// Releases the lost leases. Deletes their links first, even if something invisible keeps the peers alive.
  func release(_ leases: AddressLeases) throws(SandboxError) {
    let lost = find(leases)
    try HostLinks(host).delete(lost.compactMap(\.link))
    for (address, holder, _) in lost { try Flows(host).release(address, of: holder, to: leases) }
  }
}
