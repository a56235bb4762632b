import Glibc
import Launch
import LinuxSystem
import Namespaces
import RouteNetlink

/// What a clean-up removed, or would remove.
public struct Removed: Equatable, Sendable {
  public var name: NamespaceName
  /// Why: its maker was ended, or it was asked for.
  public var reason: Reason
  public var bridge: InterfaceName?
  /// The processes that were inside.
  public var processes: [Int32]

  public enum Reason: String, Sendable {
    /// The process that answered for it is gone.
    case stale
    /// It was to stay, and `cleanup --all` was asked for.
    case created
  }
}

extension Host {
  /// Removes what processes that were ended left behind. Costs next to nothing where there is nothing.
  func sweep() {
    // The directory is there only while somebody is, or was, using it.
    for name in recordedNames() { _ = try? removeStale(name, all: false, on: nil, isDryRun: false) }
    if FileIdentity(path: state.path) == nil { return state.removeRootIfEmpty() }
    // One that was ended while it unmade a network has no sandbox any more.
    let isUnused = networkRecords().contains { AddressLeases(bridge: $0.bridge, state: state).removeIfUnused() }
    if isUnused { try? removeUnusedNetworks(only: nil) }
  }

  /// The same for commands that only look, which say themselves what they lack.
  public func sweepIfPrivileged() {
    if Capability.sysAdmin.isEffective && Capability.netAdmin.isEffective { sweep() }
  }

  /// Removes what is left of sandboxes whose process is gone.
  /// - Parameters:
  ///   - bridge: only those on this bridge.
  ///   - all: also those that are to stay; their processes are ended.
  ///   - isDryRun: only tells.
  /// - Returns: what was removed.
  public func cleanUp(bridge: InterfaceName?, all: Bool, isDryRun: Bool) throws(SandboxError) -> [Removed] {
    try requirePrivileges()
    defer { finish() }
    let signals = BlockedSignals()
    var removed: [Removed] = []
    for name in recordedNames() {
      do throws(SandboxError) {
        if let one = try removeStale(name, all: all, on: bridge, isDryRun: isDryRun) { removed.append(one) }
      } catch {
        reporter.warn("\(error)")
      }
    }
    if !isDryRun { try removeUnusedNetworks(only: bridge) }
    _ = consume signals
    return removed
  }

  /// Removes a sandbox that is to stay, with what runs inside.
  public func remove(_ name: NamespaceName) throws(SandboxError) {
    try requirePrivileges()
    defer { finish() }
    let signals = BlockedSignals()
    let record = try system { () throws(SystemError) in try takeOver(name) }
    guard let record else {
      if FileIdentity(path: state.record(of: name)) != nil {
        let maker = (try? RecordText.read(state.record(of: name)))?["maker"] ?? "?"
        throw .refused("'\(name)' is in use by its command: end that first (nsrun is process \(maker))")
      }
      if names.identity(of: name) != nil {
        throw .refused("'\(name)' was not made by nsrun: ip netns delete \(name) removes it")
      }
      throw .refused("there is no sandbox named '\(name)': nsrun list shows them")
    }
    try dismantle(record)
    _ = consume signals
  }

  /// Takes over the record of a sandbox that stays, waiting for whoever only looks at it just now.
  private func takeOver(_ name: NamespaceName) throws(SystemError) -> SandboxRecord? {
    for _ in 0..<50 {
      if let record = try SandboxRecord(takingOver: name, in: state) { return record }
      guard let text = try? RecordText.read(state.record(of: name)), text[SandboxRecord.stays] != nil else {
        return nil
      }
      usleep(10_000)
    }
    return nil
  }

  private func removeStale(
    _ name: NamespaceName, all: Bool, on bridge: InterfaceName?, isDryRun: Bool
  ) throws(SandboxError) -> Removed? {
    // A record says so once and for all when its sandbox stays: no need to lock it, which would be in others' way.
    if !all, let text = try? RecordText.read(state.record(of: name)), text[SandboxRecord.stays] != nil { return nil }
    let record = try system { () throws(SystemError) in try SandboxRecord(takingOver: name, in: state) }
    guard let record else { return nil }
    let text = try record.read()
    let stays = text[SandboxRecord.stays] != nil
    if stays && !all { return nil }
    let itsBridge = text["bridge"].flatMap { try? InterfaceName($0) }
    if let bridge, bridge != itsBridge { return nil }
    let inside = namespace(of: name, text).flatMap { try? processes(in: $0) } ?? []
    if !isDryRun { try dismantle(record) }
    return Removed(name: name, reason: stays ? .created : .stale, bridge: itsBridge, processes: inside)
  }

  /// Takes back all that a record names. The caller answers for the record.
  private func dismantle(_ record: borrowing SandboxRecord) throws(SandboxError) {
    let text = try record.read()
    if let namespace = namespace(of: record.name, text) {
      endProcesses(in: namespace, of: record.name, grace: LiveSandbox.grace)
    }
    if let facts = SandboxFacts(text) {
      guard undo(facts, namespace: text.namespaceIdentity, isDying: false) else { return }
    }
    close(record, bridge: text["bridge"].flatMap { try? InterfaceName($0) })
  }

  /// The namespace of a record's sandbox, if its name still is that one's.
  func namespace(of name: NamespaceName, _ text: RecordText) -> FileIdentity? {
    guard let identity = names.identity(of: name), identity.text == text.namespaceIdentity else { return nil }
    return identity
  }

  /// Unmakes the networks that nobody has a lease in: their last sandbox was ended half way.
  private func removeUnusedNetworks(only bridge: InterfaceName?) throws(SandboxError) {
    let lock = try system { () throws(SystemError) in try state.lockIfPresent(.exclusive) }
    guard let lock else { return state.removeRootIfEmpty() }
    for network in networkRecords() where bridge == nil || bridge == network.bridge { unmakeIfUnused(network.bridge) }
    state.removeIfEmpty(holding: lock)
  }
}
