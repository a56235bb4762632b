import NetTypes
import Netlink

extension RouteDescription {
  static let rtmsg = FixedPart(
    "rtmsg",
    [
      .init("rtm_family", size: 1, families), .init("rtm_dst_len", size: 1), .init("rtm_src_len", size: 1),
      .init("rtm_tos", size: 1), .init("rtm_table", size: 1, tables), .init("rtm_protocol", size: 1, protocols),
      .init("rtm_scope", size: 1, scopes), .init("rtm_type", size: 1, routeTypes),
      .init("rtm_flags", size: 4, routeFlags),
    ])

  static let route = AttributeSchema([
    1: .init("RTA_DST", .ipAddress), 2: .init("RTA_SRC", .ipAddress), 3: .init("RTA_IIF", .unsigned),
    4: .init("RTA_OIF", .unsigned), 5: .init("RTA_GATEWAY", .ipAddress), 6: .init("RTA_PRIORITY", .unsigned),
    7: .init("RTA_PREFSRC", .ipAddress), 8: .init("RTA_METRICS", .nested(metrics)), 9: .init("RTA_MULTIPATH", .hex),
    11: .init("RTA_FLOW", .unsigned), 12: .init("RTA_CACHEINFO", .hex), 15: .init("RTA_TABLE", tables),
    16: .init("RTA_MARK", .unsigned), 17: .init("RTA_MFC_STATS", .hex),
    18: .init("RTA_VIA", .text { IPAddress(bytes: $0.dropFirst(2))?.description ?? "no address" }),
    19: .init("RTA_NEWDST", .hex),
    20: .init("RTA_PREF", .named([0: "medium", 1: "high", 3: "low"])), 21: .init("RTA_ENCAP_TYPE", .unsigned),
    22: .init("RTA_ENCAP", .hex), 23: .init("RTA_EXPIRES", .unsigned), 24: .init("RTA_PAD", .flag),
    25: .init("RTA_UID", .unsigned), 26: .init("RTA_TTL_PROPAGATE", .unsigned), 27: .init("RTA_IP_PROTO", .unsigned),
    28: .init("RTA_SPORT", .bigEndian), 29: .init("RTA_DPORT", .bigEndian), 30: .init("RTA_NH_ID", .unsigned),
  ])

  static let routeTypes = AttributeFormat.named([
    0: "RTN_UNSPEC", 1: "RTN_UNICAST", 2: "RTN_LOCAL", 3: "RTN_BROADCAST", 4: "RTN_ANYCAST", 5: "RTN_MULTICAST",
    6: "RTN_BLACKHOLE", 7: "RTN_UNREACHABLE", 8: "RTN_PROHIBIT", 9: "RTN_THROW", 10: "RTN_NAT", 11: "RTN_XRESOLVE",
  ])

  static let protocols = AttributeFormat.named([
    0: "RTPROT_UNSPEC", 1: "RTPROT_REDIRECT", 2: "RTPROT_KERNEL", 3: "RTPROT_BOOT", 4: "RTPROT_STATIC",
    9: "RTPROT_RA", 16: "RTPROT_DHCP",
  ])

  private static let tables = AttributeFormat.named([
    0: "RT_TABLE_UNSPEC", 252: "RT_TABLE_COMPAT", 253: "RT_TABLE_DEFAULT", 254: "RT_TABLE_MAIN", 255: "RT_TABLE_LOCAL",
  ])

  private static let routeFlags = AttributeFormat.bits([
    (0x1, "RTNH_F_DEAD"), (0x2, "RTNH_F_PERVASIVE"), (0x4, "RTNH_F_ONLINK"), (0x8, "RTNH_F_OFFLOAD"),
    (0x10, "RTNH_F_LINKDOWN"), (0x20, "RTNH_F_UNRESOLVED"), (0x40, "RTNH_F_TRAP"), (0x100, "RTM_F_NOTIFY"),
    (0x200, "RTM_F_CLONED"), (0x400, "RTM_F_EQUALIZE"), (0x800, "RTM_F_PREFIX"), (0x1000, "RTM_F_LOOKUP_TABLE"),
    (0x2000, "RTM_F_FIB_MATCH"), (0x4000, "RTM_F_OFFLOAD"), (0x8000, "RTM_F_TRAP"),
  ])

  private static let metrics = AttributeSchema([
    1: .init("RTAX_LOCK", .unsigned), 2: .init("RTAX_MTU", .unsigned), 3: .init("RTAX_WINDOW", .unsigned),
    4: .init("RTAX_RTT", .unsigned), 5: .init("RTAX_RTTVAR", .unsigned), 6: .init("RTAX_SSTHRESH", .unsigned),
    7: .init("RTAX_CWND", .unsigned), 8: .init("RTAX_ADVMSS", .unsigned), 9: .init("RTAX_REORDERING", .unsigned),
    10: .init("RTAX_HOPLIMIT", .unsigned), 11: .init("RTAX_INITCWND", .unsigned), 12: .init("RTAX_FEATURES", .unsigned),
    13: .init("RTAX_RTO_MIN", .unsigned), 14: .init("RTAX_INITRWND", .unsigned), 15: .init("RTAX_QUICKACK", .unsigned),
    16: .init("RTAX_CC_ALGO", .string), 17: .init("RTAX_FASTOPEN_NO_COOKIE", .unsigned),
  ])
}
