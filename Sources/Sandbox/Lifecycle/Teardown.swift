import Glibc
import Launch
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// Takes back what was done for a sandbox: all but its processes.
struct Teardown {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Takes back what was done for a sandbox, all but its record. Goes on after a failure and reports it.
  /// - Parameters:
  ///   - namespace: the identity that the network namespace must have for its name to be taken away; nil where it has no
  ///     name yet.
  ///   - isDying: whether nothing but the name keeps the namespace alive: it takes the veth pair with it then, without
  ///     the wait of some milliseconds that deleting a link costs.
  /// - Returns: whether all of it succeeded.
  func undo(_ facts: SandboxFacts, namespace: FileIdentity?, isDying: Bool) -> Bool {
    var isUndone = true
    for undo in SandboxPlan.undo(of: facts) {
      let hasSucceeded = host.report { () throws(SandboxError) in
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

  /// Locks out processes that restore rules from the records. Between the removal of a sandbox's rules and the removal of its
  /// record, such a process would add its address again, and the next sandbox with that address would get its rules.
  /// - Returns: nil where no rule names the sandbox.
  func lockToLeave(_ facts: SandboxFacts) -> StateDirectory.Lock? {
    guard facts.members.contains(where: Firewall.mentions) else { return nil }
    do throws(SystemError) { return try host.state.lockIfPresent(.shared) } catch { return nil }
  }

  /// Takes the name away from a sandbox's namespace, with what is known by it.
  func removeName(of facts: SandboxFacts, _ namespace: FileIdentity) throws(SandboxError) {
    if try unname(facts.name, namespace) { removeState(inside: namespace) }
  }

  /// Removes what an nsrun in a sandbox has written down, for that network: it goes with it.
  private func removeState(inside namespace: FileIdentity) {
    let path = "\(host.state.root)/\(namespace.inode)"
    if path != host.state.path, access(path, F_OK) == 0 { removeTree(path) }
  }

  /// Removes a sandbox's leases and record, and with the last one on a bridge the bridge's network. Its flows are ended
  /// before (``endFlows(of:)``).
  /// - Parameters:
  ///   - connections: those whose leases are known; of the other bridges all leases are looked through.
  ///   - lock: that of ``lockToLeave(_:)``; it is let go of when the record is gone.
  /// - Returns: whether the record was still there.
  @discardableResult
  func close(
    _ record: borrowing SandboxRecord, bridges: [InterfaceName], connections: [SandboxFacts.Connection],
    holding lock: inout StateDirectory.Lock?
  ) -> Bool {
    for bridge in bridges {
      let leases = AddressLeases(bridge: bridge, state: host.state)
      let known = connections.filter { $0.bridge == bridge }.map(\.address.address)
      let hasSucceeded = host.report { () throws(SandboxError) in
        let leased =
          if known.isEmpty { try system { () throws(SystemError) in try leases.addresses(of: record.name) } } else {
            known
          }
        for address in leased {
          _ = try system { () throws(SystemError) in try leases.release(address, of: record.name) }
        }
      }
      // By the record the next nsrun tries again.
      guard hasSucceeded else { return true }
    }
    var wasThere = true
    host.report { () throws(SandboxError) in wasThere = try system { () throws(SystemError) in try record.removeFile() }
    }
    lock = nil
    leave(bridges)
    return wasThere
  }

  /// After a sandbox has left: unmakes networks that nobody is on, and the state directory if nothing is in it.
  func leave(_ bridges: [InterfaceName]) {
    let unused = bridges.filter { AddressLeases(bridge: $0, state: host.state).removeIfUnused() }
    // Others are in there: it is theirs to remove.
    let isLast = host.state.removeIfEmpty(host.state.running) && host.state.removeIfEmpty(host.state.created)
    guard isLast || !unused.isEmpty else { return }
    host.report { () throws(SandboxError) in
      let lock = try system { () throws(SystemError) in try host.state.lockIfPresent(.exclusive) }
      guard let lock else { return }
      for bridge in unused { unmakeIfUnused(bridge) }
      host.state.removeIfEmpty(holding: lock)
    }
  }

  /// Unmakes a network that nobody has a lease in. The caller holds the exclusive lock.
  func unmakeIfUnused(_ bridge: InterfaceName) {
    guard AddressLeases(bridge: bridge, state: host.state).removeIfUnused() else { return }
    var failures: [SandboxError] = []
    do throws(SandboxError) {
      _ = try RecordText.read(host.state.record(of: bridge))
    } catch {
      // A newer nsrun's is that one's to unmake.
      if case .refused = error { failures.append(error) }
    }
    if failures.isEmpty { failures = BridgeNetworks(host).unmake(bridge) }
    for failure in failures {
      host.reporter.warn("\(failure)")
      host.hasFailed = true
    }
  }

  /// - Returns: whether the namespace had the name.
  @discardableResult
  func unname(_ name: NamespaceName, _ namespace: FileIdentity) throws(SandboxError) -> Bool {
    // Somebody may have deleted our namespace and given its name to another one. A file without a namespace on it is
    // what is left of a name that was being made.
    let current = host.names.identity(of: name)
    guard current == nil || current == namespace else { return false }
    _ = try system { () throws(SystemError) in try host.names.remove(name) }
    return current != nil
  }
}

/// The name of a process's program (proc_pid_comm(5)), which may choose it: what a terminal would obey is left out.
public func programName(of pid: Int32) -> String {
  guard let name = try? readFile("/proc/\(pid)/comm") else { return "gone" }
  let text = String(decoding: name.last == UInt8(ascii: "\n") ? name.dropLast() : name[...], as: UTF8.self)
  return text.replacingDeceptive { _ in "?" }
}
