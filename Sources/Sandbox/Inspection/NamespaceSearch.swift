import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// How the network namespace of a sandbox is found, also where somebody has deleted its name, and told from others.
struct NamespaceSearch {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The namespace that a record speaks of: by its name, else by the processes inside. The kernel gives the number of a
  /// namespace that is gone to another one, which is not ours: so it has to carry the tag, or be where our link leads.
  /// - Parameter identity: what the record says of it.
  func namespace(
    of facts: SandboxFacts, identity: FileIdentity?, _ census: borrowing ProcessCensus
  ) -> FileIdentity? {
    guard let identity else { return nil }
    if let named = host.names.identity(of: facts.name), named == identity { return named }
    guard let namespace = census.open(identity) else { return nil }
    return isTagged(namespace, facts.name) || leads(facts, to: namespace) ? identity : nil
  }

  /// Opens the namespace of a sandbox, or any other that has a name.
  func namespace(named name: NamespaceName) throws(SandboxError) -> NetworkNamespace {
    do throws(SystemError) { return try host.names.open(name) } catch {
      // A file that is no namespace is a name that is being made or removed, or what was left of one.
      guard error.isNotFound || error.errno == EINVAL else { throw .system(error) }
      throw .refused("there is no sandbox or network namespace named '\(name)': nsrun list shows the sandboxes")
    }
  }

  /// What to do about what cannot be changed from here.
  func remedy(inContainer text: String) -> String {
    isInSandbox ? "run nsrun doctor outside of this sandbox" : "in a container: \(text)"
  }

  /// Whether a name is that of the sandbox that this process is in.
  func isOwnSandbox(_ name: NamespaceName) -> Bool {
    guard let own = try? host.home.identity(), host.names.identity(of: name) == own else { return false }
    return isTagged(host.home, name)
  }

  /// Whether this process is in a sandbox, by the tag; who has power over its network can write that as well.
  var isInSandbox: Bool {
    let alias = try? host.route { (route) throws(NetlinkError) in try route.link(index: 1)?.alias }
    return alias?.hasPrefix(Tag.linkPrefix) ?? false
  }

  /// Whether a namespace's loopback link says that nsrun made it for a sandbox. It is the last thing that is made.
  func isTagged(_ namespace: borrowing NetworkNamespace, _ name: NamespaceName) -> Bool {
    Tag.isOn(namespace, of: name)
  }

  /// Whether a namespace that has a sandbox's name, and the number that its record tells, can be what nsrun has made: a
  /// record proves nothing by itself. Those inside can change the tag, but not who owns the namespace, nor where a link of
  /// the host's leads.
  /// - Parameter isComplete: whether all of it had been made: the tag comes last.
  func isOurs(_ namespace: borrowing NetworkNamespace, _ facts: SandboxFacts, isComplete: Bool) -> Bool {
    // An owner that cannot be told is above this process's own user namespace: it is none that was made here.
    guard let own = UserNamespace.own, let owner = try? UserNamespace.ownerIdentity(of: namespace) else { return false }
    if owner != own { return true }
    if leads(facts, to: namespace) { return true }
    let loopback = try? namespace.visit { () throws(SandboxError) -> Link? in
      var inside = try system { () throws(SystemError) in try RouteConnection() }
      return try netlink { () throws(NetlinkError) in try inside.link(index: 1) }
    }.get()
    guard let loopback else { return false }
    return loopback.alias == Tag.link(of: facts.name) || !isComplete && loopback.alias == nil && !loopback.isUp
  }

  /// Whether a namespace has the other end of one of our links.
  private func leads(_ facts: SandboxFacts, to namespace: borrowing NetworkNamespace) -> Bool {
    let number = namespace.raw
    return facts.connections.contains { connection in
      (try? host.route { (route) throws(NetlinkError) in
        guard let link = try route.link(named: connection.hostLink.text), Tag.isOurLink(link),
          let peer = link.peerNamespaceID
        else { return false }
        return try route.namespaceID(of: .descriptor(number)) == peer
      }) ?? false
    }
  }

  /// Those of the namespace that the other end of a veth pair is in; nil where nobody is seen there.
  func inhabitants(behind link: Link, _ census: borrowing ProcessCensus) throws(SandboxError) -> Inhabitants? {
    guard let wanted = link.peerNamespaceID else { return nil }
    for namespace in census.namespaces {
      guard let found = census.open(namespace) else { continue }
      let number = found.raw
      guard try host.route({ (route) throws(NetlinkError) in try route.namespaceID(of: .descriptor(number)) }) == wanted
      else {
        continue
      }
      return try system { () throws(SystemError) in try Inhabitants(of: found) }
    }
    return nil
  }
}

extension Tag {
  /// As ``Host/isTagged(_:_:)`` has it.
  static func isOn(_ namespace: borrowing NetworkNamespace, of name: NamespaceName) -> Bool {
    // Whose it is can write what it likes there.
    guard UserNamespace.isOfCaller(namespace) else { return false }
    let alias = try? namespace.visit { () throws(SandboxError) -> String? in
      var inside = try system { () throws(SystemError) in try RouteConnection() }
      return try netlink { () throws(NetlinkError) in try inside.link(index: 1)?.alias }
    }.get()
    return alias == link(of: name)
  }
}
