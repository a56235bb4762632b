/// One message from the kernel.
public struct ReplyMessage: ~Escapable {
  public let header: MessageHeader
  /// The bytes after the header: the family's fixed part and the attributes.
  public let payload: RawSpan

  @_lifetime(copy payload)
  public init(header: MessageHeader, payload: RawSpan) {
    self.header = header
    self.payload = payload
  }
}

/// Reads the messages of one datagram. It never reads outside the datagram, and always ends.
public struct MessageReader: ~Escapable {
  private var rest: RawSpan

  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) { rest = bytes }

  /// The next message; nil after the last one.
  /// - Throws: ``MalformedMessage`` if a length is below 16 or extends beyond the end.
  @_lifetime(copy self)
  public mutating func next() throws(MalformedMessage) -> ReplyMessage? {
    guard rest.byteCount > 0 else { return nil }
    guard let header = MessageHeader(rest), header.length >= MessageHeader.size, header.length <= rest.byteCount else {
      let count = rest.byteCount
      rest = rest.extracting(first: 0)
      throw MalformedMessage("message in \(count) bytes")
    }
    let length = Int(header.length)
    let payload = rest.extracting(MessageHeader.size..<length)
    rest = rest.extracting(droppingFirst: min(aligned(length), rest.byteCount))
    return ReplyMessage(header: header, payload: payload)
  }
}

/// The contents of NLMSG_ERROR and NLMSG_DONE: an error number and its reason (Linux 4.12, NETLINK_EXT_ACK).
public struct Acknowledgement: Equatable, Sendable {
  /// 0 for success, else a positive error number of errno(3).
  public var errno: Int32
  /// The kernel's text (NLMSGERR_ATTR_MSG).
  public var message: String?
  /// The offset of the rejected attribute, in bytes from the start of the request's header (NLMSGERR_ATTR_OFFS).
  public var offset: UInt32?
  /// The type of an attribute that is missing (NLMSGERR_ATTR_MISS_TYPE, Linux 6.1).
  public var missingType: UInt32?
  /// The offset of the nest that should contain the missing attribute, in bytes from the start of the request's header
  /// (NLMSGERR_ATTR_MISS_NEST, Linux 6.1); nil if the attribute belongs to the message itself.
  public var missingNest: UInt32?

  /// Whether the kernel tells which attribute is at fault.
  var pointsAtAttribute: Bool { offset != nil || missingType != nil || missingNest != nil }

  /// Reads the payload of an NLMSG_ERROR or NLMSG_DONE message.
  /// - Throws: ``MalformedMessage`` if the error number is missing, or the rest does not fit.
  public init(_ reply: borrowing ReplyMessage) throws(MalformedMessage) {
    let payload = reply.payload
    guard let code = payload.integer(at: 0, as: Int32.self) else {
      // A dump may end without a status.
      guard reply.header.type == NLMSG_DONE, payload.byteCount == 0 else { throw MalformedMessage("acknowledgement") }
      errno = 0
      return
    }
    // Never negative: abs() would trap for the least integer.
    errno = code == .min ? .max : abs(code)
    guard reply.header.flags.contains(.ackAttributes) else { return }
    var start = 4
    if reply.header.type == NLMSG_ERROR {
      // The request's header follows. Its payload follows only after an error without NETLINK_CAP_ACK (else capped).
      guard let request = MessageHeader(payload.extracting(droppingFirst: 4)) else {
        throw MalformedMessage("acknowledgement")
      }
      let isCapped = reply.header.flags.contains(.capped)
      start += isCapped ? MessageHeader.size : max(MessageHeader.size, Int(request.length))
    }
    var attributes = try payload.attributes(after: start)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case NLMSGERR_ATTR_MSG: message = attribute.string
      case NLMSGERR_ATTR_OFFS: offset = try attribute.integer()
      case NLMSGERR_ATTR_MISS_TYPE: missingType = try attribute.integer()
      case NLMSGERR_ATTR_MISS_NEST: missingNest = try attribute.integer()
      default: break
      }
    }
  }
}

// enum nlmsgerr_attrs (linux/netlink.h).
let NLMSGERR_ATTR_MSG: UInt16 = 1
let NLMSGERR_ATTR_OFFS: UInt16 = 2
let NLMSGERR_ATTR_MISS_TYPE: UInt16 = 5
let NLMSGERR_ATTR_MISS_NEST: UInt16 = 6
