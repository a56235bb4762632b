import LinuxSystem
import NetTypes

/// Prints netlink messages as trees: the header, the fixed part, and the attributes with names for numbers. Unknown
/// parts are printed in hexadecimal.
///
/// It never fails: malformed bytes are printed as such.
public struct MessageTracer: Sendable {
  /// The direction of a message.
  public enum Direction: String, Sendable {
    case sent = ">>>"
    case received = "<<<"
  }

  private let name: String
  private let write: @Sendable (String) -> Void

  /// - Parameters:
  ///   - name: the name of the connection, printed before each message.
  ///   - write: receives one message at a time, as several lines.
  public init(name: String, write: @escaping @Sendable (String) -> Void) {
    self.name = name
    self.write = write
  }

  /// A tracer with another name and the same output.
  public func named(_ name: String) -> MessageTracer { MessageTracer(name: name, write: write) }

  func trace(_ direction: Direction, _ bytes: [UInt8], _ family: NetlinkFamily) {
    var reader = MessageReader(bytes.span.bytes)
    var start = 0
    do throws(MalformedMessage) {
      while let message = try reader.next() {
        start += aligned(Int(message.header.length))
        var printer = TreePrinter()
        printer.print(message, direction: direction, connection: name, family)
        write(printer.text)
      }
    } catch {
      write("\(direction.rawValue) \(name): malformed \(error.what): \(hexadecimal(bytes[start...]))\n")
    }
  }
}

