import Netlink

/// A named set or, with a value, a map. Rules look up its keys in constant time; the keys can change without the rules.
public struct NFTSet: Hashable, Sendable, CustomStringConvertible {
  /// The flags of a set (NFT_SET_*).
  public struct Flags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// nft made the set for one rule, and it disappears with that.
    public static let anonymous = Flags(rawValue: 0x1)
    /// The elements do not change while a rule uses the set.
    public static let constant = Flags(rawValue: 0x2)
    /// Elements may be ranges. The kernel compares ranges byte by byte, so their type must be in network byte order (no
    /// marks).
    public static let interval = Flags(rawValue: 0x4)
    /// Elements may expire.
    public static let timeout = Flags(rawValue: 0x10)
    /// Rules may add elements (nft's `dynamic`).
    public static let dynamic = Flags(rawValue: 0x20)
  }

  /// The type of the value that a map has for a key.
  public enum MapValue: Hashable, Sendable {
    case verdict
    case data([DataType])
  }

  /// At most 255 bytes. A keyword of nft (`masquerade`, `type`) works as a name, but `nft -f` cannot load it.
  public var name: String
  public var table: Table
  /// The types of the parts of a key: one, or up to five.
  public var key: [DataType]
  /// The type of a map's values; nil for a set.
  public var value: MapValue?
  public var flags: Flags
  /// The maximum number of elements; nil for as many as memory holds.
  public var size: UInt32?
  /// The lifetime in milliseconds of elements without one of their own; needs ``Flags/timeout``.
  public var timeout: UInt64?
  /// Text that nft prints with the set, cut to 127 bytes.
  public var comment: String?
  /// The kernel's handle of the set; only set for a set that was listed.
  public var handle: UInt64?

  public init(
    _ name: String, in table: Table, key: [DataType], value: MapValue? = nil, flags: Flags = [], size: UInt32? = nil,
    timeout: UInt64? = nil, comment: String? = nil
  ) {
    precondition((1...5).contains(key.count), "a key has one to five parts")
    self.name = name
    self.table = table
    self.key = key
    self.value = value
    self.flags = flags
    self.size = size
    self.timeout = timeout
    self.comment = comment
  }

  /// Family, table and name, as nft writes them.
  public var description: String { "\(table) \(name)" }

  /// Whether an interval is sent as two elements, a start and an end. With a key of several parts, one element has
  /// both.
  var hasSeparateEnds: Bool { flags.contains(.interval) && key.count == 1 }
}

extension NFTSet {
  /// Writes the attributes of NFT_MSG_NEWSET.
  /// - Parameter id: a number that no other set of the transaction has.
  func write(id: UInt32, to buffer: inout MessageBuffer) {
    let isConcatenatedInterval = flags.contains(.interval) && key.count > 1
    var bits = flags.rawValue
    if value != nil { bits |= NFT_SET_MAP }
    if isConcatenatedInterval { bits |= NFT_SET_CONCAT }
    buffer.attribute(NFTA_SET_TABLE, string: table.name)
    buffer.attribute(NFTA_SET_NAME, string: name)
    buffer.attribute(NFTA_SET_FLAGS, bigEndian: bits)
    buffer.attribute(NFTA_SET_KEY_TYPE, bigEndian: key.number)
    buffer.attribute(NFTA_SET_KEY_LEN, bigEndian: UInt32(key.size))
    switch value {
    case .verdict:
      buffer.attribute(NFTA_SET_DATA_TYPE, bigEndian: NFT_DATA_VERDICT)
      buffer.attribute(NFTA_SET_DATA_LEN, bigEndian: UInt32(0))
    case .data(let types):
      buffer.attribute(NFTA_SET_DATA_TYPE, bigEndian: types.number)
      buffer.attribute(NFTA_SET_DATA_LEN, bigEndian: UInt32(types.size))
    case nil: break
    }
    buffer.attribute(NFTA_SET_ID, bigEndian: id)
    if size != nil || isConcatenatedInterval {
      buffer.nested(NFTA_SET_DESC) {
        if let size { $0.attribute(NFTA_SET_DESC_SIZE, bigEndian: size) }
        guard isConcatenatedInterval else { return }
        $0.nested(NFTA_SET_DESC_CONCAT) {
          for type in key {
            $0.nested(NFTA_LIST_ELEM) { $0.attribute(NFTA_SET_FIELD_LEN, bigEndian: UInt32(type.size)) }
          }
        }
      }
    }
    if let timeout { buffer.attribute(NFTA_SET_TIMEOUT, bigEndian: timeout) }
    buffer.attribute(NFTA_SET_USERDATA, bytes: userdata)
  }

  /// The data with which nft prints elements. nft also writes an empty `typeof` for a key of several parts, which says
  /// nothing beyond the key's type and is left out here.
  private var userdata: [UInt8] {
    var data = Userdata()
    data.append(.setKeyByteOrder, key.byteOrder.rawValue)
    switch value {
    case .verdict:
      data.append(.setDataByteOrder, DataType.ByteOrder.none.rawValue)
      data.append(.setDataInterval, 0)
    case .data(let types):
      data.append(.setDataByteOrder, types.byteOrder.rawValue)
      data.append(.setDataInterval, 0)
    case nil: break
    }
    if let comment { data.append(.setComment, text: comment) }
    return data.bytes
  }

  /// Reads NFT_MSG_NEWSET; nil for a family that this library does not know.
  init?(_ reply: borrowing ReplyMessage) throws(MalformedMessage) {
    guard let family = try replyFamily(reply) else { return nil }
    self.init("", in: Table(family, ""), key: [DataType(number: 0, size: 0, byteOrder: .none)])
    var keyType: UInt32 = 0
    var keySize: UInt32 = 0
    var dataType: UInt32?
    var dataSize: UInt32 = 0
    var attributes = try reply.payload.attributes(after: NetfilterHeader.size)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case NFTA_SET_TABLE: table.name = attribute.string
      case NFTA_SET_NAME: name = attribute.string
      case NFTA_SET_FLAGS:
        flags = Flags(rawValue: try attribute.bigEndian(UInt32.self) & ~(NFT_SET_MAP | NFT_SET_CONCAT))
      case NFTA_SET_KEY_TYPE: keyType = try attribute.bigEndian()
      case NFTA_SET_KEY_LEN: keySize = try attribute.bigEndian()
      case NFTA_SET_DATA_TYPE: dataType = try attribute.bigEndian()
      case NFTA_SET_DATA_LEN: dataSize = try attribute.bigEndian()
      case NFTA_SET_DESC:
        var fields = attribute.attributes
        while let field = try fields.next() {
          if field.type == NFTA_SET_DESC_SIZE { size = try field.bigEndian() }
        }
      case NFTA_SET_TIMEOUT: timeout = try attribute.bigEndian()
      case NFTA_SET_USERDATA: comment = Userdata(attribute.bytes).text(.setComment)
      case NFTA_SET_HANDLE: handle = try attribute.bigEndian()
      default: break
      }
    }
    key = [DataType](number: keyType, size: Int(keySize & 0xffff))
    if let dataType {
      value =
        dataType == NFT_DATA_VERDICT ? .verdict : .data([DataType](number: dataType, size: Int(dataSize & 0xffff)))
    }
  }
}
