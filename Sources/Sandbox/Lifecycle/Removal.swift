import Glibc
import Launch
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// A sandbox that this process has taken over, because it is stale or is one that stays: its locked record and the
/// facts in it.
final class TakenOver {
  let record: SandboxRecord
  let facts: SandboxFacts
  /// The bridges in the record, including those on which no address was leased yet.
  let bridges: [InterfaceName]
  /// The identity that its network namespace must have.
  let identity: FileIdentity?
  /// Whether it is one that stays.
  let stays: Bool

  fileprivate init(_ record: consuming SandboxRecord, _ text: RecordText, _ facts: SandboxFacts, stays: Bool) {
    self.record = record
    self.facts = facts
    bridges = text.bridges
    identity = text.namespaceIdentity
    self.stays = stays
  }
}

/// Removes sandboxes, and what killed nsrun processes left behind.
public struct Removal {
  let host: Host

  public init(_ host: Host) { self.host = host }

  /// Removes what killed nsrun processes left behind. If there is nothing, it costs next to nothing: it does not look
  /// at sandboxes that stay, and of running sandboxes it only checks whether a process answers for them.
  /// - Parameter isThorough: whether to search even if the liveness table has no mark of a killed process.
  func sweep(isThorough: Bool = false) {
    let marks = LivenessTable.marks(in: host.state.attendance)
    if isThorough || marks?.isEmpty != true {
      host.report { () throws(SandboxError) in
        try removeStale()
        guard let marks, !marks.isEmpty else { return }
        // The marks stay as long as a stale sandbox is left, so that the next nsrun tries again.
        try system { () throws(SystemError) in
          if try host.state.staleNames().isEmpty { try LivenessTable.settle(marks, in: host.state.attendance) }
        }
      }
    }
    if FileIdentity(path: host.state.path) == nil { return host.state.removeRootIfEmpty() }
    // A process that was killed before it wrote a record, or while it removed a network, has left no record of a
    // sandbox.
    let isUnused =
      host.state.removeIfEmpty(host.state.running) && host.state.removeIfEmpty(host.state.created)
      || (try? NetworkRecords(host).names())?.contains { AddressLeases(bridge: $0, state: host.state).removeIfUnused() }
        == true
    if isUnused { try? AbandonedNetworks(host).removeAbandoned() }
  }

  /// The sandboxes that ``sweep(isThorough:)`` would remove.
  func namesToSweep() throws(SandboxError) -> [NamespaceName] {
    if LivenessTable.marks(in: host.state.attendance)?.isEmpty == true { return [] }
    return try system { () throws(SystemError) in try host.state.staleNames() }.sorted()
  }

  private func removeStale() throws(SandboxError) {
    for name in try system({ () throws(SystemError) in try host.state.staleNames() }) {
      let path = host.state.runningRecord(of: name)
      host.report { () throws(SandboxError) in
        do throws(SandboxError) {
          if let stale = try takeOver(name, at: path) { dismantle([stale]) }
        } catch {
          guard case .damaged = error else { throw error }
          try DamagedRecords(host).setAside(path, "'\(name)'", "; nsrun cleanup removes what is left of the sandbox")
        }
      }
    }
  }

  /// The same for commands that only read. Does nothing without the capabilities: those commands report that
  /// themselves.
  public func sweepIfPrivileged() {
    guard Capability.sysAdmin.isEffective && Capability.netAdmin.isEffective else { return }
    let inherited = InheritedState()
    sweep(isThorough: true)
    inherited.restore()
    InheritedState.raiseLimits()
  }

  /// Removes stale sandboxes, what is left of sandboxes whose records are damaged, and objects with nsrun's tag that
  /// are in no record.
  /// - Parameters:
  ///   - bridge: if not nil, only what is on this bridge.
  ///   - all: whether to include sandboxes that stay, and those without a record in which processes run. Their
  ///     processes are ended.
  ///   - isDryRun: whether only to report.
  /// - Returns: what was removed, or would be.
  public func cleanUp(bridge: InterfaceName?, all: Bool, isDryRun: Bool) throws(SandboxError) -> [Removed] {
    try Privileges.require()
    defer { host.finish() }
    let signals = BlockedSignals()
    let bridge = try bridge.map { bridge throws(SandboxError) in try Bridges(host).recordedName(of: bridge) }
    // A network that is removed from here on, with its last sandbox, is not listed.
    var removed = try AbandonedNetworks(host).removeUnused(only: bridge, isDryRun: isDryRun)
    var damaged: [NamespaceName: String] = [:]
    var rest = try candidates(all: all)[...]
    while !rest.isEmpty {
      let batch = rest.prefix(HostLinks.batchSize)
      rest = rest.dropFirst(batch.count)
      removed += cleanUp(batch, on: bridge, all: all, isDryRun: isDryRun, &damaged)
    }
    removed += try UnrecordedObjects(host, on: bridge, besides: Set(damaged.keys)).remove(all: all, isDryRun: isDryRun)
    if isDryRun, bridge == nil {
      removed += damaged.values.sorted().map { Removed(kind: .record, name: $0, reason: .damaged) }
    }
    _ = consume signals
    return removed
  }

