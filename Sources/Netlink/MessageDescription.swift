/// How a type of message is shown to people: the names of its fields and attributes, and how their values read.
///
/// A description is only ever used to print. What is sent is written by the requests themselves, so that a wrong
/// description cannot break one.
public struct MessageDescription: Sendable {
  /// The kernel's name of the type: `RTM_NEWLINK`.
  public let name: String
  /// The names of the flags that have another meaning in other messages: `NLM_F_CREATE` and `NLM_F_DUMP` share bits.
  public let isQuery: Bool
  public let fixedPart: FixedPart
  public let attributes: AttributeSchema

  public init(_ name: String, isQuery: Bool = false, fixedPart: FixedPart, attributes: AttributeSchema) {
    self.name = name
    self.isQuery = isQuery
    self.fixedPart = fixedPart
    self.attributes = attributes
  }

  /// The names of the attributes that enclose a place in a message's payload, from the outermost: what an extended
  /// ACK's offset is about. A missing attribute is named after the one that should contain it.
  public func attributePath(in payload: RawSpan, offset: UInt32?, missing: UInt32?) -> String? {
    var path: [String] = []
    var schema = attributes
    var missingName: String?
    if let offset, Int(offset) >= MessageHeader.size {
      let target = Int(offset) - MessageHeader.size
      walk(payload, from: aligned(fixedPart.size), to: target, &schema, &path)
    }
    if let missing { missingName = "\(schema.name(of: UInt16(truncatingIfNeeded: missing))) is missing" }
    let whole = path.joined(separator: ".")
    if let missingName { return whole.isEmpty ? missingName : "\(whole): \(missingName)" }
    return whole.isEmpty ? nil : whole
  }

  private func walk(
    _ payload: RawSpan, from start: Int, to target: Int, _ schema: inout AttributeSchema, _ path: inout [String]
  ) {
    var start = start
    var end = payload.byteCount
    var siblings: [UInt16: String] = [:]
    while let length = payload.integer(at: start, as: UInt16.self), start + 4 <= end, length >= 4 {
      let type = payload.integer(at: start + 2, as: UInt16.self)! & NLA_TYPE_MASK
      let next = start + aligned(Int(length))
      guard start + Int(length) <= end else { return }
      let body = payload.extracting((start + 4)..<(start + Int(length)))
      if schema.selectors.contains(type) { siblings[type] = body.text }
      guard target < next else {
        start = next
        continue
      }
      path.append(schema.name(of: type))
      if target == start { 
        if let inner = schema.format(of: type).nested(siblings: siblings) { schema = inner.schema }
        return
      }
      guard let inner = schema.format(of: type).nested(siblings: siblings) else { return }
      schema = inner.schema
      siblings = [:]
      end = start + Int(length)
      start += 4 + aligned(inner.prefix)
    }
  }
}

/// The part of a message before its attributes, field by field (struct ifinfomsg, struct nfgenmsg, ...).
public struct FixedPart: Sendable {
  /// One field; fields lie one after the other without gaps but those that are named `pad`.
  public struct Field: Sendable {
    let name: String
    let size: Int
    let format: AttributeFormat

    public init(_ name: String, size: Int, _ format: AttributeFormat = .unsigned) {
      self.name = name
      self.size = size
      self.format = format
    }
  }

  /// The C name: `ifinfomsg`.
  public let name: String
  public let fields: [Field]
  /// The length in bytes.
  public var size: Int { fields.reduce(0) { $0 + $1.size } }

  public init(_ name: String, _ fields: [Field]) {
    self.name = name
    self.fields = fields
  }
}

/// The attributes that may occur at one place, by type.
public struct AttributeSchema: Sendable {
  /// What is known of one attribute: its kernel name and how its payload reads.
  public struct Entry: Sendable {
    let name: String
    let format: AttributeFormat

    public init(_ name: String, _ format: AttributeFormat) {
      self.name = name
      self.format = format
    }
  }

  private let entries: [UInt16: Entry]
  /// Attributes whose text decides how a sibling reads: IFLA_INFO_KIND, NFTA_EXPR_NAME.
  let selectors: Set<UInt16>
  /// For lists, in which every element has the same meaning whatever its type.
  private let anyType: Entry?

  public init(_ entries: [UInt16: Entry], selectors: Set<UInt16> = []) {
    self.entries = entries
    self.selectors = selectors
    anyType = nil
  }

  /// A list whose elements all have this meaning.
  public init(every entry: Entry) {
    entries = [:]
    selectors = []
    anyType = entry
  }

  /// No attributes, or none that is known.
  public static let none = AttributeSchema([:])

  func name(of type: UInt16) -> String { entries[type]?.name ?? anyType?.name ?? "attribute \(type)" }
  func format(of type: UInt16) -> AttributeFormat { entries[type]?.format ?? anyType?.format ?? .hex }
}

/// How the payload of an attribute, or a field, reads.
public indirect enum AttributeFormat: Sendable {
  /// No payload.
  case flag
  /// An integer of 1, 2, 4 or 8 bytes in host byte order.
  case unsigned
  /// The same in network byte order.
  case bigEndian
  /// A signed integer in host byte order.
  case signed
  /// Text that ends at the first NUL.
  case string
  /// Bytes, printed in hexadecimal.
  case hex
  /// A link-layer address.
  case linkAddress
  /// An IPv4 or IPv6 address, told apart by its length.
  case ipAddress
  /// An integer with names for its values.
  case named([UInt64: String], bigEndian: Bool = false)
  /// An integer whose bits have names.
  case bits([(UInt64, String)], bigEndian: Bool = false)
  /// Attributes.
  case nested(AttributeSchema)
  /// A fixed part, then attributes (VETH_INFO_PEER).
  case message(FixedPart, AttributeSchema)
  /// Attributes whose meaning a sibling tells.
  case selected(by: UInt16, [String: AttributeSchema])
  /// Anything else.
  case text(@Sendable ([UInt8]) -> String)

  /// The schema of the attributes inside and the size of what stands before them, nil for a plain value.
  func nested(siblings: [UInt16: String]) -> (schema: AttributeSchema, prefix: Int)? {
    switch self {
    case .nested(let schema): (schema, 0)
    case .message(let fixedPart, let schema): (schema, fixedPart.size)
    case .selected(let selector, let schemas): (siblings[selector].flatMap { schemas[$0] } ?? .none, 0)
    default: nil
    }
  }
}
