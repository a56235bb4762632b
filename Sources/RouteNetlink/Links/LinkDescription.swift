import Netlink

extension RouteDescription {
  static let ifinfomsg = FixedPart(
    "ifinfomsg",
    [
      .init("ifi_family", size: 1, families), .init("pad", size: 1),
      .init("ifi_type", size: 2, .named([0: "0", 1: "ARPHRD_ETHER", 772: "ARPHRD_LOOPBACK"])),
      .init("ifi_index", size: 4), .init("ifi_flags", size: 4, linkFlags), .init("ifi_change", size: 4, linkFlags),
    ])

  private static let linkFlags = AttributeFormat.bits([
    (0x1, "IFF_UP"), (0x2, "IFF_BROADCAST"), (0x4, "IFF_DEBUG"), (0x8, "IFF_LOOPBACK"), (0x10, "IFF_POINTOPOINT"),
    (0x40, "IFF_RUNNING"), (0x80, "IFF_NOARP"), (0x100, "IFF_PROMISC"), (0x200, "IFF_ALLMULTI"),
    (0x400, "IFF_MASTER"), (0x800, "IFF_SLAVE"), (0x1000, "IFF_MULTICAST"), (0x8000, "IFF_DYNAMIC"),
    (0x10000, "IFF_LOWER_UP"), (0x20000, "IFF_DORMANT"), (0x40000, "IFF_ECHO"),
  ])

  static let link = linkSchema(
    info: AttributeSchema(
      [
        1: .init("IFLA_INFO_KIND", .string), 2: .init("IFLA_INFO_DATA", .selected(by: 1, LinkKind.schemas)),
        3: .init("IFLA_INFO_XSTATS", .hex), 4: .init("IFLA_INFO_SLAVE_KIND", .string),
        5: .init("IFLA_INFO_SLAVE_DATA", .nested(BridgePortOptions.schema)),
      ], selectors: [1]))

  /// The schema of a link inside the description of another link.
  static let linkWithoutInfo = linkSchema(info: .none)

  private static func linkSchema(info: AttributeSchema) -> AttributeSchema {
    AttributeSchema([
      1: .init("IFLA_ADDRESS", .linkAddress), 2: .init("IFLA_BROADCAST", .linkAddress),
      3: .init("IFLA_IFNAME", .string), 4: .init("IFLA_MTU", .unsigned), 5: .init("IFLA_LINK", .unsigned),
      6: .init("IFLA_QDISC", .string), 7: .init("IFLA_STATS", .text(summary(width: 4))), 8: .init("IFLA_COST", .hex),
      9: .init("IFLA_PRIORITY", .hex), 10: .init("IFLA_MASTER", .unsigned), 11: .init("IFLA_WIRELESS", .hex),
      12: .init("IFLA_PROTINFO", .nested(BridgePortOptions.schema)), 13: .init("IFLA_TXQLEN", .unsigned),
      14: .init("IFLA_MAP", .hex), 15: .init("IFLA_WEIGHT", .unsigned),
      16: .init("IFLA_OPERSTATE", operationalStates),
      17: .init("IFLA_LINKMODE", .named([0: "IF_LINK_MODE_DEFAULT", 1: "IF_LINK_MODE_DORMANT"])),
      18: .init("IFLA_LINKINFO", .nested(info)), 19: .init("IFLA_NET_NS_PID", .unsigned),
      20: .init("IFLA_IFALIAS", .string), 21: .init("IFLA_NUM_VF", .unsigned), 22: .init("IFLA_VFINFO_LIST", .hex),
      23: .init("IFLA_STATS64", .text(summary(width: 8))), 24: .init("IFLA_VF_PORTS", .hex),
      25: .init("IFLA_PORT_SELF", .hex), 26: .init("IFLA_AF_SPEC", .nested(linkFamilies)),
      27: .init("IFLA_GROUP", .unsigned), 28: .init("IFLA_NET_NS_FD", .unsigned),
      29: .init("IFLA_EXT_MASK", extensionMask), 30: .init("IFLA_PROMISCUITY", .unsigned),
      31: .init("IFLA_NUM_TX_QUEUES", .unsigned), 32: .init("IFLA_NUM_RX_QUEUES", .unsigned),
      33: .init("IFLA_CARRIER", .boolean), 34: .init("IFLA_PHYS_PORT_ID", .hex),
      35: .init("IFLA_CARRIER_CHANGES", .unsigned), 36: .init("IFLA_PHYS_SWITCH_ID", .hex),
      37: .init("IFLA_LINK_NETNSID", .signed), 38: .init("IFLA_PHYS_PORT_NAME", .string),
      39: .init("IFLA_PROTO_DOWN", .boolean), 40: .init("IFLA_GSO_MAX_SEGS", .unsigned),
      41: .init("IFLA_GSO_MAX_SIZE", .unsigned), 42: .init("IFLA_PAD", .flag), 43: .init("IFLA_XDP", .nested(xdp)),
      44: .init("IFLA_EVENT", .unsigned), 45: .init("IFLA_NEW_NETNSID", .signed),
      46: .init("IFLA_TARGET_NETNSID", .signed), 47: .init("IFLA_CARRIER_UP_COUNT", .unsigned),
      48: .init("IFLA_CARRIER_DOWN_COUNT", .unsigned), 49: .init("IFLA_NEW_IFINDEX", .unsigned),
      50: .init("IFLA_MIN_MTU", .unsigned), 51: .init("IFLA_MAX_MTU", .unsigned),
      52: .init("IFLA_PROP_LIST", .nested(AttributeSchema([53: .init("IFLA_ALT_IFNAME", .string)]))),
      53: .init("IFLA_ALT_IFNAME", .string), 54: .init("IFLA_PERM_ADDRESS", .linkAddress),
      55: .init("IFLA_PROTO_DOWN_REASON", .hex), 56: .init("IFLA_PARENT_DEV_NAME", .string),
      57: .init("IFLA_PARENT_DEV_BUS_NAME", .string), 58: .init("IFLA_GRO_MAX_SIZE", .unsigned),
      59: .init("IFLA_TSO_MAX_SIZE", .unsigned), 60: .init("IFLA_TSO_MAX_SEGS", .unsigned),
      61: .init("IFLA_ALLMULTI", .unsigned), 62: .init("IFLA_DEVLINK_PORT", .hex),
      63: .init("IFLA_GSO_IPV4_MAX_SIZE", .unsigned), 64: .init("IFLA_GRO_IPV4_MAX_SIZE", .unsigned),
      65: .init("IFLA_DPLL_PIN", .hex), 66: .init("IFLA_MAX_PACING_OFFLOAD_HORIZON", .unsigned),
      67: .init("IFLA_NETNS_IMMUTABLE", .boolean), 68: .init("IFLA_HEADROOM", .unsigned),
      69: .init("IFLA_TAILROOM", .unsigned),
    ])
  }