  private func candidates(all: Bool) throws(SandboxError) -> [(name: NamespaceName, path: String)] {
    let stale = try system { () throws(SystemError) in try host.state.staleNames() }.map {
      ($0, host.state.runningRecord(of: $0))
    }
    var created = try system { () throws(SystemError) in try host.state.names(in: host.state.created) }
    if !all, !created.isEmpty {
      // List the links after the names: a record moves to created/ only after everything has been made.
      let links = try host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") }
      let linkNames = Set(links.map(\.name))
      created.removeAll { isWhole($0, links: linkNames) }
    }
    return (stale + created.map { ($0, host.state.createdRecord(of: $0)) }).sorted { $0.0 < $1.0 }
  }

  /// Whether a sandbox that stays has the namespace and the links in its record; false if the record cannot be read.
  private func isWhole(_ name: NamespaceName, links: Set<String>) -> Bool {
    guard let (text, facts) = try? SandboxRecords(host).read(of: name, at: host.state.createdRecord(of: name)) else {
      return false
    }
    return host.names.identity(of: name) == text.namespaceIdentity
      && facts.bridgeConnections.allSatisfy { links.contains($0.hostLink.text) }
  }

  /// - Parameter damaged: receives the names of damaged records, and the paths that they move to.
  private func cleanUp(
    _ candidates: ArraySlice<(name: NamespaceName, path: String)>, on bridge: InterfaceName?, all: Bool, isDryRun: Bool,
    _ damaged: inout [NamespaceName: String]
  ) -> [Removed] {
    var removed: [Removed] = []
    var batch: [TakenOver] = []
    for (name, path) in candidates {
      host.report { () throws(SandboxError) in
        do throws(SandboxError) {
          guard let one = try takeOver(name, at: path), bridge.map(one.bridges.contains) ?? true else { return }
          batch.append(one)
        } catch {
          switch error {
          case .damaged:
            guard try bridge.map({ bridge throws(SandboxError) in try isOn(bridge, name, path) }) ?? true else {
              return
            }
            damaged[name] =
              isDryRun ? DamagedRecords(host).place(of: path) : try DamagedRecords(host).setAside(path, "'\(name)'")
          // A newer nsrun wrote the record, which is no failure of this one.
          case .refused(let text): host.reporter.warn(text)
          default: throw error
          }
        }
      }
    }
    guard !batch.isEmpty else { return removed }
    var doomed: [TakenOver] = []
    host.report { () throws(SandboxError) in
      let census = try system { () throws(SystemError) in try ProcessCensus() }
      for one in batch {
        let inside = inhabitants(of: one, census)?.processes(in: census) ?? []
        if one.stays, !all, !inside.isEmpty {
          warn("'\(one.facts.name)' is broken: its name or link was deleted", inside)
          continue
        }
        doomed.append(one)
        removed.append(
          Removed(
            kind: .sandbox, name: one.facts.name.text, reason: !one.stays ? .stale : all ? .created : .broken,
            bridge: bridge ?? one.bridges.first, processes: inside))
      }
    }
    guard !isDryRun else { return removed }
    let dismantled = dismantle(doomed)
    return removed.filter { one in dismantled.contains { $0.text == one.name } }
  }

  /// Whether the sandbox of a damaged record is on a bridge, as far as nsrun can tell.
  private func isOn(_ bridge: InterfaceName, _ name: NamespaceName, _ path: String) throws(SandboxError) -> Bool {
    if let text = try? RecordText.read(path), text.bridges.contains(bridge) { return true }
    guard let link = try Bridges(host).link(bridge) else { return false }
    return try host.route { (route) throws(NetlinkError) in try route.links(master: link.index) }
      .contains { $0.alias == Tag.link(of: name) }
  }

  /// Warns that something is left because processes run in it.
  func warn(_ what: String, _ processes: [Int32]) {
    host.reporter.warn("\(what); left, because in it runs \(programs(of: processes)): nsrun cleanup --all ends it")
  }

  /// Removes sandboxes that stay, and ends the processes inside. Goes on after a failure.
  /// - Returns: the failures.
  public func remove(_ sandboxes: [NamespaceName]) throws(SandboxError) -> [SandboxError] {
    try Privileges.require()
    defer { host.finish() }
    let signals = BlockedSignals()
    sweep()
    var failures: [SandboxError] = []
    var batch: [TakenOver] = []
    for name in sandboxes where !batch.contains(where: { $0.facts.name == name }) {
      do throws(SandboxError) {
        if let one = try claim(name) { batch.append(one) }
      } catch {
        failures.append(error)
      }
    }
    for start in stride(from: 0, to: batch.count, by: HostLinks.batchSize) {
      dismantle(Array(batch[start..<min(start + HostLinks.batchSize, batch.count)]))
    }
    _ = consume signals
    return failures
  }

