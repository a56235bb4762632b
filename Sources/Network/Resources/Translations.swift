import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// Which rules masquerade the packets that leave a bridge. Rules of a foreign bridge's owner may, and may cease to.
struct Translations {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Finds out which rules are to masquerade the packets that leave a bridge.
  /// - Parameter link: the bridge; nil for one that is to be created.
  func translation(
    of bridge: InterfaceName, _ link: Link?
  ) throws(NetworkError) -> BridgeConnection.Translation {
    guard let link, !Tag.isOurBridge(link, planned: nil) else { return .bridge }
    let addresses = try BridgeLink(host).addresses(of: link).usable
    guard !addresses.isEmpty else { return .address }
    let chains = try host.nftables { (nft) throws(NetlinkError) in try nft.chains() }
    // Sandboxes may get addresses in any of its subnets.
    for address in addresses {
      let nat = ForeignNAT(subnet: address.network, bridge: bridge)
      let chain = try nat.chain(among: chains) { (chain) throws(NetworkError) in
        try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: chain) }
      }
      if chain == nil { return .address }
    }
    return .host
  }

  /// The record of a network with the translation as it is now.
  /// - Parameter link: the bridge; nil to leave the record as it is.
  func current(_ record: NetworkRecord, _ link: Link?) throws(NetworkError) -> NetworkRecord {
    guard record.translation == .host, let link else { return record }
    var record = record
    record.translation = try translation(of: record.bridge, link)
    return record
  }

  /// Checks again whether other rules masquerade the packets that leave a foreign bridge. Records it if they no longer
  /// do.
  /// - Returns: whether they no longer do.
  func refresh(_ record: NetworkRecord, _ link: Link) throws(NetworkError) -> Bool {
    let current = try current(record, link)
    guard current != record else { return false }
    try BridgeNetworks(host).append(NetworkRecord.translationKey, current.translation.rawValue, record.bridge)
    return true
  }
}

extension Translations: NetworkResource {
  func drifts(of network: RecordedNetwork, _ links: [Link]) throws(NetworkError) -> [Drift] {
    guard let record = network.record, try current(record, try? Bridges(host).link(network.bridge)) != record else {
      return []
    }
    return [
      Drift(
        kind: .rules, message: "no rule of the host masquerades what leaves \(network.bridge) any more",
        restored: "NAT for \(network.bridge)")
    ]
  }

  func restore(for network: RecordedNetwork) throws(NetworkError) {
    guard let record = network.record,
      let link = try BridgeLink(host).fit(for: network)
    else { return }
    _ = try refresh(record, link)
  }
}
