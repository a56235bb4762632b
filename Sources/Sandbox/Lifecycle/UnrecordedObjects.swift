import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import Network
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
    let networks = UnrecordedNetworks(host, on: bridge, besides: damaged)
    var removed = name == nil && bridge == nil ? networks.removeForsakenState(isDryRun: isDryRun, &orphans) : []
    var doomed: [Link] = []
    removed += try removeSandboxes(all: all, isDryRun: isDryRun, orphans, links: &doomed)
    guard name == nil else {
      // The sandbox may have been the only reason to keep the directory.
      if !isDryRun { host.state.removeRootIfEmpty() }
      return removed
    }
    return removed + (try networks.remove(besides: doomed, isDryRun: isDryRun))
  }

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
          try UpperLinks(host).deleteAll(in: namespace)
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
      let inhabitants = try InhabitantSearch(host).inhabitants(behind: link, census)
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
}
