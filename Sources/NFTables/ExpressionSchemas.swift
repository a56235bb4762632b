import Netlink

/// The schemas of expressions, by name, for traces.
enum ExpressionSchemas {
  static let expression = AttributeFormat.nested(
    AttributeSchema.numbered(
      "NFTA_EXPR_", [("NAME", .string), ("DATA", .selected(by: NFTA_EXPR_NAME, byName))],
      selectors: [NFTA_EXPR_NAME]))

  static let verdictCode = AttributeFormat.named(
    [
      0: "NF_DROP", 1: "NF_ACCEPT", 2: "NF_STOLEN", 3: "NF_QUEUE", 4: "NF_REPEAT", 0xffff_ffff: "NFT_CONTINUE",
      0xffff_fffe: "NFT_BREAK", 0xffff_fffd: "NFT_JUMP", 0xffff_fffc: "NFT_GOTO", 0xffff_fffb: "NFT_RETURN",
    ], bigEndian: true)

  static let verdict = AttributeSchema.numbered(
    "NFTA_VERDICT_", [("CODE", verdictCode), ("CHAIN", .string), ("CHAIN_ID", .bigEndian)])

  static let data = AttributeFormat.nested(
    AttributeSchema.numbered("NFTA_DATA_", [("VALUE", .hex), ("VERDICT", .nested(verdict))]))

  private static let register: AttributeFormat = {
    var names: [UInt64: String] = [0: "NFT_REG_VERDICT"]
    for index in 1...4 { names[UInt64(index)] = "NFT_REG_\(index)" }
    for index in 0..<16 { names[UInt64(8 + index)] = "NFT_REG32_\(index < 10 ? "0" : "")\(index)" }
    return .named(names, bigEndian: true)
  }()

  private static let metaKey = AttributeFormat.names(
    "NFT_META_",
    [
      "LEN", "PROTOCOL", "PRIORITY", "MARK", "IIF", "OIF", "IIFNAME", "OIFNAME", "IFTYPE", "OIFTYPE", "SKUID", "SKGID",
      "NFTRACE", "RTCLASSID", "SECMARK", "NFPROTO", "L4PROTO", "BRI_IIFNAME", "BRI_OIFNAME", "PKTTYPE", "CPU",
      "IIFGROUP", "OIFGROUP", "CGROUP", "PRANDOM", "SECPATH", "IIFKIND", "OIFKIND", "BRI_IIFPVID", "BRI_IIFVPROTO",
      "TIME_NS", "TIME_DAY", "TIME_HOUR", "SDIF", "SDIFNAME", "BRI_BROUTE", "IIFTYPE", "BRI_IIFHWADDR",
    ])

  private static let conntrackKey = AttributeFormat.names(
    "NFT_CT_",
    [
      "STATE", "DIRECTION", "STATUS", "MARK", "SECMARK", "EXPIRATION", "HELPER", "L3PROTOCOL", "SRC", "DST",
      "PROTOCOL", "PROTO_SRC", "PROTO_DST", "LABELS", "PKTS", "BYTES", "AVGPKT", "ZONE", "EVENTMASK", "SRC_IP",
      "DST_IP", "SRC_IP6", "DST_IP6", "ID",
    ])

