import Netlink

extension MessageBuffer {
  /// Adds one byte, 0 or 1; nothing for nil.
  mutating func boolean(_ type: UInt16, _ value: Bool?) {
    if let value { attribute(type, UInt8(value ? 1 : 0)) }
  }
}

extension Attribute {
  /// The payload as one byte that is 0 or not.
  var boolean: Bool { get throws(MalformedMessage) { try integer(UInt8.self) != 0 } }
}

extension AttributeFormat {
  /// In a trace, `off` or `on`.
  static let boolean = AttributeFormat.named([0: "off", 1: "on"])
}
