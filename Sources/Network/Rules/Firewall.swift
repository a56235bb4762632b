import Glibc
import LinuxSystem
import NFTables
import NetTypes
import Netlink

/// The rules on the host for sandboxes: one table for all sandboxes, in which the path of a packet does not grow with
/// their number. A sandbox adds elements to sets and maps, never rules.
struct Firewall {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Installs the whole table, with all recorded networks and sandboxes.
  func install() throws(NetworkError) {
    _ = try unopposedTables()
    let networks = try NetworkRecords(host).all()
    let members = try SandboxRecords(host).all().flatMap(\.members)
    let guards = try Forwarding.guards(host)
    do throws(NetworkError) {
      try host.nftables { (nft) throws(NetlinkError) in
        try Firewall.install(guards: guards, networks: networks, members, &nft)
      }
    } catch {
      guard case .netlink(let cause) = error else { throw error }
      switch cause.errno {
      case _ where Firewall.isUnsupported(cause):
        throw .refused(
          "\(cause): this kernel lacks CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET or (for sandboxes without a way out) CONFIG_NF_TABLES_BRIDGE, or the module: modprobe nf_tables"
        )
      case ENOENT:
        // The same transaction creates the table and all sets and chains, so what is missing is a kind of expression.
        throw .refused(
          "\(cause): this kernel lacks CONFIG_NFT_MASQ, CONFIG_NFT_NAT or CONFIG_NFT_CT, or the module: modprobe -a nft_masq nft_ct"
        )
      default: throw error
      }
    }
  }

