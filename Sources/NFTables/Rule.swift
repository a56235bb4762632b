import Netlink

/// A rule: expressions that run in order until one does not match or decides.
public struct Rule: Hashable, Sendable, CustomStringConvertible {
  public var expressions: [Expression]
  public var chain: Chain
  /// Text that nft prints with the rule, cut to 127 bytes.
  public var comment: String?
  /// At most 100 bytes that nft neither prints nor loads. A copy of a rule that nft lists and loads has no signature.
  public var signature: [UInt8]?
  /// The kernel's handle of the rule, needed to delete it; only set for a rule that was listed.
  public var handle: UInt64?
  /// The handle of the rule to add this rule after, or insert it before; for a listed rule, that of the rule before it.
  public var position: UInt64?

  /// A rule from the kernel's expressions.
  public init(_ expressions: [Expression], in chain: Chain, comment: String? = nil) {
    self.expressions = expressions
    self.chain = chain
    self.comment = comment
  }

  /// A rule from statements, with the protocol checks that each statement needs in a table of this family.
  public init(in chain: Chain, _ statements: [Statement], comment: String? = nil) {
    var writer = StatementWriter(family: chain.table.family)
    for statement in statements { writer.append(statement) }
    self.init(writer.expressions, in: chain, comment: comment)
  }

  /// Family, table, chain, and what distinguishes the rule from others there.
  public var description: String {
    if let handle { return "\(chain) handle \(handle)" }
    if let comment { return "\(chain) \"\(comment)\"" }
    return "\(chain)"
  }
}

extension Rule {
  /// The function of the rule as bytes: its encoded expressions, without the state that packets change and without the
  /// numbers in the names of anonymous sets. The bytes stay the same if the rule is deleted and loaded again.
  public var content: [UInt8] {
    var buffer = MessageBuffer()
    for expression in expressions { expression.stable?.write(to: &buffer) { _ in nil } }
    return buffer.bytes
  }
}

extension Expression {
  /// The expression without its state; nil if it is nothing but state.
  fileprivate var stable: Expression? {
    switch self {
    case .counter: nil
    // nft leaves the numbers in the names "__set%d" and "__map%d" to the kernel.
    case .lookup(let set, let key, let into, let isInverted) where set.hasPrefix("__"):
      .lookup("__", key: key, into: into, isInverted: isInverted)
    case .unknown(let name, _) where ["quota", "last", "connlimit"].contains(name): .unknown(name: name, data: [])
    default: self
    }
  }
}

extension Rule {
  /// Writes the attributes of NFT_MSG_NEWRULE.
  func write(to buffer: inout MessageBuffer, setID: (String) -> UInt32?) {
    buffer.attribute(NFTA_RULE_TABLE, string: chain.table.name)
    buffer.attribute(NFTA_RULE_CHAIN, string: chain.name)
    if let position { buffer.attribute(NFTA_RULE_POSITION, bigEndian: position) }
    buffer.nested(NFTA_RULE_EXPRESSIONS) {
      for expression in expressions { expression.write(to: &$0, setID: setID) }
    }
    var userdata = Userdata()
    if let comment { userdata.append(.ruleComment, text: comment) }
    if let signature { userdata.append(.ruleSignature, bytes: signature) }
    if !userdata.bytes.isEmpty { buffer.attribute(NFTA_RULE_USERDATA, bytes: userdata.bytes) }
  }

  /// Reads NFT_MSG_NEWRULE; nil for a family that this library does not know.
  init?(_ reply: borrowing ReplyMessage) throws(MalformedMessage) {
    guard let family = try replyFamily(reply) else { return nil }
    self.init([Expression](), in: Chain("", in: Table(family, "")))
    var attributes = try reply.payload.attributes(after: NetfilterHeader.size)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case NFTA_RULE_TABLE: chain.table.name = attribute.string
      case NFTA_RULE_CHAIN: chain.name = attribute.string
      case NFTA_RULE_HANDLE: handle = try attribute.bigEndian()
      case NFTA_RULE_POSITION: position = try attribute.bigEndian()
      case NFTA_RULE_USERDATA:
        let userdata = Userdata(attribute.bytes)
        comment = userdata.text(.ruleComment)
        signature = userdata.value(.ruleSignature)
      case NFTA_RULE_EXPRESSIONS:
        var list = attribute.attributes
        while let entry = try list.next() { expressions.append(try Expression(entry.attributes)) }
      default: break
      }
    }
  }
}
