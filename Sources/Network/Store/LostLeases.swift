import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// Leases of sandboxes that are gone.
struct LostLeases {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Finds the leases of sandboxes that have neither a record nor a namespace, by its name or with a visible process
  /// inside.
  /// - Parameters:
  ///   - doomed: links that are removed, or would be.
  ///   - damaged: the sandboxes whose records would be moved aside.
  func find(
    _ leases: AddressLeases, besides doomed: [Link] = [], _ damaged: Set<NamespaceName> = []
  ) -> [(address: IPAddress, holder: NamespaceName, link: Link?)] {
    // List the leases before the records: a record is written before its lease. The record decides, not a doomed link:
    // a new sandbox may have the name by now.
    let unrecorded = leases.all().filter { damaged.contains($0.holder) || host.state.record(of: $0.holder) == nil }
    guard !unrecorded.isEmpty else { return [] }
    let links = try? host.route { (route) throws(NetlinkError) in try route.links(kind: "veth") }
    guard let links, let census = try? ProcessCensus() else { return [] }
    var lost: [(address: IPAddress, holder: NamespaceName, link: Link?)] = []
    for (address, holder) in unrecorded {
      // The link's address follows from the IPv4 address.
      let link = links.first { link in
        address.isIPv4
          ? link.address == .derived(from: address, role: .hostLink) && Tag.isOurLink(link)
          : link.alias == Tag.link(of: holder) && Tag.isOurLinkByItself(link)
      }
      if let link, !doomed.contains(where: { $0.index == link.index }) {
        // Anything else that keeps the namespace alive is not visible.
        guard host.names.identity(of: holder) == nil,
          (try? NamespaceSearch(host).namespace(behind: link, census) == nil) == true
        else {
          continue
        }
      }
      lost.append((address, holder, link))
    }
    return lost
  }

  /// Releases the lost leases. Deletes their links first, even if something invisible keeps the peers alive.
  func release(_ leases: AddressLeases) throws(NetworkError) {
    let lost = find(leases)
    try HostLinks(host).delete(lost.compactMap(\.link))
    for (address, holder, _) in lost { try Flows(host).release(address, of: holder, to: leases) }
  }
}
