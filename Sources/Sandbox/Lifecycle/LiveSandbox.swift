import Glibc
import Launch
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// A sandbox that this process is making or answers for. It must end in ``remove(from:isPatient:)`` or ``keep(on:)``;
/// dropped otherwise, it would be left behind, so its deinit traps.
struct LiveSandbox: ~Copyable {
  private(set) var facts: SandboxFacts
  var record: SandboxRecord
  private let liveness: LivenessTable
  /// The bridges of its networks, including those that it is not attached to yet.
  private let bridges: [InterfaceName]
  /// The rtnetlink connection inside the sandbox; opened when the namespace exists.
  var inside: RouteConnection?
  var namespace: FileIdentity?
  /// The network namespace, open once it has its name.
  var opened: NetworkNamespace?
  /// One for each connection.
  var attachments: [Attachment] = []
  private let parameters: [KernelParameter]
  private let routes: [RouteSpec]
  private var isResolved = false
  /// Whether macvlans inside could not be deleted.
  var hasLeftMacvlans = false
  /// In microseconds (``monotonicMicroseconds()``).
  let start = monotonicMicroseconds()
  /// The id of the first process inside.
  var firstProcess: Int32 = 0

  /// Whether a link with this MTU has IPv6 settings.
  static func hasIPv6(mtu: UInt32) -> Bool { mtu >= NetworkSpec.leastMTU6 && HostParameters.hasIPv6 }

  private init(
    facts: SandboxFacts, _ spec: SandboxSpec, record: consuming SandboxRecord, liveness: consuming LivenessTable
  ) {
    self.liveness = liveness
    self.facts = facts
    bridges = spec.connections.compactMap { $0.bridged?.bridge }
    parameters = spec.parameters
    routes = spec.routes
    self.record = record
  }

  deinit { precondition(isResolved, "a sandbox was left behind") }

  /// Writes the record of a new sandbox and leases an address on each of its bridges. From here on, everything that is
  /// made for it can be found and undone.
  static func begin(_ spec: SandboxSpec, on host: Host) throws(SandboxError) -> LiveSandbox {
    let facts = try facts(of: spec, on: host)
    var lock: StateDirectory.Lock? = try system { () throws(SystemError) in try host.state.lock(.shared) }
    let record: SandboxRecord
    let liveness: LivenessTable
    do throws(SystemError) { liveness = try LivenessTable(entering: host.state.attendance) } catch {
      lock = nil
      Teardown(host).leave([])
      throw .system(error)
    }
    var spec = spec
    let links: [Link?]
    do throws(SandboxError) {
      links = try Bridges(host).resolve(&spec)
      record = try SandboxRecord(
        facts, targets: spec.connections.map(\.target), ipv6: spec.ipv6, in: host.state)
    } catch {
      lock = nil
      liveness.leave()
      Teardown(host).leave([])
      throw error
    }
    var sandbox = LiveSandbox(facts: facts, spec, record: record, liveness: liveness)
    do throws(SandboxError) {
      try sandbox.attach(to: links, spec, host, &lock)
      if spec.isNamed { NameFiles(host).warn(sandbox.facts) }
    } catch {
      lock = nil
      sandbox.remove(from: host)
      throw error
    }
    _ = consume lock
    return sandbox
  }

  /// What is known of a sandbox before its networks are.
  /// - Throws: where its name is taken.
  static func facts(of spec: SandboxSpec, on host: Host) throws(SandboxError) -> SandboxFacts {
    if spec.gone.contains(spec.name) { return newFacts(of: spec) }
    if host.state.record(of: spec.name) != nil { throw SandboxRecord.taken(spec.name) }
    if FileIdentity(path: host.names.path(of: spec.name)) != nil || linkTarget(host.names.path(of: spec.name)) != nil {
      throw .refused(
        "the name '\(spec.name)' is taken: there is a network namespace of this name (ip netns list); choose another")
    }
    if let servers = spec.resolver.servers, servers.count > ResolverSpec.maximumServers {
      host.reporter.warn("--dns: of \(servers.count) servers only the first \(ResolverSpec.maximumServers) are asked")
    }
    return newFacts(of: spec)
  }

  private static func newFacts(of spec: SandboxSpec) -> SandboxFacts {
    SandboxFacts(
      name: spec.name, lifetime: spec.lifetime, maker: getpid(), createdAt: time(nil), hostname: spec.hostname,
      resolver: spec.resolver)
  }

