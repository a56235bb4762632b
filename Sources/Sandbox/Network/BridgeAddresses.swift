import NetTypes
import RouteNetlink

/// The IPv4 addresses of a bridge, and which of them counts.
struct BridgeAddresses: Equatable {
  private let all: [LinkAddress]

  init(_ all: [LinkAddress]) { self.all = all }

  /// Those of a bridge that nsrun will create with an address.
  init(created address: IPNetwork) { all = [LinkAddress(address, link: 0)] }

  /// All of them, with the lengths of their subnets.
  var networks: [IPNetwork] { all.map(\.network) }

  /// Those that can be a gateway, with sandboxes in their subnets; the best first.
  var usable: [IPNetwork] {
    let usable = all.filter(\.hasRoom)
    return (usable.filter(\.isPreferred) + usable.filter { !$0.isPreferred }).map(\.network)
  }

  /// The address by which sandboxes know the host, and whose subnet is theirs: the one that fits what is wanted, the most
  /// specific of several as in routing, or else the first usable one.
  /// - Parameters:
  ///   - spec: what is wanted; nil for nothing in particular.
  ///   - own: the one that nsrun made the bridge with.
  /// - Returns: nil where none is usable.
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
  /// Whether all that is wanted lies in the subnet of an address.
  fileprivate func fits(_ candidate: IPNetwork) -> Bool {
    let network = candidate.network
    return (subnet ?? network) == network && (prefixLength ?? network.prefixLength) == network.prefixLength
      && [address, gateway].allSatisfy { $0.map(network.contains) ?? true }
  }
}

extension LinkAddress {
  /// Whether it reaches beyond the link, and others can be in its subnet.
  fileprivate var hasRoom: Bool {
    peer == nil && scope != .host && !address.isLinkLocal && !address.isLoopback
      && (1...30).contains(network.prefixLength)
  }

  /// Whether nothing is against new connections by it.
  fileprivate var isPreferred: Bool { scope != .link && flags.isDisjoint(with: [.deprecated, .tentative]) }
}
