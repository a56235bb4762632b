import Glibc
import Namespaces
import NetTypes
import RouteNetlink

/// What the record of a sandbox says.
public struct SandboxFacts: Equatable, Sendable {
  public var name: NamespaceName
  public var lifetime: Lifetime
  /// The process id of the nsrun that made the sandbox.
  public var maker: Int32
  /// The time of its creation, in seconds since 1970.
  public var createdAt: Int
  public var hostname: Hostname
  /// The DNS servers that its commands ask.
  public var resolver = ResolverSpec()
  /// In the order of the requested networks; empty for loopback only.
  public var connections: [Connection] = []
}

extension SandboxFacts {
  /// The connections to bridges.
  package var bridgeConnections: [BridgeConnection] { connections.compactMap(\.bridged) }

  /// Whether it has links on links of the host (``UpperLinks``).
  var hasUpperLinks: Bool { connections.contains { $0.kind.driver != nil } }

  func connection(to bridge: InterfaceName) -> BridgeConnection? { bridgeConnections.first { $0.bridge == bridge } }

  /// Adds the connection to one more network.
  mutating func connect(
    to network: BridgeNetwork, _ wanted: NetworkSpec, _ assigned: AddressAssignment, for sandbox: AttachmentSpec
  ) {
    let hasDefaultRoute = wanted.egress != .internal && !wanted.hasNoDefaultRoute
    let inside = InsideLink(
      interface: wanted.interface ?? InsideLink.name(connections.count), address: assigned.address,
      hasIPv4: wanted.hasIPv4,
      gateway: wanted.hasIPv4
        ? gateway(hasDefaultRoute ? assigned.gateway : nil, assigned.address, sandbox) : nil,
      ipv6: assigned.address6.map { address in
        InsideLink.IPv6(
          address: address, gateway: gateway(hasDefaultRoute ? assigned.gateway6 : nil, address, sandbox))
      },
      mac: wanted.mac ?? .derived(from: assigned.address.address, role: .sandbox), mtu: wanted.mtu ?? network.mtu)
    let hostLink = "\(BridgeConnection.hostLinkPrefix)\(Token.draw(isPlanned: sandbox.isPlanned))"
    connections.append(
      .bridge(
        BridgeConnection(
          inside: inside, bridge: wanted.bridge, hostAddress: network.address?.address,
          hostLink: try! InterfaceName(hostLink), egress: wanted.egress, translation: network.translation)))
  }

  /// Adds a link on a link of the host.
  mutating func connect(to lower: Link, _ wanted: LinkSpec, _ links: UpperLinks, for sandbox: AttachmentSpec) {
    let gateway = gateway(wanted.gateway, wanted.address, sandbox)
    connections.append(
      .link(links.connection(wanted, on: lower, number: connections.count, gateway: gateway)))
  }

  /// The gateway of one more connection: the first that has one gives the default route, unless a route was asked for.
  private func gateway(_ offered: IPAddress?, _ subnet: IPNetwork, _ sandbox: AttachmentSpec) -> IPAddress? {
    let family = subnet.family
    guard connections.allSatisfy({ $0.inside.gateway(family) == nil }) else { return nil }
    guard let chosen = sandbox.defaultGateway(family) else { return offered }
    return subnet.contains(chosen) ? chosen : nil
  }

  /// The lines that nsrun writes before it changes anything.
  var head: RecordText {
    RecordText(
      [
        ("name", name.text), ("lifetime", lifetime.rawValue), ("maker", "\(maker)"), ("created", "\(createdAt)"),
        ("hostname", hostname.text),
      ] + resolver.lines)
  }

  /// The key of a line about the network with this number, counted from 0. Keys of the first network have no number.
  static func key(_ key: String, _ number: Int) -> String { number == 0 ? key : "\(key).\(number + 1)" }

  /// The lines that say where the connections lead. nsrun writes them before it changes anything.
  static func lines(of targets: [ConnectionTarget]) -> RecordText {
    RecordText(targets.enumerated().map { (key($1.kind.rawValue, $0), $1.link.text) })
  }

  /// The lines that nsrun appends when it knows all about the connection with this number.
  func lines(ofConnection number: Int) -> RecordText { connections[number].lines(number: number) }

  /// Reads a record; nil if an essential line is missing or invalid.
  init?(_ text: RecordText) {
    guard let name = text["name"].flatMap({ try? NamespaceName($0) }),
      let lifetime = text["lifetime"].flatMap(Lifetime.init(rawValue:)),
      let maker = text["maker"].flatMap({ Int32($0) }), maker > 0,
      let createdAt = text["created"].flatMap({ Int($0) }), createdAt >= 0
    else { return nil }
    self.init(
      name: name, lifetime: lifetime, maker: maker, createdAt: createdAt,
      hostname: text["hostname"].flatMap { try? Hostname($0) } ?? Hostname(of: name), resolver: ResolverSpec(text),
      connections: text.targets.indices.compactMap { Connection(text, number: $0) })
  }
}
