import TestNetlink

/// Replies of Linux 6.18 to ip(8), captured with strace -e read.
enum Replies {
  /// A veth that is a port of a bridge, without attributes of no interest.
  static let bridgePort = bytes(
    """
    f0 02 00 00  // nlmsg_len 752
    10 00  // nlmsg_type RTM_NEWLINK
    00 00  // nlmsg_flags
    01 00 00 00  // nlmsg_seq
    00 00 00 00  // nlmsg_pid
    00 00  // ifi_family, padding
    01 00  // ifi_type
    47 00 00 00  // ifi_index
    43 10 01 00  // ifi_flags
    00 00 00 00  // ifi_change
    07 00 03 00 76 30 00 00  // IFLA_IFNAME v0
    08 00 0d 00 05 00 00 00  // IFLA_TXQLEN
    05 00 10 00 06 00 00 00  // IFLA_OPERSTATE
    05 00 11 00 00 00 00 00  // IFLA_LINKMODE
    08 00 04 00 14 05 00 00  // IFLA_MTU
    08 00 1b 00 09 00 00 00  // IFLA_GROUP
    08 00 0a 00 04 00 00 00  // IFLA_MASTER
    0a 00 14 00 77 6f 72 6c 64 00 00 00  // IFLA_IFALIAS world
    0a 00 01 00 02 00 00 00 00 03 00 00  // IFLA_ADDRESS
    0a 00 02 00 ff ff ff ff ff ff 00 00  // IFLA_BROADCAST
    cc 00 17 00  // IFLA_STATS64
      01 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 5a 00 00 00 00 00 00 00
      5a 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00
    6c 01 12 00  // IFLA_LINKINFO, length 364
      09 00 01 00 76 65 74 68 00 00 00 00  // IFLA_INFO_KIND veth
      0b 00 04 00 62 72 69 64 67 65 00 00  // IFLA_INFO_SLAVE_KIND bridge
      50 01 05 00  // IFLA_INFO_SLAVE_DATA, length 336
        05 00 01 00 00 00 00 00  // IFLA_BRPORT_STATE
        06 00 02 00 05 00 00 00  // IFLA_BRPORT_PRIORITY
        08 00 03 00 04 00 00 00  // IFLA_BRPORT_COST
        05 00 04 00 01 00 00 00  // IFLA_BRPORT_MODE
        05 00 05 00 01 00 00 00  // IFLA_BRPORT_GUARD
        05 00 06 00 01 00 00 00  // IFLA_BRPORT_PROTECT
        05 00 07 00 00 00 00 00  // IFLA_BRPORT_FAST_LEAVE
        05 00 1c 00 00 00 00 00  // IFLA_BRPORT_MCAST_TO_UCAST
        05 00 08 00 00 00 00 00  // IFLA_BRPORT_LEARNING
        05 00 09 00 00 00 00 00  // IFLA_BRPORT_UNICAST_FLOOD
        05 00 1b 00 00 00 00 00  // IFLA_BRPORT_MCAST_FLOOD
        05 00 1e 00 00 00 00 00  // IFLA_BRPORT_BCAST_FLOOD
        05 00 0a 00 01 00 00 00  // IFLA_BRPORT_PROXYARP
        05 00 0c 00 00 00 00 00  // IFLA_BRPORT_PROXYARP_WIFI
        0c 00 0d 00 80 00 02 00 00 00 00 03  // IFLA_BRPORT_ROOT_ID
        0c 00 0e 00 80 00 02 00 00 00 00 03  // IFLA_BRPORT_BRIDGE_ID
        06 00 0f 00 01 14 00 00  // IFLA_BRPORT_DESIGNATED_PORT
        06 00 10 00 00 00 00 00  // IFLA_BRPORT_DESIGNATED_COST
        06 00 11 00 01 14 00 00  // IFLA_BRPORT_ID
        06 00 12 00 01 00 00 00  // IFLA_BRPORT_NO
        05 00 13 00 00 00 00 00  // IFLA_BRPORT_TOPOLOGY_CHANGE_ACK
        05 00 14 00 00 00 00 00  // IFLA_BRPORT_CONFIG_PENDING
        05 00 1d 00 00 00 00 00  // IFLA_BRPORT_VLAN_TUNNEL
        06 00 1f 00 00 00 00 00  // IFLA_BRPORT_GROUP_FWD_MASK
        05 00 20 00 01 00 00 00  // IFLA_BRPORT_NEIGH_SUPPRESS
        05 00 23 00 00 00 00 00  // IFLA_BRPORT_MRP_RING_OPEN
        05 00 24 00 00 00 00 00  // IFLA_BRPORT_MRP_IN_OPEN
        05 00 21 00 01 00 00 00  // IFLA_BRPORT_ISOLATED
        05 00 27 00 01 00 00 00  // IFLA_BRPORT_LOCKED
        05 00 28 00 00 00 00 00  // IFLA_BRPORT_MAB
        05 00 2b 00 00 00 00 00  // IFLA_BRPORT_NEIGH_VLAN_SUPPRESS
        0c 00 15 00 00 00 00 00 00 00 00 00  // IFLA_BRPORT_MESSAGE_AGE_TIMER
        0c 00 16 00 00 00 00 00 00 00 00 00  // IFLA_BRPORT_FORWARD_DELAY_TIMER
        0c 00 17 00 00 00 00 00 00 00 00 00  // IFLA_BRPORT_HOLD_TIMER
        05 00 19 00 01 00 00 00  // IFLA_BRPORT_MULTICAST_ROUTER
        08 00 25 00 00 02 00 00  // IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT
        08 00 26 00 00 00 00 00  // IFLA_BRPORT_MCAST_EHT_HOSTS_CNT
        08 00 29 00 00 00 00 00  // IFLA_BRPORT_MCAST_N_GROUPS
        08 00 2a 00 00 00 00 00  // IFLA_BRPORT_MCAST_MAX_GROUPS
    08 00 25 00 01 00 00 00  // IFLA_LINK_NETNSID
    08 00 05 00 48 00 00 00  // IFLA_LINK
    0c 00 06 00 6e 6f 71 75 65 75 65 00  // IFLA_QDISC noqueue
    18 00 1a 00  // IFLA_AF_SPEC, length 24
      14 00 0a 00  // AF_INET6, length 20
        08 00 01 00 00 00 00 80  // IFLA_INET6_FLAGS
        05 00 08 00 01 00 00 00  // IFLA_INET6_ADDR_GEN_MODE
    04 00 3e 80  // IFLA_DEVLINK_PORT
    04 00 41 80  // IFLA_DPLL_PIN
    """)

