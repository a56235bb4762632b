import Netlink

extension NetlinkFamily {
  /// NETLINK_NETFILTER (12), with the messages of nf_tables and those that begin and end a transaction.
  public static let nftables = NetlinkFamily(protocolNumber: 12) { MessageSchemas.all[$0] }
}

/// The descriptions of the messages of nf_tables, used only for traces and errors.
enum MessageSchemas {
  static let all: [UInt16: MessageDescription] = {
    let objects: [(String, AttributeSchema)] = [
      ("TABLE", table), ("CHAIN", chain), ("RULE", rule), ("SET", set), ("SETELEM", elementList),
    ]
    var result: [UInt16: MessageDescription] = [
      NFNL_MSG_BATCH_BEGIN: describe(
        "NFNL_MSG_BATCH_BEGIN", AttributeSchema.numbered("NFNL_BATCH_", [("GENID", .bigEndian)])),
      NFNL_MSG_BATCH_END: describe("NFNL_MSG_BATCH_END", .none),
    ]
    func add(_ type: UInt16, _ name: String, _ schema: AttributeSchema) {
      result[NFNL_SUBSYS_NFTABLES << 8 | type] = describe("NFT_MSG_\(name)", schema, isQuery: name.hasPrefix("GET"))
    }
    for (index, (name, schema)) in objects.enumerated() {
      add(UInt16(3 * index), "NEW\(name)", schema)
      add(UInt16(3 * index + 1), "GET\(name)", schema)
      add(UInt16(3 * index + 2), "DEL\(name)", schema)
    }
    add(15, "NEWGEN", generation)
    add(16, "GETGEN", generation)
    add(17, "TRACE", trace)
    for (type, name) in [(18, "NEW"), (19, "GET"), (20, "DEL")] { add(UInt16(type), "\(name)OBJ", object) }
    add(21, "GETOBJ_RESET", object)
    for (type, name) in [(22, "NEW"), (23, "GET"), (24, "DEL")] { add(UInt16(type), "\(name)FLOWTABLE", flowtable) }
    add(25, "GETRULE_RESET", rule)
    for (index, (name, schema)) in objects.enumerated() { add(UInt16(26 + index), "DESTROY\(name)", schema) }
    add(31, "DESTROYOBJ", object)
    add(32, "DESTROYFLOWTABLE", flowtable)
    add(33, "GETSETELEM_RESET", elementList)
    return result
  }()

  private static func describe(
    _ name: String, _ attributes: AttributeSchema, isQuery: Bool = false
  ) -> MessageDescription {
    MessageDescription(name, isQuery: isQuery, fixedPart: NetfilterHeader.fixedPart, attributes: attributes)
  }

