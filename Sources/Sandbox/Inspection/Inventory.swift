import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// The present state of a sandbox, from its record and from the kernel.
public struct SandboxReport: Sendable {
  /// The life cycle state of a sandbox.
  public enum State: String, Sendable {
    /// A command runs in it. It ends with the command.
    case running
    /// It stays until it is removed.
    case created
    /// Its nsrun process is gone. The next nsrun removes it.
    case stale
    /// Another program deleted its namespace, the namespace's name, or its link. It cannot be restored.
    case broken
  }

  /// A neighbour known to the kernel inside.
  public struct KnownNeighbour: Sendable {
    public var address: IPAddress
    public var mac: MACAddress?
    public var state: String
  }

  public var facts: SandboxFacts
  public var state: State
  /// Whether commands inside have privileges over the host, because this process's user namespace owns the network
  /// namespace; nil if unknown.
  public var isPrivileged: Bool?
  /// Whether the record has the identity of the namespace, which nsrun adds just before it names the namespace.
  var isNamed: Bool
  /// Whether its launch is over. Until then its links may be in the making, however long that takes.
  var isReady: Bool
  /// The processes inside, in ascending order.
  public var processes: [Int32]
  /// The traffic of each connection, as seen from inside; nil for a connection whose link is gone.
  public var traffic: [LinkStatistics?]
  /// In seconds.
  public var age: Int
  /// Filled only in a report on a single sandbox.
  public var neighbours: [KnownNeighbour] = []
}

/// Reports on sandboxes, for `list` and `inspect`.
public struct Inventory {
  let host: Host

  public init(_ host: Host) { self.host = host }

  /// Reports on all sandboxes, sorted by name, and warns of records that cannot be read. It searches the processes of
  /// the machine once for all sandboxes.
  public func reports() throws(SandboxError) -> [SandboxReport] {
    try requireSight()
    let (facts, unreadable) = try SandboxRecords(host).readAll()
    for error in unreadable { host.reporter.warn("\(error)") }
    return try reports(of: facts)
  }