  /// A bridge, without attributes of no interest.
  static let bridge = bytes(
    """
    fc 02 00 00  // nlmsg_len 764
    10 00  // nlmsg_type RTM_NEWLINK
    00 00  // nlmsg_flags
    01 00 00 00  // nlmsg_seq
    00 00 00 00  // nlmsg_pid
    00 00  // ifi_family, padding
    01 00  // ifi_type
    04 00 00 00  // ifi_index
    02 10 00 00  // ifi_flags
    00 00 00 00  // ifi_change
    08 00 03 00 6d 73 74 00  // IFLA_IFNAME mst
    08 00 0d 00 e8 03 00 00  // IFLA_TXQLEN
    05 00 10 00 02 00 00 00  // IFLA_OPERSTATE
    05 00 11 00 00 00 00 00  // IFLA_LINKMODE
    08 00 04 00 14 05 00 00  // IFLA_MTU
    08 00 1b 00 00 00 00 00  // IFLA_GROUP
    0a 00 01 00 02 00 00 00 00 03 00 00  // IFLA_ADDRESS
    0a 00 02 00 ff ff ff ff ff ff 00 00  // IFLA_BROADCAST
    cc 00 17 00  // IFLA_STATS64
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00
    9c 01 12 00  // IFLA_LINKINFO, length 412
      0b 00 01 00 62 72 69 64 67 65 00 00  // IFLA_INFO_KIND bridge
      8c 01 02 00  // IFLA_INFO_DATA, length 396
        0c 00 10 00 00 00 00 00 00 00 00 00  // IFLA_BR_HELLO_TIMER
        0c 00 11 00 00 00 00 00 00 00 00 00  // IFLA_BR_TCN_TIMER
        0c 00 12 00 00 00 00 00 00 00 00 00  // IFLA_BR_TOPOLOGY_CHANGE_TIMER
        0c 00 13 00 00 00 00 00 00 00 00 00  // IFLA_BR_GC_TIMER
        08 00 01 00 dc 05 00 00  // IFLA_BR_FORWARD_DELAY
        08 00 02 00 c8 00 00 00  // IFLA_BR_HELLO_TIME
        08 00 03 00 d0 07 00 00  // IFLA_BR_MAX_AGE
        08 00 04 00 30 75 00 00  // IFLA_BR_AGEING_TIME
        08 00 05 00 00 00 00 00  // IFLA_BR_STP_STATE
        06 00 06 00 00 80 00 00  // IFLA_BR_PRIORITY
        05 00 07 00 00 00 00 00  // IFLA_BR_VLAN_FILTERING
        06 00 09 00 00 00 00 00  // IFLA_BR_GROUP_FWD_MASK
        0c 00 0b 00 80 00 02 00 00 00 00 03  // IFLA_BR_BRIDGE_ID
        0c 00 0a 00 80 00 02 00 00 00 00 03  // IFLA_BR_ROOT_ID
        06 00 0c 00 00 00 00 00  // IFLA_BR_ROOT_PORT
        08 00 0d 00 00 00 00 00  // IFLA_BR_ROOT_PATH_COST
        05 00 0e 00 00 00 00 00  // IFLA_BR_TOPOLOGY_CHANGE
        05 00 0f 00 00 00 00 00  // IFLA_BR_TOPOLOGY_CHANGE_DETECTED
        0a 00 14 00 01 80 c2 00 00 00 00 00  // IFLA_BR_GROUP_ADDR
        0c 00 2e 00 00 00 00 00 1f 00 00 00  // IFLA_BR_MULTI_BOOLOPT
        08 00 30 00 00 00 00 00  // IFLA_BR_FDB_N_LEARNED
        08 00 31 00 00 00 00 00  // IFLA_BR_FDB_MAX_LEARNED
        05 00 16 00 01 00 00 00  // IFLA_BR_MCAST_ROUTER
        05 00 17 00 01 00 00 00  // IFLA_BR_MCAST_SNOOPING
        05 00 18 00 00 00 00 00  // IFLA_BR_MCAST_QUERY_USE_IFADDR
        05 00 19 00 00 00 00 00  // IFLA_BR_MCAST_QUERIER
        05 00 2a 00 00 00 00 00  // IFLA_BR_MCAST_STATS_ENABLED
        08 00 1a 00 10 00 00 00  // IFLA_BR_MCAST_HASH_ELASTICITY
        08 00 1b 00 00 10 00 00  // IFLA_BR_MCAST_HASH_MAX
        08 00 1c 00 02 00 00 00  // IFLA_BR_MCAST_LAST_MEMBER_CNT
        08 00 1d 00 02 00 00 00  // IFLA_BR_MCAST_STARTUP_QUERY_CNT
        05 00 2b 00 02 00 00 00  // IFLA_BR_MCAST_IGMP_VERSION
        05 00 2c 00 01 00 00 00  // IFLA_BR_MCAST_MLD_VERSION
        0c 00 1e 00 64 00 00 00 00 00 00 00  // IFLA_BR_MCAST_LAST_MEMBER_INTVL
        0c 00 1f 00 90 65 00 00 00 00 00 00  // IFLA_BR_MCAST_MEMBERSHIP_INTVL
        0c 00 20 00 9c 63 00 00 00 00 00 00  // IFLA_BR_MCAST_QUERIER_INTVL
        0c 00 21 00 d4 30 00 00 00 00 00 00  // IFLA_BR_MCAST_QUERY_INTVL
        0c 00 22 00 e8 03 00 00 00 00 00 00  // IFLA_BR_MCAST_QUERY_RESPONSE_INTVL
        0c 00 23 00 34 0c 00 00 00 00 00 00  // IFLA_BR_MCAST_STARTUP_QUERY_INTVL
        05 00 24 00 00 00 00 00  // IFLA_BR_NF_CALL_IPTABLES
        05 00 25 00 00 00 00 00  // IFLA_BR_NF_CALL_IP6TABLES
        05 00 26 00 00 00 00 00  // IFLA_BR_NF_CALL_ARPTABLES
    09 00 06 00 6e 6f 6f 70 00 00 00 00  // IFLA_QDISC noop
    18 00 1a 00  // IFLA_AF_SPEC, length 24
      14 00 0a 00  // AF_INET6, length 20
        08 00 01 00 00 00 00 00  // IFLA_INET6_FLAGS
        05 00 08 00 00 00 00 00  // IFLA_INET6_ADDR_GEN_MODE
    04 00 3e 80  // IFLA_DEVLINK_PORT
    04 00 41 80  // IFLA_DPLL_PIN
    """)

