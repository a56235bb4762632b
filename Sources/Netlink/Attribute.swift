/// NLA_F_NESTED: the payload consists of attributes.
public let NLA_F_NESTED: UInt16 = 0x8000
/// NLA_F_NET_BYTEORDER: the payload is an integer in network byte order.
public let NLA_F_NET_BYTEORDER: UInt16 = 0x4000
/// The bits of a type without the two flags.
public let NLA_TYPE_MASK: UInt16 = 0x3fff

/// A malformed message: too short, or with lengths that do not fit.
public struct MalformedMessage: Error, Equatable, Sendable {
  /// What was being read.
  public var what: String
  public init(_ what: String) { self.what = what }
}

/// Reads attributes in order. It never reads outside its span, and always ends.
public struct AttributeReader: ~Escapable {
  private var rest: RawSpan

  /// A reader of the attributes that fill these bytes.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) { rest = bytes }

  /// The next attribute; nil after the last one.
  /// - Throws: ``MalformedMessage`` if a length is below 4 or extends beyond the end.
  @_lifetime(copy self)
  public mutating func next() throws(MalformedMessage) -> Attribute? {
    // Up to three bytes of padding may follow the last attribute.
    guard rest.byteCount >= 4 else {
      rest = rest.extracting(first: 0)
      return nil
    }
    let length = Int(rest.unsafeLoadUnaligned(as: UInt16.self))
    let type = rest.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt16.self)
    guard length >= 4, length <= rest.byteCount else {
      rest = rest.extracting(first: 0)
      throw MalformedMessage("attribute \(type & NLA_TYPE_MASK) of length \(length)")
    }
    let payload = rest.extracting(4..<length)
    rest = rest.extracting(droppingFirst: min(aligned(length), rest.byteCount))
    return Attribute(rawType: type, payload: payload)
  }
}

/// One received attribute: a type and its payload.
public struct Attribute: ~Escapable {
  /// The type with its flags.
  public let rawType: UInt16
  /// The payload without header and padding.
  public let payload: RawSpan

  @_lifetime(copy payload)
  init(rawType: UInt16, payload: RawSpan) {
    self.rawType = rawType
    self.payload = payload
  }

  /// The type without NLA_F_NESTED and NLA_F_NET_BYTEORDER.
  public var type: UInt16 { rawType & NLA_TYPE_MASK }

  /// The attributes nested in this one.
  public var attributes: AttributeReader {
    @_lifetime(copy self) get { AttributeReader(payload) }
  }

  /// The payload as an integer in host byte order.
  /// - Throws: ``MalformedMessage`` where the payload is shorter than the integer.
  public func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type = Value.self
  ) throws(MalformedMessage) -> Value {
    guard let value = payload.integer(at: 0, as: Value.self) else {
      throw MalformedMessage(
        "attribute \(self.type): \(payload.byteCount) bytes instead of \(MemoryLayout<Value>.size)")
    }
    return value
  }

  /// The payload as an integer in network byte order.
  public func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type = Value.self
  ) throws(MalformedMessage) -> Value {
    Value(bigEndian: try integer())
  }

  /// The payload as text up to the first NUL; bytes that are not UTF-8 are replaced.
  public var string: String { payload.text }

  /// The payload as bytes.
  public var bytes: [UInt8] { payload.array }
}

extension RawSpan {
  /// An integer in host byte order; nil if it extends beyond the end. It need not be aligned.
  public func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Value.Type = Value.self
  ) -> Value? {
    guard offset >= 0, offset <= byteCount - MemoryLayout<Value>.size else { return nil }
    return unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self)
  }

  /// A copy of the bytes.
  public var array: [UInt8] { withUnsafeBytes { Array($0) } }

  /// The bytes up to the first NUL as text; what is not UTF-8 is replaced.
  public var text: String { withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) } }

  /// The attributes that follow a fixed part of `size` bytes, padded to a multiple of 4.
  @_lifetime(copy self)
  public func attributes(after size: Int) throws(MalformedMessage) -> AttributeReader {
    guard byteCount >= size else { throw MalformedMessage("fixed part: \(byteCount) bytes instead of \(size)") }
    return AttributeReader(extracting(droppingFirst: Swift.min(aligned(size), byteCount)))
  }
}
