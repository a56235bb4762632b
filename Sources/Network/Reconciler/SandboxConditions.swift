import LinuxSystem
import Namespaces
import Netlink
import RouteNetlink

/// The life cycle state of a sandbox.
public enum SandboxState: String, Sendable {
  /// A command runs in it. It ends with the command.
  case running
  /// It stays until it is removed.
  case created
  /// Its nsrun process is gone. The next nsrun removes it.
  case stale
  /// Another program deleted its namespace, the namespace's name, or its link. It cannot be restored.
  case broken
}

/// What has become of a recorded sandbox.
package struct SandboxCondition {
  /// With the translation of each connection as it is now.
  package var facts: SandboxFacts
  package var state: SandboxState
  /// Whether this process's user namespace owns the network namespace; nil if unknown.
  package var isPrivileged: Bool?
  /// Whether the record has the identity of the namespace, which nsrun adds just before it names the namespace.
  var isNamed: Bool
  /// Whether its launch is over. Until then its links may be in the making, however long that takes.
  var isReady: Bool
  /// nil if it is not found.
  package var namespace: FileIdentity?
  /// The host ends of the veth pairs; nil for a connection of another kind, or whose link is gone.
  package var links: [Link?]
}

/// Compares the records of sandboxes with the kernel.
package struct SandboxConditions {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// The conditions of the sandboxes with these facts that still exist.
  func all(of facts: [SandboxFacts]) throws(NetworkError) -> [SandboxCondition] {
    guard !facts.isEmpty else { return [] }
    let links = try hostLinks(of: facts)
    let census = try system { () throws(SystemError) in try ProcessCensus() }
    return all(of: facts, links, census)
  }

  /// - Parameter links: the result of ``hostLinks(of:)-([SandboxFacts])``.
  package func all(
    of facts: [SandboxFacts], _ links: [String: Link], _ census: borrowing ProcessCensus
  ) -> [SandboxCondition] {
    var conditions: [SandboxCondition] = []
    for facts in facts {
      let links = facts.connections.map { $0.bridged.flatMap { links[$0.hostLink.text] } }
      if let condition = condition(of: facts, links, census) { conditions.append(condition) }
    }
    return conditions
  }

  /// The host ends of all veth pairs, by name.
  package func hostLinks(of facts: [SandboxFacts]) throws(NetworkError) -> [String: Link] {
    guard facts.contains(where: { !$0.bridgeConnections.isEmpty }) else { return [:] }
    let links = try host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") }
    return Dictionary(links.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The host ends of a sandbox's veth pairs, one for each connection.
  package func hostLinks(of facts: SandboxFacts) throws(NetworkError) -> [Link?] {
    try facts.connections.map { connection throws(NetworkError) in
      guard let connection = connection.bridged else { return nil }
      return try host.route { (route) throws(NetlinkError) in try route.link(named: connection.hostLink.text) }
    }
  }

  /// - Returns: nil if the sandbox is gone.
  package func condition(
    of facts: SandboxFacts, _ links: [Link?], _ census: borrowing ProcessCensus
  ) -> SandboxCondition? {
    // Test the lock before the record: a record that is gone by then belonged to a command that has ended.
    let isAlive = SandboxRecord.isAlive(facts.name, in: host.state)
    guard let path = host.state.record(of: facts.name),
      let (text, _) = try? SandboxRecords(host).read(of: facts.name, at: path)
    else {
      return nil
    }
    let stays = path == host.state.createdRecord(of: facts.name)
    let namespace = NamespaceSearch(host).namespace(of: facts, identity: text.namespaceIdentity, census)
    var isNamed = false
    var isPrivileged: Bool?
    if let namespace, let named = host.names.open(facts.name, identity: namespace) {
      isNamed = true
      if let own = UserNamespace.own { isPrivileged = try? UserNamespace.ownerIdentity(of: named) == own }
    }
    let isWhole = isNamed && !hasLostLink(facts, links)
    let state: SandboxState
    if stays {
      let isLosing = !isWhole && SandboxRecord.isLocked(path)
      // The sandbox may have been removed meanwhile, and another one made with its name.
      guard isWhole || isLosing || (try? RecordText.read(path)) == text else { return nil }
      state = isWhole || isLosing ? .created : .broken
    } else {
      state = isAlive ? (isWhole || !hasLost(namespace, census, facts) ? .running : .broken) : .stale
    }
    return SandboxCondition(
      facts: withCurrentTranslation(facts), state: state, isPrivileged: isPrivileged,
      isNamed: text.namespaceIdentity != nil, isReady: text[SandboxRecord.ready] != nil, namespace: namespace,
      links: links)
  }

  /// A bridge's owner may have stopped masquerading, so the network's record has the current translation.
  private func withCurrentTranslation(_ facts: SandboxFacts) -> SandboxFacts {
    var facts = facts
    for (number, connection) in facts.connections.enumerated() {
      guard var connection = connection.bridged, connection.translation == .host,
        let network = NetworkRecords(host).record(of: connection.bridge)
      else { continue }
      connection.translation = network.translation
      facts.connections[number] = .bridge(connection)
    }
    return facts
  }

  /// Whether a running sandbox has lost its name or a link. One that is being made, or whose command has ended, may
  /// lack them too.
  private func hasLost(
    _ namespace: FileIdentity?, _ census: borrowing ProcessCensus, _ facts: SandboxFacts
  ) -> Bool {
    guard let namespace, let inside = census.open(namespace) else { return false }
    let isComplete = Tag.isOn(inside, of: facts.name)
    // The tag is set after the name and the links were made, so they must exist now.
    return isComplete
      && (host.names.identity(of: facts.name) != namespace
        || (try? hostLinks(of: facts)).map { hasLostLink(facts, $0) } == true)
  }

  /// Whether the host end of a veth pair is gone, or the link of the host on which another link was.
  /// - Parameter links: the host ends of the veth pairs, for each connection.
  private func hasLostLink(_ facts: SandboxFacts, _ links: [Link?]) -> Bool {
    zip(facts.connections, links).contains { connection, link in
      switch connection {
      case .bridge: link == nil
      case .link(let upper):
        (try? host.route { (route) throws(NetlinkError) in try route.link(index: upper.lowerIndex) }) == .some(nil)
      }
    }
  }

  /// What to do about a broken sandbox.
  package func endOfBroken(_ name: NamespaceName) -> String {
    host.state.record(of: name) == host.state.createdRecord(of: name)
      ? "nsrun rm \(name.text.shellQuoted)" : "end its command"
  }
}
