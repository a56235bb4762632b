import LinuxSystem
import NFTables
import Namespaces
import NetTypes
import Netlink

/// nsrun's tables, which all networks share. They are gone with the last.
struct RuleTables {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// What is missing of the tables.
  /// - Parameters:
  ///   - networks: all networks, with the translation as it is now.
  ///   - sandboxes: those with a namespace: their rules are added before the namespace gets its name.
  func drifts(of networks: [NetworkRecord], _ sandboxes: [SandboxFacts]) throws(NetworkError) -> [Drift] {
    let hasConfined = sandboxes.flatMap(\.bridgeConnections).contains { $0.egress == .internal }
    var guards = try Forwarding.guards(host)
    guard !guards.families.isEmpty || hasConfined || networks.contains(where: { $0.translation != .host }) else {
      return []
    }
    // Others may make bridges, or load br_netfilter, at any time.
    let bridges = guards.bridges
    guards.bridges = []
    let wanted = try contents(guards, networks, sandboxes)
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

  /// The tables as the kernel lists them if no other program has changed them.
  private func contents(
    _ guards: Firewall.Guards, _ networks: [NetworkRecord], _ sandboxes: [SandboxFacts]
  ) throws(NetworkError) -> [Contents] {
    try system { () throws(SystemError) in
      try NetworkNamespace.scratch(home: host.home).inside(home: host.home) { () throws(NetworkError) in
        var nft = try system { () throws(SystemError) in try NFTConnection() }
        return try netlink { () throws(NetlinkError) in
          try Firewall.install(guards: guards, networks: networks, sandboxes.flatMap(\.members), &nft)
          return try Contents.all(&nft)
        }
      }
    }.get()
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

  /// Makes the tables anew.
  func restore() throws(NetworkError) { try Firewall(host).install() }

  /// What ``remove()`` would remove.
  func remains(_ reason: Removed.Reason) throws(NetworkError) -> [Removed] {
    try Firewall(host).tables().ours.map { Removed(kind: .rules, name: "table \($0)", reason: reason) }
  }

  /// Removes the tables. A kernel without nf_tables has none.
  func remove() throws(NetworkError) {
    try unlessUnsupported { () throws(NetworkError) in try Firewall(host).removeTables() }
  }

  /// Removes a network's elements.
  func remove(_ network: NetworkRecord) throws(NetworkError) {
    try unlessUnsupported { () throws(NetworkError) in try Firewall(host).retract(network) }
  }

  private func unlessUnsupported(_ body: () throws(NetworkError) -> Void) throws(NetworkError) {
    do throws(NetworkError) { try body() } catch { if !host.lacksNFTables { throw error } }
  }

  /// The contents of one of the tables.
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
