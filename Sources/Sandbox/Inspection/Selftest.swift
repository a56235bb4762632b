import Glibc
import Launch
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import Network
import RouteNetlink

/// Runs the main job on a private host with a simulated internet, both made of namespaces, with the code of a real
/// launch. It needs no network and does not change the machine: this process moves into namespaces that end with it.
public struct Selftest {
  /// One step of the test.
  public struct Step: Sendable {
    public var name: String
    /// In microseconds.
    public var duration: Int64
    /// nil if the step succeeded.
    public var failure: String?
  }

  /// The address of the simulated internet.
  public static let internetAddress = IPAddress("8.8.8.8")!

  private let reporter: Reporter
  /// Returns the command that sends `count` echo requests to an address, and exits with 0 if all are answered.
  private let probe: (_ address: IPAddress, _ count: Int) -> Command
  private let onStep: (Step) -> Void

  public init(
    reporter: Reporter, probe: @escaping (_ address: IPAddress, _ count: Int) -> Command,
    onStep: @escaping (Step) -> Void
  ) {
    self.reporter = reporter
    self.probe = probe
    self.onStep = onStep
  }

  /// Runs the steps, and stops at the first that fails. Afterwards this process is in other namespaces.
  /// - Returns: whether all steps succeeded.
  public func run() throws(SandboxError) -> Bool {
    let signals = BlockedSignals()
    var internet: ChildProcess?
    defer { internet?.end() }
    let bridge = try! InterfaceName("br0")
    let isReady =
      step("make a private host") { () throws(SandboxError) in try makeHost() }
      && step("connect a simulated internet with it") { () throws(SandboxError) in
        internet = try connectInternet(signals)
      }
    guard isReady else { return false }
    let host = try Host(reporter: reporter)
    let before = try snapshot(host)
    let spec = try NetworkSpec(bridge: bridge)
    let names = (try! NamespaceName("first"), try! NamespaceName("second"))
    var first: SandboxFacts?
    return step("run: three packets to \(Self.internetAddress) and back, by veth, bridge and masquerade") {
      () throws(SandboxError) in
      let sandbox = SandboxSpec(AttachmentSpec(name: nil, lifetime: .run, connections: [.bridge(spec)]))
      try check(try Sandboxes(host).run(sandbox, probe(Self.internetAddress, 3), keeps: false))
    }
      && step("create: a sandbox that stays") { () throws(SandboxError) in
        let sandbox = AttachmentSpec(name: names.0, lifetime: .create, connections: [.bridge(spec)])
        first = try Sandboxes(host).create(SandboxSpec(sandbox))
      }
      && step("run: a packet to the other sandbox on the bridge and back") { () throws(SandboxError) in
        guard let address = first?.connections.first?.inside.address.address else { return }
        let sandbox = SandboxSpec(AttachmentSpec(name: names.1, lifetime: .run, connections: [.bridge(spec)]))
        try check(try Sandboxes(host).run(sandbox, probe(address, 1), keeps: false))
      }
      && step("rm: the sandbox that stayed") { () throws(SandboxError) in
        if let failure = try Removal(host).remove([names.0]).first { throw failure }
      }
      && step("nothing is left: names, links, rules, records, forwarding") { () throws(SandboxError) in
        try awaitSnapshot(before, of: host)
      }
  }

  private func step(_ name: String, _ body: () throws(SandboxError) -> Void) -> Bool {
    let start = monotonicMicroseconds()
    var failure: String?
    do throws(SandboxError) { try body() } catch { failure = "\(error)" }
    onStep(Step(name: name, duration: monotonicMicroseconds() - start, failure: failure))
    return failure == nil
  }

  private func check(_ status: ExitStatus) throws(SandboxError) {
    guard status.code == 0 else { throw .refused("no answer: the command ended with \(status.code)") }
  }

