/// How a type of message is shown to people: the names of its fields and attributes, and how their values read.
///
/// A description is only ever used to print. What is sent is written by the requests themselves, so that a wrong
/// description cannot break one.
public struct MessageDescription: Sendable {
  /// The kernel's name of the type: `RTM_NEWLINK`.
  public let name: String
  /// Whether it asks for objects: the bits of NLM_F_ROOT and NLM_F_MATCH (together NLM_F_DUMP) are, in a message that
  /// makes objects, NLM_F_REPLACE and NLM_F_EXCL.
  public let isQuery: Bool
  /// What stands between the header and the attributes.
  public let fixedPart: FixedPart
  /// The attributes that follow.
  public let attributes: AttributeSchema

  /// - Parameter isQuery: whether the message asks for objects rather than makes or changes them.
  public init(_ name: String, isQuery: Bool = false, fixedPart: FixedPart, attributes: AttributeSchema) {
    self.name = name
    self.isQuery = isQuery
    self.fixedPart = fixedPart
    self.attributes = attributes
  }

  /// The names of the attributes that enclose a place in a message, from the outermost: what an extended ACK is about.
  /// A missing attribute is named after the one that should contain it.
  /// - Parameters:
  ///   - payload: the message without its header.
  ///   - offset: the place, in bytes from the start of the header; nil, or one outside all attributes, gives no path.
  ///   - missing: the type of the attribute that is missing there, or in the message itself without an offset.
  public func attributePath(in payload: RawSpan, offset: UInt32?, missing: UInt32?) -> String? {
    var path: [String] = []
    var schema = attributes
    if let offset {
      walk(payload, from: aligned(fixedPart.size), to: Int(offset) - MessageHeader.size, &schema, &path)
    }
    let place = path.isEmpty ? nil : path.joined(separator: ".")
    guard let missing else { return place }
    let name = schema.name(of: UInt16(truncatingIfNeeded: missing))
    return (place.map { "\($0): " } ?? "") + "\(name) is missing"
  }

  private func walk(
    _ payload: RawSpan, from start: Int, to target: Int, _ schema: inout AttributeSchema, _ path: inout [String]
  ) {
    var start = start
    var end = payload.byteCount
    // One round for each level; a target before the first attribute lies in the fixed part.
    while start <= target, target < end {
      let siblings = schema.selections(in: payload.extracting(start..<end))
      guard let found = attribute(of: payload, from: start, to: end, around: target) else { return }
      path.append(schema.name(of: found.type))
      let inner = schema.format(of: found.type).nested(siblings: siblings)
      schema = inner?.schema ?? .none
      guard let inner, target > found.start else { return }
      start = found.start + 4 + aligned(inner.prefix)
      end = found.end
    }
  }

  /// The attribute of one level whose header, payload or padding `target` is in, and where its payload ends.
  private func attribute(
    of payload: RawSpan, from first: Int, to end: Int, around target: Int
  ) -> (type: UInt16, start: Int, end: Int)? {
    var start = first
    while start + 4 <= end, let length = payload.integer(at: start, as: UInt16.self),
      let type = payload.integer(at: start + 2, as: UInt16.self), length >= 4, start + Int(length) <= end
    {
      let next = start + aligned(Int(length))
      if target < next { return (type & NLA_TYPE_MASK, start, start + Int(length)) }
      start = next
    }
    return nil
  }
}

/// The part of a message before its attributes, field by field (struct ifinfomsg, struct nfgenmsg, ...).
public struct FixedPart: Sendable {
  /// One field; fields lie one after the other. A gap is a field named `pad`, which is not printed.
  public struct Field: Sendable {
    let name: String
    let size: Int
    let format: AttributeFormat

    /// - Parameter size: in bytes.
    public init(_ name: String, size: Int, _ format: AttributeFormat = .unsigned) {
      self.name = name
      self.size = size
      self.format = format
    }
  }

  /// The C name: `ifinfomsg`.
  public let name: String
  /// The fields in their order.
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

  /// The text of each selector among these attributes. Attributes may come in any order.
  func selections(in bytes: RawSpan) -> [UInt16: String] {
    var selections: [UInt16: String] = [:]
    guard !selectors.isEmpty else { return selections }
    var reader = AttributeReader(bytes)
    while let attribute = try? reader.next() {
      if selectors.contains(attribute.type) { selections[attribute.type] = attribute.string }
    }
    return selections
  }

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
  /// A signed integer of 1, 2, 4 or 8 bytes in host byte order.
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
