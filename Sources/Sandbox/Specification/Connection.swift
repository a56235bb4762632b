import NetTypes

/// How a sandbox is connected to a network, as the command line and the records spell it.
public enum ConnectionKind: String, CaseIterable, Sendable {
  case bridge, macvlan

  /// The name of a network: `br0`, `macvlan@eth0`.
  public func label(_ target: InterfaceName) -> String { self == .bridge ? target.text : "\(rawValue)@\(target)" }
}

/// What is known of a sandbox's connection to one network: one case for each kind.
public enum Connection: Equatable, Sendable {
  case bridge(BridgeConnection)
  case macvlan(MacvlanConnection)

  public var kind: ConnectionKind {
    switch self {
    case .bridge: .bridge
    case .macvlan: .macvlan
    }
  }

  /// The link of the host through which it goes.
  public var target: InterfaceName {
    switch self {
    case .bridge(let connection): connection.bridge
    case .macvlan(let connection): connection.lower
    }
  }

  /// Where it leads, as the command line takes it: `br0`, `macvlan@eth0`.
  public var label: String { kind.label(target) }

  /// Which packets leave the network.
  public var egress: NetworkSpec.Egress {
    switch self {
    case .bridge(let connection): connection.egress
    case .macvlan: .routed
    }
  }

  /// The link inside the sandbox.
  public var inside: InsideLink {
    switch self {
    case .bridge(let connection): connection.inside
    case .macvlan(let connection): connection.inside
    }
  }

  /// The connection to a bridge; nil for another kind.
  public var bridged: BridgeConnection? { if case .bridge(let connection) = self { connection } else { nil } }

  /// The lines of its record. The keys of the first connection have no number.
  func lines(number: Int) -> RecordText {
    let own: [(String, String)]
    switch self {
    case .bridge(let connection): own = connection.lines
    case .macvlan(let connection): own = connection.lines
    }
    return RecordText((inside.lines + own).map { (SandboxFacts.key($0, number), $1) })
  }

  /// Reads the record of the connection with this number, counted from 0; nil if a line is missing or invalid.
  init?(_ record: RecordText, number: Int) {
    let reader = Reader(record: record, number: number)
    guard let target = reader.target, let inside = InsideLink(reader, number: number) else { return nil }
    let connection: Connection? =
      switch target.kind {
      case .bridge: BridgeConnection(reader, target.link, inside).map(Connection.bridge)
      case .macvlan: MacvlanConnection(reader, target.link, inside).map(Connection.macvlan)
      }
    guard let connection else { return nil }
    self = connection
  }

  /// Reads the lines about one connection.
  struct Reader {
    fileprivate let record: RecordText
    fileprivate let number: Int

    /// Where the connection leads, or was going to lead.
    fileprivate var target: ConnectionTarget? {
      for kind in ConnectionKind.allCases {
        if let link = link(kind.rawValue) { return ConnectionTarget(kind: kind, link: link) }
      }
      return nil
    }

    func text(_ key: String) -> String? { record[SandboxFacts.key(key, number)] }
    func link(_ key: String) -> InterfaceName? { text(key).flatMap { try? InterfaceName($0) } }
    func address(_ key: String) -> IPAddress? { text(key).flatMap { IPAddress($0) }.flatMap { $0.isIPv4 ? $0 : nil } }
  }
}

/// A link inside a sandbox, as nsrun made it.
public struct InsideLink: Equatable, Sendable {
  public var interface: InterfaceName
  /// The leased IPv4 address with the prefix length of the subnet.
  public var address: IPNetwork
  /// Whether the link has that address.
  public var hasIPv4 = true
  /// The gateway of the default route; nil if the default route leads elsewhere, or if there is none.
  public var gateway: IPAddress?
  /// nil without IPv6.
  public var ipv6: IPv6?
  public var mac: MACAddress
  public var mtu: UInt32

  /// The same for IPv6.
  public struct IPv6: Equatable, Sendable {
    public var address: IPNetwork
    public var gateway: IPAddress?
  }

  /// The gateway of the default route of a family.
  public func gateway(_ family: AddressFamily) -> IPAddress? { family == .inet ? gateway : ipv6?.gateway }

  /// The leased addresses, and the IPv6 address that follows from the IPv4 address; the IPv4 address first.
  var leased: [IPNetwork] { [address] + (ipv6.map { [$0.address] } ?? []) }

  /// The addresses that others may use, the IPv4 address first. There is at least one.
  public var addresses: [IPNetwork] { hasIPv4 ? leased : Array(leased.dropFirst()) }

