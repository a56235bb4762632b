import Netlink

extension Expression {
  /// Writes the expression as an element of NFTA_RULE_EXPRESSIONS.
  /// - Parameter setID: the id in this transaction of a set that the transaction makes.
  func write(to buffer: inout MessageBuffer, setID: (String) -> UInt32?) {
    buffer.nested(NFTA_LIST_ELEM) {
      $0.attribute(NFTA_EXPR_NAME, string: kernelName)
      switch self {
      case .notrack: break
      case .unknown(_, let data): $0.nested(NFTA_EXPR_DATA) { $0.append(data) }
      default: $0.nested(NFTA_EXPR_DATA) { writeData(to: &$0, setID: setID) }
      }
    }
  }

  /// The kernel's name of the expression.
  public var kernelName: String {
    switch self {
    case .meta, .setMeta: "meta"
    case .payload: "payload"
    case .conntrack, .setConntrack: "ct"
    case .fib: "fib"
    case .route: "rt"
    case .setTCPOption: "exthdr"
    case .bitwise: "bitwise"
    case .byteOrder: "byteorder"
    case .compare: "cmp"
    case .range: "range"
    case .lookup: "lookup"
    case .immediate, .verdict: "immediate"
    case .counter: "counter"
    case .limit: "limit"
    case .reject: "reject"
    case .masquerade: "masq"
    case .redirect: "redir"
    case .nat: "nat"
    case .notrack: "notrack"
    case .log: "log"
    case .unknown(let name, _): name
    }
  }

  /// Writes the contents of NFTA_EXPR_DATA.
  private func writeData(to buffer: inout MessageBuffer, setID: (String) -> UInt32?) {
    switch self {
    case .meta(let key, let register):
      buffer.attribute(NFTA_META_KEY, bigEndian: key.rawValue)
      buffer.attribute(NFTA_META_DREG, bigEndian: register.rawValue)
    case .setMeta(let key, let register):
      buffer.attribute(NFTA_META_KEY, bigEndian: key.rawValue)
      buffer.attribute(NFTA_META_SREG, bigEndian: register.rawValue)
    case .payload(let field, let register):
      buffer.attribute(NFTA_PAYLOAD_DREG, bigEndian: register.rawValue)
      buffer.attribute(NFTA_PAYLOAD_BASE, bigEndian: field.base.rawValue)
      buffer.attribute(NFTA_PAYLOAD_OFFSET, bigEndian: field.offset)
      buffer.attribute(NFTA_PAYLOAD_LEN, bigEndian: field.length)
    case .conntrack(let key, let direction, let register):
      buffer.attribute(NFTA_CT_KEY, bigEndian: key.rawValue)
      buffer.attribute(NFTA_CT_DREG, bigEndian: register.rawValue)
      if let direction { buffer.attribute(NFTA_CT_DIRECTION, direction.rawValue) }
    case .setConntrack(let key, let direction, let register):
      buffer.attribute(NFTA_CT_KEY, bigEndian: key.rawValue)
      if let direction { buffer.attribute(NFTA_CT_DIRECTION, direction.rawValue) }
      buffer.attribute(NFTA_CT_SREG, bigEndian: register.rawValue)
    case .fib(let result, let flags, let register):
      buffer.attribute(NFTA_FIB_FLAGS, bigEndian: flags.rawValue)
      buffer.attribute(NFTA_FIB_RESULT, bigEndian: result.rawValue)
      buffer.attribute(NFTA_FIB_DREG, bigEndian: register.rawValue)
    case .route(let key, let register):
      buffer.attribute(NFTA_RT_KEY, bigEndian: key.rawValue)
      buffer.attribute(NFTA_RT_DREG, bigEndian: register.rawValue)
    case .setTCPOption(let field, let register):
      buffer.attribute(NFTA_EXTHDR_SREG, bigEndian: register.rawValue)
      buffer.attribute(NFTA_EXTHDR_TYPE, field.kind)
      buffer.attribute(NFTA_EXTHDR_OFFSET, bigEndian: field.offset)
      buffer.attribute(NFTA_EXTHDR_LEN, bigEndian: field.length)
      buffer.attribute(NFTA_EXTHDR_OP, bigEndian: NFT_EXTHDR_OP_TCPOPT)
    default: writeOperation(to: &buffer, setID: setID)
    }
  }

