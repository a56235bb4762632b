import Glibc
import LinuxSystem
import Namespaces
import Netlink
import RouteNetlink

/// How the network namespace of a sandbox is found, also where somebody has deleted its name, and told from others.
extension Host {
  /// The namespace that a record speaks of: by its name, else by the processes inside. The kernel gives the number of a
  /// namespace that is gone to another one, which is not ours: so it has to carry the tag, or be where our link leads.
  /// - Parameter identity: what the record says of it.
  func namespace(
    of facts: SandboxFacts, identity: String?, _ census: borrowing ProcessCensus
  ) -> FileIdentity? {
    guard let identity else { return nil }
    if let named = names.identity(of: facts.name), named.text == identity { return named }
    guard let found = census.namespaces.first(where: { $0.text == identity }), let namespace = census.open(found) else {
      return nil
    }
    return isTagged(namespace, facts.name) || leads(facts.connection?.hostLink, to: namespace) ? found : nil
  }

  /// Whether a namespace's loopback link says that nsrun made it for a sandbox. It is the last thing that is made.
  func isTagged(_ namespace: borrowing NetworkNamespace, _ name: NamespaceName) -> Bool {
    // Whose it is can write what it likes there.
    guard UserNamespace.isOfCaller(namespace) else { return false }
    let alias = try? namespace.visit { () throws(SandboxError) -> String? in
      var inside = try system { () throws(SystemError) in try RouteConnection() }
      return try netlink { () throws(NetlinkError) in try inside.link(index: 1)?.alias }
    }.get()
    return alias == Tag.link(of: name)
  }

  /// Whether a namespace has the other end of one of our links.
  private func leads(_ hostLink: InterfaceName?, to namespace: borrowing NetworkNamespace) -> Bool {
    guard let hostLink else { return false }
    let number = namespace.raw
    return
      (try? route { (route) throws(NetlinkError) in
        guard let link = try route.link(named: hostLink.text), Tag.isOurLink(link), let peer = link.peerNamespaceID
        else { return false }
        return try route.namespaceID(of: .descriptor(number)) == peer
      }) ?? false
  }

  /// Those of the namespace that the other end of a veth pair is in; nil where nobody is seen there.
  func inhabitants(behind link: Link, _ census: borrowing ProcessCensus) throws(SandboxError) -> Inhabitants? {
    guard let wanted = link.peerNamespaceID else { return nil }
    for namespace in census.namespaces {
      guard let found = census.open(namespace) else { continue }
      let number = found.raw
      guard try route({ (route) throws(NetlinkError) in try route.namespaceID(of: .descriptor(number)) }) == wanted
      else {
        continue
      }
      return try system { () throws(SystemError) in try Inhabitants(of: found) }
    }
    return nil
  }
}
