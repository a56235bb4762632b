import Glibc
import Launch
import LinuxSystem
import NFTables
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// A sandbox that this process is making or answers for. It ends in ``remove(from:)`` or ``keep()``; one that is dropped
/// otherwise would be left behind.
struct LiveSandbox: ~Copyable {
  private(set) var facts: SandboxFacts
  var record: SandboxRecord
  private let liveness: LivenessTable
  /// The bridges it is, or was about to be, on.
  private let bridges: [InterfaceName]
  /// Talks to the kernel inside the sandbox; opened when the namespace is there.
  var inside: RouteConnection?
  var namespace: FileIdentity?
  /// Open from the namespace's naming on.
  var opened: NetworkNamespace?
  /// One for each connection.
  var attachments: [Attachment] = []
  private let parameters: [KernelParameter]
  private var isResolved = false
  /// In microseconds (``monotonicMicroseconds()``).
  let start = monotonicMicroseconds()
  /// The number of the first process inside.
  var firstProcess: Int32 = 0

  /// What is known of one of its connections, besides.
  struct Attachment {
    let network: BridgeNetwork
    /// Whether something had to be made for the network.
    let isFirst: Bool
    /// Whether neighbours are to be told its address.
    let isAnnounced: Bool
    /// The index of the link inside.
    var link: UInt32?
    /// How many packets its kernel has sent by itself when the command starts.
    var announcements: UInt64 = 0
    var mayHaveFlows = true
  }

  /// Whether a link of this MTU has IPv6, if the kernel has: below 1280 bytes (RFC 8200) nothing about it can be set.
  private static func hasIPv6(mtu: UInt32) -> Bool { mtu >= 1280 && FileIdentity(path: "/proc/sys/net/ipv6") != nil }

  private init(
    facts: SandboxFacts, _ spec: SandboxSpec, record: consuming SandboxRecord, liveness: consuming LivenessTable
  ) {
    self.liveness = liveness
    self.facts = facts
    bridges = spec.networks.map(\.bridge)
    parameters = spec.parameters
    self.record = record
  }

  deinit { precondition(isResolved, "a sandbox was left behind") }

