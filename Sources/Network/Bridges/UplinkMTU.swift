import NetTypes
import Netlink
import RouteNetlink

/// The MTU of a new bridge: that of the host's uplink, so that sandboxes send no larger packets than the host, and
/// announce this limit to their peers.
enum UplinkMTU {
  /// From the minimum of IPv6 (RFC 8200), below which the kernel removes IPv6 from a link, to the maximum of an IPv4
  /// packet.
  static let range: ClosedRange<UInt32> = NetworkSpec.leastMTU6...65535

  /// The MTU of Ethernet, also used without an uplink.
  private static let usual: UInt32 = 1500

  /// An address in each half of the address space, because VPNs route the halves separately. nsrun only queries their
  /// routes.
  private static let remotes = ["8.8.8.8", "198.41.0.4"].map { IPAddress($0)! }

  /// The smallest MTU of the uplinks.
  static func ask(_ host: Host) throws(NetworkError) -> UInt32 {
    var sizes: [UInt32] = []
    for remote in remotes {
      let size = try host.route { (route) throws(NetlinkError) -> UInt32? in
        guard let way = try route.route(to: remote), way.type == .unicast else { return nil }
        if let mtu = way.mtu { return mtu }
        return try way.link.flatMap { index throws(NetlinkError) in try route.link(index: index) }?.mtu
      }
      if let size { sizes.append(size) }
    }
    return min(max(sizes.min() ?? usual, range.lowerBound), range.upperBound)
  }
}
