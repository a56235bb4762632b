import NetTypes
import Netlink
import RouteNetlink

/// The MTU that a new bridge gets: that of the way out, so that sandboxes send no larger packets than the host does, and
/// say so to whoever sends to them.
enum UplinkMTU {
  /// What IPv6 needs at least (RFC 8200), without which the kernel takes it from a link for good, and what fits into an
  /// IPv4 packet.
  static let range: ClosedRange<UInt32> = 1280...65535

  /// What Ethernet has; also where there is no way out yet.
  private static let usual: UInt32 = 1500

  /// An address in each half of the address space: VPNs route the two apart from the rest. They are only asked the way to.
  private static let remotes = ["8.8.8.8", "198.41.0.4"].map { IPAddress($0)! }

  /// The smallest MTU of the ways out.
  static func ask(_ host: Host) throws(SandboxError) -> UInt32 {
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
