import Glibc
import LinuxSystem
import NFTables
import Namespaces
import Netlink
import RouteNetlink

/// The rules that sandboxes need on the host: one table for all of them, in which a packet's way does not get longer
/// with their number. A sandbox is elements in its sets and maps, never a rule of its own.
enum Firewall {
  static let table = Table(.inet, "nsrun", comment: "made by nsrun(8); gone with its last sandbox")

  /// Bridges that sandboxes are on.
  static let bridges = NFTSet("bridges", in: table, key: [.interfaceName], comment: "bridges that sandboxes are on")
  /// Pairs of the same bridge: packets that stay on it, which pass here only where br_netfilter is on.
  static let bridged = NFTSet(
    "bridged", in: table, key: [.interfaceName, .interfaceName], comment: "packets that stay on their bridge")
  /// Addresses of sandboxes that leave with the host's address. (`masquerade` is a word of nft's language: a set of that
  /// name could be listed, but what is listed could not be loaded again.)
  static let masqueraded = NFTSet("masqueraded", in: table, key: [.ipv4Address], comment: "sandboxes behind NAT")
  /// Addresses with the bridge they are on: what does not leave it keeps its address.
  static let home = NFTSet("home", in: table, key: [.ipv4Address, .interfaceName], comment: "sandboxes on their bridge")
  /// What becomes of a sandbox's packets beyond its bridge, in either direction.
  static let verdicts = NFTSet(
    "verdicts", in: table, key: [.ipv4Address], value: .verdict, comment: "sandboxes without a way out")

  static let forward = Chain(
    "forward", in: table, base: BaseChain(type: .filter, hook: .forward, priority: .filterPriority))
  static let postrouting = Chain(
    "postrouting", in: table,
    base: BaseChain(type: .nat, hook: .postrouting, priority: .sourceNATPriority))

  private static var sets: [NFTSet] { [bridges, bridged, masqueraded, home, verdicts] }

  /// The whole table, in place of one that there may be.
  /// - Parameter isGuarded: whether nsrun turned forwarding on, and so has to keep the host from forwarding for others.
  static func installation(
    isGuarded: Bool, bridges names: [InterfaceName], members: [SandboxPlan.Member]
  ) -> Transaction {
    var transaction = Transaction()
    transaction.destroy(table)
    transaction.add(table)
    for set in sets { transaction.add(set) }
    transaction.add(forward)
    transaction.add(postrouting)
    transaction.add(
      Rule(
        in: forward, [.matching(.inputInterfaceName, .outputInterfaceName, in: bridged), .verdict(.accept)]))
    transaction.add(Rule(in: forward, [.vmap(.sourceAddress, in: verdicts)]))
    transaction.add(Rule(in: forward, [.vmap(.destinationAddress, in: verdicts)]))
    if isGuarded {
      transaction.add(
        Rule(
          in: forward,
          [
            .matching(.inputInterfaceName, in: bridges, inverted: true),
            .matching(.outputInterfaceName, in: bridges, inverted: true),
            .verdict(.drop),
          ], comment: "nsrun turned forwarding on, but only for sandboxes"))
    }
    transaction.add(
      Rule(in: postrouting, [.matching(.sourceAddress, .outputInterfaceName, in: home), .verdict(.accept)]))
    transaction.add(Rule(in: postrouting, [.matching(.sourceAddress, in: masqueraded), .masquerade()]))
    for name in names { admit(name, &transaction) }
    for member in members { admit(member, &transaction) }
    return transaction
  }

  /// Adds a bridge; one that is there stays.
  static func admit(_ bridge: InterfaceName, _ transaction: inout Transaction) {
    for (set, elements) in elements(of: bridge) { transaction.add(elements, to: set) }
  }

  /// Adds a sandbox; one that is there stays.
  static func admit(_ member: SandboxPlan.Member, _ transaction: inout Transaction) {
    for (set, elements) in elements(of: member) { transaction.add(elements, to: set) }
  }

