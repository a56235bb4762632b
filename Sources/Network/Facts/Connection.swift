import NetTypes

/// How a sandbox is connected to a network, as the command line and the records spell it.
public enum ConnectionKind: String, CaseIterable, Sendable {
  case bridge, macvlan

  /// The name of a network: `br0`, `macvlan@eth0`.
  public func label(_ target: InterfaceName) -> String { self == .bridge ? target.text : "\(rawValue)@\(target)" }
}

/// What is known of a sandbox's connection to one network.
public enum Connection: Equatable, Sendable {
  case bridge(BridgeConnection)
  case link(LinkConnection)

  public var kind: ConnectionKind {
    switch self {
    case .bridge: .bridge
    case .link(let connection): connection.kind
    }
  }

  /// The link of the host through which it goes.
  public var target: InterfaceName {
    switch self {
    case .bridge(let connection): connection.bridge
    case .link(let connection): connection.lower
    }
  }

  /// Where it leads, as the command line takes it: `br0`, `macvlan@eth0`.
  public var label: String { kind.label(target) }

  /// Which packets leave the network.
  public var egress: NetworkSpec.Egress {
    switch self {
    case .bridge(let connection): connection.egress
    case .link: .routed
    }
  }

  /// The link inside the sandbox.
  public var inside: InsideLink {
    switch self {
    case .bridge(let connection): connection.inside
    case .link(let connection): connection.inside
    }
  }

  /// The values of the settings that its kind has.
  public var settings: [String: String] {
    if case .link(let connection) = self { connection.settings } else { [:] }
  }

  /// The connection to a bridge; nil for another kind.
  public var bridged: BridgeConnection? { if case .bridge(let connection) = self { connection } else { nil } }

  /// The lines of its record. The keys of the first connection have no number.
  func lines(number: Int) -> RecordText {
    let own: [(String, String)]
    switch self {
    case .bridge(let connection): own = connection.lines
    case .link(let connection): own = connection.lines
    }
    return RecordText((inside.lines + own).map { (SandboxFacts.key($0, number), $1) })
  }

  /// Reads the record of the connection with this number, counted from 0; nil if a line is missing or invalid.
  init?(_ record: RecordText, number: Int) {
    let reader = Reader(record: record, number: number)
    guard let target = reader.target, let inside = InsideLink(reader, number: number) else { return nil }
    let connection: Connection? =
      target.kind == .bridge
      ? BridgeConnection(reader, target.link, inside).map(Connection.bridge)
      : LinkConnection(reader, target, inside).map(Connection.link)
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
  package var bridges: [InterfaceName] { targets.compactMap(\.bridge) }
}