  /// An IPv4 address.
  static let address = bytes(
    """
    54 00 00 00  // nlmsg_len 84
    14 00  // nlmsg_type RTM_NEWADDR
    22 00  // nlmsg_flags
    01 00 00 00  // nlmsg_seq
    00 00 00 00  // nlmsg_pid
    02  // ifa_family
    18  // ifa_prefixlen
    80  // ifa_flags
    00  // ifa_scope
    47 00 00 00  // ifa_index
    08 00 01 00 0a 40 01 05  // IFA_ADDRESS
    08 00 02 00 0a 40 01 05  // IFA_LOCAL
    08 00 04 00 0a 40 01 ff  // IFA_BROADCAST
    07 00 03 00 76 30 00 00  // IFA_LABEL v0
    08 00 08 00 80 02 00 00  // IFA_FLAGS
    14 00 06 00 ff ff ff ff ff ff ff ff 5b 59 04 00 5b 59 04 00  // IFA_CACHEINFO
    """)

  /// An IPv4 address of a point-to-point link.
  static let pointToPoint = bytes(
    """
    4c 00 00 00  // nlmsg_len 76
    14 00  // nlmsg_type RTM_NEWADDR
    22 00  // nlmsg_flags
    01 00 00 00  // nlmsg_seq
    00 00 00 00  // nlmsg_pid
    02  // ifa_family
    20  // ifa_prefixlen
    80  // ifa_flags
    fd  // ifa_scope
    47 00 00 00  // ifa_index
    08 00 01 00 0a 09 09 02  // IFA_ADDRESS
    08 00 02 00 0a 09 09 01  // IFA_LOCAL
    07 00 03 00 76 30 00 00  // IFA_LABEL v0
    08 00 08 00 80 00 00 00  // IFA_FLAGS
    14 00 06 00 ff ff ff ff ff ff ff ff 5d 59 04 00 5d 59 04 00  // IFA_CACHEINFO
    """)

