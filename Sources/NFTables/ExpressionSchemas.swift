import Netlink

/// How expressions are shown, by the name of each.
enum ExpressionSchemas {
  static let expression = AttributeFormat.nested(
    MessageSchemas.numbered(
      "NFTA_EXPR_", [("NAME", .string), ("DATA", .selected(by: NFTA_EXPR_NAME, byName))],
      selectors: [NFTA_EXPR_NAME]))

  static let verdictCode = AttributeFormat.named(
    [
      0: "NF_DROP", 1: "NF_ACCEPT", 2: "NF_STOLEN", 3: "NF_QUEUE", 4: "NF_REPEAT", 0xffff_ffff: "NFT_CONTINUE",
      0xffff_fffe: "NFT_BREAK", 0xffff_fffd: "NFT_JUMP", 0xffff_fffc: "NFT_GOTO", 0xffff_fffb: "NFT_RETURN",
    ], bigEndian: true)

  static let verdict = MessageSchemas.numbered(
    "NFTA_VERDICT_", [("CODE", verdictCode), ("CHAIN", .string), ("CHAIN_ID", .bigEndian)])

  static let data = AttributeFormat.nested(
    MessageSchemas.numbered("NFTA_DATA_", [("VALUE", .hex), ("VERDICT", .nested(verdict))]))

  private static let register: AttributeFormat = {
    var names: [UInt64: String] = [0: "NFT_REG_VERDICT"]
    for index in 1...4 { names[UInt64(index)] = "NFT_REG_\(index)" }
    for index in 0..<16 { names[UInt64(8 + index)] = "NFT_REG32_\(index < 10 ? "0" : "")\(index)" }
    return .named(names, bigEndian: true)
  }()

  private static let metaKey = MessageSchemas.names(
    "NFT_META_",
    [
      "LEN", "PROTOCOL", "PRIORITY", "MARK", "IIF", "OIF", "IIFNAME", "OIFNAME", "IFTYPE", "OIFTYPE", "SKUID", "SKGID",
      "NFTRACE", "RTCLASSID", "SECMARK", "NFPROTO", "L4PROTO", "BRI_IIFNAME", "BRI_OIFNAME", "PKTTYPE", "CPU",
      "IIFGROUP", "OIFGROUP", "CGROUP", "PRANDOM", "SECPATH", "IIFKIND", "OIFKIND", "BRI_IIFPVID", "BRI_IIFVPROTO",
      "TIME_NS", "TIME_DAY", "TIME_HOUR", "SDIF", "SDIFNAME", "BRI_BROUTE", "IIFTYPE", "BRI_IIFHWADDR",
    ])

  private static let conntrackKey = MessageSchemas.names(
    "NFT_CT_",
    [
      "STATE", "DIRECTION", "STATUS", "MARK", "SECMARK", "EXPIRATION", "HELPER", "L3PROTOCOL", "SRC", "DST",
      "PROTOCOL", "PROTO_SRC", "PROTO_DST", "LABELS", "PKTS", "BYTES", "AVGPKT", "ZONE", "EVENTMASK", "SRC_IP",
      "DST_IP", "SRC_IP6", "DST_IP6", "ID",
    ])

  private static let natFlags = MessageSchemas.bits(
    "NF_NAT_RANGE_",
    [
      "MAP_IPS", "PROTO_SPECIFIED", "PROTO_RANDOM", "PERSISTENT", "PROTO_RANDOM_FULLY", "PROTO_OFFSET", "NETMAP",
    ])

  private static let natFamily = AttributeFormat.named([2: "NFPROTO_IPV4", 10: "NFPROTO_IPV6"], bigEndian: true)

