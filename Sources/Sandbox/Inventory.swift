import Glibc
import LinuxSystem
import Namespaces
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
    /// Somebody deleted its namespace or its link.
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
  /// The processes inside, in ascending order.
  public var processes: [Int32]
  /// What has gone in and out, as seen from inside; nil without a connection.
  public var traffic: LinkStatistics?
  /// In seconds.
  public var age: Int
  /// Only looked up for one sandbox at a time.
  public var neighbours: [KnownNeighbour] = []
}

extension Host {
  /// All sandboxes, by name. What takes a look at the whole machine is done once for all of them.
  public func reports() throws(SandboxError) -> [SandboxReport] {
    if FileIdentity(path: state.path) == nil, access(state.root, F_OK) == 0, access(state.root, X_OK) != 0 {
      throw .refused("only root may look at \(state.root): use sudo nsrun")
    }
    let facts = try sandboxRecords()
    let isConnected = facts.contains { $0.connection != nil }
    let links =
      isConnected ? try route { (route) throws(NetlinkError) in try route.links(kind: "veth") } : []
    let linksByName = Dictionary(links.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let processes = facts.isEmpty ? [:] : try system { () throws(SystemError) in try processesByNamespace() }
    return facts.compactMap { facts in
      report(facts, link: facts.connection.flatMap { linksByName[$0.hostLink.text] }) { processes[$0] ?? [] }
    }
  }

  /// One sandbox, with its neighbours.
  public func report(on name: NamespaceName) throws(SandboxError) -> SandboxReport {
    guard let path = state.record(of: name) else {
      throw .refused("there is no sandbox named '\(name)': nsrun list shows them")
    }
    guard let facts = SandboxFacts(try RecordText.read(path)) else { throw .damaged(path) }
    var link: Link?
    if let hostLink = facts.connection?.hostLink {
      link = try route { (route) throws(NetlinkError) in try route.link(named: hostLink.text) }
    }
    guard var report = report(facts, link: link, processes: { (try? processes(in: $0)) ?? [] }) else {
      throw .refused("the sandbox '\(name)' has just gone")
    }
    if facts.connection != nil { report.neighbours = (try? neighbours(inside: name)) ?? [] }
    return report
  }

  private func report(
    _ facts: SandboxFacts, link: Link?, processes: (FileIdentity) -> [Int32]
  ) -> SandboxReport? {
    // In this order: a record that is gone now was that of a command which has ended since.
    let isAttended = SandboxRecord.isAttended(facts.name, in: state)
    guard let path = state.record(of: facts.name), let text = try? RecordText.read(path) else { return nil }
    let stays = path == state.createdRecord(of: facts.name)
    var namespace = inspect(facts.name)
    if namespace?.identity.text != text.namespaceIdentity { namespace = nil }
    let isWhole = namespace != nil && (facts.connection == nil || link != nil)
    let condition: SandboxReport.State =
      stays ? (isWhole ? .created : .broken) : isAttended ? .running : .stale
    return SandboxReport(
      facts: facts, state: condition, isPrivileged: namespace?.isPrivileged,
      processes: namespace.map { processes($0.identity) } ?? [], traffic: link?.statistics?.ofOtherEnd,
      age: max(0, time(nil) - facts.createdAt))
  }

  /// What the namespace of a name is, and whether it is owned by what this process is in; nil where there is none.
  private func inspect(_ name: NamespaceName) -> (identity: FileIdentity, isPrivileged: Bool?)? {
    guard let namespace = try? names.open(name), let identity = try? namespace.identity() else { return nil }
    do throws(SystemError) {
      let owner = try UserNamespace.owner(of: namespace)
      return (identity, owner == nil)
    } catch {
      return (identity, nil)
    }
  }

  private func neighbours(inside name: NamespaceName) throws(SandboxError) -> [SandboxReport.KnownNeighbour] {
    let namespace = try namespace(named: name)
    let tracer = reporter.tracer?.named("sandbox route")
    let found = try system { () throws(SystemError) in
      try namespace.inside(home: home) { () throws(SandboxError) in
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
