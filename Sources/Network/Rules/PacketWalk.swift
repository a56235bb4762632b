import NFTables
import NetTypes
import RouteNetlink

/// A packet to or from a sandbox, as far as it is the same for all sandboxes of a bridge and its subnet. Conditions on
/// anything else may be true or false.
struct SandboxPacket: Equatable {
  struct Device: Equatable {
    var name: String
    var index: UInt32
  }

  /// nil if unknown.
  var input: Device?
  /// nil if unknown.
  var output: Device?
  var state: ConntrackState
  /// The known bytes of the addresses, which all sandboxes on a bridge have in common.
  var source = [UInt8?](repeating: nil, count: 4)
  var destination = [UInt8?](repeating: nil, count: 4)
  /// The transport protocol (IPPROTO_*).
  var transport: UInt8 = 6  // TCP
  /// nil if unknown.
  var destinationPort: UInt16?
  /// Whether it is an ARP packet, of which no more is known.
  var isARP = false
  /// The family of the tables that it passes.
  var family = TableFamily.ip

  /// The bytes that all addresses of a subnet have in common.
  static func bytes(of subnet: IPNetwork?) -> [UInt8?] {
    (0..<4).map { index in
      subnet.flatMap { (index + 1) * 8 <= Int($0.prefixLength) ? $0.address.bytes[index] : nil }
    }
  }
}

/// The path of a packet through a base chain of another program, and the chains to which it jumps.
struct PacketWalk {
  enum Fate: Equatable {
    case accepted
    /// By a rule that drops or rejects the packet.
    case refusedByRule
    case refusedByPolicy
  }

  /// The entry of a set or map for a key.
  enum Entry {
    case absent
    case present(SetElement.Value?)
    case unknown
  }

  let packet: SandboxPacket
  /// The rules of the table, by chain name.
  let rules: [String: [Rule]]
  /// Looks up a key in a set of the table.
  let entry: (_ set: String, _ key: [UInt8]) -> Entry

  /// Whether a rule on the path accepts the packet if a condition is true that cannot be evaluated.
  private(set) var mayBeAccepted = false
  /// Whether a rule certainly keeps the packet out of connection tracking, and thus out of address translation.
  private(set) var isUntracked = false
  /// Chains already walked that the packet may not reach.
  private var explored: Set<String> = []

  init(
    _ packet: SandboxPacket, rules: [String: [Rule]],
    entry: @escaping (_ set: String, _ key: [UInt8]) -> Entry = { _, _ in .unknown }
  ) {
    self.packet = packet
    self.rules = rules
    self.entry = entry
  }

  mutating func fate(in chain: Chain) -> Fate {
    switch walk(chain.name, isCertain: true, depth: 0) {
    case .accepted: .accepted
    case .refused: .refusedByRule
    case .left: chain.base?.policy == .drop ? .refusedByPolicy : .accepted
    }
  }

  private enum End {
    case accepted
    case refused
    /// No rule decided.
    case left
  }

  /// - Parameters:
  ///   - isCertain: whether the packet certainly gets here. If not, nothing here decides.
  ///   - depth: the number of jumps so far; the kernel allows 16 (NFT_JUMP_STACK_SIZE).
  private mutating func walk(_ chain: String, isCertain: Bool, depth: Int) -> End {
    guard depth <= 16, isCertain || explored.insert(chain).inserted else { return .left }
    for rule in rules[chain] ?? [] {
      if isCertain, untracks(rule) { isUntracked = true }
      guard let (action, holds) = action(of: rule) else { continue }
      let isDecided = isCertain && holds
      switch action {
      case .accept:
        guard isDecided else {
          mayBeAccepted = true
          break
        }
        return .accepted
      case .refuse: if isDecided { return .refused }
      case .verdict(.jump(let target)):
        let end = walk(target, isCertain: isDecided, depth: depth + 1)
        if isDecided, end != .left { return end }
      case .verdict(.goto(let target)):
        let end = walk(target, isCertain: isDecided, depth: depth + 1)
        if isDecided { return end }
      case .verdict: break
      }
      // The packet does not reach the rules after this one.
      if holds, action.endsChain { return .left }
    }
    return .left
  }

