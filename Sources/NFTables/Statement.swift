import NetTypes

/// A part of a rule as nft writes it. It becomes one or more kernel expressions: checks of the protocols that its field
/// belongs to, then expressions that load and compare.
public struct Statement: Hashable, Sendable {
  private enum Kind: Hashable, Sendable {
    case expressions([Expression])
    case lookup([Selector], set: String, isInverted: Bool)
    case verdictMap([Selector], map: String)
    case test(Selector, [Expression])
    case translate(NAT.Kind, Translation)
    case masquerade(ports: ClosedRange<UInt16>?, flags: NATFlags)
    case redirect(ports: ClosedRange<UInt16>?)
  }

  fileprivate enum Translation: Hashable, Sendable {
    case constant(address: IPAddress?, ports: ClosedRange<UInt16>?, flags: NATFlags)
    case map([Selector], map: String, family: NAT.Family, portWord: Int?)
  }

  private let kind: Kind
  private init(_ kind: Kind) { self.kind = kind }

  /// A kernel expression as it is.
  public static func expression(_ expression: Expression) -> Statement { Statement(.expressions([expression])) }

  /// Continues only with packets whose selectors, one for each part of the key, are in the set, or with `inverted` are
  /// not.
  public static func matching(_ selectors: Selector..., in set: NFTSet, inverted: Bool = false) -> Statement {
    Statement(.lookup(selectors, set: set.name, isInverted: inverted))
  }

  /// Applies the verdict that a verdict map has for the selectors. Continues if the map has none.
  public static func vmap(_ selectors: Selector..., in map: NFTSet) -> Statement {
    Statement(.verdictMap(selectors, map: map.name))
  }

  /// Continues only with packets that have this value.
  public static func equals(_ selector: Selector, _ value: DataValue) -> Statement {
    Statement(.test(selector, [.compare(.first, .equal, value.bytes)]))
  }

  /// Continues only with packets that have another value.
  public static func notEquals(_ selector: Selector, _ value: DataValue) -> Statement {
    Statement(.test(selector, [.compare(.first, .notEqual, value.bytes)]))
  }

  /// Continues only with packets whose value is within the limits (inclusive), or with `inverted` is not. Values must
  /// be in network byte order (addresses, ports).
  public static func within(
    _ selector: Selector, _ first: DataValue, _ last: DataValue, inverted: Bool = false
  ) -> Statement {
    if inverted {
      return Statement(.test(selector, [.range(.first, isInverted: true, from: first.bytes, through: last.bytes)]))
    }
    return Statement(
      .test(selector, [.compare(.first, .greaterOrEqual, first.bytes), .compare(.first, .lessOrEqual, last.bytes)]))
  }

  /// Continues only with packets whose address is in a network, or with `inverted` is not.
  public static func within(_ selector: Selector, _ network: IPNetwork, inverted: Bool = false) -> Statement {
    let bytes = network.network.address.bytes
    let mask = network.mask.bytes
    let comparison = inverted ? Comparison.notEqual : .equal
    // Whole bytes need no mask, as in nft.
    let whole = Int(network.prefixLength) / 8
    if whole > 0, network.prefixLength % 8 == 0, let start = selector.prefix(bytes: whole) {
      return Statement(.test(start, [.compare(.first, comparison, Array(bytes.prefix(whole)))]))
    }
    return Statement(
      .test(
        selector,
        [
          .bitwise(mask: mask, xor: [UInt8](repeating: 0, count: mask.count)), .compare(.first, comparison, bytes),
        ]))
  }

  /// Continues only with packets that have these bytes in a field, compared only in the bits of the mask; nft's
  /// `@nh,112,8 127`, or its name for the field.
  public static func bytes(_ field: PayloadField, _ value: [UInt8], mask: [UInt8]? = nil) -> Statement {
    let masking = mask.map { [Expression.bitwise(mask: $0, xor: [UInt8](repeating: 0, count: $0.count))] } ?? []
    return Statement(.expressions([.payload(field)] + masking + [.compare(.first, .equal, value)]))
  }

  /// Continues only with packets whose interface name has this prefix; nft's `"veth*"`.
  public static func hasPrefix(_ selector: Selector, _ prefix: String) -> Statement {
    Statement(.test(selector, [.compare(.first, .equal, Array(prefix.utf8))]))
  }

  /// Continues only with packets in one of the states; nft's `ct state`.
  public static func state(_ states: ConntrackState) -> Statement { bits(.conntrackState, states.rawValue) }

