import Netlink

extension MessageBuffer {
  /// Appends an attribute of one byte, 0 or 1; nothing for nil.
  mutating func boolean(_ type: UInt16, _ value: Bool?) {
    if let value { attribute(type, UInt8(value ? 1 : 0)) }
  }
}

extension Attribute {
  /// The payload as one byte; false for 0.
  var boolean: Bool { get throws(MalformedMessage) { try integer(UInt8.self) != 0 } }
}

extension AttributeFormat {
  /// `off` or `on` in a trace.
  static let boolean = AttributeFormat.named([0: "off", 1: "on"])
}