  private enum Action {
    case accept
    case refuse
    /// Any other verdict.
    case verdict(Verdict)

    init(_ verdict: Verdict) {
      switch verdict {
      case .accept: self = .accept
      case .drop: self = .refuse
      default: self = .verdict(verdict)
      }
    }

    var endsChain: Bool {
      switch self {
      case .verdict(.jump), .verdict(.continue): false
      default: true
      }
    }
  }

  /// What a rule does with the packet, and whether it certainly does so; nil for nothing.
  private func action(of rule: Rule) -> (Action, holds: Bool)? {
    var registers = Registers()
    var holds = true
    for expression in rule.expressions {
      if changesOnly(expression, &registers) { continue }
      let condition: Bool?
      switch expression {
      case .compare(let register, let comparison, let value):
        condition = registers.load(register, count: value.count).map { comparison.holds(between: $0, and: value) }
      case .lookup(let set, let key, let target, let isInverted):
        switch entry(set, registers.key(key)) {
        case .unknown:
          condition = nil
          // An unknown entry of a verdict map may have any verdict.
          if target == .verdict { return (.accept, holds: false) }
          if let target { registers.store(nil, at: target) }
        case .absent: condition = isInverted
        case .present(let value):
          condition = !isInverted
          switch value {
          case .verdict(let verdict): return (Action(verdict), holds)
          case .data(let bytes): if let target { registers.store(bytes, at: target) }
          case nil: break
          }
        }
      case .verdict(let verdict): return (Action(verdict), holds)
      case .reject, .unknown("reject", _): return (.refuse, holds)
      case .unknown("queue", _): return (.accept, holds: false)
      case .unknown:
        guard let part = XTables(expression) else {
          condition = nil
          break
        }
        if part.kind == .target {
          if part.name == "REJECT" { return (.refuse, holds) }
          if part.name == "NFQUEUE" { return (.accept, holds: false) }
          continue
        }
        condition = part.comment != nil ? true : part.states.map { !$0.isDisjoint(with: packet.state) }
      default: condition = nil
      }
      if condition == false { return nil }
      if condition == nil { holds = false }
    }
    return nil
  }

  /// Carries out an expression that decides nothing.
  /// - Returns: whether it is one.
  private func changesOnly(_ expression: Expression, _ registers: inout Registers) -> Bool {
    switch expression {
    case .meta(let key, let register): registers.store(value(of: key), at: register)
    case .conntrack(let key, _, let register): registers.store(value(of: key), at: register)
    case .payload(let field, let register): registers.store(value(of: field), at: register)
    case .fib(_, _, let register), .route(_, let register): registers.store(nil, at: register)
    case .immediate(let value, let register): registers.store(value, at: register)
    case .bitwise(let source, let target, let mask, let xor):
      let value = registers.bytes(source, count: mask.count)
      registers.store(
        zip(zip(value, mask), xor).map { part, xor in
          part.1 == 0 ? xor : part.0.map { ($0 & part.1) ^ xor }
        }, at: target)
    case .byteOrder(_, let target, _, let length, _): registers.store(nil, at: target, count: Int(length))
    case .counter, .log, .setMeta, .setConntrack, .setTCPOption, .notrack: break
    case .unknown("log", _), .unknown("objref", _): break
    default: return false
    }
    return true
  }

  /// Whether a rule certainly reaches its `notrack`: evaluates the conditions before it as those of an accepting rule.
  private func untracks(_ rule: Rule) -> Bool {
    guard let index = rule.expressions.firstIndex(where: { $0 == .notrack || XTables($0)?.isNotrack == true }) else {
      return false
    }
    return action(of: Rule(rule.expressions[..<index] + [.verdict(.accept)], in: rule.chain))?.holds == true
  }

