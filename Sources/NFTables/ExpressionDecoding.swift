import Netlink

extension Expression {
  /// Reads an element of NFTA_RULE_EXPRESSIONS. An expression that this library does not model becomes
  /// ``unknown(name:data:)``.
  init(_ attributes: consuming AttributeReader) throws(MalformedMessage) {
    var name = ""
    var data: [UInt8] = []
    while let attribute = try attributes.next() {
      switch attribute.type {
      case NFTA_EXPR_NAME: name = attribute.string
      case NFTA_EXPR_DATA: data = attribute.bytes
      default: break
      }
    }
    let fields = try ExpressionFields(data)
    self = fields.expression(name) ?? .unknown(name: name, data: data)
  }
}

/// The attributes in one NFTA_EXPR_DATA, by type. The kernel does not mark the nested ones.
private struct ExpressionFields {
  private struct Field {
    let type: UInt16
    let bytes: [UInt8]
  }

  /// There are only a few fields: a linear search is faster than making a dictionary.
  private var fields: [Field] = []

  init(_ data: [UInt8]) throws(MalformedMessage) {
    var reader = AttributeReader(data.span.bytes)
    while let attribute = try reader.next() { fields.append(Field(type: attribute.type, bytes: attribute.bytes)) }
  }

  private func payload(_ type: UInt16) -> [UInt8]? { fields.last { $0.type == type }?.bytes }

