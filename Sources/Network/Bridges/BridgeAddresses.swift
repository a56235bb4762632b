import NetTypes
import RouteNetlink

/// The IPv4 addresses of a bridge, and the choice among them.
struct BridgeAddresses: Equatable {
  private let all: [LinkAddress]

  init(_ all: [LinkAddress]) { self.all = all }

  /// Those of a bridge that nsrun will create with an address.
  init(created address: IPNetwork) { all = [LinkAddress(address, link: 0)] }

  /// All addresses, with the prefix lengths of their subnets.
  var networks: [IPNetwork] { all.map(\.network) }

  /// The addresses that can be a gateway and have room for sandboxes in their subnets; preferred ones first.
  var usable: [IPNetwork] {
    let usable = all.filter(\.hasRoom)
    return (usable.filter(\.isPreferred) + usable.filter { !$0.isPreferred }).map(\.network)
  }

  /// The host's address for sandboxes, whose subnet they share. Of several addresses that match the specification, the
  /// most specific one wins, as in routing. If none matches, the first usable one does.
  /// - Parameters:
  ///   - spec: the wanted connection; nil for none in particular.
  ///   - own: the address that nsrun gave to the bridge.
  /// - Returns: nil if none is usable.
  func choice(for spec: NetworkSpec?, own: IPNetwork?) -> IPNetwork? {
    var candidates = usable
    if let own, let place = candidates.firstIndex(of: own) { candidates.insert(candidates.remove(at: place), at: 0) }
    guard candidates.count > 1, let spec, spec.subnet != nil || spec.address != nil || spec.gateway != nil else {
      return candidates.first
    }
    let fits = candidates.filter(spec.fits)
    let longest = fits.map(\.prefixLength).max()
    return fits.first { $0.prefixLength == longest } ?? candidates.first
  }
}

extension NetworkSpec {
  /// Whether the wanted subnet, address and gateway fit the subnet of a bridge's address.
  fileprivate func fits(_ candidate: IPNetwork) -> Bool {
    let network = candidate.network
    return (subnet ?? network) == network && (prefixLength ?? network.prefixLength) == network.prefixLength
      && [address, gateway].allSatisfy { $0.map(network.contains) ?? true }
  }
}

extension LinkAddress {
  /// Whether the address is valid beyond the link and its subnet has room for other hosts.
  fileprivate var hasRoom: Bool {
    peer == nil && scope != .host && !address.isLinkLocal && !address.isLoopback
      && (1...30).contains(network.prefixLength)
  }

  /// Whether new connections may use it as their source.
  fileprivate var isPreferred: Bool { scope != .link && flags.isDisjoint(with: [.deprecated, .tentative]) }
}
