import NFTables
import TestNetlink

/// The table that nsrun keeps on a host, with one sandbox in it.
enum Example {
  static let table = Table(.inet, "nsrun", comment: "made by nsrun(8)")
  static let forward = Chain(
    "forward", in: table, base: BaseChain(type: .filter, hook: .forward, priority: .filterPriority))
  static let postrouting = Chain(
    "postrouting", in: table, base: BaseChain(type: .nat, hook: .postrouting, priority: .sourceNATPriority))
  static let bridges = NFTSet("bridges", in: table, key: [.interfaceName], comment: "bridges of nsrun")
  static let bridged = NFTSet("bridged", in: table, key: [.interfaceName, .interfaceName])
  static let masqueraded = NFTSet("masqueraded", in: table, key: [.ipv4Address])
  static let home = NFTSet("home", in: table, key: [.ipv4Address, .interfaceName])
  static let verdicts = NFTSet("verdicts", in: table, key: [.ipv4Address], value: .verdict)

  static let rules = [
    Rule(in: forward, [.matching(.inputInterfaceName, .outputInterfaceName, in: bridged), .verdict(.accept)]),
    Rule(in: forward, [.vmap(.sourceAddress, in: verdicts)]),
    Rule(in: forward, [.vmap(.destinationAddress, in: verdicts)]),
    Rule(
      in: forward,
      [
        .matching(.inputInterfaceName, in: bridges, inverted: true),
        .matching(.outputInterfaceName, in: bridges, inverted: true), .counter, .verdict(.drop),
      ], comment: "nsrun turned forwarding on: not for others"),
    Rule(in: forward, [.state([.established, .related]), .verdict(.accept)]),
    Rule(in: postrouting, [.matching(.sourceAddress, .outputInterfaceName, in: home), .verdict(.accept)]),
    Rule(in: postrouting, [.matching(.sourceAddress, in: masqueraded), .masquerade()]),
  ]

  /// Everything in the order in which nft sends it.
  static func transaction() -> Transaction {
    var transaction = Transaction()
    transaction.add(table)
    transaction.add(forward)
    transaction.add(postrouting)
    transaction.add(bridges)
    transaction.add([SetElement(key: [.interfaceName("br0")])], to: bridges)
    transaction.add(bridged)
    transaction.add([SetElement(key: [.interfaceName("br0"), .interfaceName("br0")])], to: bridged)
    transaction.add(masqueraded)
    transaction.add([SetElement(key: [.address(ip("10.64.1.5"))], comment: "nsrun web")], to: masqueraded)
    transaction.add(home)
    transaction.add(
      [SetElement(key: [.address(ip("10.64.1.5")), .interfaceName("br0")], comment: "nsrun web")], to: home)
    transaction.add(verdicts)
    transaction.add([SetElement(key: [.address(ip("10.64.1.9"))], verdict: .drop, comment: "nsrun x")], to: verdicts)
    for rule in rules { transaction.add(rule) }
    return transaction
  }

  /// What `nft list table inet nsrun` (1.0.6) prints for the example.
  static let listing = """
    table inet nsrun {
    \tcomment "made by nsrun(8)"
    \tset bridges {
    \t\ttype ifname
    \t\tcomment "bridges of nsrun"
    \t\telements = { "br0" }
    \t}

    \tset bridged {
    \t\ttype ifname . ifname
    \t\telements = { "br0" . "br0" }
    \t}

    \tset masqueraded {
    \t\ttype ipv4_addr
    \t\telements = { 10.64.1.5 comment "nsrun web" }
    \t}

    \tset home {
    \t\ttype ipv4_addr . ifname
    \t\telements = { 10.64.1.5 . "br0" comment "nsrun web" }
    \t}

    \tmap verdicts {
    \t\ttype ipv4_addr : verdict
    \t\telements = { 10.64.1.9 comment "nsrun x" : drop }
    \t}

    \tchain forward {
    \t\ttype filter hook forward priority filter; policy accept;
    \t\tiifname . oifname @bridged accept
    \t\tip saddr vmap @verdicts
    \t\tip daddr vmap @verdicts
    \t\tiifname != @bridges oifname != @bridges counter packets 0 bytes 0 drop comment "nsrun turned forwarding on: not for others"
    \t\tct state established,related accept
    \t}

    \tchain postrouting {
    \t\ttype nat hook postrouting priority srcnat; policy accept;
    \t\tip saddr . oifname @home accept
    \t\tip saddr @masqueraded masquerade
    \t}
    }

    """
}
