import Glibc
import LinuxSystem
import Namespaces
import Netlink
import RouteNetlink

/// How the network namespace of a sandbox is found, also where somebody has deleted its name, and told from others.
extension Host {
  /// The namespace that a record speaks of: by its name, else by the processes inside. The kernel gives the number of a
  /// namespace that is gone to another one, which is not ours: so it has to carry the tag, or be where our link leads.
  /// - Parameters:
  ///   - identity: what the record says of it.
  ///   - processes: asked only where the name is gone.
  func namespace(
    of facts: SandboxFacts, identity: String?, among processes: () -> [FileIdentity: [Int32]]
  ) -> FileIdentity? {
    guard let identity else { return nil }
    if let named = names.identity(of: facts.name), named.text == identity { return named }
    guard let found = processes().first(where: { $0.key.text == identity }) else { return nil }
    for process in found.value {
      // One that has ended since tells nothing; the next one is in the same namespace.
      guard let namespace = try? NetworkNamespace.ofProcess(process), (try? namespace.identity()) == found.key else {
        continue
      }
      return isTagged(namespace, facts.name) || leads(facts.connection?.hostLink, to: namespace) ? found.key : nil
    }
    return nil
  }

  /// Whether a namespace's loopback link says that nsrun made it for a sandbox. It is the last thing that is made.
  func isTagged(_ namespace: borrowing NetworkNamespace, _ name: NamespaceName) -> Bool {
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

  /// The namespace that the other end of a veth pair is in, and the processes there; nil where nobody is.
  func inhabitants(behind link: Link) throws(SandboxError) -> (namespace: FileIdentity, processes: [Int32])? {
    guard let wanted = link.peerNamespaceID else { return nil }
    let spaces = try system { () throws(SystemError) in try processesByNamespace() }
    return try route { (route) throws(NetlinkError) in
      for (namespace, processes) in spaces {
        for process in processes {
          // One that has ended since tells nothing; the next one is in the same namespace.
          do throws(NetlinkError) {
            if try route.namespaceID(of: .process(process)) == wanted { return (namespace, processes) }
            break
          } catch {
            guard error.errno == ESRCH else { throw error }
          }
        }
      }
      return nil
    }
  }
}