  /// The subnets of the network, that of IPv4 first, even if the link has no IPv4 address.
  var subnets: [IPNetwork] { leased.map(\.network) }

  /// All IPv6 addresses, the link-local address first; none without IPv6.
  var linkAddresses6: [IPNetwork] {
    ipv6.map { [IPNetwork.linkLocal6.derivedAddress(from: address.address), $0.address] } ?? []
  }

  /// The gateways of the default routes.
  var gateways: [IPAddress] { AddressFamily.allCases.compactMap(gateway) }

  /// The default name of the link to the network with this number, counted from 0.
  static func name(_ number: Int) -> InterfaceName { try! InterfaceName("eth\(number)") }

  fileprivate var lines: [(String, String)] {
    [("interface", interface.text), ("address", "\(address)"), ("mac", "\(mac)"), ("mtu", "\(mtu)")]
      + (hasIPv4 ? [] : [("ip4", "no")])
      + (gateway.map { [("gateway", "\($0)")] } ?? []) + (ipv6?.lines ?? [])
  }
}

extension InsideLink.IPv6 {
  static let key = "address6"

  fileprivate var lines: [(String, String)] {
    [(Self.key, "\(address)")] + (gateway.map { [("gateway6", "\($0)")] } ?? [])
  }

  /// nil without IPv6, or for an address that nsrun never gives.
  fileprivate init?(_ reader: Connection.Reader) {
    guard let address = reader.text(Self.key).flatMap({ IPNetwork($0) }), address.family == .inet6,
      IPNetwork.derivingLengths.contains(address.prefixLength), address.address.isUsableIPv6
    else { return nil }
    self.init(
      address: address, gateway: reader.text("gateway6").flatMap { IPAddress($0) }.flatMap { $0.isIPv4 ? nil : $0 })
  }
}

extension InsideLink {
  fileprivate init?(_ reader: Connection.Reader, number: Int) {
    guard let interface = reader.text("interface").map({ try? InterfaceName($0) }) ?? Self.name(number),
      let address = reader.text("address").flatMap({ IPNetwork($0) }), address.address.isIPv4,
      let mac = reader.text("mac").flatMap({ MACAddress($0) }),
      let mtu = reader.text("mtu").flatMap({ UInt32($0) }), (68...65535).contains(mtu)
    else { return nil }
    let ipv6 = IPv6(reader)
    self.init(
      interface: interface, address: address, hasIPv4: ipv6 == nil || reader.text("ip4") != "no",
      gateway: reader.address("gateway"), ipv6: ipv6, mac: mac, mtu: mtu)
  }
}

/// Where a connection leads: the kind, and the link of the host. nsrun writes it down before it changes anything.
struct ConnectionTarget: Hashable {
  let kind: ConnectionKind
  let link: InterfaceName

  var bridge: InterfaceName? { kind == .bridge ? link : nil }
}

extension ConnectionTarget: CustomStringConvertible {
  var description: String { kind.label(link) }
}

extension RecordText {
  /// Where the connections of the sandbox lead, or were going to lead.
  var targets: [ConnectionTarget] {
    var targets: [ConnectionTarget] = []
    while let target = Connection.Reader(record: self, number: targets.count).target { targets.append(target) }
    return targets
  }

  /// The bridges among them.
  var bridges: [InterfaceName] { targets.compactMap(\.bridge) }
}

/// A wanted connection of a sandbox to one network: one case for each kind.
public enum ConnectionSpec: Sendable {
  case bridge(NetworkSpec)
  case macvlan(MacvlanSpec)

  var target: ConnectionTarget {
    switch self {
    case .bridge(let spec): ConnectionTarget(kind: .bridge, link: spec.bridge)
    case .macvlan(let spec): ConnectionTarget(kind: .macvlan, link: spec.lower)
    }
  }

  /// The wanted name of the link inside; nil for a default name.
  var interface: InterfaceName? {
    switch self {
    case .bridge(let spec): spec.interface
    case .macvlan(let spec): spec.interface
    }
  }

  /// Which packets leave the network.
  var egress: NetworkSpec.Egress {
    switch self {
    case .bridge(let spec): spec.egress
    case .macvlan: .routed
    }
  }

  /// The wanted address; nil for the next free one.
  var address: IPAddress? {
    switch self {
    case .bridge(let spec): spec.address
    case .macvlan(let spec): spec.address.address
    }
  }

  /// The specification of a connection to a bridge; nil for another kind.
  public var bridged: NetworkSpec? { if case .bridge(let spec) = self { spec } else { nil } }
}
