import Glibc
import Launch
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

extension Host {
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
      let hasSucceeded = report { () throws(SandboxError) in
        switch undo {
        case .forget(let one): try forget(one.entry.address, on: one.bridge)
        case .retract(let member): try retract(member)
        case .unname:
          guard let namespace else { return }
          try removeName(of: facts, namespace)
        case .disconnect(let link):
          guard !isDying, !disconnect([facts]).isEmpty, facts.connection?.hostLink == link else { return }
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
    guard let member = facts.member, Firewall.mentions(member) else { return nil }
    do throws(SystemError) { return try state.lockIfPresent(.shared) } catch { return nil }
  }

  /// Takes the name away from a sandbox's namespace, with what is known by it.
  func removeName(of facts: SandboxFacts, _ namespace: FileIdentity) throws(SandboxError) {
    if try unname(facts.name, namespace) { removeState(inside: namespace) }
  }

  /// Removes what an nsrun in a sandbox has written down, for that network: it goes with it.
  private func removeState(inside namespace: FileIdentity) {
    let path = "\(state.root)/\(namespace.inode)"
    if path != state.path, access(path, F_OK) == 0 { removeTree(path) }
  }

  /// Removes a sandbox's leases and record, and with the last one on a bridge the bridge's network. Its flows are ended
  /// before (``endFlows(of:)``).
  /// - Parameters:
  ///   - address: the only one that it can have; nil where that is not known.
  ///   - lock: that of ``lockToLeave(_:)``; it is let go of when the record is gone.
  /// - Returns: whether the record was still there.
  @discardableResult
  func close(
    _ record: borrowing SandboxRecord, bridge: InterfaceName?, address: IPAddress? = nil,
    holding lock: inout StateDirectory.Lock?
  ) -> Bool {
    if let bridge {
      let leases = AddressLeases(bridge: bridge, state: state)
      let hasSucceeded = report { () throws(SandboxError) in
        let leased =
          if let address { [address] } else {
            try system { () throws(SystemError) in try leases.addresses(of: record.name) }
          }
        for address in leased {
          _ = try system { () throws(SystemError) in try leases.release(address, of: record.name) }
        }
      }
      // By the record the next nsrun tries again.
      guard hasSucceeded else { return true }
    }
    var wasThere = true
    report { () throws(SandboxError) in wasThere = try system { () throws(SystemError) in try record.removeFile() } }
    lock = nil
    leave(bridge)
    return wasThere
  }

  /// After a sandbox has left: unmakes a network that nobody is on, and the state directory if nothing is in it.
  func leave(_ bridge: InterfaceName?) {
    let isLastOnBridge = bridge.map { AddressLeases(bridge: $0, state: state).removeIfUnused() } ?? false
    // Others are in there: it is theirs to remove.
    let isLast = state.removeIfEmpty(state.running) && state.removeIfEmpty(state.created)
    guard isLast || isLastOnBridge else { return }
    report { () throws(SandboxError) in
      let lock = try system { () throws(SystemError) in try state.lockIfPresent(.exclusive) }
      guard let lock else { return }
      if let bridge, isLastOnBridge { unmakeIfUnused(bridge) }
      state.removeIfEmpty(holding: lock)
    }
  }

  /// Unmakes a network that nobody has a lease in. The caller holds the exclusive lock.
  func unmakeIfUnused(_ bridge: InterfaceName) {
    guard AddressLeases(bridge: bridge, state: state).removeIfUnused() else { return }
    var failures: [SandboxError] = []
    do throws(SandboxError) {
      _ = try RecordText.read(state.record(of: bridge))
    } catch {
      // A newer nsrun's is that one's to unmake.
      if case .refused = error { failures.append(error) }
    }
    if failures.isEmpty { failures = unmakeNetwork(bridge) }
    for failure in failures {
      reporter.warn("\(failure)")
      hasFailed = true
    }
  }

  /// - Returns: whether the namespace had the name.
  @discardableResult
  func unname(_ name: NamespaceName, _ namespace: FileIdentity) throws(SandboxError) -> Bool {
    // Somebody may have deleted our namespace and given its name to another one. A file without a namespace on it is
    // what is left of a name that was being made.
    let current = names.identity(of: name)
    guard current == nil || current == namespace else { return false }
    _ = try system { () throws(SystemError) in try names.remove(name) }
    return current != nil
  }

  /// The host's end of a sandbox's veth pair, with what has passed it: root inside can change no number of that. nil where
  /// there is none.
  func ownLink(_ name: InterfaceName) throws(SandboxError) -> Link? {
    let found = try route { (route) throws(NetlinkError) in try route.link(named: name.text) }
    return found.flatMap { Tag.isOurLink($0) ? $0 : nil }
  }

  /// Lets nothing pass the host's end of a sandbox's veth pair any more: as a port it takes frames from known addresses
  /// only, and there is none. It takes the kernel 0.05 ms; to set the link down waits for a grace period of RCU, and to
  /// delete it for several. A port that is only disabled would be enabled again by who sets the other end up.
  func shut(_ link: InterfaceName) throws(SandboxError) {
    var requests = RouteRequests()
    requests.setBridgePort(
      link: .named(link.text),
      BridgePortOptions(
        learning: false, unicastFlood: false, multicastFlood: false, broadcastFlood: false, locked: true, flush: true),
      subject: link.text)
    do throws(SandboxError) { try netlinkRequests(requests) } catch {
      guard error.netlinkErrno == ENODEV else { throw error }
    }
  }

  /// Deletes the host's ends of sandboxes' veth pairs, as far as they are there and carry the sandbox's tag.
  /// - Returns: those that could not be deleted.
  func disconnect(_ sandboxes: [SandboxFacts]) -> Set<InterfaceName> {
    let owners = Dictionary(
      sandboxes.compactMap { facts in facts.connection.map { ($0.hostLink.text, facts) } }, uniquingKeysWith: { $1 })
    guard let first = owners.keys.first else { return [] }
    let hasSucceeded = report { () throws(SandboxError) in
      let links = try route { (route) throws(NetlinkError) in
        owners.count == 1 ? [try route.link(named: first)].compactMap { $0 } : try route.links(kind: "veth")
      }
      try delete(links.filter { link in owners[link.name].map { Tag.isLink(link, of: $0) } ?? false })
    }
    return hasSucceeded ? [] : Set(sandboxes.compactMap(\.connection?.hostLink))
  }

  /// Deletes links, many at once: each by itself would take the kernel a wait of 8 ms and more. Those that went by
  /// themselves meanwhile, with their namespace, are no failure.
  func delete(_ links: [Link]) throws(SandboxError) {
    for start in stride(from: 0, to: links.count, by: Self.batchSize) {
      try deleteTogether(links[start..<min(start + Self.batchSize, links.count)])
    }
  }

  /// - Parameter links: not so many that a failure of each is more than a socket holds (ENOBUFS).
  private func deleteTogether(_ links: ArraySlice<Link>) throws(SandboxError) {
    var requests = RouteRequests()
    if let only = links.first, links.count == 1 {
      requests.delete(link: .index(only.index), subject: only.name)
    } else {
      let taken = Set(try route { (route) throws(NetlinkError) in try route.links() }.map(\.group))
      let group = (UInt32(0x6e00_0000)...).first { !taken.contains($0) }!
      for link in links { requests.change(link: .index(link.index), LinkChanges(group: group), subject: link.name) }
      requests.delete(linkGroup: group)
    }
    let failures = try route { (route) throws(NetlinkError) in try route.failures(of: requests) }
    if let failure = failures.first(where: { $0.errno != ENODEV }) { throw .netlink(failure) }
  }

  /// - Returns: whether it succeeded.
  @discardableResult
  func report(_ body: () throws(SandboxError) -> Void) -> Bool {
    do throws(SandboxError) {
      try body()
      return true
    } catch {
      reporter.warn("\(error)")
      hasFailed = true
      return false
    }
  }
}

/// The name of a process's program (proc_pid_comm(5)), which may choose it: what a terminal would obey is left out.
public func programName(of pid: Int32) -> String {
  guard let name = try? readFile("/proc/\(pid)/comm") else { return "gone" }
  let text = String(decoding: name.last == UInt8(ascii: "\n") ? name.dropLast() : name[...], as: UTF8.self)
  return text.replacingDeceptive { _ in "?" }
}
