import NFTables
import NetTypes

/// The rules that confine sandboxes without a way out. They match the port, because root inside a sandbox can change
/// the sandbox's address. They are in a table of the bridge family, beside that of the ``Firewall`` and with the
/// ``PortRules``.
///
/// Such a sandbox can reach other sandboxes on its bridge and the host's address there, but no host behind another port
/// of the bridge.
enum Confinement {
  static let table = Table(.bridge, "nsrun", comment: "made by nsrun(8); gone with its last sandbox")

  /// Ports of sandboxes without a way out.
  static let confined = NFTSet(
    "confined", in: table, key: [.interfaceName], comment: "ports of sandboxes without a way out")
  /// For each port, the sandbox's address and the address of the host that it may reach. The host's rules for
  /// forwarding and translation would not recognise another address of the sandbox.
  static let allowed = NFTSet(
    "allowed", in: table, key: [.interfaceName, .ipv4Address, .ipv4Address],
    comment: "their addresses, and the host's on their bridge")
  /// For each port, the addresses that the sandbox may announce by ARP. With other addresses, it would receive the
  /// host's packets to other hosts.
  static let announced = NFTSet(
    "announced", in: table, key: [.interfaceName, .ipv4Address], comment: "addresses that they may have by ARP")

  /// Packets from a port to the host, including those that the host forwards.
  static let input = chain("input", .input)
  /// Packets from port to port.
  static let forward = chain("forward", .forward)
  /// Packets that the host sends or forwards to a port.
  static let output = chain("output", .output)

  private static func chain(_ name: String, _ hook: Hook) -> Chain {
    Chain(name, in: table, base: BaseChain(type: .filter, hook: hook, priority: -200 /* NF_BR_PRI_FILTER_BRIDGED */))
  }

  private static var rules: [Rule] {
    let isARP = Statement.equals(.etherType, .etherType(UInt16(PortProgram.EtherType.arp)))
    let isFromConfined = Statement.matching(.inputInterfaceName, in: confined)
    let isToConfined = Statement.matching(.outputInterfaceName, in: confined)
    let isFromSandbox = Statement.hasPrefix(.inputInterfaceName, BridgeConnection.hostLinkPrefix)
    let isToSandbox = Statement.hasPrefix(.outputInterfaceName, BridgeConnection.hostLinkPrefix)
    return [
      Rule(
        in: input,
        [.matching(.inputInterfaceName, .sourceAddress, .destinationAddress, in: allowed), .verdict(.accept)]),
      Rule(in: input, [isARP, .matching(.inputInterfaceName, .arpSenderAddress, in: announced), .verdict(.accept)]),
      Rule(in: input, [isFromConfined, .verdict(.drop)]),
      Rule(in: forward, [isFromSandbox, isToSandbox, .verdict(.accept)], comment: "sandboxes on one bridge"),
      Rule(in: forward, [isFromConfined, .verdict(.drop)]),
      Rule(in: forward, [isToConfined, .verdict(.drop)]),
      Rule(
        in: output,
        [.matching(.outputInterfaceName, .destinationAddress, .sourceAddress, in: allowed), .verdict(.accept)]),
      Rule(in: output, [isToConfined, isARP, .verdict(.accept)]),
      Rule(in: output, [isToConfined, .verdict(.drop)]),
    ]
  }

  /// Adds the whole table and replaces an existing one.
  static func install(_ transaction: inout Transaction) {
    transaction.destroy(table)
    transaction.add(table)
    for set in [PortRules.reporters, confined, allowed, announced] { transaction.add(set) }
    for chain in PortRules.chains + [input, forward, output] { transaction.add(chain) }
    for rule in PortRules.rules + rules { transaction.add(rule) }
  }

  static func elements(of member: SandboxPlan.Member) -> [(NFTSet, [SetElement])] {
    let port = DataValue.interfaceName(member.port.text)
    let comment = "nsrun \(member.name)"
    var elements = [(confined, [SetElement(key: [port], comment: comment)])]
    // An ARP probe has the sender address 0.0.0.0 (RFC 5227).
    let senders = [member.address, IPAddress("0.0.0.0")!]
    elements.append((announced, senders.map { SetElement(key: [port, .address($0)], comment: comment) }))
    if let hostAddress = member.hostAddress {
      let pair = [port, .address(member.address), .address(hostAddress)]
      elements.append((allowed, [SetElement(key: pair, comment: comment)]))
    }
    return elements
  }
}