  /// Writes the record of a new sandbox and, on a bridge, leases an address there: from here on everything that is made for
  /// it can be found and undone.
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
      record = try SandboxRecord(facts, bridges: spec.networks.map(\.bridge), in: host.state)
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
    if host.state.record(of: spec.name) != nil { throw SandboxRecord.taken(spec.name) }
    if FileIdentity(path: host.names.path(of: spec.name)) != nil || linkTarget(host.names.path(of: spec.name)) != nil {
      throw .refused(
        "the name '\(spec.name)' is taken: there is a network namespace of this name (ip netns list); choose another")
    }
    if let servers = spec.resolver.servers, servers.count > ResolverSpec.maximumServers {
      host.reporter.warn("--dns: of \(servers.count) servers only the first \(ResolverSpec.maximumServers) are asked")
    }
    return SandboxFacts(
      name: spec.name, lifetime: spec.lifetime, maker: getpid(), createdAt: time(nil), hostname: spec.hostname,
      resolver: spec.resolver)
  }

  /// Attaches it to its networks, which are made where they are missing.
  /// - Parameters:
  ///   - links: the bridges; nil where there is none.
  ///   - lock: the shared one, which is exchanged for the exclusive one where something has to be made.
  private mutating func attach(
    to links: [Link?], _ spec: SandboxSpec, _ host: Host, _ lock: inout StateDirectory.Lock?
  ) throws(SandboxError) {
    var isExclusive = false
    for (wanted, link) in zip(spec.networks, links) {
      if let network = try BridgeNetworks(host).standing(wanted, link) {
        try attach(to: network, wanted, spec, isFirst: false, host)
        continue
      }
      if !isExclusive {
        lock = nil
        lock = try system { () throws(SystemError) in try host.state.lock(.exclusive) }
        isExclusive = true
      }
      // Somebody else may have made it while this waited.
      let link = try Bridges(host).link(wanted.bridge)
      let standing = try BridgeNetworks(host).standing(wanted, link)
      let network =
        if let standing { standing } else {
          try BridgeNetworks(host).make(BridgeNetworks(host).plan(wanted, link), spec.resolver)
        }
      try attach(to: network, wanted, spec, isFirst: standing == nil, host)
    }
  }

  private mutating func attach(
    to network: BridgeNetwork, _ wanted: NetworkSpec, _ spec: SandboxSpec, isFirst: Bool, _ host: Host
  ) throws(SandboxError) {
    if wanted.egress == .routed, network.translation == .host {
      host.reporter.warn("--no-nat: rules of this host masquerade what leaves \(network.bridge) all the same")
    }
    let assigned = try AddressPool(host).assign(on: network, wanted, for: spec)
    let number = facts.connections.count
    attachments.append(
      Attachment(network: network, isFirst: isFirst, isAnnounced: wanted.isAnnounced || assigned.hasStrangers))
    facts.connect(to: network, wanted, assigned, isPlanned: false)
    try system { () throws(SystemError) in try record.append(facts.lines(ofConnection: number)) }
  }

  /// What is to be done for it.
  var plan: SandboxPlan {
    SandboxPlan(facts, bridges: attachments.map { ($0.network.index, $0.network.mtu) }, parameters: parameters)
  }

  /// Takes the steps of the plan. `child` is in the namespace, or on its way there.
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
      case .configure: try configure()
      case .set(let parameter): try set(parameter, host)
      }
      if let signal = EndSignal.pending { throw .launch(.ended(.signaled(signal))) }
    }
    for (number, connection) in facts.connections.enumerated() {
      try Readiness(host).wait(of: connection)
      guard attachments[number].isAnnounced else { continue }
      try announce(connection, attachments[number])
      attachments[number].announcements =
        (try? HostLinks(host).link(connection.hostLink))?.statistics?.received.packets ?? 0
    }
    // The kernel lets go of a namespace some milliseconds after such a socket is closed.
    inside = nil
  }

  private mutating func name(
    _ name: NamespaceName, _ child: borrowing ChildProcess, _ host: Host
  ) throws(SandboxError) {
    do throws(LaunchError) { try child.checkpoint() } catch { throw .namespaceFailure(error) }
    let namespace: NetworkNamespace
    do throws(SystemError) {
      // Before the child goes on into its user namespace, where only who may trace everything looks into it.
      namespace = try NetworkNamespace.ofProcess(child.pid)
    } catch {
      throw .launch(child.cause(of: error))
    }
    do throws(SystemError) {
      try? namespace.mark()
      // The child needs it for its view.
      try child.permit(telling: [
        ("bridges", bridges.map(\.text).joined(separator: " ")),
        ("host-address", facts.connections.first?.hostAddress?.description),
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

  private mutating func connect(_ pair: SandboxPlan.VethPair, _ host: Host) throws(SandboxError) {
    // By the descriptor: the name may be somebody else's by now.
    guard let namespace = opened?.raw else { preconditionFailure("the namespace is named before it is connected") }
    var veth = LinkSpecification.veth(
      pair.hostLink,
      peer: .init(
        name: pair.interface, address: pair.mac, mtu: pair.mtu, namespace: .descriptor(namespace),
        transmitQueues: 1))
    veth.address = pair.hostMAC
    veth.mtu = pair.hostMTU
    veth.master = pair.bridgeIndex
    veth.transmitQueues = 1
    var requests = RouteRequests()
    requests.create(veth)
    // A port of a bridge needs no address of its own, and without one sends nothing by itself.
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
    // A qdisc that is added to a link that is up waits until nothing passes by without it (dev_deactivate_many).
    try PortGuard(host).attach(
      pair.hostLink, isFirst: attachments.first { $0.network.bridge == pair.bridge }?.isFirst ?? false)
    var up = RouteRequests()
    up.change(link: .named(pair.hostLink.text), LinkChanges(isUp: true), subject: pair.hostLink.text)
    try host.perform(up)
  }

  private mutating func configure() throws(SandboxError) {
    do throws(NetlinkError) {
      var requests = RouteRequests()
      requests.change(
        link: .index(1), LinkChanges(isUp: true, alias: Tag.link(of: facts.name), ipv4: SysctlDefaults.link),
        subject: "lo")
      for (number, connection) in facts.connections.enumerated() {
        let name = connection.interface.text
        // Only lo is there for certain before it: other modules put links of their own into every new namespace.
        guard let index = try inside!.link(named: name)?.index else {
          throw NetlinkError(operation: "find link", subject: name, errno: ENODEV)
        }
        attachments[number].link = index
        let ipv4 = SysctlDefaults.link + (attachments[number].isAnnounced ? [IPv4LinkSetting(.arpNotify, 1)] : [])
        // No link-local addresses: nobody has asked for IPv6, and each would send multicast packets, which the bridge
        // copies to every sandbox, and wait a second or two for duplicates to answer. IPv6 on lo works. The kernel
        // parameter would say it for all links, but to write it is to try for the lock of all links again and again.
        let addressGeneration = Self.hasIPv6(mtu: connection.mtu) ? AddressGenerationMode.none : nil
        requests.change(
          link: .index(index), LinkChanges(addressGeneration: addressGeneration, ipv4: ipv4), subject: name)
        requests.add(LinkAddress(connection.address, link: index, broadcast: connection.address.broadcast))
        requests.change(link: .index(index), LinkChanges(isUp: true), subject: name)
        for route in routes(of: connection, link: index, isFirst: number == 0) { requests.add(route) }
      }
      try inside!.perform(requests)
    } catch {
      throw .netlink(error)
    }
  }

  private func routes(of connection: SandboxFacts.Connection, link: UInt32, isFirst: Bool) -> [Route] {
    if let gateway = connection.gateway { return [Route(to: nil, family: .inet, via: gateway, link: link)] }
    guard isFirst, facts.connections.allSatisfy({ $0.gateway == nil }) else { return [] }
    // Multicast and the limited broadcast stay on the bridge all the same. Without a default route there is no way to
    // them, and a route of one's own to them goes before.
    return ["224.0.0.0/4", "255.255.255.255/32"].map {
      Route(to: IPNetwork($0)!, family: .inet, link: link, metric: 1024)
    }
  }

  private func set(_ parameter: KernelParameter, _ host: Host) throws(SandboxError) {
    do throws(SystemError) {
      try opened?.inside(home: host.home) { () throws(SystemError) in
        try parameter.parameter.write(parameter.value)
      }.get()
    } catch {
      if error.isNotFound {
        throw .refused("a network namespace of this kernel has no parameter \(parameter.parameter.name)")
      }
      if error.operation == SystemError.writing {
        throw .refused(
          "the kernel does not take \(parameter.parameter.name)=\(parameter.value): \(errorText(error.errno))")
      }
      // Shown, but only the first network namespace's to set.
      guard error.errno == EACCES else { throw .system(error) }
      throw .refused("\(parameter.parameter.name) is the host's own: a sandbox has it to read only")
    }
  }

  /// Lets the kernel inside tell neighbours again: what it said when the link came up, the bridge has only passed on if
  /// its port was quicker. To set the address that a link has anyway is enough, with arp_notify.
  private mutating func announce(
    _ connection: SandboxFacts.Connection, _ attachment: Attachment
  ) throws(SandboxError) {
    guard let link = attachment.link else { return }
    var requests = RouteRequests()
    requests.change(link: .index(link), LinkChanges(address: connection.mac), subject: connection.interface.text)
    do throws(NetlinkError) { try inside!.perform(requests) } catch { throw .netlink(error) }
  }

  /// Leaves the sandbox standing without this process.
  /// - Throws: where that fails; it is removed then.
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

  /// Takes back everything that was done for the sandbox; what fails is reported, and does not stop the rest.
  /// - Parameter isPatient: whether what was sent from inside is to arrive before that.
  consuming func remove(from host: Host, isPatient: Bool = false) {
    isResolved = true
    // Nobody is to join while this looks who is there.
    var isNamed = false
    if let namespace {
      isNamed = !host.report { () throws(SandboxError) in try Teardown(host).removeName(of: facts, namespace) }
    }
    let isDying = isVacated(host, isPatient: isPatient) && !isNamed
    opened = nil
    var lock = Teardown(host).lockToLeave(facts)
    let isUndone = Teardown(host).undo(facts, namespace: isNamed ? namespace : nil, isDying: isDying)
    // What could not be undone is the next nsrun's to try: by the record, which this process answers for no more.
    let senders = zip(facts.connections, attachments).filter { $1.mayHaveFlows }.map { $0.0 }
    guard isUndone, host.report({ () throws(SandboxError) in try Flows(host).end(of: senders) }) else { return }
    let wasRecorded = Teardown(host).close(
      record, bridges: bridges, connections: facts.connections, holding: &lock)
    // Somebody has deleted records: what only they told has to be found in another way, by the last one at the latest.
    if !wasRecorded { _ = try? UnrecordedObjects(host).remove(all: false, isDryRun: false) }
    // A record that could not be removed is the next nsrun's as well.
    if access(record.path, F_OK) != 0 { liveness.leave() }
  }
}
