import NFTables
import NetTypes

/// Repeats the checks of ``PortGuard`` as rules of the bridge family. Root inside can mark frames so that they skip all
/// filters at the ingress of the host end, including netdev tables: ifb sets tc_skip_classify, which a veth keeps.
/// Frames cannot skip the hooks of a bridge. These rules do not check frames with several VLAN tags. Spanning tree
/// messages to the bridge itself pass none of these hooks (``PortGuard/options``).
enum PortRules {
  private static let table = Confinement.table

  /// All frames that arrive on ports.
  private static let ports = Chain(
    "ports", in: table,
    base: BaseChain(type: .filter, hook: .prerouting, priority: -300 /* NF_BR_PRI_NAT_DST_BRIDGED */))
  private static let frames = Chain("frames", in: table)
  private static let groups = Chain("frames-groups", in: table)
  private static let ipv4 = Chain("frames-ipv4", in: table)
  private static let ipv6 = Chain("frames-ipv6", in: table)
  private static let arp = Chain("frames-arp", in: table)

  /// The link-local addresses of sandboxes on nsrun's bridges. Each launch makes the kernel report the group of its link
  /// to multicast routers, twice, and a bridge that does not snoop would wake up all other sandboxes with that. No router
  /// forwards the groups of a link.
  static let reporters = NFTSet(
    "reporters", in: table, key: [.ipv6Address], flags: .interval, comment: "no other port gets their MLD reports")

  static let chains = [ports, frames, groups, ipv4, ipv6, arp]

  static var rules: [Rule] {
    [
      Rule(
        in: ports,
        [.hasPrefix(.inputInterfaceName, BridgeConnection.hostLinkPrefix), .verdict(.goto(frames.name))],
        comment: "what the filter of a sandbox's port drops as well"),
      Rule(in: frames, [.equals(.packetType, .bytes([2 /* PACKET_MULTICAST */])), .verdict(.jump(groups.name))]),
      toChain(ipv4, of: PortProgram.EtherType.ipv4), toChain(ipv6, of: PortProgram.EtherType.ipv6),
      toChain(arp, of: PortProgram.EtherType.arp),
    ] + groupRules + ipv4Rules + ipv6Rules + arpRules
  }

  private static func toChain(_ chain: Chain, of type: UInt32) -> Rule {
    Rule(in: frames, [.equals(.etherType, .etherType(UInt16(type))), .verdict(.goto(chain.name))])
  }

  private static var groupRules: [Rule] {
    PortProgram.groups.map {
      Rule(in: groups, [.bytes(.etherDestination, $0.address, mask: $0.mask), .verdict(.drop)])
    }
  }

  private static func isTransport(_ number: UInt32) -> Statement { .equals(.transportProtocol, .proto(UInt8(number))) }
  private static let isTCP = isTransport(6)

  private static func type(_ value: UInt32) -> DataValue { .proto(UInt8(value)) }

  /// Matches the first byte of the UDP payload.
  private static func isMessage(_ type: UInt32) -> Statement {
    .bytes(PayloadField(.transport, offset: 8, length: 1), [UInt8(type)])
  }

  private static let isIPv4 = Statement.equals(.etherType, .etherType(UInt16(PortProgram.EtherType.ipv4)))

  private static var ipv4Rules: [Rule] {
    func rule(_ statements: Statement..., verdict: Verdict = .drop) -> Rule {
      Rule(in: ipv4, statements + [.verdict(verdict)])
    }
    let isToRelay = Statement.equals(.udpDestinationPort, .port(UInt16(PortProgram.DHCP.server)))
    return [
      rule(.within(.sourceAddress, .loopback)),
      rule(.within(.destinationAddress, .loopback)),
      rule(isTCP, verdict: .accept),
      rule(.equals(.udpDestinationPort, .port(UInt16(PortProgram.DHCP.client)))),
      rule(isToRelay, isMessage(PortProgram.DHCP.reply)),
      // With more fragments, the message may be in the second one.
      rule(isToRelay, .bytes(PayloadField(.network, offset: 6, length: 1), [0x20], mask: [0x20])),
    ] + PortProgram.icmpTypes.map { rule(.equals(.icmpType, type($0))) }
      + PortProgram.igmpTypes.map {
        // When nft prints this rule and loads it again, the rule has the EtherType.
        rule(isIPv4, isTransport(PortProgram.IPProtocol.igmp), .bytes(.icmpType, [UInt8($0)]))
      }
  }

  private static var ipv6Rules: [Rule] {
    func rule(_ statements: Statement..., verdict: Verdict = .drop) -> Rule {
      Rule(in: ipv6, statements + [.verdict(verdict)])
    }
    // ::/32 has the loopback address and IPv4-mapped addresses.
    let low = IPNetwork("::/32")!
    return [
      rule(.within(.destinationAddress6, low)),
      rule(
        .within(.sourceAddress6, low), .notEquals(.sourceAddress6, .address(low.address))),
      rule(isTCP, verdict: .accept),
      rule(.equals(.udpSourcePort, .port(UInt16(PortProgram.DHCP.server6)))),
      rule(.equals(.udpDestinationPort, .port(UInt16(PortProgram.DHCP.client6)))),
      rule(.equals(.udpDestinationPort, .port(UInt16(PortProgram.DHCP.server6))), isMessage(PortProgram.DHCP.reply6)),
    ] + PortProgram.icmp6Types.map { rule(.equals(.icmpv6Type, type($0))) } + [
      rule(
        .matching(.sourceAddress6, in: reporters), .equals(.icmpv6Type, type(143 /* ICMPV6_MLD2_REPORT */)),
        // From the number of records, which is one, to the first bytes of its group: ff02::/16.
        .bytes(
          PayloadField(.transport, offset: 6, length: 8), [0, 1, 0, 0, 0, 0, 0xff, 0x02],
          mask: [0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff])),
      // The upper layer of a packet that does not show it cannot be checked.
      rule(.notEquals(.transportProtocol, .proto(255)), verdict: .accept),
      rule(),
    ]
  }

  private static var arpRules: [Rule] {
    // The offsets of the sender and target addresses.
    [14, 24].map { offset in
      Rule(in: arp, [.bytes(PayloadField(.network, offset: offset, length: 1), [127]), .verdict(.drop)])
    }
  }
}
