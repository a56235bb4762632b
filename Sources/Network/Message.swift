/// A field of the specification of a network, as messages name it. Each front end has words of its own for them.
public enum Field: String, Sendable {
  case net, ip, gateway, subnet, subnet6, mac, mtu, route
}

/// A text for people that may name fields.
public struct Message: Sendable, Equatable {
  fileprivate enum Part: Sendable, Equatable {
    case text(String)
    case field(Field)
  }

  private var parts: [Part]

  public init(_ text: String) { parts = [.text(text)] }

  /// The name of a field.
  static func field(_ field: Field) -> Message { "\(field)" }

  static func + (left: Message, right: Message) -> Message {
    var sum = left
    sum.parts += right.parts
    return sum
  }

  /// The text.
  /// - Parameter word: what the reader calls a field.
  public func text(_ word: (Field) -> String) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .field(let field): word(field)
      }
    }.joined()
  }
}

extension Message: CustomStringConvertible {
  public var description: String { text(\.rawValue) }
}

extension Message: ExpressibleByStringInterpolation {
  public init(stringLiteral text: String) { self.init(text) }

  public init(stringInterpolation interpolation: StringInterpolation) { parts = interpolation.parts }

  public struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    public init(literalCapacity: Int, interpolationCount: Int) {}

    public mutating func appendLiteral(_ text: String) { parts.append(.text(text)) }
    public mutating func appendInterpolation(_ field: Field) { parts.append(.field(field)) }
    public mutating func appendInterpolation(_ message: Message) { parts += message.parts }
    public mutating func appendInterpolation<Value>(_ value: Value) { parts.append(.text("\(value)")) }
  }
}
