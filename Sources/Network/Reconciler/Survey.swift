import Glibc
import LinuxSystem
import NFTables
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// Drift: something that existing sandboxes need, and that another program has changed or removed.
package struct Drift: Hashable {
  package enum Kind: String {
    case sandboxes, bridges, routes, forwarding, rules, records
    /// nsrun's rules in other programs' chains. The doctor checks such chains differently: by what their rules do.
    case passages
    /// Objects of other programs that need forwarding, which nsrun limits to sandboxes.
    case others
  }

  package var kind: Kind
  package var message: String
  /// The name of the restored object, for the user; nil if nsrun cannot restore it.
  var restored: String?
  /// What to do; nil if `nsrun reload` restores it.
  var otherRemedy: String?
  /// Whether it is a sandbox that cannot be restored.
  package var isLost = false

  package var remedy: String { otherRemedy ?? "nsrun reload" }
}

/// Compares the host with what nsrun made for the existing sandboxes. Changes nothing.
package struct Survey {
  private let host: Host

  package init(_ host: Host) { self.host = host }

  /// The drift that is seen twice: now, and a moment later under a lock that excludes other changes to networks. So an
  /// object that another nsrun is just making or removing does not count.
  /// - Parameter isLocked: whether the caller holds the exclusive lock.
  package func drifts(isLocked: Bool) throws(NetworkError) -> [Drift] {
    let first = try look()
    guard !first.isEmpty else { return [] }
    usleep(50_000)
    let lock =
      isLocked ? nil : try system { () throws(SystemError) in try host.state.lockIfPresent(.exclusive) }
    let second = Set(try look())
    _ = consume lock
    return first.filter(second.contains)
  }

  /// The drift that is seen now.
  func look() throws(NetworkError) -> [Drift] {
    let conditions = try SandboxConditions(host).all(of: SandboxRecords(host).all()).filter { $0.state != .stale }
    let connections = conditions.flatMap(\.facts.bridgeConnections)
    var drifts: [Drift] = []
    for condition in conditions where condition.state == .broken {
      let name = condition.facts.name
      drifts.append(
        Drift(
          kind: .sandboxes, message: "'\(name)' is broken: somebody has deleted its namespace's name or its link",
          otherRemedy: SandboxConditions(host).endOfBroken(name),
          isLost: true))
    }
    let links = connections.isEmpty ? [] : try host.route { (route) throws(NetlinkError) in try route.links() }
    var networks: [NetworkRecord] = []
    for bridge in try NetworkRecords(host).names() {
      do throws(NetworkError) {
        guard let record = try NetworkRecords(host).read(of: bridge) else { continue }
        let users = conditions.filter(\.isReady).map(\.facts).filter { $0.connection(to: bridge) != nil }
        drifts += try self.drifts(of: record, users, links)
        networks.append(record)
      } catch {
        let isDamaged = if case .damaged = error { true } else { false }
        drifts.append(
          Drift(
            kind: .records, message: "\(error)", restored: isDamaged ? "the record of the bridge \(bridge)" : nil,
            otherRemedy: isDamaged ? nil : "use that nsrun"))
      }
    }
    for family in forwardedFamilies(conditions.map(\.facts))
    where try !system({ () throws(SystemError) in try HostParameters.isForwarding(family) }) {
      drifts.append(
        Drift(
          kind: .forwarding, message: "\(family) forwarding was turned off: sandboxes cannot get out",
          restored: "\(family) forwarding"))
    }
    for forwarding in Forwarding.all(host) where forwarding.isGuarding {
      guard let users = try forwarding.newUsers().listed else { continue }
      let family = forwarding.family
      drifts.append(
        Drift(
          kind: .others,
          message:
            "nsrun turned \(family) forwarding on for sandboxes only, and drops what is forwarded for others: \(users)",
          restored: "\(family) forwarding for others, to whom it is left: \(users)"))
    }
    // Only sandboxes with a namespace: their rules are added before the namespace gets its name.
    return drifts + (try rules(for: networks, conditions.filter(\.isNamed).map(\.facts)))
  }

  /// The families in which packets of these sandboxes are forwarded.
  func forwardedFamilies(_ sandboxes: [SandboxFacts]) -> [AddressFamily] {
    let connections = sandboxes.flatMap(\.bridgeConnections).filter { $0.egress != .internal }
    return AddressFamily.allCases.filter { family in
      connections.contains { $0.inside.addresses.contains { $0.family == family } }
    }
  }

  // MARK: Bridges

  private func drifts(
    of record: NetworkRecord, _ users: [SandboxFacts], _ links: [Link]
  ) throws(NetworkError) -> [Drift] {
    let name = record.bridge
    guard !users.isEmpty else { return [] }
    guard let bridge = links.first(where: { $0.name == name.text }) else { return [absence(of: record, users, links)] }
    var drifts: [Drift] = []
    guard try BridgeNetworks(host).isFit(bridge, for: record, users) else {
      return [
        Drift(
          kind: .bridges,
          message:
            "\(name) is not the bridge any more that its sandboxes were on: it does not have their gateway's address",
          otherRemedy: record.own == nil
            ? "give it the address again; then nsrun reload" : "remove it; then nsrun reload")
      ]
    }
    let isOurs = Tag.isOurBridge(bridge, planned: record.own?.mac)
    if let own = record.own, isOurs {
      drifts += try BridgeNetworks(host).lostAddresses(of: bridge, own).map { address in
        Drift(
          kind: .bridges, message: "the bridge \(name) has lost its address \(address): sandboxes cannot get out",
          restored: "the address \(address) of \(name)")
      }
    }
    drifts += try routes(of: bridge, isOurs ? record.own : nil, users)
    // A new bridge is set up only after its first port has a carrier (``Readiness/wait(of:)``).
    let ends = Set(users.compactMap { $0.connection(to: name)?.hostLink.text })
    if !bridge.isUp, links.contains(where: { ends.contains($0.name) && $0.flags.contains(.lowerUp) }) {
      drifts.append(
        Drift(
          kind: .bridges, message: "the bridge \(name) is down: its sandboxes are cut off",
          restored: isOurs ? "the bridge \(name), which was down" : nil,
          otherRemedy: isOurs ? nil : "ip link set \(name) up"))
    }
    if users.contains(where: { $0.connection(to: name)?.egress != .internal }),
      HostParameters.lacksForwarding(name.text)
    {
      drifts.append(
        Drift(
          kind: .bridges, message: HostParameters.lackOfForwarding(name.text),
          restored: isOurs ? "IPv4 forwarding for \(name)" : nil,
          otherRemedy: isOurs ? nil : HostParameters.forwardingCommand(name.text)))
    }
    return drifts + (try ports(of: bridge, named: name, users, links))
  }

  private func absence(of record: NetworkRecord, _ users: [SandboxFacts], _ links: [Link]) -> Drift {
    let name = record.bridge
    if let renamed = bridge(named: name, of: users, links) {
      return Drift(
        kind: .bridges, message: "the bridge \(name) is called \(renamed.name) now: the rules for it match nothing",
        otherRemedy: "ip link set \(renamed.name) name \(name)")
    }
    guard record.own == nil else {
      return Drift(
        kind: .bridges, message: "the bridge \(name) is gone: its sandboxes are cut off", restored: "the bridge \(name)"
      )
    }
    return Drift(
      kind: .bridges, message: "the bridge \(name) is gone: it was made by somebody else, who has to make it again",
      otherRemedy: "make it again, with its address; then nsrun reload")
  }

  /// - Parameter name: the name under which the bridge is recorded.
  private func ports(
    of bridge: Link, named name: InterfaceName, _ users: [SandboxFacts], _ links: [Link]
  ) throws(NetworkError) -> [Drift] {
    var drifts: [Drift] = []
    for facts in users {
      guard let port = links.first(where: { $0.name == facts.connection(to: name)?.hostLink.text }), Tag.isOurLink(port)
      else {
        continue
      }
      if port.master == nil {
        drifts.append(
          Drift(
            kind: .sandboxes, message: "'\(facts.name)' is cut off: its link \(port.name) was taken off \(name)",
            restored: "the link of '\(facts.name)' on \(name)"))
      } else if port.master != bridge.index {
        drifts.append(
          Drift(
            kind: .sandboxes, message: "'\(facts.name)' is cut off: its link \(port.name) was put on another bridge",
            otherRemedy: "ip link set \(port.name) master \(name)"))
      } else if !port.isUp {
        drifts.append(
          Drift(
            kind: .sandboxes, message: "'\(facts.name)' is cut off: its link \(port.name) is down",
            restored: "the link of '\(facts.name)', which was down"))
      } else if try !PortGuard(host).guards(port) {
        drifts.append(
          Drift(
            kind: .sandboxes,
            message:
              "'\(facts.name)' is believed as router, switch or DHCP server: the filter of its link \(port.name) is gone",
            restored: "the filter of the link of '\(facts.name)'"))
      } else if let options = port.bridgePort, !PortGuard.covers(options) {
        drifts.append(
          Drift(
            kind: .sandboxes,
            message:
              "'\(facts.name)' may be believed as switch or multicast router: the port \(port.name) was set otherwise",
            restored: "the port of '\(facts.name)'"))
      }
    }
    return drifts
  }

  private func routes(
    of bridge: Link, _ own: NetworkRecord.OwnBridge?, _ users: [SandboxFacts]
  ) throws(NetworkError) -> [Drift] {
    let routes = BridgeRoutes(host, of: bridge)
    // The kernel removes the routes of an address together with the address.
    if let own {
      for address in try BridgeNetworks(host).ownAddresses(of: bridge, own) {
        guard let route = try routes.missing(of: address).first?.destination else { continue }
        return [
          Drift(
            kind: .bridges, message: "the route to \(route) on \(bridge.name) is gone: sandboxes get no answers",
            restored: "the route to \(route) on \(bridge.name)")
        ]
      }
    }
    // Only sandboxes whose subnet contains the host's address: the host needs no route to the others.
    let known = users.flatMap(\.bridgeConnections).filter { $0.bridge.text == bridge.name }.filter {
      $0.hostAddress.map($0.address.network.contains) ?? false
    }
    var message: String?
    if let one = known.first(where: { $0.egress != .internal }) ?? known.first {
      message = try routes.obstacle(of: one.address.address, goesOut: one.egress != .internal)
    }
    for subnet in own?.addresses.map(\.network) ?? [] where message == nil {
      guard let other = try routes.collision(of: subnet) else { continue }
      message = "the subnet \(subnet) of \(bridge.name) collides with \(other.description), which came later"
    }
    guard let message else { return [] }
    return [
      Drift(
        kind: .routes, message: message,
        otherRemedy: "take away what came later, or make the sandboxes again with another --subnet")
    ]
  }

  /// The bridge that has the ports of a network's sandboxes, whatever its name is now.
  private func bridge(named name: InterfaceName, of users: [SandboxFacts], _ links: [Link]) -> Link? {
    let ports = Set(users.compactMap { $0.connection(to: name) }.map(\.hostLink.text))
    let master = links.first { ports.contains($0.name) && Tag.isOurLink($0) }?.master
    return links.first { $0.index == master && $0.kind == "bridge" }
  }

  // MARK: Rules

  private func rules(for networks: [NetworkRecord], _ users: [SandboxFacts]) throws(NetworkError) -> [Drift] {
    var drifts: [Drift] = []
    var wanted: [NetworkRecord] = []
    for var network in networks {
      if network.translation == .host, let bridge = try? Bridges(host).link(network.bridge) {
        network.translation = try BridgeNetworks(host).translation(of: network.bridge, bridge)
        if network.translation != .host {
          drifts.append(
            Drift(
              kind: .rules, message: "no rule of the host masquerades what leaves \(network.bridge) any more",
              restored: "NAT for \(network.bridge)"))
        }
      }
      wanted.append(network)
      guard network.mayChangeForeignChains else { continue }
      for place in try ForwardChains(host).missingPlaces(of: network) {
        drifts.append(
          Drift(
            kind: .passages, message: "the rules for \(network.bridge) in the chain \(place) are gone",
            restored: "the rules for \(network.bridge) in the chain \(place)"))
      }
    }
    let hasConfined = users.flatMap(\.bridgeConnections).contains { $0.egress == .internal }
    guard
      !Forwarding.guarded(host).isEmpty || hasConfined || wanted.contains(where: { $0.translation != .host })
    else {
      return drifts
    }
    return drifts + (try tables(for: wanted, users))
  }

  private func tables(for networks: [NetworkRecord], _ users: [SandboxFacts]) throws(NetworkError) -> [Drift] {
    // The rules as the kernel lists them if no other program has changed them.
    let scratch = try system { () throws(SystemError) in try NetworkNamespace.scratch(home: host.home) }
    var guards = try Forwarding.guards(host)
    // Others may make bridges, or load br_netfilter, at any time.
    let bridges = guards.bridges
    guards.bridges = []
    let wanted = try system { () throws(SystemError) in
      try scratch.inside(home: host.home) { () throws(NetworkError) in
        var nft = try system { () throws(SystemError) in try NFTConnection() }
        return try netlink { () throws(NetlinkError) in
          try Firewall.install(
            guards: guards, networks: networks, users.flatMap(\.members), &nft)
          return try Contents.all(&nft)
        }
      }
    }.get()
    let found = try host.nftables { (nft) throws(NetlinkError) in try Contents.all(&nft) }
    return cutBridges(bridges, by: found)
      + wanted.flatMap { contents -> [Drift] in
        guard let actual = found.first(where: { $0.table == contents.table }) else {
          return [
            Drift(
              kind: .rules,
              message: "the table \(contents.table) is missing: somebody has flushed the rules; "
                + (contents.table == Firewall.table
                  ? "sandboxes cannot get out" : "nothing confines internal sandboxes, or what passes port filters"),
              restored: "the table \(contents.table)")
          ]
        }
        return contents.parts(missingIn: actual).map {
          Drift(kind: .rules, message: "somebody has taken something out of the \($0)", restored: "the \($0)")
        }
      }
  }

  /// Bridges of others that, or whose br_netfilter, came after the guard rules: these drop the packets on them.
  /// - Parameter bridges: those that should be exempt.
  private func cutBridges(_ bridges: [String], by tables: [Contents]) -> [Drift] {
    guard let elements = tables.first(where: { $0.table == Firewall.table })?.elements[Firewall.bridged.name] else {
      return []
    }
    let exempt = Set(elements.map(\.key))
    return bridges.filter { !exempt.contains(Firewall.bridgedElement($0).key) }.map { bridge in
      Drift(
        kind: .others,
        message: "br_netfilter shows packets that stay on the bridge \(bridge) to nsrun's rules, which drop them",
        restored: "the way of packets that stay on \(bridge)")
    }
  }

  /// The contents of one of nsrun's tables.
  private struct Contents {
    let table: Table
    var rules: [String: Set<[Expression]>] = [:]
    var elements: [String: Set<SetElement>] = [:]

    static func all(_ nft: inout NFTConnection) throws(NetlinkError) -> [Contents] {
      let tables = try nft.tables()
      var all: [Contents] = []
      for table in [Firewall.table, Confinement.table] where tables.contains(table) {
        var contents = Contents(table: table)
        for chain in try nft.chains(in: table) {
          contents.rules[chain.name] = Set(try nft.rules(in: chain).map(\.expressions))
        }
        for set in try nft.sets(in: table) { contents.elements[set.name] = Set(try nft.elements(of: set)) }
        all.append(contents)
      }
      return all
    }

    /// The chains and sets of which `other` lacks something, as text for the user.
    func parts(missingIn other: Contents) -> [String] {
      let chains = rules.filter { other.rules[$0.key]?.isSuperset(of: $0.value) != true }
      let sets = elements.filter { other.elements[$0.key]?.isSuperset(of: $0.value) != true }
      return chains.keys.sorted().map { "chain \(table) \($0)" } + sets.keys.sorted().map { "set \(table) \($0)" }
    }
  }
}

extension [String] {
  /// The first element, and the number of others; nil if there are none.
  fileprivate var listed: String? {
    guard let first else { return nil }
    return count == 1 ? first : "\(first) and \(count - 1) more"
  }
}