  /// Continues only with packets whose selector, 4 bytes in host byte order, has one of the bits.
  public static func bits(_ selector: Selector, _ bits: UInt32) -> Statement {
    let mask = withUnsafeBytes(of: bits) { Array($0) }
    return Statement(
      .test(selector, [.bitwise(mask: mask, xor: [0, 0, 0, 0]), .compare(.first, .notEqual, [0, 0, 0, 0])]))
  }

  /// Continues only with TCP packets that have one of the flags; nft's `tcp flags`.
  /// - Parameter flags: see ``PayloadField/tcpFlags``.
  public static func hasFlags(_ flags: UInt8) -> Statement {
    Statement(.test(.tcpFlags, [.bitwise(mask: [flags], xor: [0]), .compare(.first, .notEqual, [0])]))
  }

  /// Reduces the maximum segment size in a TCP packet with SYN to one that fits the packet's route and the return
  /// route; nft's `tcp option maxseg size set rt mtu`.
  public static var clampSegmentSize: Statement {
    Statement(
      .expressions([
        .route(.segmentSize), .byteOrder(.first, .hostToNetwork, length: 2, size: 2),
        .setTCPOption(.maximumSegmentSize),
      ]))
  }

  /// Continues only with packets to an address of this host; nft's `fib daddr type local`.
  public static var toLocalAddress: Statement { equals(.destinationAddressType, .id(2 /* RTN_LOCAL */)) }

  /// Applies a verdict.
  public static func verdict(_ verdict: Verdict) -> Statement { expression(.verdict(verdict)) }

  /// Counts packets and bytes.
  public static var counter: Statement { expression(.counter()) }

  /// Continues only below a rate.
  public static func limit(_ limit: Limit) -> Statement { expression(.limit(limit)) }

  /// Discards the packet and notifies its sender.
  public static func reject(_ rejection: Rejection = .icmpx(.portUnreachable)) -> Statement {
    expression(.reject(rejection))
  }

  /// Sets the packet's mark.
  public static func setMark(_ mark: UInt32) -> Statement {
    Statement(.expressions([.immediate(DataValue.mark(mark).bytes), .setMeta(.mark)]))
  }

  /// Translates the source address to that of the device through which the packet leaves. Ports need a preceding check
  /// of the transport protocol.
  public static func masquerade(ports: ClosedRange<UInt16>? = nil, flags: NATFlags = []) -> Statement {
    Statement(.masquerade(ports: ports, flags: flags))
  }

  /// Translates the source to an address, and to a port if ports are given. Ports need a preceding check of the
  /// transport protocol.
  public static func snat(to address: IPAddress, ports: ClosedRange<UInt16>? = nil, flags: NATFlags = []) -> Statement {
    Statement(.translate(.source, .constant(address: address, ports: ports, flags: flags)))
  }

  /// Translates the destination to an address, and to a port if one is given. A port needs a preceding check of the
  /// transport protocol.
  public static func dnat(to address: IPAddress, port: UInt16? = nil, flags: NATFlags = []) -> Statement {
    Statement(.translate(.destination, .constant(address: address, ports: port.map { $0...$0 }, flags: flags)))
  }

  /// Translates the destination to the value that a map has for the selectors: an address, or an address and a port.
  /// Continues if the map has none.
  /// - Parameter map: its value is `.data` of an address, or of an address and a port.
  public static func dnat(_ selectors: Selector..., to map: NFTSet) -> Statement {
    var types: [DataType] = []
    if case .data(let list) = map.value { types = list }
    return Statement(
      .translate(
        .destination,
        .map(
          selectors, map: map.name, family: types.first == .ipv6Address ? .ipv6 : .ipv4,
          portWord: types.count > 1 ? types[0].paddedSize / 4 : nil)))
  }

  /// Translates the destination to this host, and to a port if ports are given. Ports need a preceding check of the
  /// transport protocol.
  public static func redirect(ports: ClosedRange<UInt16>? = nil) -> Statement { Statement(.redirect(ports: ports)) }

