import Namespaces
import NetTypes
import RouteNetlink

/// The wanted network of a sandbox, checked for consistency, but not yet against the host.
public struct AttachmentSpec: Sendable {
  public var name: NamespaceName
  public var lifetime: Lifetime
  /// Empty for loopback only.
  public var connections: [ConnectionSpec]
  /// Routes inside, besides those that follow from the networks. A default route among them replaces theirs.
  public var routes: [RouteSpec]
  /// Kernel parameters to set in the network namespace.
  public var parameters: [KernelParameter]
  public var hostname: Hostname
  public var resolver: ResolverSpec
  /// The DNS servers that commands inside ask, by the host's address that they reach. It is asked where a network is
  /// new, to find out whether other programs' rules let the questions through.
  public var nameServers: @Sendable (IPAddress?) -> [IPAddress] = { _ in [] }
  /// Whether the caller chose the name or the hostname.
  package let isNamed: Bool
  /// Whether there is only to be a plan of it.
  let isPlanned: Bool
  /// For a plan: stale sandboxes, which a launch would remove first.
  package var gone: Set<NamespaceName> = []

  /// - Parameters:
  ///   - name: nil for a random one.
  ///   - hostname: nil for one that follows from the name.
  ///   - isPlanned: whether there is only to be a plan of it, in which names drawn at random end in `XXXXXXXX`.
  public init(
    name: NamespaceName?, lifetime: Lifetime, connections: [ConnectionSpec], routes: [RouteSpec] = [],
    parameters: [KernelParameter] = [], hostname: Hostname? = nil, resolver: ResolverSpec = ResolverSpec(),
    isPlanned: Bool = false
  ) {
    self.isPlanned = isPlanned
    isNamed = name != nil || hostname != nil
    self.name = name ?? (try! NamespaceName("nsrun-\(Token.draw(isPlanned: isPlanned))"))
    self.lifetime = lifetime
    self.connections = parameters.contains(where: \.turnsIPv6Off) ? connections.map(\.withoutIPv6) : connections
    self.routes = routes
    self.parameters = parameters
    self.hostname = hostname ?? Hostname(of: self.name)
    self.resolver = resolver
  }
}

extension ConnectionSpec {
  /// The same without IPv6, unless it is required.
  fileprivate var withoutIPv6: ConnectionSpec {
    guard case .bridge(var spec) = self, spec.ipv6 == .automatic else { return self }
    spec.ipv6 = .none
    return .bridge(spec)
  }
}

extension AttachmentSpec {
  /// What its record says of IPv6; nil if no network may have it.
  var ipv6: SandboxRecord.IPv6? {
    let specs = connections.compactMap(\.bridged).filter(\.mayHaveIPv6)
    guard !specs.isEmpty else { return nil }
    return specs.contains { $0.address6 != nil || !$0.hasIPv4 } ? .chosen : .both
  }

  /// Whether it has IPv4 on one of its networks, or needs none.
  package var hasIPv4: Bool { connections.isEmpty || connections.contains { $0.bridged?.hasIPv4 ?? true } }

  /// The subnets that are known before any network is planned.
  var givenSubnets: [IPNetwork] {
    connections.compactMap { if case .link(let wanted) = $0 { wanted.address.network } else { nil } }
  }

  /// Two ports on one bridge would have addresses in the same subnet, so that only one would be used.
  func requireDistinctNetworks() throws(NetworkError) {
    var targets: Set<ConnectionTarget> = []
    var interfaces: Set<InterfaceName> = []
    for (number, connection) in connections.enumerated() {
      guard targets.insert(connection.target).inserted else {
        throw .refused("\(Field.net) \(connection.target) is given twice: a sandbox is on each network once")
      }
      let interface = connection.interface ?? InsideLink.name(number)
      guard !["lo", "all", "default"].contains(interface.text), interfaces.insert(interface).inserted else {
        throw .refused(
          "the link inside of \(Field.net) \(connection.target) cannot be called \(interface): the name is taken")
      }
    }
  }
}
