import Netlink

extension NetlinkFamily {
  /// NETLINK_NETFILTER (12), with the messages of ctnetlink.
  public static let conntrack = NetlinkFamily(protocolNumber: 12) { MessageSchemas.all[$0] }
}

/// The descriptions of the messages of ctnetlink, used only for traces and errors.
enum MessageSchemas {
  static let all: [UInt16: MessageDescription] = {
    var result: [UInt16: MessageDescription] = [:]
    for (type, name) in [
      (IPCTNL_MSG_CT_NEW, "NEW"), (IPCTNL_MSG_CT_GET, "GET"), (IPCTNL_MSG_CT_DELETE, "DELETE"),
    ] {
      result[NFNL_SUBSYS_CTNETLINK << 8 | type] = MessageDescription(
        "IPCTNL_MSG_CT_\(name)", isQuery: name == "GET", fixedPart: NetfilterHeader.fixedPart, attributes: flow)
    }
    return result
  }()

  private static let addresses = AttributeSchema.numbered(
    "CTA_IP_", [("V4_SRC", .ipAddress), ("V4_DST", .ipAddress), ("V6_SRC", .ipAddress), ("V6_DST", .ipAddress)])

  private static let transport = AttributeSchema.numbered(
    "CTA_PROTO_",
    [
      ("NUM", .named([1: "IPPROTO_ICMP", 6: "IPPROTO_TCP", 17: "IPPROTO_UDP", 58: "IPPROTO_ICMPV6"])),
      ("SRC_PORT", .bigEndian), ("DST_PORT", .bigEndian), ("ICMP_ID", .bigEndian), ("ICMP_TYPE", .unsigned),
      ("ICMP_CODE", .unsigned), ("ICMPV6_ID", .bigEndian), ("ICMPV6_TYPE", .unsigned), ("ICMPV6_CODE", .unsigned),
    ])

  private static let tuple = AttributeFormat.nested(
    .numbered("CTA_TUPLE_", [("IP", .nested(addresses)), ("PROTO", .nested(transport)), ("ZONE", .bigEndian)]))

  private static let status = AttributeFormat.bits(
    "IPS_",
    [
      "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SRC_NAT", "DST_NAT", "SEQ_ADJUST", "SRC_NAT_DONE",
      "DST_NAT_DONE", "DYING", "FIXED_TIMEOUT", "TEMPLATE", "UNTRACKED", "HELPER", "OFFLOAD", "HW_OFFLOAD",
    ])

  private static let counters = AttributeFormat.nested(
    .numbered(
      "CTA_COUNTERS_",
      [("PACKETS", .bigEndian), ("BYTES", .bigEndian), ("32PACKETS", .bigEndian), ("32BYTES", .bigEndian)]))

  private static let sequence = AttributeFormat.nested(
    .numbered(
      "CTA_SEQADJ_", [("CORRECTION_POS", .bigEndian), ("OFFSET_BEFORE", .bigEndian), ("OFFSET_AFTER", .bigEndian)]))

  private static let states = AttributeFormat.nested(
    .numbered(
      "CTA_PROTOINFO_",
      [
        (
          "TCP",
          .nested(
            .numbered(
              "CTA_PROTOINFO_TCP_",
              [
                ("STATE", .unsigned), ("WSCALE_ORIGINAL", .unsigned), ("WSCALE_REPLY", .unsigned),
                ("FLAGS_ORIGINAL", .hex), ("FLAGS_REPLY", .hex),
              ]))
        ), ("DCCP", .hex), ("SCTP", .hex),
      ]))

  private static let flow = AttributeSchema.numbered(
    "CTA_",
    [
      ("TUPLE_ORIG", tuple), ("TUPLE_REPLY", tuple), ("STATUS", status), ("PROTOINFO", states), ("HELP", .hex),
      ("NAT_SRC", .hex), ("TIMEOUT", .bigEndian), ("MARK", .bigEndian), ("COUNTERS_ORIG", counters),
      ("COUNTERS_REPLY", counters), ("USE", .bigEndian), ("ID", .bigEndian), ("NAT_DST", .hex),
      ("TUPLE_MASTER", tuple), ("SEQ_ADJ_ORIG", sequence), ("SEQ_ADJ_REPLY", sequence), ("SECMARK", .bigEndian),
      ("ZONE", .bigEndian), ("SECCTX", .nested(.numbered("CTA_SECCTX_", [("NAME", .string)]))),
      ("TIMESTAMP", .nested(.numbered("CTA_TIMESTAMP_", [("START", .bigEndian), ("STOP", .bigEndian)]))),
      ("MARK_MASK", .bigEndian), ("LABELS", .hex), ("LABELS_MASK", .hex),
      (
        "SYNPROXY",
        .nested(
          .numbered("CTA_SYNPROXY_", [("ISN", .bigEndian), ("ITS", .bigEndian), ("TSOFF", .bigEndian)]))
      ),
      ("FILTER", .nested(.numbered("CTA_FILTER_", [("ORIG_FLAGS", .unsigned), ("REPLY_FLAGS", .unsigned)]))),
      ("STATUS_MASK", .bigEndian), ("TIMESTAMP_EVENT", .bigEndian),
    ])
}