  private static let byName: [String: AttributeSchema] = [
    "meta": schema("META", [("DREG", register), ("KEY", metaKey), ("SREG", register)]),
    "payload": schema(
      "PAYLOAD",
      [
        ("DREG", register),
        (
          "BASE",
          MessageSchemas.names(
            "NFT_PAYLOAD_", ["LL_HEADER", "NETWORK_HEADER", "TRANSPORT_HEADER", "INNER_HEADER", "TUN_HEADER"])
        ),
        ("OFFSET", .bigEndian), ("LEN", .bigEndian), ("SREG", register),
        ("CSUM_TYPE", MessageSchemas.names("NFT_PAYLOAD_CSUM_", ["NONE", "INET", "SCTP"])),
        ("CSUM_OFFSET", .bigEndian), ("CSUM_FLAGS", MessageSchemas.bits("NFT_PAYLOAD_", ["L4CSUM_PSEUDOHDR"])),
      ]),
    "bitwise": schema(
      "BITWISE",
      [
        ("SREG", register), ("DREG", register), ("LEN", .bigEndian), ("MASK", data), ("XOR", data),
        ("OP", MessageSchemas.names("NFT_BITWISE_", ["MASK_XOR", "LSHIFT", "RSHIFT", "AND", "OR", "XOR"])),
        ("DATA", data), ("SREG2", register),
      ]),
    "byteorder": schema(
      "BYTEORDER",
      [
        ("SREG", register), ("DREG", register), ("OP", MessageSchemas.names("NFT_BYTEORDER_", ["NTOH", "HTON"])),
        ("LEN", .bigEndian), ("SIZE", .bigEndian),
      ]),
    "cmp": schema(
      "CMP",
      [
        ("SREG", register), ("OP", MessageSchemas.names("NFT_CMP_", ["EQ", "NEQ", "LT", "LTE", "GT", "GTE"])),
        ("DATA", data),
      ]),
    "range": schema(
      "RANGE",
      [
        ("SREG", register), ("OP", MessageSchemas.names("NFT_RANGE_", ["EQ", "NEQ"])), ("FROM_DATA", data),
        ("TO_DATA", data),
      ]),
    "lookup": schema(
      "LOOKUP",
      [
        ("SET", .string), ("SREG", register), ("DREG", register), ("SET_ID", .bigEndian),
        ("FLAGS", MessageSchemas.bits("NFT_LOOKUP_F_", ["INV"])),
      ]),
    "immediate": schema("IMMEDIATE", [("DREG", register), ("DATA", data)]),
    "counter": MessageSchemas.counter,
    "ct": schema(
      "CT",
      [
        ("DREG", register), ("KEY", conntrackKey),
        ("DIRECTION", MessageSchemas.names("IP_CT_DIR_", ["ORIGINAL", "REPLY"])), ("SREG", register),
      ]),
    "nat": schema(
      "NAT",
      [
        ("TYPE", MessageSchemas.names("NFT_NAT_", ["SNAT", "DNAT"])), ("FAMILY", natFamily),
        ("REG_ADDR_MIN", register), ("REG_ADDR_MAX", register), ("REG_PROTO_MIN", register),
        ("REG_PROTO_MAX", register), ("FLAGS", natFlags),
      ]),
    "masq": schema("MASQ", [("FLAGS", natFlags), ("REG_PROTO_MIN", register), ("REG_PROTO_MAX", register)]),
    "redir": schema("REDIR", [("REG_PROTO_MIN", register), ("REG_PROTO_MAX", register), ("FLAGS", natFlags)]),
    "fib": schema(
      "FIB",
      [
        ("DREG", register),
        ("RESULT", MessageSchemas.names("NFT_FIB_RESULT_", ["UNSPEC", "OIF", "OIFNAME", "ADDRTYPE"])),
        ("FLAGS", MessageSchemas.bits("NFTA_FIB_F_", ["SADDR", "DADDR", "MARK", "IIF", "OIF", "PRESENT"])),
      ]),
    "rt": schema(
      "RT",
      [
        ("DREG", register),
        ("KEY", MessageSchemas.names("NFT_RT_", ["CLASSID", "NEXTHOP4", "NEXTHOP6", "TCPMSS", "XFRM"])),
      ]),
    "exthdr": schema(
      "EXTHDR",
      [
        ("DREG", register), ("TYPE", .bigEndian), ("OFFSET", .bigEndian), ("LEN", .bigEndian),
        ("FLAGS", MessageSchemas.bits("NFT_EXTHDR_F_", ["PRESENT"])),
        ("OP", MessageSchemas.names("NFT_EXTHDR_OP_", ["IPV6", "TCPOPT", "IPV4", "SCTP", "DCCP"])), ("SREG", register),
      ]),
    "reject": schema(
      "REJECT",
      [
        ("TYPE", MessageSchemas.names("NFT_REJECT_", ["ICMP_UNREACH", "TCP_RST", "ICMPX_UNREACH"])),
        ("ICMP_CODE", .bigEndian),
      ]),
    "limit": schema(
      "LIMIT",
      [
        ("RATE", .bigEndian), ("UNIT", .bigEndian), ("BURST", .bigEndian),
        ("TYPE", MessageSchemas.names("NFT_LIMIT_", ["PKTS", "PKT_BYTES"])),
        ("FLAGS", MessageSchemas.bits("NFT_LIMIT_F_", ["INV"])),
      ]),
    "log": schema(
      "LOG",
      [
        ("GROUP", .bigEndian), ("PREFIX", .string), ("SNAPLEN", .bigEndian), ("QTHRESHOLD", .bigEndian),
        (
          "LEVEL",
          MessageSchemas.names(
            "NFT_LOGLEVEL_",
            ["EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG", "AUDIT"])
        ),
        ("FLAGS", .bigEndian),
      ]),
    "notrack": .none,
  ]

  private static func schema(_ name: String, _ attributes: [(name: String, format: AttributeFormat)]) -> AttributeSchema
  {
    MessageSchemas.numbered("NFTA_\(name)_", attributes)
  }
}
