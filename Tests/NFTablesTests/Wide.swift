import NFTables
import TestNetlink

/// A table with every feature.
enum Wide {
  static let table = Table(.inet, "t")
  static let called = Chain("c", in: table, comment: "a chain")
  static let pre = Chain(
    "pre", in: table, base: BaseChain(type: .nat, hook: .prerouting, priority: .destinationNATPriority))
  static let post = Chain(
    "post", in: table, base: BaseChain(type: .nat, hook: .postrouting, priority: .sourceNATPriority))
  static let input = Chain(
    "in", in: table, base: BaseChain(type: .filter, hook: .input, priority: .filterPriority, policy: .drop))

  static let ports = NFTSet("ports", in: table, key: [.port], flags: .interval)
  static let nets = NFTSet("nets", in: table, key: [.ipv4Address], flags: .interval)
  static let pairs = NFTSet("pairs", in: table, key: [.ipv4Address, .port], flags: .interval)
  static let nets6 = NFTSet(
    "nets6", in: table, key: [.ipv6Address], flags: [.interval, .timeout], size: 1024, timeout: 86_400_000)
  static let services = NFTSet("services", in: table, key: [.transportProtocol, .port])
  static let marks = NFTSet("marks", in: table, key: [.mark], comment: "marks")
  static let published = NFTSet(
    "published", in: table, key: [.transportProtocol, .port], value: .data([.ipv4Address, .port]))
  static let published6 = NFTSet("published6", in: table, key: [.port], value: .data([.ipv6Address]))
  static let remark = NFTSet("remark", in: table, key: [.mark], value: .data([.mark]))
  static let jumps = NFTSet("jumps", in: table, key: [.interfaceName], value: .verdict)
  static let sets = [ports, nets, pairs, nets6, services, marks, published, published6, remark, jumps]

  static let documentation = ip("2001:db8::1")

  static let elements: [(NFTSet, [SetElement])] = [
    (ports, [SetElement(key: [.port(22)])]),
    (ports, [SetElement(key: [.port(80)], upTo: [.port(90)], comment: "web")]),
    (nets, [SetElement(key: [.address(ip("1.1.1.1"))])]),
    (nets, [.network(network("10.0.0.0/8")), .network(network("255.0.0.0/8"))]),
    (
      pairs,
      [SetElement(key: [.address(ip("10.0.0.0")), .port(80)], upTo: [.address(ip("10.255.255.255")), .port(90)])]
    ),
    (nets6, [.network(network("2001:db8::/32"))]),
    (services, [SetElement(key: [.proto(6), .port(80)])]),
    (marks, [SetElement(key: [.mark(1)])]),
    (
      published,
      [SetElement(key: [.proto(6), .port(8080)], data: [.address(ip("10.64.1.5")), .port(80)], comment: "web")]
    ),
    (published6, [SetElement(key: [.port(8080)], data: [.address(ip("2001:db8::5"))])]),
    (remark, [SetElement(key: [.mark(1)], data: [.mark(2)])]),
    (
      jumps,
      [
        SetElement(key: [.interfaceName("br0")], verdict: .jump("c")),
        SetElement(key: [.interfaceName("br1")], verdict: .goto("c")),
        SetElement(key: [.interfaceName("br2")], verdict: .return),
        SetElement(key: [.interfaceName("br3")], verdict: .continue),
      ]
    ),
  ]

