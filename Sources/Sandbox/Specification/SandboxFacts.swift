import Glibc
import Namespaces
import NetTypes
import RouteNetlink

/// What the record of a sandbox says.
public struct SandboxFacts: Equatable, Sendable {
  /// Which rules masquerade the packets that leave the bridge.
  public enum Translation: String, Sendable {
    /// One rule for the whole bridge, which nsrun made.
    case bridge
    /// A set element for this sandbox, because the bridge is foreign.
    case address
    /// Rules that other programs, or the administrator, have set up for the bridge.
    case host
  }

  /// How a sandbox is connected to one network.
  public struct Connection: Equatable, Sendable {
    /// The link inside the sandbox.
    public var interface: InterfaceName
    public var bridge: InterfaceName
    /// The sandbox's address with the prefix length of the subnet.
    public var address: IPNetwork
    /// The gateway of the default route; nil if the default route leads elsewhere, or if there is none.
    public var gateway: IPAddress?
    /// The host's own address on the bridge.
    public var hostAddress: IPAddress?
    public var mac: MACAddress
    public var mtu: UInt32
    /// The host end of the veth pair.
    public var hostLink: InterfaceName
    public var egress: NetworkSpec.Egress
    public var translation: Translation
  }

  /// The first characters of the name of every host end of a veth pair. Rules match them.
  static let hostLinkPrefix = "nsrun-"

  public var name: NamespaceName
  public var lifetime: SandboxSpec.Lifetime
  /// The process id of the nsrun that made the sandbox.
  public var maker: Int32
  /// The time of its creation, in seconds since 1970.
  public var createdAt: Int
  public var hostname: Hostname
  /// The DNS servers that its commands ask.
  public var resolver = ResolverSpec()
  /// The default name of the link inside to the network with this number, counted from 0.
  static func interface(_ number: Int) -> InterfaceName { try! InterfaceName("eth\(number)") }

  /// In the order of the requested networks; empty for loopback only.
  public var connections: [Connection] = []
}

extension SandboxFacts {
  /// Adds the connection to one more network.
  mutating func connect(
    to network: BridgeNetwork, _ wanted: NetworkSpec, _ assigned: AddressAssignment, for sandbox: SandboxSpec
  ) {
    var gateway = wanted.egress != .internal && !wanted.hasNoDefaultRoute ? assigned.gateway : nil
    if let chosen = sandbox.defaultGateway { gateway = assigned.address.contains(chosen) ? chosen : nil }
    let hasDefaultRoute = connections.allSatisfy { $0.gateway == nil }
    let hostLink = "\(Self.hostLinkPrefix)\(Token.draw(isPlanned: sandbox.isPlanned))"
    connections.append(
      Connection(
        interface: wanted.interface ?? Self.interface(connections.count), bridge: wanted.bridge,
        address: assigned.address, gateway: hasDefaultRoute ? gateway : nil,
        hostAddress: network.address?.address,
        mac: wanted.mac ?? .derived(from: assigned.address.address, role: .sandbox), mtu: wanted.mtu ?? network.mtu,
        hostLink: try! InterfaceName(hostLink), egress: wanted.egress, translation: network.translation))
  }

  func connection(to bridge: InterfaceName) -> Connection? { connections.first { $0.bridge == bridge } }

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

  /// The lines with the names of the bridges. nsrun writes them before it changes anything.
  static func lines(of bridges: [InterfaceName]) -> RecordText {
    RecordText(bridges.enumerated().map { (key("bridge", $0), $1.text) })
  }

  /// The lines that nsrun appends once it has leased an address on the network with this number.
  func lines(ofConnection number: Int) -> RecordText {
    let connection = connections[number]
    var lines = [
      ("interface", connection.interface.text), ("address", "\(connection.address)"), ("mac", "\(connection.mac)"),
      ("mtu", "\(connection.mtu)"), ("host-link", connection.hostLink.text), ("egress", connection.egress.rawValue),
      ("translation", connection.translation.rawValue),
    ]
    if let address = connection.hostAddress { lines.append(("host-address", "\(address)")) }
    if let gateway = connection.gateway { lines.append(("gateway", "\(gateway)")) }
    return RecordText(lines.map { (Self.key($0, number), $1) })
  }

  /// Reads a record; nil if an essential line is missing or invalid.
  init?(_ text: RecordText) {
    guard let name = text["name"].flatMap({ try? NamespaceName($0) }),
      let lifetime = text["lifetime"].flatMap(SandboxSpec.Lifetime.init(rawValue:)),
      let maker = text["maker"].flatMap({ Int32($0) }), maker > 0,
      let createdAt = text["created"].flatMap({ Int($0) }), createdAt >= 0
    else { return nil }
    self.init(
      name: name, lifetime: lifetime, maker: maker, createdAt: createdAt,
      hostname: text["hostname"].flatMap { try? Hostname($0) } ?? Hostname(of: name), resolver: ResolverSpec(text),
      connections: text.bridges.indices.compactMap { Connection(text, number: $0) })
  }
}

extension SandboxFacts.Connection {
  fileprivate init?(_ record: RecordText, number: Int) {
    func text(_ key: String) -> String? { record[SandboxFacts.key(key, number)] }
    guard let bridge = text("bridge").flatMap({ try? InterfaceName($0) }),
      let interface = text("interface").map({ try? InterfaceName($0) }) ?? SandboxFacts.interface(number),
      let address = text("address").flatMap({ IPNetwork($0) }), address.address.isIPv4,
      let mac = text("mac").flatMap({ MACAddress($0) }),
      let mtu = text("mtu").flatMap({ UInt32($0) }), (68...65535).contains(mtu),
      let hostLink = text("host-link").flatMap({ try? InterfaceName($0) }),
      hostLink.text.hasPrefix(SandboxFacts.hostLinkPrefix),
      let egress = text("egress").flatMap(NetworkSpec.Egress.init(rawValue:)),
      let translation = text("translation").flatMap(SandboxFacts.Translation.init(rawValue:))
    else { return nil }
    self.init(
      interface: interface, bridge: bridge, address: address,
      gateway: text("gateway").flatMap { IPAddress($0) }.flatMap { $0.isIPv4 ? $0 : nil },
      hostAddress: text("host-address").flatMap { IPAddress($0) }.flatMap { $0.isIPv4 ? $0 : nil }, mac: mac, mtu: mtu,
      hostLink: hostLink, egress: egress, translation: translation)
  }
}

extension RecordText {
  /// The bridges that the sandbox is on, or was going to be on.
  var bridges: [InterfaceName] {
    var bridges: [InterfaceName] = []
    while let bridge = self[SandboxFacts.key("bridge", bridges.count)].flatMap({ try? InterfaceName($0) }) {
      bridges.append(bridge)
    }
    return bridges
  }
}