  /// Attaches the sandbox to its networks, and makes networks that are missing.
  /// - Parameters:
  ///   - links: the bridges; nil for a bridge that does not exist.
  ///   - lock: the shared lock; exchanged for the exclusive one if something has to be made.
  private mutating func attach(
    to links: [Link?], _ spec: SandboxSpec, _ host: Host, _ lock: inout StateDirectory.Lock?
  ) throws(SandboxError) {
    let networks: [PlannedNetwork]
    if let standing = try BridgeNetworks(host).standing(spec, links) {
      networks = standing
    } else {
      lock = nil
      lock = try system { () throws(SystemError) in try host.state.lock(.exclusive) }
      networks = try BridgeNetworks(host).plan(spec, links)
    }
    for planned in networks {
      let attachment = try facts.connect(to: planned, for: spec, on: host) { (plan) throws(SandboxError) in
        try BridgeNetworks(host).make(plan) { HostResolvers().servers(for: spec.resolver, hostAddress: $0) }
      }
      attachments.append(attachment)
      try system { () throws(SystemError) in
        try record.append(facts.lines(ofConnection: facts.connections.count - 1))
      }
    }
    // Once more, now that others see what this one wants: of two at the same time at least one finds the other.
    try Macvlans(host).requireUnused(spec, links)
  }

  /// The steps that make the sandbox.
  var plan: SandboxPlan {
    SandboxPlan(facts, targets: attachments.map(\.target), routes: routes, parameters: parameters)
  }

  /// Executes the steps of the plan. `child` is in the namespace, or is about to make it.
  mutating func build(
    child: borrowing ChildProcess, signals: borrowing BlockedSignals, host: Host
  ) throws(SandboxError) {
    firstProcess = child.pid
    try HostsEntries(host).complete(bridges)
    for step in plan.steps {
      host.reporter.progress?("\(step)")
      switch step {
      case .addHostsLine(let one): try HostsEntries(host).add(one.entry, on: one.bridge)
      case .admit(let member): try Firewall(host).admit(member)
      case .name(let name): try self.name(name, child, host)
      case .connect(let pair): try connect(pair, host)
      case .createMacvlan(let connection): try Macvlans(host).create(connection, in: openDescriptor)
      case .configure(_, let routes): try configure(routes)
      case .set(let parameter): try set(parameter, host)
      }
      if let signal = EndSignal.pending { throw .interrupted(signal: signal) }
    }
    for (number, connection) in facts.connections.enumerated() {
      guard let connection = connection.bridged else { continue }
      try Readiness(host).wait(of: connection)
      if connection.inside.ipv6 != nil, let link = attachments[number].link {
        try Readiness(host).waitForIPv6(
          of: connection.inside, link: link, gateway: attachments[number].newGateway, &inside!)
      }
      if attachments[number].isAnnounced { try announce(connection, attachments[number], host) }
      // With IPv6, the kernel inside has sent a report to multicast routers. It repeats it some milliseconds later.
      guard attachments[number].isAnnounced || connection.inside.ipv6 != nil else { continue }
      attachments[number].announcements =
        (try? HostLinks(host).link(connection.hostLink))?.statistics?.received.packets ?? 0
    }
    try system { () throws(SystemError) in try record.append(RecordText([(SandboxRecord.ready, "yes")])) }
    // Close this socket early: the kernel releases the namespace some milliseconds after the last such socket is
    // closed.
    inside = nil
  }

  private mutating func name(
    _ name: NamespaceName, _ child: borrowing ChildProcess, _ host: Host
  ) throws(SandboxError) {
    do throws(LaunchError) { try child.checkpoint() } catch { throw .namespaceFailure(error) }
    let namespace: NetworkNamespace
    do throws(SystemError) {
      // Open it before the child enters its user namespace. After that, only a process with CAP_SYS_PTRACE can.
      namespace = try NetworkNamespace.ofProcess(child.pid)
    } catch {
      throw .launch(child.cause(of: error))
    }
    do throws(SystemError) {
      try? namespace.mark()
      // The child needs these values for its mount view.
      try child.permit(telling: [
        ("bridges", bridges.map(\.text).joined(separator: " ")),
        ("host-addresses", facts.naming.hostAddresses.map { "\($0)" }.joined(separator: " ")),
        ("families", facts.naming.families.map { "\($0.rawValue)" }.joined(separator: " ")),
      ])
      let identity = try namespace.identity()
      self.namespace = identity
      try record.append(RecordText([(SandboxRecord.namespace, identity.text)]))
      try host.names.attach(name, to: namespace)
      let tracer = host.reporter.tracer?.named("sandbox route")
      inside = try namespace.inside(home: host.home) { () throws(SystemError) in try RouteConnection(tracer: tracer) }
        .get()
      opened = consume namespace
    } catch {
      throw .system(error)
    }
  }

