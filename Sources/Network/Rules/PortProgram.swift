import Glibc
import LinuxSystem
import NetTypes
import Netlink
import RouteNetlink

/// Drops what a sandbox may not send on any bridge: messages by which switches, routers and DHCP servers configure
/// other hosts, and addresses that are local to one machine. It runs at the host end of the veth pair, before the
/// bridge. The bridge family of netfilter does not see spanning tree messages, and would cost a launch without other
/// sandboxes a table.
///
/// It drops what it cannot evaluate: more than three VLAN tags, more than four IPv6 extension headers, or a first
/// fragment without its upper-layer header.
///
/// The index register holds the distance of all fields from their place in an untagged frame. A read beyond the end of
/// a frame accepts the frame, because a receiver cannot read any further either. A receiver of fragments can, so the
/// program checks their length.
struct PortProgram {
  private var program = PacketProgram()
  private let pass, drop, llc, arp, ipv4, ipv6, udp4, icmp4, udp6, icmp6: PacketProgram.Label

  /// The program of an ``IngressFilter``.
  static let program = PortProgram().program

  /// Words of the program's memory.
  private enum Memory {
    /// The type of the next header, after the current one.
    static let header: UInt32 = 0
    /// The value that the index would have at the end of an IPv6 packet.
    static let end: UInt32 = 1
    /// The fragment field of an IPv4 packet.
    static let fragment: UInt32 = 2
  }

  enum EtherType {
    static let ipv4: UInt32 = 0x0800
    static let arp: UInt32 = 0x0806
    static let ipv6: UInt32 = 0x86dd
    static let tags: [UInt32] = [0x8100, 0x88a8]
    /// A value up to this is a length, not a type, as in Linux (eth_proto_is_802_3).
    static let longestLength: UInt32 = 0x05ff
  }

  enum IPProtocol {
    static let icmp: UInt32 = 1
    static let igmp: UInt32 = 2
    static let udp: UInt32 = 17
    static let icmp6: UInt32 = 58
    static let fragment: UInt32 = 44
    /// Extension headers with a next header and a length: hop-by-hop options, routing, destination options.
    static let extensions: [UInt32] = [0, 43, 60]
  }

