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
  private var record: SandboxRecord
  private let attendance: Attendance
  /// The bridge it is, or was about to be, on.
  private let bridge: InterfaceName?
  /// Talks to the kernel inside the sandbox; opened when the namespace is there.
  private var inside: RouteConnection?
  private var namespace: FileIdentity?
  /// Open from the namespace's naming on.
  private var opened: NetworkNamespace?
  private var eth0: UInt32?
  private var network: BridgeNetwork?
  /// Whether something had to be made for the network of its bridge.
  private var isFirstOnBridge = false
  /// Whether neighbours are to be told its address.
  private var isAnnounced = false
  /// How many packets its kernel has sent by itself when the command starts.
  private var announcements: UInt64 = 0
  private var mayHaveFlows = true
  private let parameters: [KernelParameter]
  private var isResolved = false
  /// In microseconds (``monotonicMicroseconds()``).
  private let start = monotonicMicroseconds()
  /// The number of the first process inside.
  private var firstProcess: Int32 = 0

  /// Whether a link of this MTU has IPv6, if the kernel has: below 1280 bytes (RFC 8200) nothing about it can be set.
  private static func hasIPv6(mtu: UInt32) -> Bool { mtu >= 1280 && FileIdentity(path: "/proc/sys/net/ipv6") != nil }

  private init(
    facts: SandboxFacts, _ spec: SandboxSpec, record: consuming SandboxRecord, attendance: consuming Attendance
  ) {
    self.attendance = attendance
    self.facts = facts
    bridge = spec.network?.bridge
    parameters = spec.parameters
    self.record = record
  }

  deinit { precondition(isResolved, "a sandbox was left behind") }

  /// Writes the record of a new sandbox and, on a bridge, takes a seat there: from here on everything that is made for
  /// it can be found and undone.
  static func enroll(_ spec: SandboxSpec, on host: Host) throws(SandboxError) -> LiveSandbox {
    if host.state.record(of: spec.name) != nil { throw SandboxRecord.taken(spec.name) }
    if FileIdentity(path: host.names.path(of: spec.name)) != nil || linkTarget(host.names.path(of: spec.name)) != nil {
      throw .refused(
        "the name '\(spec.name)' is taken: there is a network namespace of this name (ip netns list); choose another")
    }
    let facts = SandboxFacts(
      name: spec.name, lifetime: spec.lifetime, maker: getpid(), createdAt: time(nil), hostname: spec.hostname,
      resolver: spec.resolver, connection: nil)
    if let servers = spec.resolver.servers, servers.count > ResolverSpec.maximumServers {
      host.reporter.warn("--dns: of \(servers.count) servers only the first \(ResolverSpec.maximumServers) are asked")
    }
    var lock: StateDirectory.Lock? = try system { () throws(SystemError) in try host.state.lock(.shared) }
    let record: SandboxRecord
    let attendance: Attendance
    do throws(SystemError) { attendance = try Attendance(entering: host.state.attendance) } catch {
      lock = nil
      host.leave(nil)
      throw .system(error)
    }
    var spec = spec
    var link: Link?
    do throws(SandboxError) {
      if let wanted = spec.network { (link, spec.network!.bridge) = try host.bridge(called: wanted.bridge) }
      record = try SandboxRecord(facts, bridge: spec.network?.bridge.text, in: host.state)
    } catch {
      lock = nil
      attendance.leave()
      host.leave(nil)
      throw error
    }
    var sandbox = LiveSandbox(facts: facts, spec, record: record, attendance: attendance)
    do throws(SandboxError) {
      if let wanted = spec.network {
        var network = try host.standingNetwork(wanted, link)
        if network == nil {
          lock = nil
          lock = try system { () throws(SystemError) in try host.state.lock(.exclusive) }
          // Somebody else may have made it while this waited.
          network = try host.standingNetwork(wanted, host.bridgeLink(wanted.bridge))
          if network == nil {
            network = try host.makeNetwork(wanted, spec.resolver)
            sandbox.isFirstOnBridge = true
          }
        }
        try sandbox.sit(down: network!, wanted, spec, host)
        sandbox.network = network
      }
    } catch {
      lock = nil
      sandbox.remove(from: host)
      throw error
    }
    _ = consume lock
    return sandbox
  }

  private mutating func sit(
    down network: BridgeNetwork, _ wanted: NetworkSpec, _ spec: SandboxSpec, _ host: Host
  ) throws(SandboxError) {
    if wanted.egress == .routed, network.translation == .host {
      host.reporter.warn("--no-nat: rules of this host masquerade what leaves \(network.bridge) all the same")
    }
    let seat = try host.takeSeat(on: network, wanted, for: spec)
    isAnnounced = wanted.isAnnounced || seat.hasStrangers
    facts.connection = SandboxFacts.Connection(
      bridge: wanted.bridge, address: seat.address, gateway: wanted.egress == .internal ? nil : seat.gateway,
      hostAddress: network.address?.address,
      mac: wanted.mac ?? .derived(from: seat.address.address, role: .sandbox), mtu: wanted.mtu ?? network.mtu,
      hostLink: try! InterfaceName("\(SandboxFacts.hostLinkPrefix)\(Token.random())"), egress: wanted.egress,
      translation: network.translation)
    try system { () throws(SystemError) in try record.append(facts.connectionLines) }
    if spec.isNamed { host.warnOfHostNames(facts) }
  }

  /// What is to be done for it.
  var plan: SandboxPlan {
    SandboxPlan(facts, bridgeIndex: network?.index, bridgeMTU: network?.mtu ?? 0, parameters: parameters)
  }

  /// Takes the steps of the plan. `child` is in the namespace, or on its way there.
  mutating func build(
    child: borrowing ChildProcess, signals: borrowing BlockedSignals, host: Host
  ) throws(SandboxError) {
    firstProcess = child.pid
    for step in plan.steps {
      host.reporter.progress?("\(step)")
      switch step {
      case .introduce(let one): try host.introduce(one.entry, on: one.bridge)
      case .admit(let member): try host.admit(member)
      case .name(let name): try self.name(name, child, host)
      case .connect(let pair): try connect(pair, host)
      case .configure(let connection): try configure(connection)
      case .set(let parameter): try set(parameter, host)
      }
      if let signal = EndSignal.pending { throw .launch(.ended(.signaled(signal))) }
    }
    if let connection = facts.connection {
      try host.awaitForwarding(of: connection)
      if isAnnounced {
        try announce(connection)
        announcements = (try? host.ownLink(connection.hostLink))?.statistics?.received.packets ?? 0
      }
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
        ("bridge", facts.connection?.bridge.text), ("host-address", facts.connection?.hostAddress?.description),
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
        name: try! InterfaceName("eth0"), address: pair.mac, mtu: pair.mtu, namespace: .descriptor(namespace),
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
    do throws(SandboxError) { try host.netlinkRequests(requests) } catch {
      guard error.netlinkErrno == EXFULL else { throw error }
      throw .refused("the bridge \(pair.bridge) has no port left: the kernel allows 1,023; use another bridge")
    }
    // A qdisc that is added to a link that is up waits until nothing passes by without it (dev_deactivate_many).
    try host.guardPort(pair.hostLink, isFirst: isFirstOnBridge)
    var up = RouteRequests()
    up.change(link: .named(pair.hostLink.text), LinkChanges(isUp: true), subject: pair.hostLink.text)
    try host.netlinkRequests(up)
  }

  private mutating func configure(_ connection: SandboxFacts.Connection?) throws(SandboxError) {
    do throws(NetlinkError) {
      var requests = RouteRequests()
      requests.change(
        link: .index(1), LinkChanges(isUp: true, alias: Tag.link(of: facts.name), ipv4: Baseline.link), subject: "lo")
      if let connection {
        // Only lo is there for certain before it: other modules put links of their own into every new namespace.
        guard let index = try inside!.link(named: "eth0")?.index else {
          throw NetlinkError(operation: "find link", subject: "eth0", errno: ENODEV)
        }
        eth0 = index
        let ipv4 = Baseline.link + (isAnnounced ? [IPv4LinkSetting(.arpNotify, 1)] : [])
        // No link-local addresses: nobody has asked for IPv6, and each would send multicast packets, which the bridge
        // copies to every sandbox, and wait a second or two for duplicates to answer. IPv6 on lo works. The kernel
        // parameter would say it for all links, but to write it is to try for the lock of all links again and again.
        let addressGeneration = Self.hasIPv6(mtu: connection.mtu) ? AddressGenerationMode.none : nil
        requests.change(
          link: .index(index), LinkChanges(addressGeneration: addressGeneration, ipv4: ipv4), subject: "eth0")
        requests.add(
          LinkAddress(connection.address, link: index, broadcast: connection.address.broadcast))
        requests.change(link: .index(index), LinkChanges(isUp: true), subject: "eth0")
        if let gateway = connection.gateway {
          requests.add(Route(to: nil, family: .inet, via: gateway, link: index))
        } else {
          // Multicast and the limited broadcast stay on the bridge all the same. Without a default route there is no way to
          // them, and a route of one's own to them goes before.
          for destination in ["224.0.0.0/4", "255.255.255.255/32"] {
            requests.add(Route(to: IPNetwork(destination)!, family: .inet, link: index, metric: 1024))
          }
        }
      }
      try inside!.perform(requests)
    } catch {
      throw .netlink(error)
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
  private mutating func announce(_ connection: SandboxFacts.Connection) throws(SandboxError) {
    guard let eth0 else { return }
    var requests = RouteRequests()
    requests.change(link: .index(eth0), LinkChanges(address: connection.mac), subject: "eth0")
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
    attendance.leave()
    return facts
  }

  /// Takes back everything that was done for the sandbox; what fails is reported, and does not stop the rest.
  /// - Parameter isPatient: whether what was sent from inside is to arrive before that.
  consuming func remove(from host: Host, isPatient: Bool = false) {
    isResolved = true
    // Nobody is to join while this looks who is there.
    var isNamed = false
    if let namespace {
      isNamed = !host.report { () throws(SandboxError) in try host.removeName(of: facts, namespace) }
    }
    let isDying = isVacated(host, isPatient: isPatient) && !isNamed
    opened = nil
    var lock = host.lockToLeave(facts)
    let isUndone = host.undo(facts, namespace: isNamed ? namespace : nil, isDying: isDying)
    // What could not be undone is the next nsrun's to try: by the record, which this process answers for no more.
    let senders = [mayHaveFlows ? facts.connection : nil].compactMap { $0 }
    guard isUndone, host.report({ () throws(SandboxError) in try host.endFlows(of: senders) }) else { return }
    let wasRecorded = host.close(record, bridge: bridge, address: facts.connection?.address.address, holding: &lock)
    // Somebody has deleted records: what only they told has to be found in another way, by the last one at the latest.
    if !wasRecorded { _ = try? UnrecordedObjects(host).remove(all: false, isDryRun: false) }
    // A record that could not be removed is the next nsrun's as well.
    if access(record.path, F_OK) != 0 { attendance.leave() }
  }

  /// Ends what is left in the namespace, which has no name any more, and lets go of it. From then on nothing passes its
  /// link, whatever keeps it.
  /// - Returns: whether nothing does: then it is going, and takes the link with it.
  private mutating func isVacated(_ host: Host, isPatient: Bool) -> Bool {
    inside = nil
    var isVacated = endProcesses(host) == 0
    do throws(SystemError) {
      if let namespace, let sockets = try openSockets(host), try sockets.areInUse() {
        let isDrained = if isPatient { try sockets.drain(from: namespace, host.reporter) } else { false }
        if !isDrained {
          isVacated = false
          try opened?.inside(home: host.home, TCPSockets.giveUp).get()
        }
      }
    } catch {
      // What cannot be looked at may keep it.
      isVacated = false
    }
    guard let connection = facts.connection else {
      opened = nil
      return isVacated
    }
    do throws(SandboxError) {
      try host.shut(connection.hostLink)
      // While the link is there to tell.
      let link = try host.ownLink(connection.hostLink)
      mayHaveFlows = Host.isTrackingFlows && (link.map { hasSent($0, connection) } ?? true)
      let isFree = try isLetGo(of: link, host)
      return isVacated && isFree
    } catch {
      return false
    }
  }

  /// Closes the namespace.
  /// - Returns: whether nothing else keeps it, or the link is elsewhere.
  private mutating func isLetGo(of link: Link?, _ host: Host) throws(SandboxError) -> Bool {
    guard let opened = opened.take() else { return false }
    let raw = opened.raw
    let id = try host.route { (route) throws(NetlinkError) in try route.namespaceID(of: .descriptor(raw)) }
    // Root inside can put its end into another namespace.
    guard let id, link.map({ $0.peerNamespaceID == id }) ?? true else { return false }
    // For the kernel to free what this process has had open inside, a run of a moment does not wait.
    guard monotonicMicroseconds() - start > 500_000 else {
      do throws(SystemError) { return try opened.closeLast(home: host.home) } catch { throw .system(error) }
    }
    _ = consume opened
    for pause: UInt32 in [0, 200, 400, 800, 1600, 3200, 6400, 12800, 25600] {
      usleep(pause)
      if try host.route({ (route) throws(NetlinkError) in try !route.hasNamespace(id) }) { return true }
    }
    return false
  }

  /// Ends the processes that are still inside.
  /// - Returns: how many there were.
  private borrowing func endProcesses(_ host: Host) -> Int {
    guard let namespace else { return 0 }
    // Descendants of the command have become children of this process, and who joined by nsrun has left a note.
    guard
      record.hasGrown || Supervisor.hasDescendants()
        || Inhabitants.mayHaveCome(into: namespace, from: firstProcess, since: start)
    else { return 0 }
    switch opened {
    case .some(let network): return host.end(inside: network, from: firstProcess, of: facts.name.text)
    case nil: return 0
    }
  }

  /// Whether packets of others' making have passed its link, be it that its own address is only routed to.
  private borrowing func hasSent(_ link: Link, _ connection: SandboxFacts.Connection) -> Bool {
    guard let traffic = link.statistics else { return true }
    return traffic.received.packets > announcements || connection.egress == .routed && traffic.sent.packets > 0
  }

  private borrowing func openSockets(_ host: Host) throws(SystemError) -> TCPSockets? {
    guard facts.connection != nil else { return nil }
    return try opened?.inside(home: host.home) { () throws(SystemError) in try TCPSockets() }.get()
  }
}