  /// An IPv6 address.
  static let address6 = bytes(
    """
    48 00 00 00  // nlmsg_len 72
    14 00  // nlmsg_type RTM_NEWADDR
    22 00  // nlmsg_flags
    01 00 00 00  // nlmsg_seq
    00 00 00 00  // nlmsg_pid
    0a  // ifa_family
    40  // ifa_prefixlen
    82  // ifa_flags
    00  // ifa_scope
    47 00 00 00  // ifa_index
    14 00 01 00 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 05  // IFA_ADDRESS
    14 00 06 00 ff ff ff ff ff ff ff ff 5c 59 04 00 5c 59 04 00  // IFA_CACHEINFO
    08 00 08 00 82 00 00 00  // IFA_FLAGS
    """)

  /// A default route in table 300, made with onlink.
  static let defaultRoute = bytes(
    """
    44 00 00 00  // nlmsg_len 68
    18 00  // nlmsg_type RTM_NEWROUTE
    22 00  // nlmsg_flags
    01 00 00 00  // nlmsg_seq
    00 00 00 00  // nlmsg_pid
    02  // rtm_family
    00 00 00  // rtm_dst_len, rtm_src_len, rtm_tos
    fc  // rtm_table
    03  // rtm_protocol
    00  // rtm_scope
    01  // rtm_type
    04 00 00 00  // rtm_flags
    08 00 0f 00 2c 01 00 00  // RTA_TABLE
    08 00 06 00 32 00 00 00  // RTA_PRIORITY
    08 00 07 00 0a 40 01 05  // RTA_PREFSRC
    08 00 05 00 0a 40 01 01  // RTA_GATEWAY
    08 00 04 00 47 00 00 00  // RTA_OIF
    """)

