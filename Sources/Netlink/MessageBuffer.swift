import NetTypes

/// A growing buffer for netlink messages: fixed parts, attributes and nested attributes. It adds padding and fills in
/// lengths.
///
/// If a length does not fit its field, the buffer becomes ``isOverflown`` and every connection refuses to send it. This
/// one check replaces a check of each attribute.
public struct MessageBuffer: Sendable {
  /// The bytes written so far, ready to send.
  public internal(set) var bytes: [UInt8]
  /// Whether an attribute was longer than 65,535 bytes, the maximum of its length field.
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

  /// Appends an IP address in network byte order: 4 or 16 bytes.
  public mutating func append(_ address: IPAddress) {
    if address.isIPv4 {
      append(UInt32(truncatingIfNeeded: address.value).bigEndian)
    } else {
      append(address.value.bigEndian)
    }
  }

  /// Appends the six bytes of a MAC address in transmission order.
  public mutating func append(_ address: MACAddress) {
    append(UInt32(truncatingIfNeeded: address.value >> 16).bigEndian)
    append(UInt16(truncatingIfNeeded: address.value).bigEndian)
  }

  /// Pads to a multiple of 4 bytes.
  public mutating func pad() {
    while bytes.count & 3 != 0 { bytes.append(0) }
  }

  /// Appends an attribute whose payload `body` writes; the length is filled in afterwards.
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

  /// Appends an attribute whose payload `body` writes, or nothing if `body` writes nothing.
  public mutating func attributeUnlessEmpty(_ type: UInt16, _ body: (inout MessageBuffer) -> Void) {
    let start = bytes.count
    attribute(type, body)
    if bytes.count == start + 4 { bytes.removeLast(4) }
  }

  /// Appends an attribute without a payload: its presence is its value.
  public mutating func flag(_ type: UInt16) { attribute(type) { _ in } }

  /// Appends an attribute that holds an integer in host byte order, as rtnetlink expects it.
  public mutating func attribute<Value: FixedWidthInteger>(_ type: UInt16, _ value: Value) {
    attribute(type) { $0.append(value) }
  }

  /// Appends an attribute that holds an integer in network byte order, as nf_tables expects it.
  public mutating func attribute<Value: FixedWidthInteger>(_ type: UInt16, bigEndian value: Value) {
    attribute(type) { $0.append(value.bigEndian) }
  }

  /// Appends an attribute that holds a NUL-terminated string.
  public mutating func attribute(_ type: UInt16, string: String) {
    attribute(type) {
      $0.bytes.append(contentsOf: string.utf8)
      $0.append(UInt8(0))
    }
  }

  /// Appends an attribute that holds a string without a NUL.
  public mutating func attribute(_ type: UInt16, unterminated string: String) {
    attribute(type) { $0.bytes.append(contentsOf: string.utf8) }
  }

  /// Appends an attribute that holds bytes as they are.
  public mutating func attribute(_ type: UInt16, bytes content: [UInt8]) {
    attribute(type) { $0.append(content) }
  }

  /// Appends an attribute that holds an IP address in network byte order.
  public mutating func attribute(_ type: UInt16, _ address: IPAddress) { attribute(type) { $0.append(address) } }

  /// Appends an attribute that holds the six bytes of a MAC address.
  public mutating func attribute(_ type: UInt16, _ address: MACAddress) { attribute(type) { $0.append(address) } }

  /// Appends an attribute that contains attributes, marked NLA_F_NESTED.
  public mutating func nested(_ type: UInt16, _ body: (inout MessageBuffer) -> Void) {
    attribute(type | NLA_F_NESTED, body)
  }

  /// Overwrites bytes that were written before.
  mutating func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    withUnsafeBytes(of: value) { new in
      for index in new.indices { bytes[offset + index] = new[index] }
    }
  }
}
