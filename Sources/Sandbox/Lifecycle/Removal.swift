import Glibc
import Launch
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import Network
import RouteNetlink

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
          if let stale = try TakenOver(name, at: path, on: host) { dismantle([stale]) }
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
          guard let one = try TakenOver(name, at: path, on: host), bridge.map(one.bridges.contains) ?? true else {
            return
          }
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
          case .refused(let message): host.reporter.warn("\(message)")
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

  /// Takes over a sandbox to remove it. Waits if another process has locked the record: to look at it, or to remove the
  /// sandbox, which takes as long as the processes inside take to end.
  /// - Returns: nil if the sandbox had no record any more; it is then already removed.
  private func claim(_ name: NamespaceName) throws(SandboxError) -> TakenOver? {
    if NamespaceSearch(host).isOwnSandbox(name) {
      throw .refused("'\(name)' is the sandbox you are in: remove it from the host")
    }
    var wait = Wait(for: "the process that has the record of '\(name)' open", limit: 60_000_000)
    while true {
      if let path = host.state.record(of: name) {
        do throws(SandboxError) {
          if let one = try TakenOver(name, at: path, on: host) { return one }
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
        try rest(&wait, name)
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
      try rest(&wait, name)
    }
  }

  private func rest(_ wait: inout Wait, _ name: NamespaceName) throws(SandboxError) {
    if try system({ () throws(SystemError) in try wait.restWithinLimit() }) { return }
    throw .refused("'\(name)' is held by another process, which has its record open: try again")
  }

  @discardableResult
  private func dismantle(_ batch: [TakenOver]) -> [NamespaceName] {
    Dismantling(host).dismantle(batch) { one, census in
      guard let inhabitants = inhabitants(of: one, census) else { return }
      InhabitantSearch(host).end(inhabitants, of: one.facts.name.text, census)
    }
  }

  private func inhabitants(of one: TakenOver, _ census: borrowing ProcessCensus) -> Inhabitants? {
    guard let namespace = NamespaceSearch(host).namespace(of: one.facts, identity: one.identity, census) else {
      return nil
    }
    return InhabitantSearch(host).inhabitants(of: namespace, named: one.facts.name, census)
  }
}
