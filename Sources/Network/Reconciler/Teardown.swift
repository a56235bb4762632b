import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// Undoes what was done for a sandbox, but does not end its processes.
package struct Teardown {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// Undoes what was done for a sandbox, except for its leases and its record. Reports failures and goes on.
  /// - Parameters:
  ///   - namespace: the identity of the network namespace from which to remove the name; nil if it has no name.
  ///   - isDying: whether only its name keeps the namespace alive. The veth pair then ends with it, without the wait of
  ///     some milliseconds that deleting a link takes.
  /// - Returns: whether everything succeeded.
  func undo(_ facts: SandboxFacts, namespace: FileIdentity?, isDying: Bool) -> Bool {
    var isUndone = true
    for undo in SandboxPlan.undo(of: facts) {
      let hasSucceeded = host.report { () throws(NetworkError) in
        switch undo {
        case .removeHostsLine(let one): try HostsEntries(host).remove(one.entry.address, on: one.bridge)
        case .retract(let member): try Firewall(host).retract(member)
        case .unname:
          guard let namespace else { return }
          try removeName(of: facts, namespace)
        case .disconnect(let link):
          guard !isDying, HostLinks(host).disconnect([facts]).contains(link) else {
            return
          }
          isUndone = false
        }
      }
      if !hasSucceeded { isUndone = false }
    }
    return isUndone
  }

  /// Locks out processes that restore rules from the records. Between the removal of a sandbox's rules and the removal
  /// of its record, such a process would add its address again, and the next sandbox with that address would get its
  /// rules.
  /// - Returns: nil if no rule names the sandbox.
  func lockToLeave(_ facts: SandboxFacts) -> StateDirectory.Lock? {
    guard facts.members.contains(where: Firewall.mentions) else { return nil }
    do throws(SystemError) { return try host.state.lockIfPresent(.shared) } catch { return nil }
  }

  /// Removes the name of a sandbox's namespace, and the state of an nsrun inside.
  func removeName(of facts: SandboxFacts, _ namespace: FileIdentity) throws(NetworkError) {
    if try unname(facts.name, namespace) { removeState(inside: namespace) }
  }

  /// Removes the state directory of an nsrun inside a sandbox, whose network ends with the sandbox.
  private func removeState(inside namespace: FileIdentity) {
    let path = "\(host.state.root)/\(namespace.inode)"
    if path != host.state.path, access(path, F_OK) == 0 { removeTree(path) }
  }

  /// Removes a sandbox's leases and record, and the network of each bridge on which it was the last sandbox. The caller
  /// has ended the sandbox's flows (``Flows/end(of:)``).
  /// - Parameters:
  ///   - connections: the connections with known leases; for the other bridges, it searches all leases.
  ///   - lock: the lock of ``lockToLeave(_:)``, which is released when the record is gone.
  /// - Returns: whether the record was still there.
  @discardableResult
  func close(
    _ record: borrowing SandboxRecord, bridges: [InterfaceName], connections: [BridgeConnection],
    holding lock: inout StateDirectory.Lock?
  ) -> Bool {
    for bridge in bridges {
      let leases = AddressLeases(bridge: bridge, state: host.state)
      let known = connections.filter { $0.bridge == bridge }.flatMap(\.inside.leased).map(\.address)
      let hasSucceeded = host.report { () throws(NetworkError) in
        let leased =
          if known.isEmpty { try system { () throws(SystemError) in try leases.addresses(of: record.name) } } else {
            known
          }
        for address in leased {
          _ = try system { () throws(SystemError) in try leases.release(address, of: record.name) }
        }
      }
      // The record stays, so that the next nsrun tries again.
      guard hasSucceeded else { return true }
    }
    var wasThere = true
    host.report { () throws(NetworkError) in wasThere = try system { () throws(SystemError) in try record.removeFile() }
    }
    lock = nil
    leave(bridges)
    return wasThere
  }

  /// To be called after a sandbox was removed. Removes networks without sandboxes, and the state directory if it is
  /// empty.
  func leave(_ bridges: [InterfaceName]) {
    let unused = bridges.filter { AddressLeases(bridge: $0, state: host.state).removeIfUnused() }
    // The last of the other sandboxes removes the state directory.
    let isLast = host.state.removeIfEmpty(host.state.running) && host.state.removeIfEmpty(host.state.created)
    guard isLast || !unused.isEmpty else { return }
    host.report { () throws(NetworkError) in
      let lock = try system { () throws(SystemError) in try host.state.lockIfPresent(.exclusive) }
      guard let lock else { return }
      for bridge in unused { unmakeIfUnused(bridge) }
      host.state.removeIfEmpty(holding: lock)
    }
  }

  /// Removes a network that no sandbox is on: none has a lease, and none is recorded there. The caller holds the
  /// exclusive lock.
  func unmakeIfUnused(_ bridge: InterfaceName) {
    guard AddressLeases(bridge: bridge, state: host.state).removeIfUnused() else { return }
    // Somebody may have deleted leases. An error keeps the network, too.
    guard (try? SandboxRecords(host).hold(bridge)) == false else { return }
    var failures: [NetworkError] = []
    do throws(NetworkError) {
      _ = try RecordText.read(host.state.record(of: bridge))
    } catch {
      // A newer nsrun wrote the record, so only that one can remove the network.
      if case .refused = error { failures.append(error) }
    }
    if failures.isEmpty { failures = BridgeNetworks(host).unmake(bridge) }
    for failure in failures {
      host.reporter.warn("\(failure)")
      host.hasFailed = true
    }
  }

  /// Removes a name, if it is the name of this namespace or a stale file.
  /// - Returns: whether the namespace had the name.
  @discardableResult
  package func unname(_ name: NamespaceName, _ namespace: FileIdentity) throws(NetworkError) -> Bool {
    // Another program may have deleted the namespace and given its name to another one. A file without a namespace is
    // stale: it is left of a name that was being made.
    let current = host.names.identity(of: name)
    guard current == nil || current == namespace else { return false }
    _ = try system { () throws(SystemError) in try host.names.remove(name) }
    return current != nil
  }
}