  private static let operationalStates = AttributeFormat.named([
    0: "IF_OPER_UNKNOWN", 1: "IF_OPER_NOTPRESENT", 2: "IF_OPER_DOWN", 3: "IF_OPER_LOWERLAYERDOWN",
    4: "IF_OPER_TESTING", 5: "IF_OPER_DORMANT", 6: "IF_OPER_UP",
  ])

  private static let extensionMask = AttributeFormat.bits([
    (1, "RTEXT_FILTER_VF"), (2, "RTEXT_FILTER_BRVLAN"), (4, "RTEXT_FILTER_BRVLAN_COMPRESSED"),
    (8, "RTEXT_FILTER_SKIP_STATS"),
  ])

  private static let xdp = AttributeSchema([
    1: .init("IFLA_XDP_FD", .signed), 2: .init("IFLA_XDP_ATTACHED", .unsigned), 3: .init("IFLA_XDP_FLAGS", .unsigned),
    4: .init("IFLA_XDP_PROG_ID", .unsigned),
  ])

  private static let linkFamilies = AttributeSchema([
    2: .init(
      "AF_INET", .nested(AttributeSchema([1: .init("IFLA_INET_CONF", .hex)]))),
    10: .init(
      "AF_INET6",
      .nested(
        AttributeSchema([
          1: .init("IFLA_INET6_FLAGS", .unsigned), 2: .init("IFLA_INET6_CONF", .hex),
          3: .init("IFLA_INET6_STATS", .hex), 5: .init("IFLA_INET6_CACHEINFO", .hex),
          6: .init("IFLA_INET6_ICMP6STATS", .hex), 7: .init("IFLA_INET6_TOKEN", .ipAddress),
          8: .init(
            "IFLA_INET6_ADDR_GEN_MODE",
            .named([
              0: "IN6_ADDR_GEN_MODE_EUI64", 1: "IN6_ADDR_GEN_MODE_NONE", 2: "IN6_ADDR_GEN_MODE_STABLE_PRIVACY",
              3: "IN6_ADDR_GEN_MODE_RANDOM",
            ])),
          9: .init("IFLA_INET6_RA_MTU", .unsigned),
        ]))),
  ])

  /// Prints the first four pairs of struct rtnl_link_stats and rtnl_link_stats64; the others are details.
  private static func summary(width: Int) -> @Sendable ([UInt8]) -> String {
    { bytes in
      var values: [String] = []
      for (place, name) in ["packets", "bytes", "errors", "dropped"].enumerated() {
        let start = 2 * width * place
        guard bytes.count >= start + 2 * width else { break }
        let pair = [start, start + width].map { first in
          bytes[first..<(first + width)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        values.append("\(name) rx \(pair[0]) tx \(pair[1])")
      }
      return values.joined(separator: ", ")
    }
  }
}