  /// Userdata, as text if it is text.
  private static let userdata = AttributeFormat.text { bytes in
    var text = ""
    for byte in bytes {
      if (0x20..<0x7f).contains(byte) && byte != 0x5c {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return "\"\(text)\""
  }

  private static let table = AttributeSchema.numbered(
    "NFTA_TABLE_",
    [
      ("NAME", .string), ("FLAGS", AttributeFormat.bits("NFT_TABLE_F_", ["DORMANT", "OWNER", "PERSIST"])),
      ("USE", .bigEndian),
      ("HANDLE", .bigEndian), ("PAD", .hex), ("USERDATA", userdata), ("OWNER", .bigEndian),
    ])

  private static let signed = AttributeFormat.text { bytes in
    bytes.count == 4 ? "\(Int32(truncatingIfNeeded: bytes.reduce(0) { $0 << 8 | Int64($1) }))" : "\(bytes)"
  }

  private static let device = AttributeFormat.list("NFTA_DEVICE_NAME", .string)

  /// Hooks have the names of the IP families. In a netdev table, 0 is ingress and 1 is egress.
  private static let hook = AttributeSchema.numbered(
    "NFTA_HOOK_",
    [
      ("HOOKNUM", .text { hookName($0) }), ("PRIORITY", signed), ("DEV", .string), ("DEVS", device),
    ])

  private static func hookName(_ bytes: [UInt8]) -> String {
    let names = ["PRE_ROUTING", "LOCAL_IN", "FORWARD", "LOCAL_OUT", "POST_ROUTING", "INGRESS"]
    guard bytes.count == 4, bytes.dropLast() == [0, 0, 0], Int(bytes[3]) < names.count else { return "\(bytes)" }
    return "NF_INET_\(names[Int(bytes[3])]) (\(bytes[3]))"
  }

  static let counter = AttributeSchema.numbered("NFTA_COUNTER_", [("BYTES", .bigEndian), ("PACKETS", .bigEndian)])

  private static let chain = AttributeSchema.numbered(
    "NFTA_CHAIN_",
    [
      ("TABLE", .string), ("HANDLE", .bigEndian), ("NAME", .string), ("HOOK", .nested(hook)),
      ("POLICY", AttributeFormat.names("NF_", ["DROP", "ACCEPT"])), ("USE", .bigEndian), ("TYPE", .string),
      ("COUNTERS", .nested(counter)), ("PAD", .hex),
      ("FLAGS", AttributeFormat.bits("NFT_CHAIN_", ["BASE", "HW_OFFLOAD", "BINDING"])),
      ("ID", .bigEndian), ("USERDATA", userdata),
    ])

  private static let rule = AttributeSchema.numbered(
    "NFTA_RULE_",
    [
      ("TABLE", .string), ("CHAIN", .string), ("HANDLE", .bigEndian),
      ("EXPRESSIONS", AttributeFormat.list("NFTA_LIST_ELEM", ExpressionSchemas.expression)),
      (
        "COMPAT",
        .nested(AttributeSchema.numbered("NFTA_RULE_COMPAT_", [("PROTO", .bigEndian), ("FLAGS", .bigEndian)]))
      ),
      ("POSITION", .bigEndian), ("USERDATA", userdata), ("PAD", .hex), ("ID", .bigEndian),
      ("POSITION_ID", .bigEndian), ("CHAIN_ID", .bigEndian),
    ])

  /// The number of a type of nft's, or a verdict.
  private static let dataType = AttributeFormat.named([UInt64(NFT_DATA_VERDICT): "NFT_DATA_VERDICT"], bigEndian: true)

  private static let set = AttributeSchema.numbered(
    "NFTA_SET_",
    [
      ("TABLE", .string), ("NAME", .string),
      (
        "FLAGS",
        AttributeFormat.bits(
          "NFT_SET_",
          ["ANONYMOUS", "CONSTANT", "INTERVAL", "MAP", "TIMEOUT", "EVAL", "OBJECT", "CONCAT", "EXPR"])
      ),
      ("KEY_TYPE", .bigEndian), ("KEY_LEN", .bigEndian), ("DATA_TYPE", dataType), ("DATA_LEN", .bigEndian),
      ("POLICY", AttributeFormat.names("NFT_SET_POL_", ["PERFORMANCE", "MEMORY"])), ("DESC", .nested(description)),
      ("ID", .bigEndian), ("TIMEOUT", .bigEndian), ("GC_INTERVAL", .bigEndian), ("USERDATA", userdata), ("PAD", .hex),
      ("OBJ_TYPE", .bigEndian), ("HANDLE", .bigEndian), ("EXPR", ExpressionSchemas.expression),
      ("EXPRESSIONS", AttributeFormat.list("NFTA_LIST_ELEM", ExpressionSchemas.expression)), ("TYPE", .string),
      ("COUNT", .bigEndian),
    ])

  private static let description = AttributeSchema.numbered(
    "NFTA_SET_DESC_",
    [
      ("SIZE", .bigEndian),
      (
        "CONCAT",
        AttributeFormat.list(
          "NFTA_LIST_ELEM", .nested(AttributeSchema.numbered("NFTA_SET_FIELD_", [("LEN", .bigEndian)])))
      ),
    ])

  private static let element = AttributeSchema.numbered(
    "NFTA_SET_ELEM_",
    [
      ("KEY", ExpressionSchemas.data), ("DATA", ExpressionSchemas.data),
      ("FLAGS", AttributeFormat.bits("NFT_SET_ELEM_", ["INTERVAL_END", "CATCHALL"])), ("TIMEOUT", .bigEndian),
      ("EXPIRATION", .bigEndian), ("USERDATA", userdata), ("EXPR", ExpressionSchemas.expression), ("PAD", .hex),
      ("OBJREF", .string), ("KEY_END", ExpressionSchemas.data),
      ("EXPRESSIONS", AttributeFormat.list("NFTA_LIST_ELEM", ExpressionSchemas.expression)),
    ])

  private static let elementList = AttributeSchema.numbered(
    "NFTA_SET_ELEM_LIST_",
    [
      ("TABLE", .string), ("SET", .string), ("ELEMENTS", AttributeFormat.list("NFTA_LIST_ELEM", .nested(element))),
      ("SET_ID", .bigEndian),
    ])

  private static let generation = AttributeSchema.numbered(
    "NFTA_GEN_", [("ID", .bigEndian), ("PROC_PID", .bigEndian), ("PROC_NAME", .string)])

  private static let object = AttributeSchema.numbered(
    "NFTA_OBJ_",
    [
      ("TABLE", .string), ("NAME", .string), ("TYPE", .bigEndian), ("DATA", .hex), ("USE", .bigEndian),
      ("HANDLE", .bigEndian), ("PAD", .hex), ("USERDATA", userdata),
    ])

  private static let flowtable = AttributeSchema.numbered(
    "NFTA_FLOWTABLE_",
    [
      ("TABLE", .string), ("NAME", .string),
      (
        "HOOK",
        .nested(
          AttributeSchema.numbered(
            "NFTA_FLOWTABLE_HOOK_", [("NUM", .bigEndian), ("PRIORITY", signed), ("DEVS", device)]))
      ),
      ("USE", .bigEndian), ("HANDLE", .bigEndian), ("PAD", .hex),
      ("FLAGS", AttributeFormat.bits("NFT_FLOWTABLE_", ["HW_OFFLOAD", "COUNTER"])),
    ])

  private static let trace = AttributeSchema.numbered(
    "NFTA_TRACE_",
    [
      ("TABLE", .string), ("CHAIN", .string), ("RULE_HANDLE", .bigEndian),
      ("TYPE", AttributeFormat.names("NFT_TRACETYPE_", ["UNSPEC", "POLICY", "RETURN", "RULE"])),
      ("VERDICT", .nested(ExpressionSchemas.verdict)), ("ID", .bigEndian), ("LL_HEADER", .hex),
      ("NETWORK_HEADER", .hex), ("TRANSPORT_HEADER", .hex), ("IIF", .bigEndian), ("IIFTYPE", .bigEndian),
      ("OIF", .bigEndian), ("OIFTYPE", .bigEndian), ("MARK", .bigEndian), ("NFPROTO", .bigEndian),
      ("POLICY", ExpressionSchemas.verdictCode), ("PAD", .hex),
    ])
}
