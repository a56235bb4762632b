import RouteNetlink
import TestNetlink
import Testing

/// Requests about addresses, routes and neighbours, compared with those that ip(8) sends (strace -e write).
@Suite struct AddressRouteRequestTests {
  // iproute2 6.1: ip addr add 10.64.1.5/24 broadcast + dev v0 noprefixroute
  @Test func `an IPv4 address is added with its broadcast address`() throws {
    let golden = bytes(
      """
      38 00 00 00  // nlmsg_len 56
      14 00  // nlmsg_type RTM_NEWADDR
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02  // ifa_family
      18  // ifa_prefixlen
      00  // ifa_flags
      00  // ifa_scope
      47 00 00 00  // ifa_index
      08 00 02 00 0a 40 01 05  // IFA_LOCAL
      08 00 08 00 00 02 00 00  // IFA_FLAGS
      08 00 01 00 0a 40 01 05  // IFA_ADDRESS
      08 00 04 00 0a 40 01 ff  // IFA_BROADCAST
      """)
    let message = try sent { requests in
      requests.add(
        LinkAddress(network("10.64.1.5/24"), link: 71, broadcast: ip("10.64.1.255"), flags: .noPrefixRoute))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip addr add 2001:db8:1::5/64 dev v0 nodad
  @Test func `an IPv6 address is added without duplicate address detection`() throws {
    let golden = bytes(
      """
      40 00 00 00  // nlmsg_len 64
      14 00  // nlmsg_type RTM_NEWADDR
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      0a  // ifa_family
      40  // ifa_prefixlen
      02  // ifa_flags
      00  // ifa_scope
      47 00 00 00  // ifa_index
      14 00 02 00 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 05  // IFA_LOCAL
      14 00 01 00 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 05  // IFA_ADDRESS
      """)
    let message = try sent { requests in
      requests.add(LinkAddress(network("2001:db8:1::5/64"), link: 71, flags: .noDAD))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip addr add 10.9.9.1 peer 10.9.9.2/32 dev v0 scope link
  @Test func `an address of a point-to-point link is added`() throws {
    let golden = bytes(
      """
      28 00 00 00  // nlmsg_len 40
      14 00  // nlmsg_type RTM_NEWADDR
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02  // ifa_family
      20  // ifa_prefixlen
      00  // ifa_flags
      fd  // ifa_scope
      47 00 00 00  // ifa_index
      08 00 02 00 0a 09 09 01  // IFA_LOCAL
      08 00 01 00 0a 09 09 02  // IFA_ADDRESS
      """)
    let message = try sent { requests in
      requests.add(LinkAddress(network("10.9.9.1/32"), link: 71, peer: ip("10.9.9.2"), scope: .link))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip addr del 10.64.1.5/24 dev v0
  @Test func `an address is deleted`() throws {
    let golden = bytes(
      """
      28 00 00 00  // nlmsg_len 40
      15 00  // nlmsg_type RTM_DELADDR
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02  // ifa_family
      18  // ifa_prefixlen
      00  // ifa_flags
      00  // ifa_scope
      47 00 00 00  // ifa_index
      08 00 02 00 0a 40 01 05  // IFA_LOCAL
      08 00 01 00 0a 40 01 05  // IFA_ADDRESS
      """)
    let message = try sent { requests in
      requests.delete(LinkAddress(network("10.64.1.5/24"), link: 71))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip route add default via 10.64.1.1 dev v0 src 10.64.1.5 metric 50 table 300 onlink
  @Test func `a default route is added to a table of its own`() throws {
    let golden = bytes(
      """
      44 00 00 00  // nlmsg_len 68
      18 00  // nlmsg_type RTM_NEWROUTE
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02  // rtm_family
      00 00 00  // rtm_dst_len, rtm_src_len, rtm_tos
      00  // rtm_table
      03  // rtm_protocol
      00  // rtm_scope
      01  // rtm_type
      04 00 00 00  // rtm_flags
      08 00 05 00 0a 40 01 01  // RTA_GATEWAY
      08 00 07 00 0a 40 01 05  // RTA_PREFSRC
      08 00 06 00 32 00 00 00  // RTA_PRIORITY
      08 00 0f 00 2c 01 00 00  // RTA_TABLE
      08 00 04 00 47 00 00 00  // RTA_OIF
      """)
    let message = try sent { requests in
      requests.add(
        Route(
          to: nil, family: .inet, via: ip("10.64.1.1"), link: 71, preferredSource: ip("10.64.1.5"), table: 300,
          metric: 50, isOnLink: true))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip route add 10.78.0.0/16 via 10.9.9.2
  @Test func `a route via a gateway is added`() throws {
    let golden = bytes(
      """
      2c 00 00 00  // nlmsg_len 44
      18 00  // nlmsg_type RTM_NEWROUTE
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02  // rtm_family
      10 00 00  // rtm_dst_len, rtm_src_len, rtm_tos
      fe  // rtm_table
      03  // rtm_protocol
      00  // rtm_scope
      01  // rtm_type
      00 00 00 00  // rtm_flags
      08 00 01 00 0a 4e 00 00  // RTA_DST
      08 00 05 00 0a 09 09 02  // RTA_GATEWAY
      """)
    let message = try sent { requests in
      requests.add(Route(to: network("10.78.0.0/16"), family: .inet, via: ip("10.9.9.2")))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip -6 route add 2001:db8:9::/48 via 2001:db8:1::1 dev v0
  @Test func `an IPv6 route is added`() throws {
    let golden = bytes(
      """
      4c 00 00 00  // nlmsg_len 76
      18 00  // nlmsg_type RTM_NEWROUTE
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      0a  // rtm_family
      30 00 00  // rtm_dst_len, rtm_src_len, rtm_tos
      fe  // rtm_table
      03  // rtm_protocol
      00  // rtm_scope
      01  // rtm_type
      00 00 00 00  // rtm_flags
      14 00 01 00 20 01 0d b8 00 09 00 00 00 00 00 00 00 00 00 00  // RTA_DST
      14 00 05 00 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 01  // RTA_GATEWAY
      08 00 04 00 47 00 00 00  // RTA_OIF
      """)
    let message = try sent { requests in
      requests.add(Route(to: network("2001:db8:9::/48"), family: .inet6, via: ip("2001:db8:1::1"), link: 71))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip route add 10.77.0.0/16 dev v0
  @Test func `a route onto a link has link scope`() throws {
    let golden = bytes(
      """
      2c 00 00 00  // nlmsg_len 44
      18 00  // nlmsg_type RTM_NEWROUTE
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02  // rtm_family
      10 00 00  // rtm_dst_len, rtm_src_len, rtm_tos
      fe  // rtm_table
      03  // rtm_protocol
      fd  // rtm_scope
      01  // rtm_type
      00 00 00 00  // rtm_flags
      08 00 01 00 0a 4d 00 00  // RTA_DST
      08 00 04 00 47 00 00 00  // RTA_OIF
      """)
    let message = try sent { requests in
      requests.add(Route(to: network("10.77.0.0/16"), family: .inet, link: 71))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip route add 10.79.0.0/16 via inet6 2001:db8:1::1 dev v0
  @Test func `an IPv4 route via an IPv6 gateway is added`() throws {
    let golden = bytes(
      """
      44 00 00 00  // nlmsg_len 68
      18 00  // nlmsg_type RTM_NEWROUTE
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02  // rtm_family
      10 00 00  // rtm_dst_len, rtm_src_len, rtm_tos
      fe  // rtm_table
      03  // rtm_protocol
      00  // rtm_scope
      01  // rtm_type
      00 00 00 00  // rtm_flags
      08 00 01 00 0a 4f 00 00  // RTA_DST
      16 00 12 00 0a 00 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 01 00 00  // RTA_VIA
      08 00 04 00 47 00 00 00  // RTA_OIF
      """)
    let message = try sent { requests in
      requests.add(Route(to: network("10.79.0.0/16"), family: .inet, via: ip("2001:db8:1::1"), link: 71))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip route add unreachable 10.80.0.0/16
  @Test func `an unreachable route is added`() throws {
    let golden = bytes(
      """
      24 00 00 00  // nlmsg_len 36
      18 00  // nlmsg_type RTM_NEWROUTE
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02  // rtm_family
      10 00 00  // rtm_dst_len, rtm_src_len, rtm_tos
      fe  // rtm_table
      03  // rtm_protocol
      00  // rtm_scope
      07  // rtm_type
      00 00 00 00  // rtm_flags
      08 00 01 00 0a 50 00 00  // RTA_DST
      """)
    let message = try sent { requests in
      requests.add(Route(to: network("10.80.0.0/16"), family: .inet, type: .unreachable))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip route del unreachable 10.80.0.0/16 proto boot scope global
  @Test func `a route is deleted with its type and protocol`() throws {
    let golden = bytes(
      """
      24 00 00 00  // nlmsg_len 36
      19 00  // nlmsg_type RTM_DELROUTE
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02  // rtm_family
      10 00 00  // rtm_dst_len, rtm_src_len, rtm_tos
      fe  // rtm_table
      03  // rtm_protocol
      00  // rtm_scope
      07  // rtm_type
      00 00 00 00  // rtm_flags
      08 00 01 00 0a 50 00 00  // RTA_DST
      """)
    let message = try sent { requests in
      requests.delete(Route(to: network("10.80.0.0/16"), family: .inet, type: .unreachable))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip neigh add 10.64.1.9 lladdr 02:00:00:00:00:09 dev v0 nud permanent
  @Test func `a neighbour is added`() throws {
    let golden = bytes(
      """
      30 00 00 00  // nlmsg_len 48
      1c 00  // nlmsg_type RTM_NEWNEIGH
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02 00 00 00  // ndm_family, padding
      47 00 00 00  // ndm_ifindex
      80 00  // ndm_state
      00  // ndm_flags
      00  // ndm_type
      08 00 01 00 0a 40 01 09  // NDA_DST
      0a 00 02 00 02 00 00 00 00 09 00 00  // NDA_LLADDR
      """)
    let message = try sent { requests in
      requests.add(Neighbour(ip("10.64.1.9"), linkAddress: mac("02:00:00:00:00:09"), link: 71))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip neigh add proxy 2001:db8:1::a dev v0
  @Test func `a proxy is added`() throws {
    let golden = bytes(
      """
      30 00 00 00  // nlmsg_len 48
      1c 00  // nlmsg_type RTM_NEWNEIGH
      05 06  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      0a 00 00 00  // ndm_family, padding
      47 00 00 00  // ndm_ifindex
      80 00  // ndm_state
      08  // ndm_flags
      00  // ndm_type
      14 00 01 00 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 0a  // NDA_DST
      """)
    let message = try sent { requests in
      requests.add(Neighbour(ip("2001:db8:1::a"), linkAddress: nil, link: 71, flags: .proxy))
    }
    #expect(message == golden)
  }

  // iproute2 6.1: ip neigh del 10.64.1.9 dev v0
  @Test func `a neighbour is deleted`() throws {
    let golden = bytes(
      """
      24 00 00 00  // nlmsg_len 36
      1d 00  // nlmsg_type RTM_DELNEIGH
      05 00  // nlmsg_flags
      01 00 00 00  // nlmsg_seq
      00 00 00 00  // nlmsg_pid
      02 00 00 00  // ndm_family, padding
      47 00 00 00  // ndm_ifindex
      80 00  // ndm_state
      00  // ndm_flags
      00  // ndm_type
      08 00 01 00 0a 40 01 09  // NDA_DST
      """)
    let message = try sent { requests in
      requests.delete(Neighbour(ip("10.64.1.9"), linkAddress: nil, link: 71))
    }
    #expect(message == golden)
  }
}
