import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import Network
import RouteNetlink

/// The present state of a sandbox, from its record and from the kernel.
public struct SandboxReport: Sendable {
  /// A neighbour known to the kernel inside.
  public struct KnownNeighbour: Sendable {
    public var address: IPAddress
    public var mac: MACAddress?
    public var state: String
  }

  public var facts: SandboxFacts
  public var state: SandboxState
  /// Whether commands inside have privileges over the host, because this process's user namespace owns the network
  /// namespace; nil if unknown.
  public var isPrivileged: Bool?
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
    guard !facts.isEmpty else { return [] }
    let conditions = SandboxConditions(host)
    let links = try conditions.hostLinks(of: facts)
    let census = try system { () throws(SystemError) in try ProcessCensus() }
    var reports: [SandboxReport] = []
    for condition in conditions.all(of: facts, links, census) { reports.append(report(on: condition, census)) }
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
    let conditions = SandboxConditions(host)
    let links = try conditions.hostLinks(of: facts)
    let census = try system { () throws(SystemError) in try ProcessCensus() }
    guard let condition = conditions.condition(of: facts, links, census) else {
      throw .refused("the sandbox '\(name)' has just gone")
    }
    var report = report(on: condition, census)
    if !facts.connections.isEmpty { report.neighbours = (try? neighbours(inside: name)) ?? [] }
    return report
  }

  private func report(on condition: SandboxCondition, _ census: borrowing ProcessCensus) -> SandboxReport {
    SandboxReport(
      facts: condition.facts, state: condition.state, isPrivileged: condition.isPrivileged,
      processes: processes(in: condition.namespace, condition.facts, census),
      traffic: condition.links.map { $0?.statistics?.ofOtherEnd }, age: max(0, time(nil) - condition.facts.createdAt))
  }

  private func processes(
    in namespace: FileIdentity?, _ facts: SandboxFacts, _ census: borrowing ProcessCensus
  ) -> [Int32] {
    guard let namespace, let inhabitants = InhabitantSearch(host).inhabitants(of: namespace, named: facts.name, census)
    else { return [] }
    return inhabitants.processes(in: census)
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
