import NetTypes

/// A route inside a sandbox, to what a router on one of its networks leads to.
public struct RouteSpec: Hashable, Sendable, CustomStringConvertible {
  /// nil for the default route.
  public let destination: IPNetwork?
  /// The next hop, an address on one of the sandbox's networks.
  public let gateway: IPAddress

  /// The error for a text that is no route.
  public struct Invalid: Error, CustomStringConvertible {
    public let description: String
  }

  /// Reads `DESTINATION=GATEWAY`; the destination is a subnet, an address, or `default`.
  public init(_ text: String) throws(Invalid) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let gateway = IPAddress(parts[1]) else {
      throw Invalid(description: "'\(text)' is not DESTINATION=GATEWAY, as in 10.2.0.0/24=10.1.0.9")
    }
    self.gateway = gateway
    guard gateway.isIPv4 || !gateway.isLinkLocal else {
      throw Invalid(description: "'\(parts[1])' is on every network; give an address of one")
    }
    guard parts[0] != "default" else {
      destination = nil
      return
    }
    guard let destination = IPNetwork(parts[0]) ?? IPAddress(parts[0]).map({ IPNetwork($0) }) else {
      throw Invalid(description: "'\(parts[0])' is neither a subnet nor an address nor 'default'")
    }
    guard destination.network == destination else {
      throw Invalid(description: "'\(parts[0])' has bits set after the prefix; the subnet is \(destination.network)")
    }
    guard destination.family == gateway.family else {
      throw Invalid(description: "'\(text)': one is an IPv4 address, the other an IPv6 address")
    }
    let address = destination.address
    let isLeadingOn =
      address.isIPv4
      ? !(address.bytes[0] == 0 || address.isLoopback || address.bytes[0] >= 224)
      : !(address.isUnspecified || address.isLoopback || address.isLinkLocal || address.isMulticast)
    guard destination.prefixLength == 0 || isLeadingOn else {
      throw Invalid(description: "'\(parts[0])': no router leads there")
    }
    self.destination = destination.prefixLength == 0 ? nil : destination
  }

  /// Whether it is a route of IPv4 or IPv6.
  var family: AddressFamily { gateway.family }

  /// The destination, `0.0.0.0/0` or `::/0` for the default route.
  fileprivate var network: IPNetwork { destination ?? IPNetwork(family == .inet ? "0.0.0.0/0" : "::/0")! }

  public var description: String { "\(destination.map { "\($0)" } ?? "default") via \(gateway)" }
}

extension AttachmentSpec {
  /// The next hop of the default route of a family that was asked for.
  func defaultGateway(_ family: AddressFamily) -> IPAddress? {
    routes.first { $0.destination == nil && $0.family == family }?.gateway
  }

  /// Refuses routes that the kernel inside would refuse.
  /// - Parameter subnets: those of the sandbox's networks.
  func requireReachableGateways(_ subnets: [IPNetwork]) throws(NetworkError) {
    var destinations: Set<IPNetwork> = []
    let addresses = connections.flatMap { [$0.address, $0.bridged?.address6].compactMap { $0 } }
    for route in routes {
      guard destinations.insert(route.network).inserted else {
        throw .refused("\(Field.route): there are two routes to \(route.destination.map { "\($0)" } ?? "default")")
      }
      guard let subnet = subnets.first(where: { $0.contains(route.gateway) }) else {
        let list = subnets.map { "\($0)" }.joined(separator: ", ")
        throw .refused("\(Field.route): the gateway \(route.gateway) is in none of the sandbox's subnets (\(list))")
      }
      if subnet.family == .inet { try NetworkSpec.check(route.gateway, "\(Field.route): the gateway", in: subnet) }
      if let destination = route.destination, subnets.contains(destination) {
        throw .refused("\(Field.route): \(destination) is a subnet of the sandbox's own networks, and needs no route")
      }
      if addresses.contains(where: { $0 == route.gateway || $0 == route.gateway.origin }) {
        throw .refused("\(Field.route): the gateway \(route.gateway) is the sandbox's own address")
      }
    }
  }
}