  /// Takes a bridge out, whether it is there or not.
  static func retract(_ bridge: InterfaceName, _ transaction: inout Transaction) {
    for (set, elements) in elements(of: bridge) { transaction.destroy(elements, from: set) }
  }

  /// Takes a sandbox out, whether it is there or not.
  static func retract(_ member: SandboxPlan.Member, _ transaction: inout Transaction) {
    for (set, elements) in elements(of: member) { transaction.destroy(elements, from: set) }
  }

  private static func elements(of bridge: InterfaceName) -> [(NFTSet, [SetElement])] {
    let name = DataValue.interfaceName(bridge.text)
    return [(bridges, [SetElement(key: [name])]), (bridged, [SetElement(key: [name, name])])]
  }

  private static func elements(of member: SandboxPlan.Member) -> [(NFTSet, [SetElement])] {
    let address = DataValue.ipv4(member.address.bytes)
    let comment = "nsrun \(member.name)"
    switch member.egress {
    case .masquerade:
      return [
        (masqueraded, [SetElement(key: [address], comment: comment)]),
        (home, [SetElement(key: [address, .interfaceName(member.bridge.text)], comment: comment)]),
      ]
    case .internal: return [(verdicts, [SetElement(key: [address], verdict: .drop, comment: comment)])]
    case .routed: return []
    }
  }
}

extension Host {
  /// Puts the whole table in place, for all that there are records of.
  func installFirewall() throws(SandboxError) {
    let members = sandboxRecords().compactMap(\.member)
    let installation = Firewall.installation(
      isGuarded: FileIdentity(path: state.host) != nil, bridges: networkRecords(), members: members)
    try nftables { (nft) throws(NetlinkError) in try nft.commit(installation) }
  }

  /// Lets the bridges that there are records of into the table, and makes the table where it is missing.
  func admitBridges() throws(SandboxError) {
    var transaction = Transaction()
    for bridge in networkRecords() { Firewall.admit(bridge, &transaction) }
    try commitOrInstall(transaction)
  }

  /// Lets a sandbox's packets pass in the way it is to. The table may have been flushed by somebody else: then it is
  /// made anew for all.
  func admit(_ member: SandboxPlan.Member) throws(SandboxError) {
    var transaction = Transaction()
    Firewall.admit(member, &transaction)
    do throws(SandboxError) {
      try nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
    } catch {
      guard case .netlink(let cause) = error, cause.errno == ENOENT else { throw error }
      let lock = try system { () throws(SystemError) in try state.lock(.exclusive) }
      try commitOrInstall(transaction)
      _ = consume lock
    }
  }

  /// Takes a sandbox out of the table.
  func retract(_ member: SandboxPlan.Member) throws(SandboxError) {
    var transaction = Transaction()
    Firewall.retract(member, &transaction)
    try commitUnlessMissing(transaction)
  }

  /// Takes a bridge out of the table.
  func retractBridge(_ bridge: InterfaceName) throws(SandboxError) {
    var transaction = Transaction()
    Firewall.retract(bridge, &transaction)
    try commitUnlessMissing(transaction)
  }

  /// Deletes the table.
  func removeFirewall() throws(SandboxError) {
    var transaction = Transaction()
    transaction.delete(Firewall.table)
    try commitUnlessMissing(transaction)
  }

  private func commitOrInstall(_ transaction: Transaction) throws(SandboxError) {
    do throws(SandboxError) {
      try nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
    } catch {
      guard case .netlink(let cause) = error, cause.errno == ENOENT else { throw error }
      try installFirewall()
    }
  }

  private func commitUnlessMissing(_ transaction: Transaction) throws(SandboxError) {
    guard !transaction.isEmpty else { return }
    do throws(SandboxError) {
      try nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
    } catch {
      guard case .netlink(let cause) = error, cause.errno == ENOENT else { throw error }
    }
  }
}
