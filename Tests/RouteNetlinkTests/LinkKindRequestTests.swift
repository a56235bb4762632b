import LinuxSystem
import RouteNetlink
import TestNetlink
import Testing

/// Requests with attributes that only one kind of link has, compared with those that ip(8) sends (strace -e write).
@Suite struct LinkKindRequestTests {
  // iproute2 6.1: ip link add v0 index 71 ... type veth peer index 72 ... netns foo name p0
  @Test func `a veth pair is created in one request`() throws {
    let golden = bytes(
      """
      9c 00 00 00  // nlmsg_len 156
      10 00  // nlmsg_type RTM_NEWLINK
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      47 00 00 00  // ifi_index
      01 00 00 00  // ifi_flags
      01 00 00 00  // ifi_change
      0a 00 01 00 02 00 00 00 00 01 00 00  // IFLA_ADDRESS
      08 00 04 00 78 05 00 00  // IFLA_MTU
      08 00 0a 00 04 00 00 00  // IFLA_MASTER
      08 00 0d 00 f4 01 00 00  // IFLA_TXQLEN
      08 00 1b 00 07 00 00 00  // IFLA_GROUP
      07 00 03 00 76 30 00 00  // IFLA_IFNAME v0
      48 00 12 00  // IFLA_LINKINFO, length 72
        08 00 01 00 76 65 74 68  // IFLA_INFO_KIND veth
        3c 00 02 00  // IFLA_INFO_DATA, length 60
          38 00 01 00  // VETH_INFO_PEER, length 56
            00 00  // ifi_family, padding
            00 00  // ifi_type
            48 00 00 00  // ifi_index
            00 00 00 00  // ifi_flags
            00 00 00 00  // ifi_change
            0a 00 01 00 02 00 00 00 00 02 00 00  // IFLA_ADDRESS
            08 00 04 00 78 05 00 00  // IFLA_MTU
            08 00 1c 00 04 00 00 00  // IFLA_NET_NS_FD
            07 00 03 00 70 30 00 00  // IFLA_IFNAME p0
      """)
    let message = try sent { requests in
      var link = LinkSpecification.veth(
        name("v0"),
        peer: .init(
          name: name("p0"), index: 72, address: mac("02:00:00:00:00:02"), mtu: 1400, namespace: .descriptor(4)))
      link.index = 71
      link.address = mac("02:00:00:00:00:01")
      link.mtu = 1400
      link.master = 4
      link.isUp = true
      link.txQueueLength = 500
      link.group = 7
      requests.create(link)
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link add m1 link d0 address 02:00:00:00:00:09 type macvlan mode bridge
  @Test func `a macvlan is created on its lower link`() throws {
    let golden = bytes(
      """
      58 00 00 00  // nlmsg_len 88
      10 00  // nlmsg_type RTM_NEWLINK
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      00 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      0a 00 01 00 02 00 00 00 00 09 00 00  // IFLA_ADDRESS
      08 00 05 00 05 00 00 00  // IFLA_LINK
      07 00 03 00 6d 31 00 00  // IFLA_IFNAME m1
      1c 00 12 00  // IFLA_LINKINFO, length 28
        0b 00 01 00 6d 61 63 76 6c 61 6e 00  // IFLA_INFO_KIND macvlan
        0c 00 02 00  // IFLA_INFO_DATA, length 12
          08 00 01 00 04 00 00 00  // IFLA_MACVLAN_MODE bridge
      """)
    let message = try sent { requests in
      var link = LinkSpecification.macvlan(name("m1"), on: 5, options: MacvlanOptions(mode: .bridge))
      link.address = mac("02:00:00:00:00:09")
      requests.create(link)
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link add br7 address ... type bridge forward_delay 0 stp_state 0 mcast_snooping 0
  @Test func `a bridge is created with its address`() throws {
    let golden = bytes(
      """
      60 00 00 00  // nlmsg_len 96
      10 00  // nlmsg_type RTM_NEWLINK
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      00 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      0a 00 01 00 02 00 00 00 00 07 00 00  // IFLA_ADDRESS
      08 00 03 00 62 72 37 00  // IFLA_IFNAME br7
      2c 00 12 00  // IFLA_LINKINFO, length 44
        0a 00 01 00 62 72 69 64 67 65 00 00  // IFLA_INFO_KIND bridge
        1c 00 02 00  // IFLA_INFO_DATA, length 28
          08 00 01 00 00 00 00 00  // IFLA_BR_FORWARD_DELAY
          08 00 05 00 00 00 00 00  // IFLA_BR_STP_STATE
          05 00 17 00 00 00 00 00  // IFLA_BR_MCAST_SNOOPING
      """)
    let message = try sent { requests in
      var link = LinkSpecification.bridge(
        name("br7"), options: BridgeOptions(stp: false, forwardDelay: 0, multicastSnooping: false))
      link.address = mac("02:00:00:00:00:07")
      requests.create(link)
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link add br8 type bridge forward_delay 200 hello_time 300 ...
  @Test func `every option of a bridge is sent`() throws {
    let golden = bytes(
      """
      9c 00 00 00  // nlmsg_len 156
      10 00  // nlmsg_type RTM_NEWLINK
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      00 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      08 00 03 00 62 72 38 00  // IFLA_IFNAME br8
      74 00 12 00  // IFLA_LINKINFO, length 116
        0a 00 01 00 62 72 69 64 67 65 00 00  // IFLA_INFO_KIND bridge
        64 00 02 00  // IFLA_INFO_DATA, length 100
          08 00 01 00 c8 00 00 00  // IFLA_BR_FORWARD_DELAY
          08 00 02 00 2c 01 00 00  // IFLA_BR_HELLO_TIME
          08 00 03 00 bc 02 00 00  // IFLA_BR_MAX_AGE
          08 00 04 00 e8 03 00 00  // IFLA_BR_AGEING_TIME
          08 00 05 00 01 00 00 00  // IFLA_BR_STP_STATE
          06 00 06 00 07 00 00 00  // IFLA_BR_PRIORITY
          05 00 07 00 01 00 00 00  // IFLA_BR_VLAN_FILTERING
          06 00 09 00 08 00 00 00  // IFLA_BR_GROUP_FWD_MASK
          05 00 17 00 01 00 00 00  // IFLA_BR_MCAST_SNOOPING
          05 00 24 00 00 00 00 00  // IFLA_BR_NF_CALL_IPTABLES
          05 00 25 00 01 00 00 00  // IFLA_BR_NF_CALL_IP6TABLES
          05 00 26 00 00 00 00 00  // IFLA_BR_NF_CALL_ARPTABLES
      """)
    let message = try sent { requests in
      requests.create(
        .bridge(
          name("br8"),
          options: BridgeOptions(
            stp: true, forwardDelay: 200, helloTime: 300, maxAge: 700, ageingTime: 1000, priority: 7,
            vlanFiltering: true,
            multicastSnooping: true, groupForwardMask: 8, callsIPTables: false, callsIP6Tables: true,
            callsARPTables: false)))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip link set v0 type bridge_slave state 3 ..., which also sends IFLA_INFO_KIND
  @Test func `every option of a bridge port is sent`() throws {
    let golden = bytes(
      """
      a8 00 00 00  // nlmsg_len 168
      10 00  // nlmsg_type RTM_NEWLINK
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      00 00  // ifi_family, padding
      00 00  // ifi_type
      47 00 00 00  // ifi_index
      00 00 00 00  // ifi_flags
      00 00 00 00  // ifi_change
      88 00 12 00  // IFLA_LINKINFO, length 136
        84 00 05 00  // IFLA_INFO_SLAVE_DATA, length 132
          05 00 01 00 03 00 00 00  // IFLA_BRPORT_STATE
          06 00 02 00 05 00 00 00  // IFLA_BRPORT_PRIORITY
          08 00 03 00 04 00 00 00  // IFLA_BRPORT_COST
          05 00 04 00 01 00 00 00  // IFLA_BRPORT_MODE
          05 00 05 00 01 00 00 00  // IFLA_BRPORT_GUARD
          05 00 06 00 01 00 00 00  // IFLA_BRPORT_PROTECT
          05 00 08 00 00 00 00 00  // IFLA_BRPORT_LEARNING
          05 00 09 00 00 00 00 00  // IFLA_BRPORT_UNICAST_FLOOD
          05 00 0a 00 01 00 00 00  // IFLA_BRPORT_PROXYARP
          05 00 19 00 02 00 00 00  // IFLA_BRPORT_MULTICAST_ROUTER
          05 00 1b 00 00 00 00 00  // IFLA_BRPORT_MCAST_FLOOD
          05 00 1e 00 00 00 00 00  // IFLA_BRPORT_BCAST_FLOOD
          06 00 1f 00 08 00 00 00  // IFLA_BRPORT_GROUP_FWD_MASK
          05 00 20 00 01 00 00 00  // IFLA_BRPORT_NEIGH_SUPPRESS
          05 00 21 00 01 00 00 00  // IFLA_BRPORT_ISOLATED
          05 00 27 00 01 00 00 00  // IFLA_BRPORT_LOCKED
      """)
    let message = try sent { requests in
      requests.setBridgePort(
        link: .index(71),
        BridgePortOptions(
          hairpin: true, isolated: true, learning: false, unicastFlood: false, multicastFlood: false,
          broadcastFlood: false, neighbourSuppression: true, proxyARP: true, bpduGuard: true, rootBlock: true,
          locked: true, state: .forwarding, priority: 5, cost: 4, groupForwardMask: 8, multicastRouter: .always))
    }
    #expect(message == golden)
    let changed = try sent { $0.change(link: .index(71), LinkChanges(bridgePort: BridgePortOptions(hairpin: true))) }
    let port = try sent { $0.setBridgePort(link: .index(71), BridgePortOptions(hairpin: true)) }
    #expect(changed == port)
  }
}
