/// Prints netlink messages as trees: header, fixed part, attributes with names for numbers; what is unknown in hex.
///
/// It never fails: bytes that make no sense are printed as such.
public struct MessageTracer: Sendable {
  /// Which way a message went.
  public enum Direction: String, Sendable {
    case sent = ">>>"
    case received = "<<<"
  }

  private let name: String
  private let write: @Sendable (String) -> Void

  /// - Parameters:
  ///   - name: whose messages these are, shown in front of each.
  ///   - write: is given one message at a time, as several lines.
  public init(name: String, write: @escaping @Sendable (String) -> Void) {
    self.name = name
    self.write = write
  }

  /// Another tracer to the same output.
  public func named(_ name: String) -> MessageTracer { MessageTracer(name: name, write: write) }

  func trace(_ direction: Direction, _ bytes: [UInt8], _ family: NetlinkFamily) {
    var reader = MessageReader(bytes.span.bytes)
    do throws(MalformedMessage) {
      while let message = try reader.next() {
        var printer = TreePrinter()
        printer.print(message, direction: direction, connection: name, family)
        write(printer.text)
      }
    } catch {
      write("\(direction.rawValue) \(name): malformed \(error.what): \(hexadecimal(bytes))\n")
    }
  }
}

/// The bytes as pairs of hexadecimal digits.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Lays out one message.
struct TreePrinter {
  private(set) var text = ""

  private mutating func line(_ depth: Int, _ content: String) {
    text += String(repeating: "  ", count: depth) + content + "\n"
  }

  mutating func print(
    _ message: borrowing ReplyMessage, direction: MessageTracer.Direction, connection: String, _ family: NetlinkFamily
  ) {
    let header = message.header
    let description = family.describe(header.type)
    let title = description?.name ?? Self.controlNames[header.type] ?? "type \(header.type)"
    let isQuery = description?.isQuery ?? false
    line(
      0,
      "\(direction.rawValue) \(connection): \(title) length \(header.length) flags \(names(header, isQuery: isQuery)) "
        + "sequence \(header.sequence) port \(header.port)")
    if header.type == NLMSG_ERROR || header.type == NLMSG_DONE {
      printAcknowledgement(message)
    } else if let description {
      let end = printFixedPart(description.fixedPart, message.payload, depth: 1)
      if let end { printAttributes(message.payload.extracting(droppingFirst: end), description.attributes, depth: 1) }
    } else if message.payload.byteCount > 0 {
      line(1, hexadecimal(message.payload.array))
    }
  }

  private mutating func printAcknowledgement(_ message: borrowing ReplyMessage) {
    guard let acknowledgement = try? Acknowledgement(message) else {
      return line(1, "malformed \(hexadecimal(message.payload.array))")
    }
    var content = acknowledgement.errno == 0 ? "success" : "errno \(acknowledgement.errno)"
    if let text = acknowledgement.message { content += ": \(text)" }
    if let offset = acknowledgement.offset { content += " at offset \(offset)" }
    if let missing = acknowledgement.missingType { content += ", attribute \(missing) is missing" }
    line(1, content)
  }

  /// - Returns: where the attributes start, nil where the message ends before.
  private mutating func printFixedPart(_ part: FixedPart, _ payload: RawSpan, depth: Int) -> Int? {
    guard part.size > 0 else { return 0 }
    guard payload.byteCount >= part.size else {
      if payload.byteCount > 0 { line(depth, "\(part.name) cut: \(hexadecimal(payload.array))") }
      return nil
    }
    var offset = 0
    var fields: [String] = []
    for field in part.fields {
      let bytes = payload.extracting(offset..<(offset + field.size))
      if field.name != "pad" { fields.append("\(field.name)=\(Self.value(bytes, field.format))") }
      offset += field.size
    }
    line(depth, "\(part.name) \(fields.joined(separator: " "))")
    return min(aligned(part.size), payload.byteCount)
  }