  /// An IPv4 route via an IPv6 gateway.
  static let viaRoute = bytes(
    """
    4c 00 00 00  // nlmsg_len 76
    18 00  // nlmsg_type RTM_NEWROUTE
    22 00  // nlmsg_flags
    01 00 00 00  // nlmsg_seq
    00 00 00 00  // nlmsg_pid
    02  // rtm_family
    10 00 00  // rtm_dst_len, rtm_src_len, rtm_tos
    fe  // rtm_table
    03  // rtm_protocol
    00  // rtm_scope
    01  // rtm_type
    00 00 00 00  // rtm_flags
    08 00 0f 00 fe 00 00 00  // RTA_TABLE
    08 00 01 00 0a 4f 00 00  // RTA_DST
    16 00 12 00 0a 00 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 01 00 00  // RTA_VIA
    08 00 04 00 47 00 00 00  // RTA_OIF
    """)

  /// An IPv6 route.
  static let route6 = bytes(
    """
    88 00 00 00  // nlmsg_len 136
    18 00  // nlmsg_type RTM_NEWROUTE
    22 00  // nlmsg_flags
    01 00 00 00  // nlmsg_seq
    00 00 00 00  // nlmsg_pid
    0a  // rtm_family
    30 00 00  // rtm_dst_len, rtm_src_len, rtm_tos
    fe  // rtm_table
    03  // rtm_protocol
    00  // rtm_scope
    01  // rtm_type
    00 00 00 00  // rtm_flags
    08 00 0f 00 fe 00 00 00  // RTA_TABLE
    14 00 01 00 20 01 0d b8 00 09 00 00 00 00 00 00 00 00 00 00  // RTA_DST
    08 00 06 00 00 04 00 00  // RTA_PRIORITY
    14 00 05 00 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 01  // RTA_GATEWAY
    08 00 04 00 47 00 00 00  // RTA_OIF
    24 00 0c 00  // RTA_CACHEINFO
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00 00 00 00 00
    05 00 14 00 00 00 00 00  // RTA_PREF
    """)

  /// A neighbour.
  static let neighbour = bytes(
    """
    4c 00 00 00  // nlmsg_len 76
    1c 00  // nlmsg_type RTM_NEWNEIGH
    22 00  // nlmsg_flags
    01 00 00 00  // nlmsg_seq
    00 00 00 00  // nlmsg_pid
    02 00 00 00  // ndm_family, padding
    47 00 00 00  // ndm_ifindex
    80 00  // ndm_state
    00  // ndm_flags
    01  // ndm_type
    08 00 01 00 0a 40 01 09  // NDA_DST
    0a 00 02 00 02 00 00 00 00 09 00 00  // NDA_LLADDR
    08 00 04 00 00 00 00 00  // NDA_PROBES
    14 00 03 00 09 00 00 00 09 00 00 00 09 00 00 00 00 00 00 00  // NDA_CACHEINFO
    """)

  static let all = [
    "bridgePort": bridgePort,
    "bridge": bridge,
    "address": address,
    "pointToPoint": pointToPoint,
    "address6": address6,
    "defaultRoute": defaultRoute,
    "viaRoute": viaRoute,
    "route6": route6,
    "neighbour": neighbour,
  ]
}