  /// The guard rule of a family, which keeps the host from forwarding for others; nil if there is none. A rule without
  /// the ``Firewall/signature`` was loaded by another program.
  func guardInPlace(_ family: AddressFamily) throws(NetworkError) -> Rule? {
    try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: Firewall.forward) }
      .first { $0.comment == Firewall.guardComment(family) }
  }

  /// The links, and ``HostParameters/newLinks``, that accept router advertisements because of nsrun although the host
  /// forwards; none if another program has deleted the table.
  func acceptingLinks() throws(NetworkError) -> [String] {
    do throws(NetworkError) {
      let elements = try host.nftables { (nft) throws(NetlinkError) in try nft.elements(of: Firewall.accepting) }
      return elements.map { element in String(decoding: element.key.prefix { $0 != 0 }, as: UTF8.self) }
        .filter { (try? InterfaceName($0)) != nil }
    } catch {
      guard host.lacksNFTables || error.netlinkErrno == ENOENT else { throw error }
      return []
    }
  }

  /// Adds all recorded networks to the tables, and creates either table if it is missing.
  func admitNetworks() throws(NetworkError) {
    let hasBridgeRules = try unopposedTables().contains(Confinement.table)
    let networks = try NetworkRecords(host).all()
    var transaction = Transaction()
    for network in networks { Firewall.admit(network, &transaction, hasBridgeRules: hasBridgeRules) }
    transaction.add(try Forwarding.guards(host).bridges.map(Firewall.bridgedElement), to: Firewall.bridged)
    if try commitOrInstall(transaction) || hasBridgeRules { return }
    var bridgeRules = Transaction()
    Confinement.install(&bridgeRules)
    for network in networks { Firewall.admit(network, &bridgeRules, hasBridgeRules: true) }
    for member in try SandboxRecords(host).all().flatMap(\.members) { Firewall.admit(member, &bridgeRules) }
    do throws(NetworkError) {
      try host.nftables { (nft) throws(NetlinkError) in try nft.commit(bridgeRules) }
    } catch {
      guard case .netlink(let cause) = error, Firewall.isUnsupported(cause) else { throw error }
    }
  }

  /// Adds a sandbox to the tables, so that its packets pass according to its egress. If another program has deleted the
  /// table, as `nft flush ruleset` does, this installs it again for all sandboxes.
  func admit(_ member: SandboxPlan.Member) throws(NetworkError) {
    var transaction = Transaction()
    Firewall.admit(member, &transaction)
    guard !transaction.isEmpty else { return }
    do throws(NetworkError) {
      return try RulesetGeneration(host).change(for: member.bridge) { () throws(NetworkError) in
        try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
      }
    } catch {
      guard error.netlinkErrno == ENOENT else { throw error }
    }
    let lock = try system { () throws(SystemError) in try host.state.lock(.exclusive) }
    try install()
    try Flows(host).endMistranslated()
    _ = consume lock
  }

  /// Removes a sandbox from the tables.
  func retract(_ member: SandboxPlan.Member) throws(NetworkError) {
    var member = member
    if member.translation == .host, let network = NetworkRecords(host).record(of: member.bridge) {
      member.translation = network.translation
    }
    let elements = Firewall.elements(of: member)
    guard !elements.isEmpty else { return }
    try RulesetGeneration(host).change(for: member.bridge) { () throws(NetworkError) in try remove(elements) }
  }

  /// Removes a network from the tables.
  func retract(_ network: NetworkRecord) throws(NetworkError) {
    // A foreign bridge stays, and guard rules would drop the packets on it.
    let staysBridged = network.own == nil && !Forwarding.guarded(host).isEmpty
    try remove(Firewall.elements(of: network).filter { !staysBridged || $0.0 != Firewall.bridged })
  }

  /// The existing tables of these names: nsrun's own, and those of other programs. An own table is recognised by its
  /// comment, or by its sets, because kernels before Linux 5.10 keep no comments.
  func tables() throws(NetworkError) -> (ours: [Table], foreign: [Table]) {
    try host.nftables { (nft) throws(NetlinkError) in
      var (ours, foreign): ([Table], [Table]) = ([], [])
      for table in try nft.tables() where table == Firewall.table || table == Confinement.table {
        let mark = table == Firewall.table ? Firewall.bridges : Confinement.confined
        do throws(NetlinkError) {
          var isOurs = table.comment == Firewall.table.comment
          if !isOurs { isOurs = try nft.sets(in: table).contains { $0.name == mark.name } }
          if isOurs { ours.append(table) } else { foreign.append(table) }
        } catch {
          // The table was deleted meanwhile.
          guard error.errno == ENOENT else { throw error }
        }
      }
      return (ours, foreign)
    }
  }

  /// nsrun's existing tables.
  /// - Throws: if another program has a table of the same name.
  private func unopposedTables() throws(NetworkError) -> [Table] {
    let (ours, foreign) = try tables()
    guard let table = foreign.first else { return ours }
    throw .refused(
      "there is a table \(table) that nsrun has not made, and it needs one of this name: give yours another, or nft delete table \(table)"
    )
  }

  /// Deletes nsrun's existing tables.
  func removeTables() throws(NetworkError) {
    // Deletes only tables that exist, because a failed transaction costs the kernel a grace period.
    try commitUnlessMissing(tables().ours) { $0.delete($1) }
  }

  private func remove(_ elements: [(NFTSet, [SetElement])]) throws(NetworkError) {
    try commitUnlessMissing(elements) { $0.destroy($1.1, from: $1.0) }
  }

  /// - Returns: whether a part was missing, so that the tables were installed anew.
  private func commitOrInstall(_ transaction: Transaction) throws(NetworkError) -> Bool {
    do throws(NetworkError) {
      try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
      return false
    } catch {
      guard error.netlinkErrno == ENOENT else { throw error }
      try install()
      try Flows(host).endMistranslated()
      return true
    }
  }

  /// Deletes all parts in one transaction. If another program has deleted one of them, or its table, the kernel aborts
  /// the transaction. Then this deletes each part in a transaction of its own.
  private func commitUnlessMissing<Part>(
    _ parts: [Part], _ delete: (inout Transaction, Part) -> Void
  ) throws(NetworkError) {
    guard !parts.isEmpty else { return }
    var transaction = Transaction()
    for part in parts { delete(&transaction, part) }
    do throws(NetworkError) {
      try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
      host.hasDeletedRules = true
    } catch {
      guard error.netlinkErrno == ENOENT else { throw error }
      guard parts.count > 1 else { return }
      for part in parts { try commitUnlessMissing([part], delete) }
    }
  }
}