  static let rules = [
    Rule(in: called, [.limit(Limit(10, per: .second)), .verdict(.accept)]),
    Rule(in: pre, [.equals(.tcpDestinationPort, .port(8080)), .dnat(to: ip("10.64.1.5"), port: 80)]),
    Rule(in: pre, [.equals(.destinationAddress, .address(ip("1.2.3.4"))), .dnat(to: ip("10.64.1.5"))]),
    Rule(in: pre, [.dnat(.transportProtocol, .destinationPort, to: published)]),
    Rule(in: pre, [.dnat(.tcpDestinationPort, to: published6)]),
    Rule(in: pre, [.equals(.tcpDestinationPort, .port(8080)), .dnat(to: documentation, port: 80)]),
    Rule(in: pre, [.toLocalAddress, .equals(.tcpDestinationPort, .port(81)), .redirect(ports: 82...82)]),
    Rule(in: pre, [.redirect()]),
    Rule(in: post, [.within(.sourceAddress, network("10.64.1.9/25")), .snat(to: ip("192.0.2.2"))]),
    Rule(in: post, [.equals(.sourceAddress6, .address(documentation)), .masquerade(flags: .fullyRandom)]),
    Rule(in: post, [.equals(.transportProtocol, .proto(6)), .masquerade(ports: 1024...65535)]),
    Rule(in: post, [.equals(.udpDestinationPort, .port(53)), .snat(to: ip("192.0.2.2"), ports: 1024...2047)]),
    Rule(in: input, [.state(.invalid), .verdict(.drop)]),
    Rule(in: input, [.equals(.conntrackMark, .mark(1)), .setMark(2)]),
    Rule([.immediate([3, 0, 0, 0]), .setConntrack(.mark)], in: input),
    Rule([.conntrack(.mark), .setMeta(.mark)], in: input),
    Rule(in: input, [.bits(.conntrackStatus, 0x20 /* IPS_DST_NAT */), .verdict(.accept)]),
    Rule(in: input, [.limit(Limit(10, per: .minute, burst: 3, isInverted: true)), .verdict(.drop)]),
    Rule(in: input, [.limit(Limit(1 << 20, per: .second, countsBytes: true)), .verdict(.accept)]),
    Rule(in: input, [.matching(.tcpDestinationPort, in: ports), .verdict(.accept)]),
    Rule(in: input, [.matching(.sourceAddress, in: nets), .verdict(.accept)]),
    Rule(in: input, [.matching(.sourceAddress, .tcpDestinationPort, in: pairs), .verdict(.accept)]),
    Rule(in: input, [.matching(.transportProtocol, .destinationPort, in: services), .verdict(.accept)]),
    Rule(in: input, [.matching(.sourceAddress6, in: nets6), .counter, .reject(.icmp(code: 4))]),
    Rule(in: input, [.vmap(.inputInterfaceName, in: jumps)]),
    Rule(in: input, [.equals(.tcpDestinationPort, .port(23)), .reject(.tcpReset)]),
    Rule(in: input, [.reject(.icmpx(.administrativelyProhibited))]),
    Rule(in: input, [.equals(.networkProtocol, .proto(2)), .reject(.icmp(code: 1))]),
    Rule(in: input, [.toLocalAddress, .verdict(.accept)]),
    Rule(
      [
        .fib(.interfaceIndex, [.sourceAddress, .inputInterface]), .compare(.first, .equal, [0, 0, 0, 0]),
        .verdict(.drop),
      ], in: input),
    Rule(in: input, [.equals(.inputInterfaceIndex, .interfaceIndex(1)), .verdict(.accept)]),
    Rule(in: input, [.equals(.icmpType, .bytes([8])), .verdict(.accept)]),
    Rule(in: input, [.equals(.icmpv6Type, .bytes([135])), .verdict(.accept)]),
    Rule(
      in: input,
      [.equals(.destinationAddress6, .address(ip("::1"))), .verdict(.accept)]),
    Rule(in: input, [.within(.tcpDestinationPort, .port(1000), .port(2000)), .verdict(.accept)]),
    Rule(in: input, [.within(.tcpDestinationPort, .port(1000), .port(2000), inverted: true), .verdict(.accept)]),
    Rule(in: input, [.hasPrefix(.inputInterfaceName, "br"), .verdict(.accept)]),
    Rule(in: input, [.equals(.udpSourcePort, .port(53)), .verdict(.accept)]),
    Rule(in: input, [.notEquals(.inputInterfaceName, .interfaceName("br0")), .verdict(.jump("c"))]),
    Rule(in: input, [.equals(.mark, .mark(1)), .verdict(.goto("c"))]),
    Rule(in: input, [.equals(.socketUserID, .id(0)), .verdict(.return)]),
    Rule(in: input, [.expression(.log(prefix: "x ", level: 6))]),
    Rule(
      in: input,
      [
        .equals(.conntrack(.ipv4DestinationAddress, .original, type: .ipv4Address), .address(ip("1.2.3.4"))),
        .verdict(.accept),
      ]),
    Rule(in: input, [.equals(.udpDestinationPort, .port(5353)), .expression(.notrack)]),
    Rule(in: post, [.hasFlags(2), .clampSegmentSize]),
    Rule(in: input, [.equals(.conntrackDirection, .bytes([1])), .verdict(.accept)]),
    Rule(in: input, [.within(.destinationAddress, network("127.0.0.0/8")), .verdict(.drop)]),
  ]

  static let firstRule = Rule(
    in: input, [.equals(.etherSource, .etherAddress(mac("02:00:00:00:00:01"))), .verdict(.continue)])

  /// Everything in the order in which nft sends it.
  /// - Parameter hasNets: whether to add elements to `nets`. nft puts an end without a start before the first of them.
  static func transaction(hasNets: Bool = true) -> Transaction {
    var transaction = Transaction()
    transaction.add(table)
    for chain in [called, pre, post, input] { transaction.add(chain) }
    for set in sets { transaction.add(set) }
    for (set, list) in elements where hasNets || set != nets { transaction.add(list, to: set) }
    for rule in rules { transaction.add(rule) }
    transaction.insert(firstRule)
    return transaction
  }

  /// The same, and then the deletion of some of it.
  static func transactionWithDeletions() -> Transaction {
    var transaction = transaction(hasNets: false)
    transaction.flush(called)
    transaction.delete([SetElement(key: [.port(22)])], from: ports)
    transaction.delete([SetElement(key: [.proto(6), .port(80)])], from: services)
    transaction.flush(nets)
    transaction.flush(pre)
    transaction.delete(published6)
    transaction.delete(post)
    return transaction
  }
}
