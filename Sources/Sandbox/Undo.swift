import Glibc
import Launch
import LinuxSystem
import Namespaces
import Netlink
import RouteNetlink

extension Host {
  /// What the records say, of every sandbox; those that cannot be read are left out.
  func sandboxRecords() -> [SandboxFacts] {
    recordedNames().compactMap { name in (try? RecordText.read(state.record(of: name))).flatMap { SandboxFacts($0) } }
  }

  /// The names that there are records of, sorted.
  func recordedNames() -> [NamespaceName] {
    ((try? directoryEntries(state.sandboxes)) ?? []).compactMap { try? NamespaceName($0) }.sorted()
  }

  /// Takes back what was done for a sandbox, all but its record. Goes on after a failure and reports it.
  /// - Parameters:
  ///   - namespace: the identity that the network namespace must have for its name to be taken away; nil where it has no
  ///     name yet.
  ///   - isDying: whether nothing but the name keeps the namespace alive: it takes the veth pair with it then, without
  ///     the wait of some milliseconds that deleting a link costs.
  /// - Returns: whether all of it succeeded.
  func undo(_ facts: SandboxFacts, namespace: String?, isDying: Bool) -> Bool {
    var isUndone = true
    for undo in SandboxPlan.undo(of: facts) {
      let hasSucceeded = report { () throws(SandboxError) in
        switch undo {
        case .retract(let member): try retract(member)
        case .unname(let name):
          guard let namespace else { return }
          try unname(name, namespace)
        case .disconnect(let link): if !isDying { try disconnect(link) }
        }
      }
      if !hasSucceeded { isUndone = false }
    }
    return isUndone
  }

  /// Removes a sandbox's leases and record, and with the last one on a bridge the bridge's network.
  /// - Parameter address: the only one that it can have; nil where that is not known.
  func close(_ record: borrowing SandboxRecord, bridge: InterfaceName?, address: IPAddress? = nil) {
    if let bridge {
      let leases = AddressLeases(bridge: bridge, state: state)
      report { () throws(SandboxError) in
        try system { () throws(SystemError) in
          let leased = if let address { [address] } else { try leases.addresses(of: record.name) }
          for address in leased { try leases.release(address, of: record.name) }
        }
      }
    }
    report { () throws(SandboxError) in try system { () throws(SystemError) in try record.removeFile() } }
    leave(bridge)
  }

  /// After a sandbox has left: unmakes a network that nobody is on, and the state directory if nothing is in it.
  func leave(_ bridge: InterfaceName?) {
    let isLastOnBridge = bridge.map { AddressLeases(bridge: $0, state: state).removeIfUnused() } ?? false
    // Others are in there: it is theirs to remove.
    if rmdir(state.sandboxes) != 0 && errno != ENOENT && !isLastOnBridge { return }
    report { () throws(SandboxError) in
      let lock = try system { () throws(SystemError) in try state.lockIfPresent(.exclusive) }
      guard let lock else { return }
      if let bridge, isLastOnBridge { unmakeIfUnused(bridge) }
      state.removeIfEmpty(holding: lock)
    }
  }

  /// Unmakes a network that nobody has a lease in. The caller holds the exclusive lock.
  func unmakeIfUnused(_ bridge: InterfaceName) {
    guard AddressLeases(bridge: bridge, state: state).removeIfUnused(),
      FileIdentity(path: state.record(of: bridge)) != nil
    else { return }
    for failure in unmakeNetwork(bridge) { reporter.warn("\(failure)") }
  }

  /// Ends the processes inside a namespace, and says so.
  /// - Returns: how many there were.
  @discardableResult
  func endProcesses(in namespace: FileIdentity, of name: NamespaceName, grace: Int32) -> Int {
    let inside = (try? processes(in: namespace)) ?? []
    guard !inside.isEmpty else { return 0 }
    let list = inside.map { "\($0) (\(programName(of: $0)))" }.joined(separator: ", ")
    reporter.warn("ending what still runs in \(name): \(list)")
    let left = Supervisor.end(graceMilliseconds: grace) { (try? processes(in: namespace)) ?? [] }
    if !left.isEmpty {
      reporter.warn("still running in \(name) after SIGKILL: \(left.map { "\($0)" }.joined(separator: ", "))")
    }
    return inside.count
  }

  private func unname(_ name: NamespaceName, _ namespace: String) throws(SandboxError) {
    // Somebody may have deleted our namespace and given its name to another one. A file without a namespace on it is
    // what is left of a name that was being made.
    let current = names.identity(of: name)
    guard current == nil || current?.text == namespace else { return }
    _ = try system { () throws(SystemError) in try names.remove(name) }
  }

  private func disconnect(_ name: InterfaceName) throws(SandboxError) {
    guard let link = try route({ (route) throws(NetlinkError) in try route.link(named: name.text) }),
      Tag.isOurLink(link)
    else { return }
    var requests = RouteRequests()
    requests.delete(link: .index(link.index), subject: name.text)
    do throws(SandboxError) { try netlinkRequests(requests) } catch {
      // It went by itself in between, with its namespace.
      guard error.netlinkErrno == ENODEV else { throw error }
    }
  }

  /// - Returns: whether it succeeded.
  @discardableResult
  private func report(_ body: () throws(SandboxError) -> Void) -> Bool {
    do throws(SandboxError) {
      try body()
      return true
    } catch {
      reporter.warn("\(error)")
      return false
    }
  }
}

/// The name of a process's program (proc_pid_comm(5)).
public func programName(of pid: Int32) -> String {
  guard let name = try? readText("/proc/\(pid)/comm") else { return "gone" }
  return name.hasSuffix("\n") ? String(name.dropLast()) : name
}
