import NFTables
import NetTypes
import RouteNetlink

/// Finds out whether other rules on the host already masquerade the packets that leave a foreign bridge. Programs and
/// administrators often set up such rules with a bridge. Then nsrun adds nothing, and a launch needs no table.
///
/// A rule counts only if it certainly matches every such packet: conditions on the source address and the output link,
/// then `masquerade` (or MASQUERADE of iptables). If a rule is not recognised, nsrun at worst adds one without effect.
struct ForeignNAT {
  let subnet: IPNetwork
  let bridge: InterfaceName

  /// The first chain that masquerades the subnet; nil for none.
  func chain(among chains: [Chain], rules: (Chain) throws(NetworkError) -> [Rule]) throws(NetworkError) -> Chain? {
    for chain in chains where chain.table != Firewall.table {
      guard let base = chain.base, base.type == .nat, base.hook == .postrouting,
        chain.table.family == .ip || chain.table.family == .inet
      else { continue }
      if masquerades(try rules(chain)) { return chain }
    }
    return nil
  }

  /// Whether the rules of a chain, in this order, masquerade the subnet.
  func masquerades(_ rules: [Rule]) -> Bool {
    for rule in rules {
      if covers(rule.expressions) { return true }
      // A rule that decides for some packets may decide for those of sandboxes.
      if rule.expressions.contains(where: \.decides) { return false }
    }
    return false
  }

  /// The known content of a register.
  private enum Content {
    case networkProtocol
    /// The first bytes of the source address, under a mask.
    case source(mask: [UInt8])
    case outputName
  }

  /// The known registers. They are few, so an array is faster than a dictionary, which matters at every launch.
  private struct Registers {
    private struct Known {
      let register: Register
      let content: Content
    }
    private var known: [Known] = []

    subscript(register: Register) -> Content? {
      get { known.last { $0.register == register }?.content }
      set { if let newValue { known.append(Known(register: register, content: newValue)) } }
    }
  }

  private func covers(_ expressions: [Expression]) -> Bool {
    var registers = Registers()
    for expression in expressions {
      switch expression {
      case .meta(.networkProtocol, let register): registers[register] = .networkProtocol
      case .meta(.outputInterfaceName, let register): registers[register] = .outputName
      case .payload(let field, let register) where field.isStartOfSourceAddress:
        registers[register] = .source(mask: [UInt8](repeating: 0xff, count: Int(field.length)))
      case .bitwise(let source, let target, let mask, let xor):
        guard case .source = registers[source], xor.allSatisfy({ $0 == 0 }) else { return false }
        registers[target] = .source(mask: mask)
      case .compare(let register, let comparison, let value):
        guard let content = registers[register], holds(content, comparison, value) else { return false }
      case .counter: break
      case .masquerade: return true
      case .unknown("target", let data): return data.contains(Array("MASQUERADE".utf8))
      default: return false
      }
    }
    return false
  }

  /// Whether a comparison is true for every IPv4 packet from the subnet that leaves through a link other than the
  /// bridge.
  private func holds(_ content: Content, _ comparison: Comparison, _ value: [UInt8]) -> Bool {
    switch content {
    case .networkProtocol: comparison == .equal && value == [2 /* NFPROTO_IPV4 */]
    case .outputName: comparison == .notEqual && value.prefix { $0 != 0 }.elementsEqual(bridge.text.utf8)
    case .source(let mask):
      comparison == .equal && mask.count == value.count
        && mask.reduce(0) { $0 + $1.nonzeroBitCount } <= subnet.prefixLength
        && zip(zip(subnet.network.address.bytes, mask), value).allSatisfy { $0.0 & $0.1 == $1 }
    }
  }
}

extension PayloadField {
  /// For IPv4 only. The table's family, or the rule itself, ensures that.
  fileprivate var isStartOfSourceAddress: Bool {
    base == .network && offset == PayloadField.ipv4SourceAddress.offset && (1...4).contains(length)
  }
}

extension Expression {
  /// Whether it can end a packet's path through the chain.
  fileprivate var decides: Bool {
    switch self {
    case .verdict(.continue), .meta, .payload, .bitwise, .compare, .counter, .conntrack, .range, .byteOrder, .fib,
      .route, .setMeta, .setConntrack, .setTCPOption, .limit, .log, .immediate, .masquerade, .nat, .redirect:
      false
    default: true
    }
  }
}