  private static let natFlags = AttributeFormat.bits(
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
          AttributeFormat.names(
            "NFT_PAYLOAD_", ["LL_HEADER", "NETWORK_HEADER", "TRANSPORT_HEADER", "INNER_HEADER", "TUN_HEADER"])
        ),
        ("OFFSET", .bigEndian), ("LEN", .bigEndian), ("SREG", register),
        ("CSUM_TYPE", AttributeFormat.names("NFT_PAYLOAD_CSUM_", ["NONE", "INET", "SCTP"])),
        ("CSUM_OFFSET", .bigEndian), ("CSUM_FLAGS", AttributeFormat.bits("NFT_PAYLOAD_", ["L4CSUM_PSEUDOHDR"])),
      ]),
    "bitwise": schema(
      "BITWISE",
      [
        ("SREG", register), ("DREG", register), ("LEN", .bigEndian), ("MASK", data), ("XOR", data),
        ("OP", AttributeFormat.names("NFT_BITWISE_", ["MASK_XOR", "LSHIFT", "RSHIFT", "AND", "OR", "XOR"])),
        ("DATA", data), ("SREG2", register),
      ]),
    "byteorder": schema(
      "BYTEORDER",
      [
        ("SREG", register), ("DREG", register), ("OP", AttributeFormat.names("NFT_BYTEORDER_", ["NTOH", "HTON"])),
        ("LEN", .bigEndian), ("SIZE", .bigEndian),
      ]),
    "cmp": schema(
      "CMP",
      [
        ("SREG", register), ("OP", AttributeFormat.names("NFT_CMP_", ["EQ", "NEQ", "LT", "LTE", "GT", "GTE"])),
        ("DATA", data),
      ]),
    "range": schema(
      "RANGE",
      [
        ("SREG", register), ("OP", AttributeFormat.names("NFT_RANGE_", ["EQ", "NEQ"])), ("FROM_DATA", data),
        ("TO_DATA", data),
      ]),
    "lookup": schema(
      "LOOKUP",
      [
        ("SET", .string), ("SREG", register), ("DREG", register), ("SET_ID", .bigEndian),
        ("FLAGS", AttributeFormat.bits("NFT_LOOKUP_F_", ["INV"])),
      ]),
    "immediate": schema("IMMEDIATE", [("DREG", register), ("DATA", data)]),
    "counter": MessageSchemas.counter,
    "ct": schema(
      "CT",
      [
        ("DREG", register), ("KEY", conntrackKey),
        ("DIRECTION", AttributeFormat.names("IP_CT_DIR_", ["ORIGINAL", "REPLY"])), ("SREG", register),
      ]),
    "nat": schema(
      "NAT",
      [
        ("TYPE", AttributeFormat.names("NFT_NAT_", ["SNAT", "DNAT"])), ("FAMILY", natFamily),
        ("REG_ADDR_MIN", register), ("REG_ADDR_MAX", register), ("REG_PROTO_MIN", register),
        ("REG_PROTO_MAX", register), ("FLAGS", natFlags),
      ]),
    "masq": schema("MASQ", [("FLAGS", natFlags), ("REG_PROTO_MIN", register), ("REG_PROTO_MAX", register)]),
    "redir": schema("REDIR", [("REG_PROTO_MIN", register), ("REG_PROTO_MAX", register), ("FLAGS", natFlags)]),
    "fib": schema(
      "FIB",
      [
        ("DREG", register),
        ("RESULT", AttributeFormat.names("NFT_FIB_RESULT_", ["UNSPEC", "OIF", "OIFNAME", "ADDRTYPE"])),
        ("FLAGS", AttributeFormat.bits("NFTA_FIB_F_", ["SADDR", "DADDR", "MARK", "IIF", "OIF", "PRESENT"])),
      ]),
    "rt": schema(
      "RT",
      [
        ("DREG", register),
        ("KEY", AttributeFormat.names("NFT_RT_", ["CLASSID", "NEXTHOP4", "NEXTHOP6", "TCPMSS", "XFRM"])),
      ]),
    "exthdr": schema(
      "EXTHDR",
      [
        ("DREG", register), ("TYPE", .bigEndian), ("OFFSET", .bigEndian), ("LEN", .bigEndian),
        ("FLAGS", AttributeFormat.bits("NFT_EXTHDR_F_", ["PRESENT"])),
        ("OP", AttributeFormat.names("NFT_EXTHDR_OP_", ["IPV6", "TCPOPT", "IPV4", "SCTP", "DCCP"])), ("SREG", register),
      ]),
    "reject": schema(
      "REJECT",
      [
        ("TYPE", AttributeFormat.names("NFT_REJECT_", ["ICMP_UNREACH", "TCP_RST", "ICMPX_UNREACH"])),
        ("ICMP_CODE", .bigEndian),
      ]),
    "limit": schema(
      "LIMIT",
      [
        ("RATE", .bigEndian), ("UNIT", .bigEndian), ("BURST", .bigEndian),
        ("TYPE", AttributeFormat.names("NFT_LIMIT_", ["PKTS", "PKT_BYTES"])),
        ("FLAGS", AttributeFormat.bits("NFT_LIMIT_F_", ["INV"])),
      ]),
    "log": schema(
      "LOG",
      [
        ("GROUP", .bigEndian), ("PREFIX", .string), ("SNAPLEN", .bigEndian), ("QTHRESHOLD", .bigEndian),
        (
          "LEVEL",
          AttributeFormat.names(
            "NFT_LOGLEVEL_",
            ["EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG", "AUDIT"])
        ),
        ("FLAGS", .bigEndian),
      ]),
    "notrack": .none,
  ]

  private static func schema(_ name: String, _ attributes: [(name: String, format: AttributeFormat)]) -> AttributeSchema
  {
    AttributeSchema.numbered("NFTA_\(name)_", attributes)
  }
}