  /// Takes over a sandbox to remove it. Waits if another process has locked the record only to look at it.
  /// - Returns: nil if the sandbox had no record any more; it is then already removed.
  private func claim(_ name: NamespaceName) throws(SandboxError) -> TakenOver? {
    if NamespaceSearch(host).isOwnSandbox(name) {
      throw .refused("'\(name)' is the sandbox you are in: remove it from the host")
    }
    for _ in 0..<50 {
      if let path = host.state.record(of: name) {
        do throws(SandboxError) {
          if let one = try takeOver(name, at: path) { return one }
        } catch {
          guard case .damaged = error else { throw error }
          try DamagedRecords(host).setAside(path, "'\(name)'", "; what carries the sandbox's tag is removed")
          continue
        }
        if path == host.state.runningRecord(of: name), SandboxRecord.isAlive(name, in: host.state),
          let maker = (try? RecordText.read(path))?["maker"]
        {
          throw .refused("'\(name)' is in use by its command: end that first (nsrun is process \(maker))")
        }
        usleep(10_000)
        continue
      }
      if try !UnrecordedObjects(host, named: name).remove(all: true, isDryRun: false).isEmpty { return nil }
      guard let identity = host.names.identity(of: name) else {
        throw .refused("there is no sandbox named '\(name)': nsrun list shows them")
      }
      // A sandbox has its record before it has its name, and keeps it until after the name is removed.
      if host.state.record(of: name) == nil, host.names.identity(of: name) == identity {
        throw .refused("'\(name)' was not made by nsrun: ip netns delete \(name) removes it")
      }
    }
    throw .refused("'\(name)' is held by another process, which has its record open: try again")
  }

  /// Takes over the record at a path.
  /// - Returns: nil if there is no record any more, or a process answers for it.
  private func takeOver(_ name: NamespaceName, at path: String) throws(SandboxError) -> TakenOver? {
    guard let record = try SandboxRecord(takingOver: name, at: path) else { return nil }
    let (text, facts) = try SandboxRecords(host).read(of: name, at: path)
    return TakenOver(record, text, facts, stays: path == host.state.createdRecord(of: name))
  }

  /// Undoes everything that the records of sandboxes name.
  /// - Returns: the sandboxes of which nothing is left.
  @discardableResult
  private func dismantle(_ batch: [TakenOver]) -> [NamespaceName] {
    var dismantled: [NamespaceName] = []
    let batch = batch.filter { !isMisleading($0) }
    guard !batch.isEmpty else { return [] }
    // Sandboxes whose macvlans could not be deleted.
    var holding: Set<NamespaceName> = []
    host.report { () throws(SandboxError) in
      let census = try system { () throws(SystemError) in try ProcessCensus() }
      for one in batch {
        // Opened before its processes end: it may have no name any more.
        let namespace =
          one.facts.hasMacvlans ? InhabitantSearch(host).open(one.identity, named: one.facts.name, census) : nil
        if let inhabitants = inhabitants(of: one, census) {
          InhabitantSearch(host).end(inhabitants, of: one.facts.name.text, census)
        }
        guard let namespace else { continue }
        let hasSucceeded = host.report { () throws(SandboxError) in try Macvlans(host).deleteAll(in: namespace) }
        if !hasSucceeded { holding.insert(one.facts.name) }
      }
    }
    // Delete the links before the names: a namespace without a name would end, and remove its links one by one.
    let remaining = HostLinks(host).disconnect(batch.map(\.facts))
    let connections = batch.flatMap(\.facts.bridgeConnections).filter { !remaining.contains($0.hostLink) }
    let haveFlowsEnded = host.report { () throws(SandboxError) in try Flows(host).end(of: connections) }
    for one in batch {
      var lock = Teardown(host).lockToLeave(one.facts)
      let isUndone = Teardown(host).undo(one.facts, namespace: one.identity, isDying: true)
      // A sandbox sends nothing from an address before the address is in its record.
      let isGone = one.facts.bridgeConnections.allSatisfy { haveFlowsEnded && !remaining.contains($0.hostLink) }
      guard isUndone, isGone, !holding.contains(one.facts.name) else { continue }
      Teardown(host).close(
        one.record, bridges: one.bridges, connections: one.facts.bridgeConnections, holding: &lock)
      if access(one.record.path, F_OK) != 0 { dismantled.append(one.facts.name) }
    }
    return dismantled
  }

  /// Whether the record of a sandbox names a namespace that nsrun did not make. If so, it warns.
  private func isMisleading(_ one: TakenOver) -> Bool {
    guard let identity = one.identity, let named = host.names.open(one.facts.name, identity: identity),
      !NamespaceSearch(host).isOurs(named, one.facts, isComplete: one.stays)
    else { return false }
    host.reporter.warn(
      "'\(one.facts.name)' was not made by nsrun, whatever its record says: left; remove \(one.record.path)")
    host.hasFailed = true
    return true
  }

  private func inhabitants(of one: TakenOver, _ census: borrowing ProcessCensus) -> Inhabitants? {
    guard let namespace = NamespaceSearch(host).namespace(of: one.facts, identity: one.identity, census) else {
      return nil
    }
    return InhabitantSearch(host).inhabitants(of: namespace, named: one.facts.name, census)
  }
}