  /// The open namespace. Links are created in it by its descriptor: another program may have given its name to another
  /// namespace.
  private var openDescriptor: Int32 {
    mutating get {
      guard let namespace = opened?.raw else { preconditionFailure("the namespace is named before it is connected") }
      return namespace
    }
  }

  private mutating func connect(_ pair: SandboxPlan.VethPair, _ host: Host) throws(SandboxError) {
    var veth = LinkSpecification.veth(
      pair.hostLink,
      peer: .init(
        name: pair.interface, address: pair.mac, mtu: pair.mtu, namespace: .descriptor(openDescriptor),
        transmitQueues: 1))
    veth.address = pair.hostMAC
    veth.mtu = pair.hostMTU
    veth.master = pair.bridgeIndex
    veth.transmitQueues = 1
    var requests = RouteRequests()
    requests.create(veth)
    // A port needs no IPv6 address of its own. Without one, the kernel sends nothing through it by itself.
    requests.change(
      link: .named(pair.hostLink.text),
      LinkChanges(
        alias: pair.alias, addressGeneration: Self.hasIPv6(mtu: pair.hostMTU) ? AddressGenerationMode.none : nil,
        bridgePort: PortGuard.options),
      subject: pair.hostLink.text)
    do throws(SandboxError) { try host.perform(requests) } catch {
      guard error.netlinkErrno == EXFULL else { throw error }
      throw .refused("the bridge \(pair.bridge) has no port left: the kernel allows 1,023; use another bridge")
    }
    // Attach before the link is up: adding a qdisc to a link that is up waits until no packet passes without it
    // (dev_deactivate_many).
    let number = facts.connections.firstIndex { $0.bridged?.hostLink == pair.hostLink }
    try PortGuard(host).attach(pair.hostLink, isFirst: number.map { attachments[$0].isFirst } ?? false)
    var up = RouteRequests()
    up.change(link: .named(pair.hostLink.text), LinkChanges(isUp: true), subject: pair.hostLink.text)
    try host.perform(up)
  }

  /// Leaves the sandbox in place after the end of this process.
  /// - Throws: if that fails; the sandbox is then removed.
  consuming func keep(on host: Host) throws(SandboxError) -> SandboxFacts {
    let facts = facts
    do throws(SystemError) { try record.keep(in: host.state) } catch {
      remove(from: host)
      throw .system(error)
    }
    isResolved = true
    liveness.leave()
    return facts
  }

  /// Undoes everything that was done for the sandbox. Reports failures and goes on.
  /// - Parameter isPatient: whether to wait until data sent from inside has arrived.
  consuming func remove(from host: Host, isPatient: Bool = false) {
    isResolved = true
    // Without the name, no other nsrun can join while this one looks for processes inside.
    var isNamed = false
    if let namespace {
      isNamed = !host.report { () throws(SandboxError) in try Teardown(host).removeName(of: facts, namespace) }
    }
    let isDying = isVacated(host, isPatient: isPatient) && !isNamed
    opened = nil
    var lock = Teardown(host).lockToLeave(facts)
    let isUndone = Teardown(host).undo(facts, namespace: isNamed ? namespace : nil, isDying: isDying)
    // If something could not be undone, the record stays. It is stale once this process ends, so the next nsrun tries
    // again.
    let senders = zip(facts.connections, attachments).filter { $1.mayHaveFlows }.compactMap { $0.0.bridged }
    guard isUndone, !hasLeftMacvlans, host.report({ () throws(SandboxError) in try Flows(host).end(of: senders) })
    else { return }
    let wasRecorded = Teardown(host).close(
      record, bridges: bridges, connections: facts.bridgeConnections, holding: &lock)
    // Another program has deleted records. Only a search finds what they named; the last sandbox must do it at the
    // latest.
    if !wasRecorded { _ = try? UnrecordedObjects(host).remove(all: false, isDryRun: false) }
    // If the record is left, this process stays in the liveness table, and its mark makes the next nsrun remove the
    // record.
    if access(record.path, F_OK) != 0 { liveness.leave() }
  }
}