  private func value(of field: PayloadField) -> [UInt8?] {
    guard field.length <= 64, !packet.isARP else { return Array(repeating: nil, count: 16) }
    return (field.offset..<field.offset + field.length).map { offset in
      switch (field.base, offset) {
      case (.network, 9): packet.transport
      case (.network, 12..<16): packet.source[Int(offset) - 12]
      case (.network, 16..<20): packet.destination[Int(offset) - 16]
      case (.transport, 2): packet.destinationPort.map { UInt8($0 >> 8) }
      case (.transport, 3): packet.destinationPort.map { UInt8($0 & 0xff) }
      default: nil
      }
    }
  }

  private func value(of key: MetaKey) -> [UInt8]? {
    switch key {
    case .inputInterfaceName: packet.input.map { DataValue.interfaceName($0.name).bytes }
    case .outputInterfaceName: packet.output.map { DataValue.interfaceName($0.name).bytes }
    case .inputInterfaceIndex: packet.input.map { DataValue.interfaceIndex($0.index).bytes }
    case .outputInterfaceIndex: packet.output.map { DataValue.interfaceIndex($0.index).bytes }
    case .networkProtocol: packet.family == .ip || packet.family == .inet ? [2 /* NFPROTO_IPV4 */] : nil
    case .transportProtocol: packet.isARP ? nil : [packet.transport]
    case .etherType: packet.isARP ? [0x08, 0x06] : [0x08, 0x00]
    default: nil
    }
  }

  private func value(of key: ConntrackKey) -> [UInt8]? {
    switch key {
    case .state: DataValue.id(packet.state.rawValue).bytes
    // Firewall rules ask whether DNAT has translated the packet. It has not.
    case .status: DataValue.id(0).bytes
    default: nil
    }
  }

  /// The known bytes of a rule's registers.
  private struct Registers {
    private var bytes = [UInt8?](repeating: nil, count: 64)

    private func offset(of register: Register) -> Int {
      // NFT_REG_1 to NFT_REG_4 have 16 bytes each, the registers from NFT_REG32_00 on 4.
      let number = Int(register.rawValue)
      return number < 8 ? (number - 1) * 16 : (number - 8) * 4
    }

    /// Stores a value; nil for an unknown one.
    mutating func store(_ value: [UInt8]?, at register: Register, count: Int = 16) {
      store(value.map { $0.map(Optional.some) } ?? Array(repeating: nil, count: count), at: register)
    }

    /// Stores a value of which some bytes may be unknown, padded to words as in the kernel.
    mutating func store(_ value: [UInt8?], at register: Register) {
      let start = offset(of: register)
      let end = start + (value.count + 3) & ~3
      guard start >= 0, end <= bytes.count else { return }
      for index in start..<end { bytes[index] = index - start < value.count ? value[index - start] : 0 }
    }

    func bytes(_ register: Register, count: Int) -> [UInt8?] {
      let start = offset(of: register)
      guard start >= 0, start + count <= bytes.count else { return Array(repeating: nil, count: count) }
      return Array(bytes[start..<start + count])
    }

    /// nil if one of the bytes is unknown.
    func load(_ register: Register, count: Int) -> [UInt8]? {
      let value = bytes(register, count: count).compactMap { $0 }
      return value.count == count ? value : nil
    }

    /// The bytes from a register on, up to the first unknown one.
    func key(_ register: Register) -> [UInt8] {
      let start = offset(of: register)
      guard start >= 0, start < bytes.count else { return [] }
      return bytes[start...].prefix { $0 != nil }.map { $0! }
    }
  }
}

extension Comparison {
  /// Compares byte by byte, in the order of the bytes.
  fileprivate func holds(between left: [UInt8], and right: [UInt8]) -> Bool {
    switch self {
    case .equal: left == right
    case .notEqual: left != right
    case .less: left.lexicographicallyPrecedes(right)
    case .lessOrEqual: !right.lexicographicallyPrecedes(left)
    case .greater: right.lexicographicallyPrecedes(left)
    case .greaterOrEqual: !left.lexicographicallyPrecedes(right)
    }
  }
}
