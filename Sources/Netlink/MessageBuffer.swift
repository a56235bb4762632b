import NetTypes

/// One growing buffer in which netlink messages are written: fixed parts, attributes and nested attributes, padded and
/// with their lengths filled in.
///
/// A length that does not fit its field makes the buffer ``isOverflown``, which every connection refuses to send: there
/// is one place to check instead of one for each attribute.
public struct MessageBuffer: Sendable {
  /// What has been written, ready to send.
  public internal(set) var bytes: [UInt8]
  /// Whether an attribute was longer than the 65,535 bytes that its length field can tell.
  public private(set) var isOverflown = false

  public init() {
    bytes = []
    bytes.reserveCapacity(1024)
  }

  /// Appends an integer of a fixed part in host byte order.
  public mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  /// Appends bytes as they are.
  public mutating func append(_ content: [UInt8]) { bytes.append(contentsOf: content) }

  /// Appends an address in network byte order: 4 or 16 bytes.
  public mutating func append(_ address: IPAddress) {
    if address.isIPv4 {
      append(UInt32(truncatingIfNeeded: address.value).bigEndian)
    } else {
      append(address.value.bigEndian)
    }
  }

  /// Appends the six bytes of an address, as they are sent.
  public mutating func append(_ address: MACAddress) {
    append(UInt32(truncatingIfNeeded: address.value >> 16).bigEndian)
    append(UInt16(truncatingIfNeeded: address.value).bigEndian)
  }

  /// Fills up to a multiple of 4 bytes.
  public mutating func pad() {
    while bytes.count & 3 != 0 { bytes.append(0) }
  }

  /// Adds an attribute whose payload `body` writes; the length is filled in afterwards.
  public mutating func attribute(_ type: UInt16, _ body: (inout MessageBuffer) -> Void) {
    let start = bytes.count
    append(UInt16(0))
    append(type)
    body(&self)
    let length = bytes.count - start
    if length > Int(UInt16.max) { isOverflown = true }
    store(UInt16(truncatingIfNeeded: length), at: start)
    pad()
  }

  /// Adds an attribute without a payload: its presence is its value.
  public mutating func flag(_ type: UInt16) { attribute(type) { _ in } }

  /// Adds an integer in host byte order, as rtnetlink wants it.
  public mutating func attribute<Value: FixedWidthInteger>(_ type: UInt16, _ value: Value) {
    attribute(type) { $0.append(value) }
  }

  /// Adds an integer in network byte order, as nftables wants it.
  public mutating func attribute<Value: FixedWidthInteger>(_ type: UInt16, bigEndian value: Value) {
    attribute(type) { $0.append(value.bigEndian) }
  }

  /// Adds a string with a NUL at its end.
  public mutating func attribute(_ type: UInt16, string: String) {
    attribute(type) {
      $0.bytes.append(contentsOf: string.utf8)
      $0.append(UInt8(0))
    }
  }

  /// Adds a string without a NUL.
  public mutating func attribute(_ type: UInt16, unterminated string: String) {
    attribute(type) { $0.bytes.append(contentsOf: string.utf8) }
  }

  /// Adds bytes as they are.
  public mutating func attribute(_ type: UInt16, bytes content: [UInt8]) {
    attribute(type) { $0.append(content) }
  }

  /// Appends an attribute that holds an address in network byte order.
  public mutating func attribute(_ type: UInt16, _ address: IPAddress) { attribute(type) { $0.append(address) } }

  /// Appends an attribute that holds the six bytes of an address.
  public mutating func attribute(_ type: UInt16, _ address: MACAddress) { attribute(type) { $0.append(address) } }

  /// Adds an attribute that contains attributes, marked NLA_F_NESTED.
  public mutating func nested(_ type: UInt16, _ body: (inout MessageBuffer) -> Void) {
    attribute(type | NLA_F_NESTED, body)
  }

  /// Overwrites two bytes written before.
  mutating func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    withUnsafeBytes(of: value) { new in
      for index in new.indices { bytes[offset + index] = new[index] }
    }
  }
}