  private func writeOperation(to buffer: inout MessageBuffer, setID: (String) -> UInt32?) {
    switch self {
    case .bitwise(let source, let destination, let mask, let xor):
      buffer.attribute(NFTA_BITWISE_SREG, bigEndian: source.rawValue)
      buffer.attribute(NFTA_BITWISE_DREG, bigEndian: destination.rawValue)
      buffer.attribute(NFTA_BITWISE_LEN, bigEndian: UInt32(mask.count))
      buffer.data(NFTA_BITWISE_MASK, mask)
      buffer.data(NFTA_BITWISE_XOR, xor)
    case .byteOrder(let source, let destination, let conversion, let length, let size):
      buffer.attribute(NFTA_BYTEORDER_SREG, bigEndian: source.rawValue)
      buffer.attribute(NFTA_BYTEORDER_DREG, bigEndian: destination.rawValue)
      buffer.attribute(NFTA_BYTEORDER_OP, bigEndian: conversion.rawValue)
      buffer.attribute(NFTA_BYTEORDER_LEN, bigEndian: length)
      buffer.attribute(NFTA_BYTEORDER_SIZE, bigEndian: size)
    case .compare(let register, let comparison, let value):
      buffer.attribute(NFTA_CMP_SREG, bigEndian: register.rawValue)
      buffer.attribute(NFTA_CMP_OP, bigEndian: comparison.rawValue)
      buffer.data(NFTA_CMP_DATA, value)
    case .range(let register, let isInverted, let first, let last):
      buffer.attribute(NFTA_RANGE_SREG, bigEndian: register.rawValue)
      buffer.attribute(NFTA_RANGE_OP, bigEndian: UInt32(isInverted ? 1 : 0))
      buffer.data(NFTA_RANGE_FROM_DATA, first)
      buffer.data(NFTA_RANGE_TO_DATA, last)
    case .lookup(let set, let key, let destination, let isInverted):
      buffer.attribute(NFTA_LOOKUP_SREG, bigEndian: key.rawValue)
      if let destination { buffer.attribute(NFTA_LOOKUP_DREG, bigEndian: destination.rawValue) }
      buffer.attribute(NFTA_LOOKUP_SET, string: set)
      if let id = setID(set) { buffer.attribute(NFTA_LOOKUP_SET_ID, bigEndian: id) }
      if isInverted { buffer.attribute(NFTA_LOOKUP_FLAGS, bigEndian: NFT_LOOKUP_F_INV) }
    case .immediate(let value, let register):
      buffer.attribute(NFTA_IMMEDIATE_DREG, bigEndian: register.rawValue)
      buffer.data(NFTA_IMMEDIATE_DATA, value)
    case .verdict(let verdict):
      buffer.attribute(NFTA_IMMEDIATE_DREG, bigEndian: Register.verdict.rawValue)
      buffer.nested(NFTA_IMMEDIATE_DATA) { verdict.write(to: &$0) }
    default: writeAction(to: &buffer)
    }
  }

  private func writeAction(to buffer: inout MessageBuffer) {
    switch self {
    case .counter(let packets, let bytes):
      if bytes != 0 { buffer.attribute(NFTA_COUNTER_BYTES, bigEndian: bytes) }
      if packets != 0 { buffer.attribute(NFTA_COUNTER_PACKETS, bigEndian: packets) }
    case .limit(let limit):
      buffer.attribute(NFTA_LIMIT_RATE, bigEndian: limit.rate)
      buffer.attribute(NFTA_LIMIT_UNIT, bigEndian: limit.unit.rawValue)
      if limit.burst != 0 { buffer.attribute(NFTA_LIMIT_BURST, bigEndian: limit.burst) }
      buffer.attribute(NFTA_LIMIT_TYPE, bigEndian: UInt32(limit.countsBytes ? 1 : 0))
      buffer.attribute(NFTA_LIMIT_FLAGS, bigEndian: limit.isInverted ? NFT_LIMIT_F_INV : 0)
    case .reject(let rejection):
      let (type, code): (UInt32, UInt8) =
        switch rejection {
        case .icmp(let code): (0, code)
        case .tcpReset: (1, 0)
        case .icmpx(let reason): (2, reason.rawValue)
        }
      buffer.attribute(NFTA_REJECT_TYPE, bigEndian: type)
      buffer.attribute(NFTA_REJECT_ICMP_CODE, code)
    case .masquerade(let ports, let flags):
      if !flags.isEmpty { buffer.attribute(NFTA_MASQ_FLAGS, bigEndian: flags.rawValue) }
      buffer.ports(ports, NFTA_MASQ_REG_PROTO_MIN, NFTA_MASQ_REG_PROTO_MAX)
    case .redirect(let ports, let flags):
      buffer.ports(ports, NFTA_REDIR_REG_PROTO_MIN, NFTA_REDIR_REG_PROTO_MAX)
      if !flags.isEmpty { buffer.attribute(NFTA_REDIR_FLAGS, bigEndian: flags.rawValue) }
    case .nat(let nat):
      buffer.attribute(NFTA_NAT_TYPE, bigEndian: nat.kind.rawValue)
      buffer.attribute(NFTA_NAT_FAMILY, bigEndian: nat.family.rawValue)
      if let address = nat.address { buffer.attribute(NFTA_NAT_REG_ADDR_MIN, bigEndian: address.rawValue) }
      if let address = nat.lastAddress { buffer.attribute(NFTA_NAT_REG_ADDR_MAX, bigEndian: address.rawValue) }
      buffer.ports(nat.ports, NFTA_NAT_REG_PROTO_MIN, NFTA_NAT_REG_PROTO_MAX)
      if !nat.flags.isEmpty { buffer.attribute(NFTA_NAT_FLAGS, bigEndian: nat.flags.rawValue) }
    case .log(let prefix, let level):
      buffer.attribute(NFTA_LOG_PREFIX, string: prefix)
      if let level { buffer.attribute(NFTA_LOG_LEVEL, bigEndian: level) }
    default: break
    }
  }
}

extension MessageBuffer {
  fileprivate mutating func ports(_ ports: PortRegisters?, _ first: UInt16, _ last: UInt16) {
    guard let ports else { return }
    attribute(first, bigEndian: ports.first.rawValue)
    if let register = ports.last { attribute(last, bigEndian: register.rawValue) }
  }
}