  private mutating func printAttributes(_ bytes: RawSpan, _ schema: AttributeSchema, depth: Int) {
    // Attributes may come in any order: find the selectors first.
    var siblings: [UInt16: String] = [:]
    if !schema.selectors.isEmpty {
      var reader = AttributeReader(bytes)
      while let attribute = try? reader.next() {
        if schema.selectors.contains(attribute.type) { siblings[attribute.type] = attribute.string }
      }
    }
    var reader = AttributeReader(bytes)
    do throws(MalformedMessage) {
      while let attribute = try reader.next() {
        let name = schema.name(of: attribute.type)
        let format = schema.format(of: attribute.type)
        switch format {
        case .message(let part, let inner):
          line(depth, name)
          if let end = printFixedPart(part, attribute.payload, depth: depth + 1) {
            printAttributes(attribute.payload.extracting(droppingFirst: end), inner, depth: depth + 1)
          }
        case .flag where attribute.payload.byteCount == 0: line(depth, name)
        default:
          if let inner = format.nested(siblings: siblings) {
            line(depth, name)
            printAttributes(attribute.payload, inner.schema, depth: depth + 1)
          } else {
            line(depth, "\(name) \(Self.value(attribute.payload, format))")
          }
        }
      }
    } catch {
      line(depth, "malformed \(error.what): \(hexadecimal(bytes.array))")
    }
  }

  private static func value(_ bytes: RawSpan, _ format: AttributeFormat) -> String {
    let hex = "0x" + hexadecimal(bytes.array)
    switch format {
    case .flag, .hex, .nested, .message, .selected: return bytes.byteCount == 0 ? "(empty)" : hex
    case .unsigned: return number(bytes, bigEndian: false).map { "\($0)" } ?? hex
    case .bigEndian: return number(bytes, bigEndian: true).map { "\($0)" } ?? hex
    case .signed: return bytes.byteCount == 4 ? "\(bytes.unsafeLoadUnaligned(as: Int32.self))" : hex
    case .string: return "\"\(bytes.text)\""
    case .linkAddress:
      return bytes.array.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    case .ipAddress: return ipText(bytes.array) ?? hex
    case .named(let names, let bigEndian):
      guard let value = number(bytes, bigEndian: bigEndian) else { return hex }
      return names[value] ?? "\(value)"
    case .bits(let names, let bigEndian):
      guard var value = number(bytes, bigEndian: bigEndian) else { return hex }
      var parts: [String] = []
      for (bit, name) in names where value & bit == bit && bit != 0 {
        parts.append(name)
        value &= ~bit
      }
      if value != 0 || parts.isEmpty { parts.append(value == 0 ? "0" : "0x" + String(value, radix: 16)) }
      return parts.joined(separator: "|")
    case .text(let describe): return describe(bytes.array)
    }
  }

  private static func number(_ bytes: RawSpan, bigEndian: Bool) -> UInt64? {
    guard [1, 2, 4, 8].contains(bytes.byteCount) else { return nil }
    let ordered = bigEndian ? bytes.array : bytes.array.reversed()
    return ordered.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static let controlNames = [
    NLMSG_NOOP: "NLMSG_NOOP", NLMSG_ERROR: "NLMSG_ERROR", NLMSG_DONE: "NLMSG_DONE",
  ]

  private func names(_ header: MessageHeader, isQuery: Bool) -> String {
    var names: [(MessageFlags, String)] = [
      (.request, "NLM_F_REQUEST"), (.multi, "NLM_F_MULTI"), (.ack, "NLM_F_ACK"), (.echo, "NLM_F_ECHO"),
      (.dumpInterrupted, "NLM_F_DUMP_INTR"),
    ]
    if header.type == NLMSG_ERROR || header.type == NLMSG_DONE {
      names += [(.capped, "NLM_F_CAPPED"), (.ackAttributes, "NLM_F_ACK_TLVS")]
    } else if isQuery {
      names += [(.dump, "NLM_F_DUMP")]
    } else {
      names += [
        (.replace, "NLM_F_REPLACE"), (.exclusive, "NLM_F_EXCL"), (.create, "NLM_F_CREATE"), (.append, "NLM_F_APPEND"),
      ]
    }
    var rest = header.flags
    var found: [String] = []
    for (flag, name) in names where rest.isSuperset(of: flag) {
      found.append(name)
      rest.subtract(flag)
    }
    if !rest.isEmpty { found.append("0x" + String(rest.rawValue, radix: 16)) }
    return found.isEmpty ? "0" : found.joined(separator: "|")
  }
}
