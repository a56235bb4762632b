import Netlink

/// A small family with the numbers of rtnetlink.
enum TestSchema {
  static let ifinfomsg = FixedPart(
    "ifinfomsg",
    [
      .init("family", size: 1, .named([0: "AF_UNSPEC", 7: "AF_BRIDGE"])), .init("pad", size: 1),
      .init("type", size: 2), .init("index", size: 4, .signed),
      .init("flags", size: 4, .bits([(1, "IFF_UP"), (0x1000, "IFF_MULTICAST")])),
      .init("change", size: 4, .hex),
    ])

  static let peer = AttributeSchema([
    3: .init("IFLA_IFNAME", .string), 1: .init("IFLA_ADDRESS", .linkAddress), 13: .init("IFLA_WEIGHT", .unsigned),
  ])

  static let link = AttributeSchema([
    1: .init("IFLA_ADDRESS", .linkAddress),
    3: .init("IFLA_IFNAME", .string),
    4: .init("IFLA_MTU", .unsigned),
    18: .init(
      "IFLA_LINKINFO",
      .nested(
        AttributeSchema(
          [
            1: .init("IFLA_INFO_KIND", .string),
            2: .init(
              "IFLA_INFO_DATA",
              .selected(
                by: 1,
                [
                  "veth": AttributeSchema([1: .init("VETH_INFO_PEER", .message(ifinfomsg, peer))]),
                  "bridge": AttributeSchema([1: .init("IFLA_BR_FORWARD_DELAY", .unsigned)]),
                ])),
          ], selectors: [1]))),
    20: .init("IFLA_OPERSTATE", .flag),
    21: .init("IFLA_BIG", .bigEndian),
    22: .init("IFLA_SIGNED", .signed),
    23: .init("IFLA_IP", .ipAddress),
    24: .init("IFLA_MODE", .named([1: "private"], bigEndian: true)),
    25: .init("IFLA_BITS", .bits([(1, "one"), (6, "six")], bigEndian: true)),
    26: .init("IFLA_LIST", .nested(AttributeSchema(every: .init("item", .unsigned)))),
    27: .init("IFLA_TEXT", .text { "\($0.count) bytes" }),
  ])

  static let family = NetlinkFamily(protocolNumber: 0) { type in
    switch type {
    case 16: MessageDescription("RTM_NEWLINK", fixedPart: ifinfomsg, attributes: link)
    case 18: MessageDescription("RTM_GETLINK", isQuery: true, fixedPart: ifinfomsg, attributes: link)
    default: nil
    }
  }
}