  /// Appends the statement's expressions to a rule.
  func write(to writer: inout StatementWriter) {
    switch kind {
    case .expressions(let expressions): writer.expressions += expressions
    case .lookup(let selectors, let set, let isInverted):
      writer.load(selectors)
      writer.expressions.append(.lookup(set, isInverted: isInverted))
    case .verdictMap(let selectors, let map):
      writer.load(selectors)
      writer.expressions.append(.lookup(map, into: .verdict))
    case .test(let selector, let expressions):
      writer.load([selector])
      writer.expressions += expressions
      writer.note(selector, expressions)
    case .translate(let kind, let translation): translation.write(kind, to: &writer)
    case .masquerade(let ports, let flags):
      let registers = writer.load(ports, from: 0)
      writer.expressions.append(.masquerade(ports: registers, flags: ports == nil ? flags : flags.union(.ports)))
    case .redirect(let ports):
      let registers = writer.load(ports, from: 0)
      writer.expressions.append(.redirect(ports: registers, flags: ports == nil ? [] : .ports))
    }
  }
}

extension Statement.Translation {
  func write(_ kind: NAT.Kind, to writer: inout StatementWriter) {
    switch self {
    case .constant(let address, let ports, let flags):
      if let address { writer.expressions.append(.immediate(address.bytes, into: .first)) }
      let registers = writer.load(ports, from: address == nil ? 0 : 1)
      writer.expressions.append(
        .nat(
          NAT(
            kind, address?.family == .inet6 ? .ipv6 : .ipv4, address: address == nil ? nil : .first, ports: registers,
            flags: ports == nil ? flags : flags.union(.ports))))
    case .map(let selectors, let map, let family, let portWord):
      writer.load(selectors)
      writer.expressions.append(.lookup(map, into: .first))
      writer.expressions.append(
        .nat(NAT(kind, family, address: .first, ports: portWord.map { PortRegisters(.word($0)) })))
    }
  }
}

/// Turns statements into expressions, and remembers which protocols the rule has already checked.
struct StatementWriter {
  let family: TableFamily
  var expressions: [Expression] = []
  private var established: [Selector.Requirement] = []

  init(family: TableFamily) { self.family = family }

  mutating func append(_ statement: Statement) { statement.write(to: &self) }

  /// Loads values into consecutive registers.
  mutating func load(_ selectors: [Selector]) {
    for selector in selectors {
      for requirement in selector.requirements { require(requirement) }
    }
    var word = 0
    for selector in selectors {
      expressions.append(selector.load(into: .word(word)))
      word += selector.type.paddedSize / 4
    }
  }

  /// Loads ports into one or two of the 16-byte registers.
  mutating func load(_ ports: ClosedRange<UInt16>?, from index: Int) -> PortRegisters? {
    guard let ports else { return nil }
    let first = Register.word(4 * index)
    expressions.append(.immediate(DataValue.port(ports.lowerBound).bytes, into: first))
    guard ports.count > 1 else { return PortRegisters(first) }
    let last = Register.word(4 * (index + 1))
    expressions.append(.immediate(DataValue.port(ports.upperBound).bytes, into: last))
    return PortRegisters(first, through: last)
  }

  /// Remembers the protocol that a test of the statement itself checks.
  mutating func note(_ selector: Selector, _ test: [Expression]) {
    guard case .compare(_, .equal, let value) = test.last, value.count == 1 else { return }
    if selector == .transportProtocol { established.append(.transport(value[0])) }
    if selector == .networkProtocol { established.append(value[0] == NAT.Family.ipv6.rawValue ? .ipv6 : .ipv4) }
  }

  private mutating func require(_ requirement: Selector.Requirement) {
    guard !established.contains(requirement) else { return }
    established.append(requirement)
    switch requirement {
    case .ether:
      // ARPHRD_ETHER, in host byte order.
      if family != .bridge && family != .netdev {
        expressions += [.meta(.inputDeviceType), .compare(.first, .equal, [1, 0])]
      }
    case .transport(let number): expressions += [.meta(.transportProtocol), .compare(.first, .equal, [number])]
    case .ipv4: requireNetwork(isImplied: family == .ip, protocol: 2, etherType: [0x08, 0x00])
    case .ipv6: requireNetwork(isImplied: family == .ip6, protocol: 10, etherType: [0x86, 0xdd])
    }
  }

  private mutating func requireNetwork(isImplied: Bool, protocol number: UInt8, etherType: [UInt8]) {
    if isImplied { return }
    switch family {
    case .bridge, .netdev: expressions += [.meta(.etherType), .compare(.first, .equal, etherType)]
    default: expressions += [.meta(.networkProtocol), .compare(.first, .equal, [number])]
    }
  }
}