  /// 01:80:c2:00:00:0X, which bridges do not forward (IEEE 802.1Q: spanning tree, LACP, 802.1X, LLDP), and 2X (GVRP,
  /// MVRP); of Cisco 01:00:0c:cc:cc:cX (PVST, CDP, VTP, DTP, UDLD) and 01:00:0c:cd:cd:cd.
  static let groups: [(address: [UInt8], mask: [UInt8])] = [
    ([0x01, 0x80, 0xc2, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 0xff, 0xd0]),
    ([0x01, 0, 0x0c, 0xcc, 0xcc, 0xc0], [0xff, 0xff, 0xff, 0xff, 0xff, 0xf0]),
    ([0x01, 0, 0x0c, 0xcd, 0xcd, 0xcd], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  ]

  /// Redirects (RFC 792) and router advertisements (RFC 1256).
  static let icmpTypes: [UInt32] = [5, 9]

  /// Membership queries (RFC 2236) and multicast router advertisements (RFC 4286).
  static let igmpTypes: [UInt32] = [0x11, 0x30]

  /// Messages of routers: multicast listener queries (RFC 2710), router advertisements and redirects (RFC 4861),
  /// multicast router advertisements (RFC 4286).
  static let icmp6Types: [UInt32] = [130, 134, 137, 151]

  /// A sandbox must not send as a server to clients, or to relays, which use the servers' port: BOOTREPLY (RFC 2131),
  /// RELAY-REPL (RFC 8415).
  enum DHCP {
    static let server: UInt32 = 67
    static let client: UInt32 = 68
    static let reply: UInt32 = 2
    static let server6: UInt32 = 547
    static let client6: UInt32 = 546
    static let reply6: UInt32 = 13
  }

  private init() {
    (pass, drop, llc) = (program.label(), program.label(), program.label())
    (arp, ipv4, ipv6) = (program.label(), program.label(), program.label())
    (udp4, icmp4, udp6, icmp6) = (program.label(), program.label(), program.label(), program.label())
    judgeGroups()
    findNetworkLayer()
    judgeIPv6()
    judgeIPv4()
    judgeARP()
    program.place(pass)
    program.end(IngressFilter.Verdict.pass.rawValue)
    program.place(drop)
    program.end(IngressFilter.Verdict.drop.rawValue)
  }

  // MARK: Ethernet

  private mutating func judgeGroups() {
    for group in Self.groups {
      func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
      let other = program.label()
      program.load(.word, at: 0)
      program.jump(unless: .equal(number(group.address[..<4])), to: other)
      program.load(.half, at: 4)
      program.compute(.and(number(group.mask[4...])))
      program.jump(if: .equal(number(group.address[4...])), to: drop)
      program.place(other)
    }
  }

  /// Finds the protocol of a frame, and sets the index.
  private mutating func findNetworkLayer() {
    program.setIndex(0)
    // The kernel may already have removed one more tag.
    for _ in 0..<2 {
      let tag = program.label()
      program.load(.half, fromIndex: 12)
      program.jump(if: .equal(EtherType.ipv4), to: ipv4)
      program.jump(if: .equal(EtherType.ipv6), to: ipv6)
      program.jump(if: .equal(EtherType.arp), to: arp)
      for type in EtherType.tags { program.jump(if: .equal(type), to: tag) }
      program.jump(unless: .greater(EtherType.longestLength), to: llc)
      program.end(IngressFilter.Verdict.pass.rawValue)
      program.place(tag)
      advance(by: 4)
    }
    let last = program.label()
    program.load(.half, fromIndex: 12)
    dropIf(anyOf: EtherType.tags)
    program.jump(if: .greater(EtherType.longestLength), to: last)
    // In a frame with a length, a SNAP header may name the protocol (RFC 1042). Linux ignores it; other systems may
    // not.
    program.place(llc)
    program.load(.word, fromIndex: 14)
    passUnless(.equal(0xaaaa_0300))
    advance(by: 8)
    program.load(.half, fromIndex: 12)
    program.place(last)
    program.jump(if: .equal(EtherType.ipv4), to: ipv4)
    program.jump(if: .equal(EtherType.arp), to: arp)
    passUnless(.equal(EtherType.ipv6))
  }

  // MARK: IPv6

  private mutating func judgeIPv6() {
    let fragment = program.label()
    program.place(ipv6)
    judgeIPv6Addresses()
    program.load(.half, fromIndex: 18)
    program.compute(.addIndex)
    program.storeMemory(Memory.end)
    program.load(.byte, fromIndex: 20)
    for _ in 0..<4 {
      let known = program.label()
      program.jump(if: .equal(IPProtocol.udp), to: udp6)
      program.jump(if: .equal(IPProtocol.icmp6), to: icmp6)
      program.jump(if: .equal(IPProtocol.fragment), to: fragment)
      for type in IPProtocol.extensions { program.jump(if: .equal(type), to: known) }
      program.end(IngressFilter.Verdict.pass.rawValue)
      program.place(known)
      skipExtensionHeader()
    }
    program.jump(if: .equal(IPProtocol.udp), to: udp6)
    program.jump(if: .equal(IPProtocol.icmp6), to: icmp6)
    dropIf(anyOf: IPProtocol.extensions)
    passUnless(.equal(IPProtocol.fragment))
    program.place(fragment)
    judgeFragment()
    judgeICMP6()
    judgeUDP6()
  }

  /// Drops addresses in ::/32, which has the loopback address and IPv4-mapped addresses, except :: as the source.
  private mutating func judgeIPv6Addresses() {
    let usual = program.label()
    program.load(.word, fromIndex: 38)
    dropIf(anyOf: [0])
    program.load(.word, fromIndex: 22)
    program.jump(unless: .equal(0), to: usual)
    program.load(.word, fromIndex: 34)
    program.jump(unless: .equal(0), to: drop)
    program.place(usual)
  }

  /// Puts the type of the next header into the accumulator.
  private mutating func skipExtensionHeader() {
    program.load(.half, fromIndex: 54)
    program.storeMemory(Memory.header)
    program.compute(.and(0xff))
    program.compute(.add(1))
    program.compute(.shiftLeft(3))
    program.compute(.addIndex)
    program.setIndex()
    program.loadMemory(Memory.header)
    program.compute(.shiftRight(8))
  }

  /// Receivers cannot use other fragments without the first one. The first must show its upper layer (RFC 7112), and
  /// enough of it.
  private mutating func judgeFragment() {
    let measured = program.label()
    program.load(.word, fromIndex: 54)
    program.jump(if: .anyBit(0xfff8), to: pass)
    program.compute(.shiftRight(24))
    program.storeMemory(Memory.header)
    dropIf(anyOf: IPProtocol.extensions + [IPProtocol.fragment])
    program.jump(if: .equal(IPProtocol.udp), to: measured)
    passUnless(.equal(IPProtocol.icmp6))
    program.place(measured)
    // Goes by the length of the packet. Anything after it in the frame is padding, which receivers cut off.
    let least: UInt32 = 8 + 16
    program.loadMemory(Memory.end)
    program.jump(unless: .greater(least - 1), to: drop)
    program.compute(.subtract(least))
    program.jump(unless: .atLeastIndex, to: drop)
    advance(by: 8)
    program.loadMemory(Memory.header)
    program.jump(if: .equal(IPProtocol.udp), to: udp6)
  }

  private mutating func judgeICMP6() {
    program.place(icmp6)
    program.load(.byte, fromIndex: 54)
    dropIf(anyOf: Self.icmp6Types)
    program.end(IngressFilter.Verdict.pass.rawValue)
  }

  private mutating func judgeUDP6() {
    program.place(udp6)
    program.load(.half, fromIndex: 54)
    dropIf(anyOf: [DHCP.server6])
    program.load(.half, fromIndex: 56)
    dropIf(anyOf: [DHCP.client6])
    passUnless(.equal(DHCP.server6))
    program.load(.byte, fromIndex: 62)
    dropIf(anyOf: [DHCP.reply6])
    program.end(IngressFilter.Verdict.pass.rawValue)
  }

  // MARK: IPv4

  private mutating func judgeIPv4() {
    program.place(ipv4)
    for address: UInt32 in [26, 30] {
      program.load(.byte, fromIndex: address)
      dropIf(anyOf: [127])
    }
    // Receivers cannot use other fragments without the first one, which has at least 8 bytes of the upper layer.
    program.load(.half, fromIndex: 20)
    program.jump(if: .anyBit(0x1fff), to: pass)
    program.storeMemory(Memory.fragment)
    program.load(.byte, fromIndex: 23)
    program.storeMemory(Memory.header)
    program.load(.byte, fromIndex: 14)
    program.compute(.and(0xf))
    program.compute(.shiftLeft(2))
    program.compute(.addIndex)
    program.setIndex()
    program.loadMemory(Memory.header)
    program.jump(if: .equal(IPProtocol.udp), to: udp4)
    program.jump(if: .equal(IPProtocol.icmp), to: icmp4)
    passUnless(.equal(IPProtocol.igmp))
    program.load(.byte, fromIndex: 14)
    dropIf(anyOf: Self.igmpTypes)
    program.end(IngressFilter.Verdict.pass.rawValue)
    program.place(icmp4)
    program.load(.byte, fromIndex: 14)
    dropIf(anyOf: Self.icmpTypes)
    program.end(IngressFilter.Verdict.pass.rawValue)
    judgeUDP4()
  }

  private mutating func judgeUDP4() {
    program.place(udp4)
    program.load(.half, fromIndex: 16)
    dropIf(anyOf: [DHCP.client])
    passUnless(.equal(DHCP.server))
    // The message may be in the second fragment.
    program.loadMemory(Memory.fragment)
    program.jump(if: .anyBit(0x2000), to: drop)
    program.load(.byte, fromIndex: 22)
    dropIf(anyOf: [DHCP.reply])
    program.end(IngressFilter.Verdict.pass.rawValue)
  }

  /// Checks the sender and target addresses.
  private mutating func judgeARP() {
    program.place(arp)
    for address: UInt32 in [28, 38] {
      program.load(.byte, fromIndex: address)
      dropIf(anyOf: [127])
    }
  }

  // MARK: Parts

  private mutating func dropIf(anyOf values: [UInt32]) {
    for value in values { program.jump(if: .equal(value), to: drop) }
  }

  private mutating func passUnless(_ condition: PacketProgram.Condition) { program.jump(unless: condition, to: pass) }

  /// Adds to the index.
  private mutating func advance(by bytes: UInt32) {
    program.loadIndex()
    program.compute(.add(bytes))
    program.setIndex()
  }
}
