/// The description of a message type for people: the names of its fields and attributes, and the formats of their
/// values.
///
/// A description is only used for printing. Requests are encoded independently of it, so a wrong description cannot
/// break a request.
public struct MessageDescription: Sendable {
  /// The kernel's name of the type: `RTM_NEWLINK`.
  public let name: String
  /// Whether the message asks for objects. The bits that are NLM_F_ROOT and NLM_F_MATCH in a query (together
  /// NLM_F_DUMP) are NLM_F_REPLACE and NLM_F_EXCL in a message that makes objects.
  public let isQuery: Bool
  /// The part between the header and the attributes.
  public let fixedPart: FixedPart
  /// The attributes after the fixed part.
  public let attributes: AttributeSchema

  /// - Parameter isQuery: whether the message asks for objects instead of making or changing them.
  public init(_ name: String, isQuery: Bool = false, fixedPart: FixedPart, attributes: AttributeSchema) {
    self.name = name
    self.isQuery = isQuery
    self.fixedPart = fixedPart
    self.attributes = attributes
  }

  /// The names of the attributes around an offset in a message, from the outermost to the innermost: the subject of an
  /// extended ACK. A missing attribute is named after the attribute that should contain it.
  /// - Parameters:
  ///   - payload: the message without its header.
  ///   - offset: in bytes from the start of the header. There is no path for nil, or for an offset outside all
  ///     attributes.
  ///   - missing: the type of the attribute that is missing in the attribute at `offset`, or in the message itself if
  ///     `offset` is nil.
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
    // One iteration for each level. A target before the first attribute lies in the fixed part.
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

  /// The attribute of one level whose header, payload or padding contains `target`, and where its payload ends.
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
  /// One field. The fields follow each other without gaps; padding is a field named `pad`, which is not printed.
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
  /// The fields in order.
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
  /// One known attribute: its kernel name and the format of its payload.
  public struct Entry: Sendable {
    let name: String
    let format: AttributeFormat

    public init(_ name: String, _ format: AttributeFormat) {
      self.name = name
      self.format = format
    }
  }

  private let entries: [UInt16: Entry]
  /// Attributes whose text determines the format of a sibling: IFLA_INFO_KIND, NFTA_EXPR_NAME.
  let selectors: Set<UInt16>
  /// The entry of every element of a list, whatever its type.
  private let anyType: Entry?

  public init(_ entries: [UInt16: Entry], selectors: Set<UInt16> = []) {
    self.entries = entries
    self.selectors = selectors
    anyType = nil
  }

  /// A list whose elements all have this entry.
  public init(every entry: Entry) {
    entries = [:]
    selectors = []
    anyType = entry
  }

  /// No attributes, or no known ones.
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

/// The format of an attribute's payload, or of a field.
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
  /// An IPv4 or IPv6 address, distinguished by its length.
  case ipAddress
  /// An integer with names for its values.
  case named([UInt64: String], bigEndian: Bool = false)
  /// An integer whose bits have names.
  case bits([(UInt64, String)], bigEndian: Bool = false)
  /// Attributes.
  case nested(AttributeSchema)
  /// A fixed part, then attributes (VETH_INFO_PEER).
  case message(FixedPart, AttributeSchema)
  /// Attributes whose schema depends on the text of a sibling.
  case selected(by: UInt16, [String: AttributeSchema])
  /// Any other format.
  case text(@Sendable ([UInt8]) -> String)

  /// The schema of the nested attributes, and the size of the fixed part before them; nil for a plain value.
  func nested(siblings: [UInt16: String]) -> (schema: AttributeSchema, prefix: Int)? {
    switch self {
    case .nested(let schema): (schema, 0)
    case .message(let fixedPart, let schema): (schema, fixedPart.size)
    case .selected(let selector, let schemas): (siblings[selector].flatMap { schemas[$0] } ?? .none, 0)
    default: nil
    }
  }
}