  /// Moves this process into a new network namespace and a new mount namespace, in which /run is empty.
  private func makeHost() throws(SandboxError) {
    try system { () throws(SystemError) in
      try NetworkNamespace.unshare()
      try MountView.isolate()
      try mount("tmpfs", on: "/run", type: "tmpfs", [])
    }
    var requests = RouteRequests()
    requests.change(link: .index(1), LinkChanges(isUp: true), subject: "lo")
    try requests.performHere()
  }

  /// Makes a namespace that answers at ``internetAddress``, and connects it to this one by a veth pair.
  private func connectInternet(_ signals: borrowing BlockedSignals) throws(SandboxError) -> ChildProcess {
    let (outer, inner) = (try! InterfaceName("up0"), try! InterfaceName("isp0"))
    let child = try system { () throws(SystemError) in
      try ChildProcess(signals: signals, command: nil) { (parent) throws(SystemError) in
        try NetworkNamespace.unshare()
        parent.reachCheckpoint()
      }
    }
    do throws(SandboxError) {
      try launch { () throws(LaunchError) in try child.checkpoint() }
      var requests = RouteRequests()
      requests.create(.veth(outer, peer: .init(name: inner, namespace: .process(child.pid))))
      try requests.performHere()
      let internet = try system { () throws(SystemError) in try NetworkNamespace.ofProcess(child.pid) }
      let home = try system { () throws(SystemError) in try NetworkNamespace.current() }
      // Configure the internet's end first. The kernel drops packets until it has noticed that the other end of a link
      // is up. The end that comes up last need not wait for that.
      try system { () throws(SystemError) in
        try internet.inside(home: home) { () throws(SandboxError) in
          try configure(
            [("lo", IPNetwork(Self.internetAddress)), (inner.text, IPNetwork("192.0.2.1/24")!)], gateway: nil)
        }
      }.get()
      try configure([(outer.text, IPNetwork("192.0.2.2/24")!)], gateway: IPAddress("192.0.2.1"))
    } catch {
      child.end()
      throw error
    }
    return child
  }

  /// Gives links in this thread's namespace an address each, and sets them up.
  private func configure(_ links: [(name: String, address: IPNetwork)], gateway: IPAddress?) throws(SandboxError) {
    var route = try system { () throws(SystemError) in try RouteConnection() }
    do throws(NetlinkError) {
      var requests = RouteRequests()
      for (name, address) in links {
        guard let index = try route.link(named: name)?.index else { continue }
        requests.add(LinkAddress(address, link: index, broadcast: address.broadcast))
        requests.change(link: .index(index), LinkChanges(isUp: true), subject: name)
        if let gateway { requests.add(Route(to: nil, family: .inet, via: gateway, link: index)) }
      }
      try route.perform(requests)
    } catch {
      throw .netlink(error)
    }
  }

  // MARK: What is left

  private struct Snapshot: Equatable {
    var links: Set<String>
    var names: [NamespaceName]
    var tables: [String]
    var hasState: Bool
    var isForwarding: Bool
  }

  private func snapshot(_ host: Host) throws(SandboxError) -> Snapshot {
    let links = try host.route { (route) throws(NetlinkError) in try route.links() }
    let tables = try host.nftables { (nft) throws(NetlinkError) in try nft.tables() }
    return Snapshot(
      links: Set(links.map(\.name)),
      names: try system { () throws(SystemError) in try host.names.names() },
      tables: tables.map { "\($0)" },
      hasState: FileIdentity(path: host.state.path) != nil,
      isForwarding: try system { () throws(SystemError) in try HostParameters.isForwarding(.inet) })
  }

  /// Waits until the host is as before: the kernel removes a veth pair some milliseconds after its namespace.
  private func awaitSnapshot(_ expected: Snapshot, of host: Host) throws(SandboxError) {
    let limit = monotonicMicroseconds() + 2_000_000
    for look in 0... {
      let now = try snapshot(host)
      if now == expected { return }
      // On a busy machine, the kernel's work queues wait for the processor as well.
      guard monotonicMicroseconds() < limit || look < 400 else { throw .refused("before: \(expected); now: \(now)") }
      usleep(5000)
    }
  }
}