/// Formats one message.
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
      printAcknowledgement(message, family)
    } else if let description {
      let end = printFixedPart(description.fixedPart, message.payload, depth: 1)
      if let end { printAttributes(message.payload.extracting(droppingFirst: end), description.attributes, depth: 1) }
    } else if message.payload.byteCount > 0 {
      line(1, "payload", hex: message.payload)
    }
  }

  /// Prints a name and bytes: a few bytes on the same line, more on lines of their own with their offsets.
  private mutating func line(_ depth: Int, _ name: String, hex bytes: RawSpan) {
    let content = bytes.array
    guard content.count > Self.bytesPerLine else {
      return line(depth, content.isEmpty ? "\(name) (empty)" : "\(name) 0x\(hexadecimal(content))")
    }
    line(depth, "\(name) (\(content.count) bytes)")
    for start in stride(from: 0, to: content.count, by: Self.bytesPerLine) {
      let row = content[start..<min(start + Self.bytesPerLine, content.count)]
      line(depth + 1, "+\(start): \(hexadecimal(row))")
    }
  }

  private static let bytesPerLine = 32
  private static let deepestUnknown = 16

  private mutating func printAcknowledgement(_ message: borrowing ReplyMessage, _ family: NetlinkFamily) {
    guard let acknowledgement = try? Acknowledgement(message) else {
      return line(1, "malformed", hex: message.payload)
    }
    var content = "end"
    if message.header.type == NLMSG_ERROR {
      let request: UInt16? = message.payload.integer(at: 4 + 4)
      content = request.map { family.describe($0)?.name ?? Self.controlNames[$0] ?? "type \($0)" } ?? "request"
      content += acknowledgement.errno == 0 ? " succeeded" : " failed"
    }
    if acknowledgement.errno != 0 {
      content += ", errno \(acknowledgement.errno) (\(errorText(acknowledgement.errno)))"
    }
    if let text = acknowledgement.message { content += ": \(text)" }
    if let offset = acknowledgement.offset { content += ", at offset \(offset) of the request" }
    if let missing = acknowledgement.missingType { content += ", attribute \(missing) is missing" }
    if let nest = acknowledgement.missingNest { content += " in the one at offset \(nest)" }
    line(1, content)
  }

  /// - Returns: the offset of the attributes; nil if the message ends before them.
  private mutating func printFixedPart(_ part: FixedPart, _ payload: RawSpan, depth: Int) -> Int? {
    guard part.size > 0 else { return 0 }
    guard payload.byteCount >= part.size else {
      if payload.byteCount > 0 { line(depth, "\(part.name) cut", hex: payload) }
      return nil
    }
    var offset = 0
    var fields: [String] = []
    for field in part.fields {
      let bytes = payload.extracting(offset..<(offset + field.size))
      if field.name != "pad" {
        fields.append("\(field.name)=\(Self.value(bytes, field.format) ?? "0x" + hexadecimal(bytes.array))")
      }
      offset += field.size
    }
    line(depth, "\(part.name) \(fields.joined(separator: " "))")
    return min(aligned(part.size), payload.byteCount)
  }

  private mutating func printAttributes(_ bytes: RawSpan, _ schema: AttributeSchema, depth: Int) {
    let siblings = schema.selections(in: bytes)
    var reader = AttributeReader(bytes)
    var start = 0
    do throws(MalformedMessage) {
      while let attribute = try reader.next() {
        start += aligned(4 + attribute.payload.byteCount)
        printAttribute(attribute, schema, siblings, depth: depth)
      }
    } catch {
      line(depth, "malformed \(error.what)", hex: bytes.extracting(droppingFirst: start))
    }
  }

  private mutating func printAttribute(
    _ attribute: borrowing Attribute, _ schema: AttributeSchema, _ siblings: [UInt16: String], depth: Int
  ) {
    let name = schema.name(of: attribute.type)
    let format = schema.format(of: attribute.type)
    let payload = attribute.payload
    switch format {
    case .message(let part, let inner):
      line(depth, name)
      if let end = printFixedPart(part, payload, depth: depth + 1) {
        printAttributes(payload.extracting(droppingFirst: end), inner, depth: depth + 1)
      }
    case .flag where payload.byteCount == 0: line(depth, name)
    // No schema knows the attribute, but its sender marked it as nested. The depth is limited, because a message has
    // room for 16,383 levels.
    case .hex where attribute.rawType & NLA_F_NESTED != 0 && depth < Self.deepestUnknown:
      line(depth, name)
      printAttributes(payload, .none, depth: depth + 1)
    default:
      if let inner = format.nested(siblings: siblings) {
        line(depth, name)
        printAttributes(payload, inner.schema, depth: depth + 1)
      } else if let value = Self.value(payload, format) {
        line(depth, "\(name) \(value)")
      } else {
        line(depth, name, hex: payload)
      }
    }
  }

  /// The value as text; nil if the bytes do not fit the format, or hexadecimal is their best form.
  private static func value(_ bytes: RawSpan, _ format: AttributeFormat) -> String? {
    switch format {
    case .flag, .hex, .nested, .message, .selected: return nil
    case .unsigned: return number(bytes, bigEndian: false).map { "\($0)" }
    case .bigEndian: return number(bytes, bigEndian: true).map { "\($0)" }
    case .signed:
      return number(bytes, bigEndian: false).map { value in
        // Shift the sign bit up to that of the 64-bit integer and back, which extends the sign.
        let unused = 64 - 8 * bytes.byteCount
        return "\(Int64(bitPattern: value << UInt64(unused)) >> Int64(unused))"
      }
    case .string: return quoted(bytes.text)
    case .linkAddress: return bytes.byteCount == 0 ? nil : hexadecimal(bytes.array, separator: ":")
    case .ipAddress: return IPAddress(bytes: bytes.array)?.description
    case .named(let names, let bigEndian):
      return number(bytes, bigEndian: bigEndian).map { names[$0] ?? "\($0)" }
    case .bits(let names, let bigEndian):
      guard var value = number(bytes, bigEndian: bigEndian) else { return nil }
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

  /// Text in quotation marks. Characters that would break the line or the quotation are escaped.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars { quoted += scalar.escaped(asASCII: false) }
    return quoted + "\""
  }

  private static func number(_ bytes: RawSpan, bigEndian: Bool) -> UInt64? {
    func load<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> UInt64? {
      bytes.integer(at: 0, as: type).map { UInt64(bigEndian ? Value(bigEndian: $0) : $0) }
    }
    return switch bytes.byteCount {
    case 1: load(UInt8.self)
    case 2: load(UInt16.self)
    case 4: load(UInt32.self)
    case 8: load(UInt64.self)
    default: nil
    }
  }

  private static let controlNames = [
    NLMSG_NOOP: "NLMSG_NOOP", NLMSG_ERROR: "NLMSG_ERROR", NLMSG_DONE: "NLMSG_DONE",
  ]

  private func names(_ header: MessageHeader, isQuery: Bool) -> String {
    var names: [(MessageFlags, String)] = [
      (.request, "NLM_F_REQUEST"), (.multi, "NLM_F_MULTI"), (.ack, "NLM_F_ACK"), (.echo, "NLM_F_ECHO"),
      (.dumpInterrupted, "NLM_F_DUMP_INTR"), (.dumpFiltered, "NLM_F_DUMP_FILTERED"),
    ]
    if header.type == NLMSG_ERROR || header.type == NLMSG_DONE {
      names += [(.capped, "NLM_F_CAPPED"), (.ackAttributes, "NLM_F_ACK_TLVS")]
    } else if isQuery {
      names += [(.dump, "NLM_F_DUMP"), (.root, "NLM_F_ROOT"), (.match, "NLM_F_MATCH")]
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
