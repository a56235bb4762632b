import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// Finds the network namespace of a sandbox, even if another program deleted its name, and verifies that it is the
/// right one.
package struct NamespaceSearch {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// Finds the namespace in a sandbox's record, by its name or else through a process inside. The kernel reuses the
  /// inode number of a namespace that is gone. So a namespace found through a process must carry the tag, or hold the
  /// peer of the sandbox's link.
  /// - Parameter identity: the identity in the record; nil if it has none.
  package func namespace(
    of facts: SandboxFacts, identity: FileIdentity?, _ census: borrowing ProcessCensus
  ) -> FileIdentity? {
    guard let identity else { return nil }
    if let named = host.names.identity(of: facts.name), named == identity { return named }
    guard let namespace = census.open(identity) else { return nil }
    return Tag.isOn(namespace, of: facts.name) || leads(facts, to: namespace) ? identity : nil
  }

  /// Opens the namespace of a sandbox, or any other named namespace.
  package func namespace(named name: NamespaceName) throws(NetworkError) -> NetworkNamespace {
    do throws(SystemError) { return try host.names.open(name) } catch {
      // A file without a namespace belongs to a name that is being made or removed, or is stale.
      guard error.isNotFound || error.errno == EINVAL else { throw .system(error) }
      throw .refused("there is no sandbox or network namespace named '\(name)': nsrun list shows the sandboxes")
    }
  }

  /// Whether this process is in the sandbox with this name.
  package func isOwnSandbox(_ name: NamespaceName) -> Bool {
    guard let own = try? host.home.identity(), host.names.identity(of: name) == own else { return false }
    return Tag.isOn(host.home, of: name)
  }

  /// Whether this process is in a sandbox, according to the tag. A process with CAP_NET_ADMIN here could also write the
  /// tag.
  package var isInSandbox: Bool {
    let alias = try? host.route { (route) throws(NetlinkError) in try route.link(index: 1)?.alias }
    return alias?.hasPrefix(Tag.linkPrefix) ?? false
  }

  /// Whether nsrun can have made a namespace with the name and the identity in a sandbox's record. The record alone
  /// proves nothing. Processes inside can change the tag, but neither the owner of the namespace nor where a link of
  /// the host leads.
  /// - Parameter isComplete: whether nsrun had finished making the sandbox, and so tagged it.
  func isOurs(_ namespace: borrowing NetworkNamespace, _ facts: SandboxFacts, isComplete: Bool) -> Bool {
    // An unknown owner is above this process's user namespace, so nsrun did not make the namespace here.
    guard let own = UserNamespace.own, let owner = try? UserNamespace.ownerIdentity(of: namespace) else { return false }
    if owner != own { return true }
    if leads(facts, to: namespace) { return true }
    let loopback = try? namespace.visit { () throws(NetworkError) -> Link? in
      var inside = try system { () throws(SystemError) in try RouteConnection() }
      return try netlink { () throws(NetlinkError) in try inside.link(index: 1) }
    }.get()
    guard let loopback else { return false }
    return loopback.alias == Tag.link(of: facts.name) || !isComplete && loopback.alias == nil && !loopback.isUp
  }

  /// Whether the peer of one of the sandbox's links on the host is in a namespace.
  private func leads(_ facts: SandboxFacts, to namespace: borrowing NetworkNamespace) -> Bool {
    let number = namespace.raw
    return facts.bridgeConnections.contains { connection in
      (try? host.route { (route) throws(NetlinkError) in
        guard let link = try route.link(named: connection.hostLink.text), Tag.isOurLink(link),
          let peer = link.peerNamespaceID
        else { return false }
        return try route.namespaceID(of: .descriptor(number)) == peer
      }) ?? false
    }
  }

  /// Opens a namespace by its name or through a process inside; nil if it has neither, or none was made.
  package func open(
    _ namespace: FileIdentity?, named name: NamespaceName?, _ census: borrowing ProcessCensus
  ) -> NetworkNamespace? {
    guard let namespace else { return nil }
    if let name, let named = host.names.open(name, identity: namespace) { return named }
    return census.open(namespace)
  }

  /// Opens the namespace with the peer of a veth link; nil if no process is visible there.
  package func namespace(behind link: Link, _ census: borrowing ProcessCensus) throws(NetworkError) -> NetworkNamespace?
  {
    guard let wanted = link.peerNamespaceID else { return nil }
    for namespace in census.namespaces {
      guard let found = census.open(namespace) else { continue }
      let number = found.raw
      guard try host.route({ (route) throws(NetlinkError) in try route.namespaceID(of: .descriptor(number)) }) == wanted
      else {
        continue
      }
      return found
    }
    return nil
  }
}
