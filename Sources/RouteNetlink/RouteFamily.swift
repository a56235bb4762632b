import Netlink

extension NetlinkFamily {
  /// rtnetlink (NETLINK_ROUTE): links, addresses, routes, neighbours.
  public static let route = NetlinkFamily(protocolNumber: NETLINK_ROUTE) { _ in nil }
}