  private func integer(_ type: UInt16) -> UInt64? {
    guard let bytes = payload(type), [1, 4, 8].contains(bytes.count) else { return nil }
    return bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func string(_ type: UInt16) -> String? {
    payload(type).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private func data(_ type: UInt16) -> Data? {
    guard let bytes = payload(type) else { return nil }
    return try? Data(AttributeReader(bytes.span.bytes))
  }

  private func value(_ type: UInt16) -> [UInt8]? {
    guard case .value(let bytes) = data(type) else { return nil }
    return bytes
  }

  private func number(_ type: UInt16) -> UInt32? { integer(type).flatMap { UInt32(exactly: $0) } }
  private func register(_ type: UInt16) -> Register? { number(type).map { Register(rawValue: $0) } }
  private func ports(_ first: UInt16, _ last: UInt16) -> PortRegisters? {
    register(first).map { PortRegisters($0, through: register(last)) }
  }

  /// The expression; nil if this library does not model a part of it.
  func expression(_ name: String) -> Expression? {
    switch name {
    case "meta":
      guard let key = number(NFTA_META_KEY).map({ MetaKey(rawValue: $0) }) else { return nil }
      if let register = register(NFTA_META_SREG) { return .setMeta(key, from: register) }
      return register(NFTA_META_DREG).map { .meta(key, into: $0) }
    case "payload":
      // Without a destination register it writes to the packet.
      guard let register = register(NFTA_PAYLOAD_DREG), let length = number(NFTA_PAYLOAD_LEN),
        let base = number(NFTA_PAYLOAD_BASE).flatMap({ PayloadField.Base(rawValue: $0) }),
        let offset = number(NFTA_PAYLOAD_OFFSET)
      else { return nil }
      return .payload(PayloadField(base, offset: offset, length: length), into: register)
    case "ct":
      guard let key = number(NFTA_CT_KEY).map({ ConntrackKey(rawValue: $0) }) else { return nil }
      let direction = number(NFTA_CT_DIRECTION).flatMap { ConntrackDirection(rawValue: UInt8(truncatingIfNeeded: $0)) }
      if let register = register(NFTA_CT_SREG) { return .setConntrack(key, direction: direction, from: register) }
      return register(NFTA_CT_DREG).map { .conntrack(key, direction: direction, into: $0) }
    case "fib":
      guard let register = register(NFTA_FIB_DREG), let flags = number(NFTA_FIB_FLAGS),
        let result = number(NFTA_FIB_RESULT).flatMap({ FIBResult(rawValue: $0) })
      else { return nil }
      return .fib(result, FIBFlags(rawValue: flags), into: register)
    case "rt":
      guard let register = register(NFTA_RT_DREG), let key = number(NFTA_RT_KEY) else { return nil }
      return .route(RouteKey(rawValue: key), into: register)
    case "exthdr":
      // Without a source register it reads from the packet.
      guard let register = register(NFTA_EXTHDR_SREG), number(NFTA_EXTHDR_OP) == NFT_EXTHDR_OP_TCPOPT,
        let kind = number(NFTA_EXTHDR_TYPE).flatMap({ UInt8(exactly: $0) }),
        let offset = number(NFTA_EXTHDR_OFFSET), let length = number(NFTA_EXTHDR_LEN)
      else { return nil }
      return .setTCPOption(TCPOptionField(kind: kind, offset: offset, length: length), from: register)
    default: return operation(name)
    }
  }

  private func operation(_ name: String) -> Expression? {
    switch name {
    case "bitwise":
      guard let source = register(NFTA_BITWISE_SREG), let destination = register(NFTA_BITWISE_DREG),
        let mask = value(NFTA_BITWISE_MASK), let xor = value(NFTA_BITWISE_XOR), number(NFTA_BITWISE_OP) ?? 0 == 0
      else { return nil }
      return .bitwise(source, into: destination, mask: mask, xor: xor)
    case "byteorder":
      guard let source = register(NFTA_BYTEORDER_SREG), let destination = register(NFTA_BYTEORDER_DREG),
        let conversion = number(NFTA_BYTEORDER_OP).flatMap({ ByteOrderConversion(rawValue: $0) }),
        let length = number(NFTA_BYTEORDER_LEN), let size = number(NFTA_BYTEORDER_SIZE)
      else { return nil }
      return .byteOrder(source, into: destination, conversion, length: length, size: size)
    case "cmp":
      guard let register = register(NFTA_CMP_SREG), let value = value(NFTA_CMP_DATA),
        let comparison = number(NFTA_CMP_OP).flatMap({ Comparison(rawValue: $0) })
      else { return nil }
      return .compare(register, comparison, value)
    case "range":
      guard let register = register(NFTA_RANGE_SREG), let operation = number(NFTA_RANGE_OP), operation <= 1,
        let first = value(NFTA_RANGE_FROM_DATA), let last = value(NFTA_RANGE_TO_DATA)
      else { return nil }
      return .range(register, isInverted: operation == 1, from: first, through: last)
    case "lookup":
      guard let key = register(NFTA_LOOKUP_SREG), let set = string(NFTA_LOOKUP_SET) else { return nil }
      let flags = number(NFTA_LOOKUP_FLAGS) ?? 0
      return .lookup(set, key: key, into: register(NFTA_LOOKUP_DREG), isInverted: flags & NFT_LOOKUP_F_INV != 0)
    case "immediate":
      guard let register = register(NFTA_IMMEDIATE_DREG) else { return nil }
      switch data(NFTA_IMMEDIATE_DATA) {
      case .verdict(let verdict): return register == .verdict ? .verdict(verdict) : nil
      case .value(let bytes): return .immediate(bytes, into: register)
      case nil: return nil
      }
    default: return action(name)
    }
  }

  private func action(_ name: String) -> Expression? {
    switch name {
    case "counter":
      return .counter(packets: integer(NFTA_COUNTER_PACKETS) ?? 0, bytes: integer(NFTA_COUNTER_BYTES) ?? 0)
    case "limit":
      guard let rate = integer(NFTA_LIMIT_RATE), let unit = integer(NFTA_LIMIT_UNIT).flatMap(Limit.Unit.init),
        let type = number(NFTA_LIMIT_TYPE)
      else { return nil }
      return .limit(
        Limit(
          rate, per: unit, burst: number(NFTA_LIMIT_BURST) ?? 0, countsBytes: type == 1,
          isInverted: (number(NFTA_LIMIT_FLAGS) ?? 0) & NFT_LIMIT_F_INV != 0))
    case "reject":
      let code = UInt8(truncatingIfNeeded: number(NFTA_REJECT_ICMP_CODE) ?? 0)
      switch number(NFTA_REJECT_TYPE) {
      case 0: return .reject(.icmp(code: code))
      case 1: return .reject(.tcpReset)
      case 2: return Rejection.Reason(rawValue: code).map { .reject(.icmpx($0)) }
      default: return nil
      }
    case "masq":
      return .masquerade(
        ports: ports(NFTA_MASQ_REG_PROTO_MIN, NFTA_MASQ_REG_PROTO_MAX),
        flags: NATFlags(rawValue: number(NFTA_MASQ_FLAGS) ?? 0))
    case "redir":
      return .redirect(
        ports: ports(NFTA_REDIR_REG_PROTO_MIN, NFTA_REDIR_REG_PROTO_MAX),
        flags: NATFlags(rawValue: number(NFTA_REDIR_FLAGS) ?? 0))
    case "nat":
      guard let kind = number(NFTA_NAT_TYPE).flatMap({ NAT.Kind(rawValue: $0) }),
        let family = number(NFTA_NAT_FAMILY).flatMap({ NAT.Family(rawValue: $0) })
      else { return nil }
      return .nat(
        NAT(
          kind, family, address: register(NFTA_NAT_REG_ADDR_MIN), through: register(NFTA_NAT_REG_ADDR_MAX),
          ports: ports(NFTA_NAT_REG_PROTO_MIN, NFTA_NAT_REG_PROTO_MAX),
          flags: NATFlags(rawValue: number(NFTA_NAT_FLAGS) ?? 0)))
    case "notrack": return .notrack
    case "log":
      guard number(NFTA_LOG_GROUP) == nil else { return nil }
      return .log(prefix: string(NFTA_LOG_PREFIX) ?? "", level: number(NFTA_LOG_LEVEL))
    default: return nil
    }
  }
}
