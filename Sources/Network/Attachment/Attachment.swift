import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// The network of a sandbox that this process is making or answers for. It must end in ``remove(from:isPatient:)`` or
/// ``keep(on:)``; dropped otherwise, it would be left behind, so its deinit traps.
package struct Attachment: ~Copyable {
  package private(set) var facts: SandboxFacts
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
  var links: [AttachedLink] = []
  private let parameters: [KernelParameter]
  private let routes: [RouteSpec]
  private var isResolved = false
  /// Whether links on links of the host could not be deleted.
  var hasLeftUpperLinks = false
  /// In microseconds (``monotonicMicroseconds()``).
  let start = monotonicMicroseconds()
  let ending: Ending

  /// What its maker does when it is removed.
  package struct Ending {
    /// Ends the processes in the namespace. By then no other nsrun joins.
    /// - Parameter hasGrown: whether another nsrun has noted in the record that it joined.
    /// - Returns: how many were found there.
    let endProcesses: (_ namespace: borrowing NetworkNamespace, FileIdentity, _ hasGrown: Bool) -> Int
    /// Searches for what is in no record, because another program has deleted records.
    let removeUnrecorded: () -> Void

    package init(
      endProcesses: @escaping (_ namespace: borrowing NetworkNamespace, FileIdentity, _ hasGrown: Bool) -> Int,
      removeUnrecorded: @escaping () -> Void
    ) {
      self.endProcesses = endProcesses
      self.removeUnrecorded = removeUnrecorded
    }
  }

  private init(
    facts: SandboxFacts, _ spec: AttachmentSpec, record: consuming SandboxRecord, liveness: consuming LivenessTable,
    _ ending: Ending
  ) {
    self.liveness = liveness
    self.facts = facts
    bridges = spec.connections.compactMap { $0.bridged?.bridge }
    parameters = spec.parameters
    routes = spec.routes
    self.record = record
    self.ending = ending
  }

  deinit { precondition(isResolved, "a sandbox was left behind") }

  /// Writes the record of a new sandbox and leases an address on each of its bridges. From here on, everything that is
  /// made for it can be found and undone.
  package static func begin(
    _ spec: AttachmentSpec, on host: Host, ending: Ending
  ) throws(NetworkError) -> Attachment {
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
    do throws(NetworkError) {
      links = try Bridges(host).resolve(&spec)
      record = try SandboxRecord(facts, targets: spec.connections.map(\.target), ipv6: spec.ipv6, in: host.state)
    } catch {
      lock = nil
      liveness.leave()
      Teardown(host).leave([])
      throw error
    }
    var attachment = Attachment(facts: facts, spec, record: record, liveness: liveness, ending)
    do throws(NetworkError) { try attachment.attach(to: links, spec, host, &lock) } catch {
      lock = nil
      attachment.remove(from: host)
      throw error
    }
    _ = consume lock
    return attachment
  }

  /// What is known of a sandbox before its networks are.
  /// - Throws: where its name is taken.
  private static func facts(of spec: AttachmentSpec, on host: Host) throws(NetworkError) -> SandboxFacts {
    if !spec.gone.contains(spec.name) {
      if host.state.record(of: spec.name) != nil { throw SandboxRecord.taken(spec.name) }
      let path = host.names.path(of: spec.name)
      if FileIdentity(path: path) != nil || linkTarget(path) != nil {
        throw .refused(
          "the name '\(spec.name)' is taken: there is a network namespace of this name (ip netns list); choose another")
      }
    }
    return SandboxFacts(
      name: spec.name, lifetime: spec.lifetime, maker: getpid(), createdAt: time(nil), hostname: spec.hostname,
      resolver: spec.resolver)
  }

  /// What would be done for a sandbox, step by step, for people. Changes nothing.
  package static func plan(_ spec: AttachmentSpec, on host: Host) throws(NetworkError) -> [String] {
    var spec = spec
    let lock = try system { () throws(SystemError) in try host.state.lockIfPresent(.shared) }
    var facts = try facts(of: spec, on: host)
    let links = try Bridges(host).resolve(&spec)
    var steps: [String] = []
    var targets: [(index: UInt32, mtu: UInt32)] = []
    for planned in try BridgeNetworks(host).plan(spec, links) {
      let link = try facts.connect(to: planned, for: spec, on: host) { plan in
        steps += (plan.steps + plan.ruleSteps).map { "\($0)" }
        return plan.network
      }
      targets.append(link.target)
    }
    _ = consume lock
    return steps
      + SandboxPlan(facts, targets: targets, routes: spec.routes, parameters: spec.parameters).steps.map { "\($0)" }
  }

  /// Attaches the sandbox to its networks, and makes networks that are missing.
  /// - Parameters:
  ///   - links: the bridges; nil for a bridge that does not exist.
  ///   - lock: the shared lock; exchanged for the exclusive one if something has to be made.
  private mutating func attach(
    to links: [Link?], _ spec: AttachmentSpec, _ host: Host, _ lock: inout StateDirectory.Lock?
  ) throws(NetworkError) {
    let networks: [PlannedNetwork]
    if let standing = try BridgeNetworks(host).standing(spec, links) {
      networks = standing
    } else {
      lock = nil
      lock = try system { () throws(SystemError) in try host.state.lock(.exclusive) }
      networks = try BridgeNetworks(host).plan(spec, links)
    }
    for planned in networks {
      let link = try facts.connect(to: planned, for: spec, on: host) { (plan) throws(NetworkError) in
        try BridgeNetworks(host).make(plan, spec.nameServers)
      }
      self.links.append(link)
      try system { () throws(SystemError) in
        try record.append(facts.lines(ofConnection: facts.connections.count - 1))
      }
    }
    // Once more, now that others see what this one wants: of two at the same time at least one finds the other.
    try UpperLinks(host).requireUnused(spec, links)
  }

  /// The steps that make the sandbox.
  private var plan: SandboxPlan {
    SandboxPlan(facts, targets: links.map(\.target), routes: routes, parameters: parameters)
  }

  /// Executes the steps of the plan.
  /// - Parameter namespace: gives the network namespace, when the step that names it is due.
  package mutating func build(
    on host: Host, in namespace: (SandboxFacts) throws(NetworkError) -> NetworkNamespace
  ) throws(NetworkError) {
    try HostsEntries(host).complete(bridges)
    for step in plan.steps {
      host.reporter.progress?("\(step)")
      switch step {
      case .addHostsLine(let one): try HostsEntries(host).add(one.entry, on: one.bridge)
      case .admit(let member): try Firewall(host).admit(member)
      case .name: try name(try namespace(facts), host)
      case .connect(let pair): try connect(pair, host)
      case .create(let connection): try UpperLinks(host).create(connection, in: openDescriptor)
      case .configure(_, let routes): try configure(routes)
      case .set(let parameter): try set(parameter, host)
      }
      if let signal = EndSignal.pending { throw .interrupted(signal: signal) }
    }
    for (number, connection) in facts.connections.enumerated() {
      guard let connection = connection.bridged else { continue }
      try Readiness(host).wait(of: connection)
      if connection.inside.ipv6 != nil, let link = links[number].link {
        try Readiness(host).waitForIPv6(
          of: connection.inside, link: link, gateway: links[number].newGateway, &inside!)
      }
      if links[number].isAnnounced { try announce(connection, links[number], host) }
      // With IPv6, the kernel inside has sent a report to multicast routers. It repeats it some milliseconds later.
      guard links[number].isAnnounced || connection.inside.ipv6 != nil else { continue }
      links[number].announcements =
        (try? HostLinks(host).link(connection.hostLink))?.statistics?.received.packets ?? 0
    }
    try system { () throws(SystemError) in try record.append(RecordText([(SandboxRecord.ready, "yes")])) }
    // Close this socket early: the kernel releases the namespace some milliseconds after the last such socket is
    // closed.
    inside = nil
  }

  private mutating func name(_ namespace: consuming NetworkNamespace, _ host: Host) throws(NetworkError) {
    do throws(SystemError) {
      try? namespace.mark()
      let identity = try namespace.identity()
      self.namespace = identity
      try record.append(RecordText([(SandboxRecord.namespace, identity.text)]))
      try host.names.attach(facts.name, to: namespace)
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

  private mutating func connect(_ pair: SandboxPlan.VethPair, _ host: Host) throws(NetworkError) {
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
        alias: pair.alias,
        addressGeneration: HostParameters.hasIPv6(mtu: pair.hostMTU) ? AddressGenerationMode.none : nil,
        bridgePort: PortGuard.options),
      subject: pair.hostLink.text)
    do throws(NetworkError) { try host.perform(requests) } catch {
      guard error.netlinkErrno == EXFULL else { throw error }
      throw .refused("the bridge \(pair.bridge) has no port left: the kernel allows 1,023; use another bridge")
    }
    // Attach before the link is up: adding a qdisc to a link that is up waits until no packet passes without it
    // (dev_deactivate_many).
    let number = facts.connections.firstIndex { $0.bridged?.hostLink == pair.hostLink }
    try PortGuard(host).attach(pair.hostLink, isFirst: number.map { links[$0].isFirst } ?? false)
    var up = RouteRequests()
    up.change(link: .named(pair.hostLink.text), LinkChanges(isUp: true), subject: pair.hostLink.text)
    try host.perform(up)
  }

  /// Leaves the sandbox in place after the end of this process.
  /// - Throws: if that fails; the sandbox is then removed.
  package consuming func keep(on host: Host) throws(NetworkError) -> SandboxFacts {
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
  package consuming func remove(from host: Host, isPatient: Bool = false) {
    isResolved = true
    // Without the name, no other nsrun can join while this one looks for processes inside.
    var isNamed = false
    if let namespace {
      isNamed = !host.report { () throws(NetworkError) in try Teardown(host).removeName(of: facts, namespace) }
    }
    let isDying = isVacated(host, isPatient: isPatient) && !isNamed
    opened = nil
    var lock = Teardown(host).lockToLeave(facts)
    let isUndone = Teardown(host).undo(facts, namespace: isNamed ? namespace : nil, isDying: isDying)
    // If something could not be undone, the record stays. It is stale once this process ends, so the next nsrun tries
    // again.
    let senders = zip(facts.connections, links).filter { $1.mayHaveFlows }.compactMap { $0.0.bridged }
    guard isUndone, !hasLeftUpperLinks, host.report({ () throws(NetworkError) in try Flows(host).end(of: senders) })
    else { return }
    let wasRecorded = Teardown(host).close(
      record, bridges: bridges, connections: facts.bridgeConnections, holding: &lock)
    // Only a search finds what deleted records named; the last sandbox must do it at the latest.
    if !wasRecorded { ending.removeUnrecorded() }
    // If the record is left, this process stays in the liveness table, and its mark makes the next nsrun remove the
    // record.
    if access(record.path, F_OK) != 0 { liveness.leave() }
  }
}
