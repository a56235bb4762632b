import LinuxSystem
import RouteNetlink
import TestNetlink
import Testing

/// Requests about links, compared with those that ip(8) sends (strace -e write).
@Suite struct LinkRequestTests {
  // iproute2 6.1: ip link add du0 type dummy
  @Test func `a link without options of its own has only a kind`() throws {
    let golden = bytes(
      """
      38 00 00 00  // nlmsg_len 56
      10 00  // nlmsg_type RTM_NEWLINK
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      00 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      08 00 03 00 64 75 30 00  // IFLA_IFNAME du0
      10 00 12 00  // IFLA_LINKINFO, length 16
        09 00 01 00 64 75 6d 6d 79 00 00 00  // IFLA_INFO_KIND dummy
      """)
    let message = try sent { requests in
      requests.create(.dummy(name("du0")))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link set v0 down, which sends RTM_NEWLINK
  @Test func `a link is taken down`() throws {
    let golden = bytes(
      """
      20 00 00 00  // nlmsg_len 32
      13 00  // nlmsg_type RTM_SETLINK
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      47 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      01 00 00 00  // ifi_change
      """)
    let message = try sent { requests in
      requests.change(link: .index(71), LinkChanges(isUp: false))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link set v0 address ... mtu 1300 nomaster ..., which sends RTM_NEWLINK
  @Test func `many things of a link are changed at once`() throws {
    let golden = bytes(
      """
      58 00 00 00  // nlmsg_len 88
      13 00  // nlmsg_type RTM_SETLINK
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      47 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      0a 00 01 00 02 00 00 00 00 03 00 00  // IFLA_ADDRESS
      08 00 04 00 14 05 00 00  // IFLA_MTU
      08 00 0a 00 00 00 00 00  // IFLA_MASTER
      09 00 14 00 77 6f 72 6c 64 00 00 00  // IFLA_IFALIAS world
      08 00 0d 00 05 00 00 00  // IFLA_TXQLEN
      08 00 1b 00 09 00 00 00  // IFLA_GROUP
      """)
    let message = try sent { requests in
      requests.change(
        link: .index(71),
        LinkChanges(
          address: mac("02:00:00:00:00:03"), mtu: 1300, master: 0, alias: "world", txQueueLength: 5, group: 9))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link set v0 addrgenmode none, which sends RTM_NEWLINK
  @Test func `a link is kept from making up IPv6 addresses`() throws {
    let golden = bytes(
      """
      30 00 00 00  // nlmsg_len 48
      13 00  // nlmsg_type RTM_SETLINK
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      47 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      10 00 1a 00  // IFLA_AF_SPEC, length 16
        0c 00 0a 00  // AF_INET6, length 12
          05 00 08 00 01 00 00 00  // IFLA_INET6_ADDR_GEN_MODE
      """)
    let message = try sent { requests in
      requests.change(link: .index(71), LinkChanges(addressGeneration: AddressGenerationMode.none))
    }
    #expect(message == golden)
  }

  // The form that net/ipv4/devinet.c reads (inet_set_link_af). No tool sends it.
  @Test func `parameters of IPv4 come before those of IPv6`() throws {
    let golden = bytes(
      """
      48 00 00 00  // nlmsg_len 72
      13 00  // nlmsg_type RTM_SETLINK
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      47 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      28 00 1a 00  // IFLA_AF_SPEC, length 40
        18 00 02 00  // AF_INET, length 24
          14 00 01 00  // IFLA_INET_CONF, length 20
            08 00 01 00 00 00 00 00  // IPV4_DEVCONF_FORWARDING
            08 00 08 00 02 00 00 00  // IPV4_DEVCONF_RP_FILTER
        0c 00 0a 00  // AF_INET6, length 12
          05 00 08 00 01 00 00 00  // IFLA_INET6_ADDR_GEN_MODE
      """)
    let message = try sent { requests in
      requests.change(
        link: .index(71),
        LinkChanges(
          addressGeneration: AddressGenerationMode.none,
          ipv4: [IPv4LinkSetting(.forwarding, 0), IPv4LinkSetting(.reversePathFilter, 2)]))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link set v0 master mst up, which sends RTM_NEWLINK
  @Test func `a link becomes a port and comes up`() throws {
    let golden = bytes(
      """
      28 00 00 00  // nlmsg_len 40
      13 00  // nlmsg_type RTM_SETLINK
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      47 00 00 00  // ifi_index
      01 00 00 00  // ifi_flags
      01 00 00 00  // ifi_change
      08 00 0a 00 04 00 00 00  // IFLA_MASTER
      """)
    let message = try sent { requests in
      requests.change(link: .index(71), LinkChanges(isUp: true, master: 4))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link set br7 name br6, which sends RTM_NEWLINK
  @Test func `a link is renamed`() throws {
    let golden = bytes(
      """
      28 00 00 00  // nlmsg_len 40
      13 00  // nlmsg_type RTM_SETLINK
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      05 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      08 00 03 00 62 72 36 00  // IFLA_IFNAME br6
      """)
    let message = try sent { requests in
      requests.change(link: .index(5), LinkChanges(name: name("br6")))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link set br6 netns foo, which sends RTM_NEWLINK
  @Test func `a link is moved to another namespace`() throws {
    let golden = bytes(
      """
      28 00 00 00  // nlmsg_len 40
      13 00  // nlmsg_type RTM_SETLINK
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      05 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      08 00 1c 00 04 00 00 00  // IFLA_NET_NS_FD
      """)
    let message = try sent { requests in
      requests.change(link: .index(5), LinkChanges(namespace: .descriptor(4)))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link del v0
  @Test func `a link is deleted`() throws {
    let golden = bytes(
      """
      20 00 00 00  // nlmsg_len 32
      11 00  // nlmsg_type RTM_DELLINK
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      47 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      """)
    let message = try sent { requests in
      requests.delete(link: .index(71))
    }
    #expect(message == golden)
  }

  @Test func `an alias takes a second request, because the kernel ignores it in the first`() throws {
    var link = LinkSpecification.dummy(name("d0"))
    link.index = 9
    let plain = try sent { $0.create(link) }
    link.alias = "tag"
    let both = try sent { $0.create(link) }
    // Only the last request asks for an acknowledgement.
    #expect(Array(both.prefix(plain.count))[8...] == plain[8...])
    #expect(both.dropFirst(plain.count).count == 40)
    let change = try sent { $0.change(link: .index(9), LinkChanges(alias: "tag")) }
    #expect(Array(both.dropFirst(plain.count + 12)) == Array(change.dropFirst(12)))
  }

  @Test func `address generation is changed before the link comes up`() throws {
    let both = try sent {
      $0.change(link: .index(71), LinkChanges(isUp: true, addressGeneration: AddressGenerationMode.none))
    }
    let mode = try sent {
      $0.change(link: .index(71), LinkChanges(addressGeneration: AddressGenerationMode.none))
    }
    let up = try sent { $0.change(link: .index(71), LinkChanges(isUp: true)) }
    #expect(both.count == mode.count + up.count)
    #expect(Array(both[16..<mode.count]) == Array(mode[16...]))
    #expect(Array(both[(mode.count + 16)...]) == Array(up[16...]))
  }

  // iproute2 6.1: tc qdisc add dev v0 ingress; tc filter add dev v0 ingress protocol all prio 1 bpf da bytecode '1,6 0 0 4294967295'
  @Test func `a filter of what comes in is a qdisc and a program`() throws {
    let golden = bytes(
      """
      30 00 00 00  // nlmsg_len 48
      24 00  // nlmsg_type RTM_NEWQDISC
      01 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00 00 00  // tcm_family, padding
      03 00 00 00  // tcm_ifindex
      00 00 ff ff  // tcm_handle ffff:
      f1 ff ff ff  // tcm_parent TC_H_INGRESS
      00 00 00 00  // tcm_info
      0c 00 01 00 69 6e 67 72 65 73 73 00  // TCA_KIND ingress
      4c 00 00 00  // nlmsg_len 76
      2c 00  // nlmsg_type RTM_NEWTFILTER
      05 04  // nlmsg_flags: tc has NLM_F_EXCL as well
      02 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00 00 00  // tcm_family, padding
      03 00 00 00  // tcm_ifindex
      00 00 00 00  // tcm_handle
      f2 ff ff ff  // tcm_parent
      00 03 01 00  // tcm_info: ETH_P_ALL, priority 1
      08 00 01 00 62 70 66 00  // TCA_KIND bpf
      20 00 02 00  // TCA_OPTIONS
        06 00 04 00 01 00 00 00  // TCA_BPF_OPS_LEN 1
        0c 00 05 00 06 00 00 00 ff ff ff ff  // TCA_BPF_OPS: end with -1
        08 00 08 00 01 00 00 00  // TCA_BPF_FLAGS TCA_BPF_FLAG_ACT_DIRECT
      """)
    let message = try sent { requests in
      var program = PacketProgram()
      program.end(IngressFilter.Verdict.pass.rawValue)
      requests.addIngressQdisc(link: 3)
      requests.add(IngressFilter(at: .link(3)), program)
    }
    #expect(message == golden)
  }

  @Test func `a link is selected by a name of any length`() throws {
    let short = try sent { $0.delete(link: .named("v0")) }
    #expect(Array(short[32...]) == [7, 0, 3, 0, 0x76, 0x30, 0, 0])  // IFLA_IFNAME
    let long = try sent { $0.delete(link: .named("an-alternative-name")) }
    #expect(Array(long[32..<36]) == [24, 0, 53, 0])  // IFLA_ALT_IFNAME
  }
}
