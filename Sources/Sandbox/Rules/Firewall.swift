import Glibc
import LinuxSystem
import NFTables
import NetTypes
import Netlink

/// The rules that sandboxes need on the host: one table for all of them, in which a packet's way does not get longer
/// with their number. A sandbox is elements in its sets and maps, never a rule of its own.
struct Firewall {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Puts the whole table in place, for all that there are records of.
  func install() throws(SandboxError) {
    _ = try unopposedTables()
    let networks = try NetworkRecords(host).all()
    let members = try SandboxRecords(host).all().flatMap(\.members)
    do throws(SandboxError) {
      try host.nftables { (nft) throws(NetlinkError) in
        try Firewall.install(isGuarded: Forwarding(host).isGuarding, networks: networks, members, &nft)
      }
    } catch {
      guard case .netlink(let cause) = error else { throw error }
      switch cause.errno {
      case _ where Firewall.isUnsupported(cause):
        throw .refused(
          "\(cause): this kernel lacks CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET or (for --internal) CONFIG_NF_TABLES_BRIDGE, or the module: modprobe nf_tables"
        )
      case ENOENT:
        // The table and all that the rules speak of is made in the same transaction: what is missing is an expression.
        throw .refused(
          "\(cause): this kernel lacks CONFIG_NFT_MASQ, CONFIG_NFT_NAT or CONFIG_NFT_CT, or the module: modprobe -a nft_masq nft_ct"
        )
      default: throw error
      }
    }
  }

  /// The rule that keeps the host from forwarding for others; nil for none. Where it has no ``Firewall/signature``,
  /// somebody has loaded it.
  func guardInPlace() throws(SandboxError) -> Rule? {
    try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: Firewall.forward) }
      .first { $0.comment == Firewall.guardComment }
  }

  /// Lets the networks that there are records of into the table, and makes the table where it is missing.
  func admitNetworks() throws(SandboxError) {
    var transaction = Transaction()
    for network in try NetworkRecords(host).all() { Firewall.admit(network, &transaction) }
    try commitOrInstall(transaction)
    guard try !unopposedTables().contains(Confinement.table) else { return }
    var bridgeRules = Transaction()
    Confinement.install(&bridgeRules)
    for member in try SandboxRecords(host).all().flatMap(\.members) { Firewall.admit(member, &bridgeRules) }
    do throws(SandboxError) {
      try host.nftables { (nft) throws(NetlinkError) in try nft.commit(bridgeRules) }
    } catch {
      guard case .netlink(let cause) = error, Firewall.isUnsupported(cause) else { throw error }
    }
  }

  /// Lets a sandbox's packets pass in the way it is to. Somebody else may have flushed the table: then it is made anew
  /// for all.
  func admit(_ member: SandboxPlan.Member) throws(SandboxError) {
    var transaction = Transaction()
    Firewall.admit(member, &transaction)
    guard !transaction.isEmpty else { return }
    do throws(SandboxError) {
      return try RulesetGeneration(host).change(for: member.bridge) { () throws(SandboxError) in
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

  /// Takes a sandbox out of the table.
  func retract(_ member: SandboxPlan.Member) throws(SandboxError) {
    var member = member
    if member.translation == .host, let network = NetworkRecords(host).record(of: member.bridge) {
      member.translation = network.translation
    }
    let elements = Firewall.elements(of: member)
    guard !elements.isEmpty else { return }
    try RulesetGeneration(host).change(for: member.bridge) { () throws(SandboxError) in try remove(elements) }
  }

  /// Takes a network out of the table.
  func retract(_ network: NetworkRecord) throws(SandboxError) { try remove(Firewall.elements(of: network)) }

  /// What there is of the tables: told by their comments, or by their sets, since kernels before Linux 5.10 keep no comments.
  /// Those of somebody else that have the same names come with them.
  func tables() throws(SandboxError) -> (ours: [Table], foreign: [Table]) {
    try host.nftables { (nft) throws(NetlinkError) in
      var (ours, foreign): ([Table], [Table]) = ([], [])
      for table in try nft.tables() where table == Firewall.table || table == Confinement.table {
        let mark = table == Firewall.table ? Firewall.bridges : Confinement.confined
        do throws(NetlinkError) {
          var isOurs = table.comment == Firewall.table.comment
          if !isOurs { isOurs = try nft.sets(in: table).contains { $0.name == mark.name } }
          if isOurs { ours.append(table) } else { foreign.append(table) }
        } catch {
          // Deleted meanwhile.
          guard error.errno == ENOENT else { throw error }
        }
      }
      return (ours, foreign)
    }
  }

  /// What there is of the tables, which nobody else's are in the place of.
  private func unopposedTables() throws(SandboxError) -> [Table] {
    let (ours, foreign) = try tables()
    guard let table = foreign.first else { return ours }
    throw .refused(
      "there is a table \(table) that nsrun has not made, and it needs one of this name: give yours another, or nft delete table \(table)"
    )
  }

  /// Deletes what there is of the tables.
  func removeTables() throws(SandboxError) {
    // The kernel takes the time of a grace period to abort a transaction.
    try commitUnlessMissing(tables().ours) { $0.delete($1) }
  }

  private func remove(_ elements: [(NFTSet, [SetElement])]) throws(SandboxError) {
    try commitUnlessMissing(elements) { $0.destroy($1.1, from: $1.0) }
  }

  private func commitOrInstall(_ transaction: Transaction) throws(SandboxError) {
    do throws(SandboxError) {
      try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
    } catch {
      guard error.netlinkErrno == ENOENT else { throw error }
      try install()
      try Flows(host).endMistranslated()
    }
  }

  /// Deletes all of some parts in one transaction. Where somebody else has deleted one of them, or the table that it is in,
  /// the kernel aborts that, and each is deleted by itself.
  private func commitUnlessMissing<Part>(
    _ parts: [Part], _ delete: (inout Transaction, Part) -> Void
  ) throws(SandboxError) {
    guard !parts.isEmpty else { return }
    var transaction = Transaction()
    for part in parts { delete(&transaction, part) }
    do throws(SandboxError) {
      try host.nftables { (nft) throws(NetlinkError) in try nft.commit(transaction) }
      host.hasDeletedRules = true
    } catch {
      guard error.netlinkErrno == ENOENT else { throw error }
      guard parts.count > 1 else { return }
      for part in parts { try commitUnlessMissing([part], delete) }
    }
  }
}