  /// Reports on the sandboxes with these facts that still exist.
  func reports(of facts: [SandboxFacts]) throws(SandboxError) -> [SandboxReport] {
    let isConnected = facts.contains { !$0.bridgeConnections.isEmpty }
    let links =
      isConnected ? try host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") } : []
    let linksByName = Dictionary(links.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    guard !facts.isEmpty else { return [] }
    let census = try system { () throws(SystemError) in try ProcessCensus() }
    let own = UserNamespace.own
    var reports: [SandboxReport] = []
    for facts in facts {
      let links = facts.connections.map { $0.bridged.flatMap { linksByName[$0.hostLink.text] } }
      if let report = report(facts, links: links, census, own) { reports.append(report) }
    }
    return reports
  }

  private func requireSight() throws(SandboxError) {
    if FileIdentity(path: host.state.path) == nil, access(host.state.root, F_OK) == 0,
      access(host.state.root, X_OK) != 0
    {
      throw .refused("only root may look at \(host.state.root): use sudo nsrun")
    }
  }

  /// Reports on one sandbox, with its neighbours.
  public func report(on name: NamespaceName) throws(SandboxError) -> SandboxReport {
    try requireSight()
    guard let path = host.state.record(of: name) else {
      throw .refused("there is no sandbox named '\(name)': nsrun list shows them")
    }
    let facts = try SandboxRecords(host).read(of: name, at: path).facts
    let links = try hostLinks(of: facts)
    let census = try system { () throws(SystemError) in try ProcessCensus() }
    guard var report = report(facts, links: links, census, UserNamespace.own) else {
      throw .refused("the sandbox '\(name)' has just gone")
    }
    if !facts.connections.isEmpty { report.neighbours = (try? neighbours(inside: name)) ?? [] }
    return report
  }

  /// What to do about a broken sandbox.
  func endOfBroken(_ name: NamespaceName) -> String {
    host.state.record(of: name) == host.state.createdRecord(of: name)
      ? "nsrun rm \(name.text.shellQuoted)" : "end its command"
  }

  private func hostLinks(of facts: SandboxFacts) throws(SandboxError) -> [Link?] {
    try facts.connections.map { connection throws(SandboxError) in
      guard let connection = connection.bridged else { return nil }
      return try host.route { (route) throws(NetlinkError) in try route.link(named: connection.hostLink.text) }
    }
  }

  /// - Parameter own: this process's user namespace.
  private func report(
    _ facts: SandboxFacts, links: [Link?], _ census: borrowing ProcessCensus, _ own: FileIdentity?
  ) -> SandboxReport? {
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
      if let own { isPrivileged = try? UserNamespace.ownerIdentity(of: named) == own }
    }
    let isWhole = isNamed && !hasLostLink(facts, links)
    let condition: SandboxReport.State
    if stays {
      let isLosing = !isWhole && SandboxRecord.isLocked(path)
      // The sandbox may have been removed meanwhile, and another one made with its name.
      guard isWhole || isLosing || (try? RecordText.read(path)) == text else { return nil }
      condition = isWhole || isLosing ? .created : .broken
    } else {
      condition = isAlive ? (isWhole || !hasLost(namespace, census, facts) ? .running : .broken) : .stale
    }
    var facts = facts
    // The bridge's owner may have stopped masquerading, so the network's record has the current translation.
    for (number, connection) in facts.connections.enumerated() {
      guard var connection = connection.bridged, connection.translation == .host,
        let network = NetworkRecords(host).record(of: connection.bridge)
      else { continue }
      connection.translation = network.translation
      facts.connections[number] = .bridge(connection)
    }
    return SandboxReport(
      facts: facts, state: condition, isPrivileged: isPrivileged,
      isNamed: text.namespaceIdentity != nil, isReady: text[SandboxRecord.ready] != nil,
      processes: processes(in: namespace, facts, census),
      traffic: links.map { $0?.statistics?.ofOtherEnd }, age: max(0, time(nil) - facts.createdAt))
  }

  private func processes(
    in namespace: FileIdentity?, _ facts: SandboxFacts, _ census: borrowing ProcessCensus
  ) -> [Int32] {
    guard let namespace, let inhabitants = InhabitantSearch(host).inhabitants(of: namespace, named: facts.name, census)
    else { return [] }
    return inhabitants.processes(in: census)
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

  /// Whether the host end of a veth pair is gone, or the link on which a macvlan was.
  /// - Parameter links: the host ends of the veth pairs, for each connection.
  private func hasLostLink(_ facts: SandboxFacts, _ links: [Link?]) -> Bool {
    zip(facts.connections, links).contains { connection, link in
      switch connection {
      case .bridge: link == nil
      case .macvlan(let macvlan):
        (try? host.route { (route) throws(NetlinkError) in try route.link(index: macvlan.lowerIndex) }) == .some(nil)
      }
    }
  }

  private func neighbours(inside name: NamespaceName) throws(SandboxError) -> [SandboxReport.KnownNeighbour] {
    let namespace = try NamespaceSearch(host).namespace(named: name)
    // Another program may have given the name to another namespace.
    guard UserNamespace.isOfCaller(namespace) else { return [] }
    let tracer = host.reporter.tracer?.named("sandbox route")
    let found = try system { () throws(SystemError) in
      try namespace.visit { () throws(SandboxError) in
        var inside = try system { () throws(SystemError) in try RouteConnection(tracer: tracer) }
        do throws(NetlinkError) { return try inside.neighbours() } catch { throw .netlink(error) }
      }
    }
    return try found.get()
      .filter { !$0.state.contains(.noARP) }
      .map { .init(address: $0.address, mac: $0.linkAddress, state: "\($0.state)") }
      .sorted { $0.address < $1.address }
  }
}
