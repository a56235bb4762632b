import Netlink

/// A rule: expressions that run one after the other until one of them does not match or decides.
public struct Rule: Hashable, Sendable, CustomStringConvertible {
  public var expressions: [Expression]
  public var chain: Chain
  /// Text that nft prints with the rule, cut to 127 bytes.
  public var comment: String?
  /// At most 100 bytes that nft neither prints nor loads again: a rule that has them is no copy of one that had.
  public var signature: [UInt8]?
  /// The kernel's number for it, which is what it is deleted by; only known of a rule that was listed.
  public var handle: UInt64?
  /// The handle of the rule that it is to be added after, or inserted before; of a listed rule the one before it.
  public var position: UInt64?

  /// A rule from the kernel's expressions.
  public init(_ expressions: [Expression], in chain: Chain, comment: String? = nil) {
    self.expressions = expressions
    self.chain = chain
    self.comment = comment
  }

  /// A rule from statements, with the checks of protocols that each needs in a table of this family.
  public init(in chain: Chain, _ statements: [Statement], comment: String? = nil) {
    var writer = StatementWriter(family: chain.table.family)
    for statement in statements { writer.append(statement) }
    self.init(writer.expressions, in: chain, comment: comment)
  }

  /// Family, table, chain, and what tells the rule from others there.
  public var description: String {
    if let handle { return "\(chain) handle \(handle)" }
    if let comment { return "\(chain) \"\(comment)\"" }
    return "\(chain)"
  }
}

extension Rule {
  /// What the rule does, as bytes: its expressions as the kernel takes them, without what packets change in them and
  /// without the numbers that sets of one rule get. It stays the same when the rule is deleted and loaded again.
  public var content: [UInt8] {
    var buffer = MessageBuffer()
    for expression in expressions { expression.stable?.write(to: &buffer) { _ in nil } }
    return buffer.bytes
  }
}

extension Expression {
  /// Without its state; nil where it is nothing but state.
  fileprivate var stable: Expression? {
    switch self {
    case .counter: nil
    // "__set%d" and "__map%d" are names that nft leaves to the kernel.
    case .lookup(let set, let key, let into, let isInverted) where set.hasPrefix("__"):
      .lookup("__", key: key, into: into, isInverted: isInverted)
    case .unknown(let name, _) where ["quota", "last", "connlimit"].contains(name): .unknown(name: name, data: [])
    default: self
    }
  }
}

extension Rule {
  /// Writes what NFT_MSG_NEWRULE needs.
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

  /// Reads NFT_MSG_NEWRULE; nil for a family that is not known here.
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
