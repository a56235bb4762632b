import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// A sandbox as it is now: what its record says and what the kernel knows of it.
public struct SandboxReport: Sendable {
  /// What becomes of it.
  public enum State: String, Sendable {
    /// A command runs in it, and it ends with the command.
    case running
    /// It stays until it is removed.
    case created
    /// Its nsrun process was ended; the next nsrun removes it.
    case stale
    /// Somebody deleted its namespace, the name of that, or its link; it cannot be restored.
    case broken
  }

  /// A neighbour that the kernel inside knows.
  public struct KnownNeighbour: Sendable {
    public var address: IPAddress
    public var mac: MACAddress?
    public var state: String
  }

  public var facts: SandboxFacts
  public var state: State
  /// Whether commands inside have power over the host, by the owner of the namespace; nil where that cannot be told.
  public var isPrivileged: Bool?
  /// Whether its namespace has come as far as to have been given its name.
  var isNamed: Bool
  /// The processes inside, in ascending order.
  public var processes: [Int32]
  /// What has gone in and out by each connection, as seen from inside; nil for one whose link is gone.
  public var traffic: [LinkStatistics?]
  /// In seconds.
  public var age: Int
  /// Only looked up for one sandbox at a time.
  public var neighbours: [KnownNeighbour] = []
}

/// What there is of sandboxes, as `list` and `inspect` show it.
public struct Inventory {
  let host: Host

  public init(_ host: Host) { self.host = host }

  /// All sandboxes, by name; says whose records cannot be read. What takes a look at the whole machine is done once for
  /// all of them.
  public func reports() throws(SandboxError) -> [SandboxReport] {
    try requireSight()
    let (facts, unreadable) = try SandboxRecords(host).readAll()
    for error in unreadable { host.reporter.warn("\(error)") }
    return try reports(of: facts)
  }

  /// The sandboxes of these facts, as far as they are still there.
  func reports(of facts: [SandboxFacts]) throws(SandboxError) -> [SandboxReport] {
    let isConnected = facts.contains { !$0.connections.isEmpty }
    let links =
      isConnected ? try host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") } : []
    let linksByName = Dictionary(links.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    guard !facts.isEmpty else { return [] }
    let census = try system { () throws(SystemError) in try ProcessCensus() }
    let own = UserNamespace.own
    var reports: [SandboxReport] = []
    for facts in facts {
      let links = facts.connections.map { linksByName[$0.hostLink.text] }
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

  /// One sandbox, with its neighbours.
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

  /// What to do about a sandbox that is broken.
  func endOfBroken(_ name: NamespaceName) -> String {
    host.state.record(of: name) == host.state.createdRecord(of: name)
      ? "nsrun rm \(name.text.shellQuoted)" : "end its command"
  }

  private func hostLinks(of facts: SandboxFacts) throws(SandboxError) -> [Link?] {
    try facts.connections.map { connection throws(SandboxError) in
      try host.route { (route) throws(NetlinkError) in try route.link(named: connection.hostLink.text) }
    }
  }

  /// - Parameter own: this process's user namespace.
  private func report(
    _ facts: SandboxFacts, links: [Link?], _ census: borrowing ProcessCensus, _ own: FileIdentity?
  ) -> SandboxReport? {
    // In this order: a record that is gone now was that of a command which has ended since.
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
    if let namespace, let named = try? host.names.open(facts.name), (try? named.identity()) == namespace {
      isNamed = true
      if let own { isPrivileged = try? UserNamespace.ownerIdentity(of: named) == own }
    }
    let isWhole = isNamed && !links.contains(nil)
    let condition: SandboxReport.State
    if stays {
      let isLosing = !isWhole && SandboxRecord.isLocked(path)
      // Removed meanwhile, and perhaps another one made with its name.
      guard isWhole || isLosing || (try? RecordText.read(path)) == text else { return nil }
      condition = isWhole || isLosing ? .created : .broken
    } else {
      condition = isAlive ? (isWhole || !hasLost(namespace, census, facts) ? .running : .broken) : .stale
    }
    var facts = facts
    // Its owner may have stopped to masquerade the bridge.
    for (number, connection) in facts.connections.enumerated() where connection.translation == .host {
      guard let network = NetworkRecords(host).record(of: connection.bridge) else { continue }
      facts.connections[number].translation = network.translation
    }
    return SandboxReport(
      facts: facts, state: condition, isPrivileged: isPrivileged,
      isNamed: text.namespaceIdentity != nil, processes: processes(in: namespace, facts, census),
      traffic: links.map { $0?.statistics?.ofOtherEnd }, age: max(0, time(nil) - facts.createdAt))
  }

  private func processes(
    in namespace: FileIdentity?, _ facts: SandboxFacts, _ census: borrowing ProcessCensus
  ) -> [Int32] {
    guard let namespace, let inhabitants = InhabitantSearch(host).inhabitants(of: namespace, named: facts.name, census)
    else { return [] }
    return inhabitants.processes(in: census)
  }

  /// Whether a running sandbox that is not whole has been: one that is being made, or whose command has ended, lacks
  /// things too.
  private func hasLost(
    _ namespace: FileIdentity?, _ census: borrowing ProcessCensus, _ facts: SandboxFacts
  ) -> Bool {
    guard let namespace, let inside = census.open(namespace) else { return false }
    let isComplete = NamespaceSearch(host).isTagged(inside, facts.name)
    // Now that everything has been made it has to be there.
    return isComplete
      && (host.names.identity(of: facts.name) != namespace
        || (try? hostLinks(of: facts))?.contains(nil) == true)
  }

  private func neighbours(inside name: NamespaceName) throws(SandboxError) -> [SandboxReport.KnownNeighbour] {
    let namespace = try NamespaceSearch(host).namespace(named: name)
    // Somebody may have given the name to another one.
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
