import Netlink

extension NetlinkFamily {
  /// rtnetlink (NETLINK_ROUTE): links, addresses, routes, neighbours, filters.
  public static let route = NetlinkFamily(protocolNumber: NETLINK_ROUTE, describe: RouteDescription.of)
}

/// The descriptions of the messages, for traces and errors.
enum RouteDescription {
  @Sendable static func of(_ type: UInt16) -> MessageDescription? {
    guard let name = names[type] else { return nil }
    // Types come in fours: new, delete, get, set.
    let isQuery = type & 3 == 2
    let (fixedPart, attributes) =
      switch type & ~3 {
      case RTM_NEWLINK: (ifinfomsg, link)
      case RTM_NEWADDR: (ifaddrmsg, address)
      case RTM_NEWROUTE: (rtmsg, route)
      case RTM_NEWQDISC, RTM_NEWTFILTER: (tcmsg, trafficControl)
      case RTM_NEWNSID: (rtgenmsg, namespaceID)
      default: (ndmsg, neighbour)
      }
    return MessageDescription(name, isQuery: isQuery, fixedPart: fixedPart, attributes: attributes)
  }

  private static let names: [UInt16: String] = [
    RTM_NEWLINK: "RTM_NEWLINK", RTM_DELLINK: "RTM_DELLINK", RTM_GETLINK: "RTM_GETLINK", RTM_SETLINK: "RTM_SETLINK",
    RTM_NEWADDR: "RTM_NEWADDR", RTM_DELADDR: "RTM_DELADDR", RTM_GETADDR: "RTM_GETADDR",
    RTM_NEWROUTE: "RTM_NEWROUTE", RTM_DELROUTE: "RTM_DELROUTE", RTM_GETROUTE: "RTM_GETROUTE",
    RTM_NEWQDISC: "RTM_NEWQDISC", RTM_NEWTFILTER: "RTM_NEWTFILTER",
    RTM_GETTFILTER: "RTM_GETTFILTER",
    RTM_NEWNSID: "RTM_NEWNSID", RTM_GETNSID: "RTM_GETNSID",
    RTM_NEWNEIGH: "RTM_NEWNEIGH", RTM_DELNEIGH: "RTM_DELNEIGH", RTM_GETNEIGH: "RTM_GETNEIGH",
  ]

  private static let rtgenmsg = FixedPart(
    "rtgenmsg", [.init("rtgen_family", size: 1, families), .init("pad", size: 3)])
  private static let namespaceID = AttributeSchema([
    1: .init("NETNSA_NSID", .signed), 2: .init("NETNSA_PID", .unsigned), 3: .init("NETNSA_FD", .signed),
    4: .init("NETNSA_TARGET_NSID", .signed), 5: .init("NETNSA_CURRENT_NSID", .signed),
  ])

  static let families = AttributeFormat.named([0: "AF_UNSPEC", 2: "AF_INET", 7: "AF_BRIDGE", 10: "AF_INET6"])
  static let scopes = AttributeFormat.named([
    0: "RT_SCOPE_UNIVERSE", 200: "RT_SCOPE_SITE", 253: "RT_SCOPE_LINK", 254: "RT_SCOPE_HOST", 255: "RT_SCOPE_NOWHERE",
  ])
}
