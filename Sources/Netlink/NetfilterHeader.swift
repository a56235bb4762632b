/// The fixed part of every NETLINK_NETFILTER message in every subsystem (struct nfgenmsg in
/// linux/netfilter/nfnetlink.h).
public enum NetfilterHeader {
  /// The length in bytes.
  public static let size = 4

  /// - Parameters:
  ///   - family: NFPROTO_*; 0 for all.
  ///   - resource: res_id: the subsystem, in the messages that begin and end an nf_tables transaction; else 0.
  public static func write(family: UInt8, resource: UInt16 = 0, to buffer: inout MessageBuffer) {
    buffer.append(family)
    buffer.append(UInt8(0))
    buffer.append(resource.bigEndian)
  }

  /// The description of the header, for traces.
  public static let fixedPart = FixedPart(
    "nfgenmsg",
    [
      FixedPart.Field("nfgen_family", size: 1, family), FixedPart.Field("version", size: 1),
      FixedPart.Field("res_id", size: 2, .bigEndian),
    ])

  /// The names of NFPROTO_*.
  public static let family = AttributeFormat.named([
    0: "NFPROTO_UNSPEC", 1: "NFPROTO_INET", 2: "NFPROTO_IPV4", 3: "NFPROTO_ARP", 5: "NFPROTO_NETDEV",
    7: "NFPROTO_BRIDGE", 10: "NFPROTO_IPV6",
  ])
}

extension AttributeSchema {
  /// A schema of attributes that are numbered from 1.
  public static func numbered(
    _ prefix: String, _ attributes: [(name: String, format: AttributeFormat)], selectors: Set<UInt16> = []
  ) -> AttributeSchema {
    var entries: [UInt16: Entry] = [:]
    for (index, attribute) in attributes.enumerated() {
      entries[UInt16(index + 1)] = Entry(prefix + attribute.name, attribute.format)
    }
    return AttributeSchema(entries, selectors: selectors)
  }
}

extension AttributeFormat {
  /// A list whose elements all have one format.
  public static func list(_ name: String, _ format: AttributeFormat) -> AttributeFormat {
    .nested(AttributeSchema(every: AttributeSchema.Entry(name, format)))
  }

  /// An integer in network byte order with names for its values, counted from 0.
  public static func names(_ prefix: String, _ names: [String]) -> AttributeFormat {
    var entries: [UInt64: String] = [:]
    for (index, name) in names.enumerated() { entries[UInt64(index)] = prefix + name }
    return .named(entries, bigEndian: true)
  }

  /// An integer in network byte order whose bits have names, from the lowest.
  public static func bits(_ prefix: String, _ names: [String]) -> AttributeFormat {
    .bits(names.enumerated().map { (UInt64(1) << UInt64($0.offset), prefix + $0.element) }, bigEndian: true)
  }
}
