/// The flags of a netlink message (linux/netlink.h). Some bits have one meaning for a new object and another for a
/// query.
public struct MessageFlags: OptionSet, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// NLM_F_REQUEST: set on every message to the kernel.
  public static let request = MessageFlags(rawValue: 0x1)
  /// NLM_F_MULTI: part of a multipart reply, which NLMSG_DONE ends.
  public static let multi = MessageFlags(rawValue: 0x2)
  /// NLM_F_ACK: the kernel answers even if the request succeeds.
  public static let ack = MessageFlags(rawValue: 0x4)
  /// NLM_F_ECHO: the kernel answers with the object it made.
  public static let echo = MessageFlags(rawValue: 0x8)
  /// NLM_F_DUMP_INTR: the objects changed during the dump, so the dump is inconsistent.
  public static let dumpInterrupted = MessageFlags(rawValue: 0x10)
  /// NLM_F_DUMP_FILTERED: the dump contains only objects that match the query's filter.
  static let dumpFiltered = MessageFlags(rawValue: 0x20)

  /// NLM_F_REPLACE: change an object that exists.
  public static let replace = MessageFlags(rawValue: 0x100)
  /// NLM_F_EXCL: fail if the object exists.
  public static let exclusive = MessageFlags(rawValue: 0x200)
  /// NLM_F_CREATE: make the object if it does not exist.
  public static let create = MessageFlags(rawValue: 0x400)
  /// NLM_F_APPEND: add to the end of a list.
  public static let append = MessageFlags(rawValue: 0x800)

  /// NLM_F_ROOT, in a query: the whole table.
  static let root = MessageFlags(rawValue: 0x100)
  /// NLM_F_MATCH, in a query: all that match.
  static let match = MessageFlags(rawValue: 0x200)
  /// NLM_F_DUMP (root and match), in a query: all objects rather than one.
  public static let dump = MessageFlags(rawValue: 0x300)

  /// NLM_F_CAPPED, in an acknowledgement: it does not quote the request.
  public static let capped = MessageFlags(rawValue: 0x100)
  /// NLM_F_ACK_TLVS, in an acknowledgement: extended-ACK attributes follow.
  public static let ackAttributes = MessageFlags(rawValue: 0x200)
}

/// The first 16 bytes of every netlink message (struct nlmsghdr), all in host byte order.
public struct MessageHeader: Equatable, Sendable {
  /// The size of a header in bytes.
  public static let size = 16

  /// The message's length in bytes, header included, without the padding after it.
  public var length: UInt32
  /// The message type: below 16 one of netlink's own, else one of the family's.
  public var type: UInt16
  public var flags: MessageFlags
  /// Chosen by the sender of a request and repeated in every answer to it.
  public var sequence: UInt32
  /// The netlink port of the requesting socket; 0 in a request lets the kernel fill it in.
  public var port: UInt32

  /// Reads a header; nil for fewer than 16 bytes.
  public init?(_ bytes: RawSpan) {
    guard bytes.byteCount >= Self.size else { return nil }
    length = bytes.unsafeLoadUnaligned(as: UInt32.self)
    type = bytes.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt16.self)
    flags = MessageFlags(rawValue: bytes.unsafeLoadUnaligned(fromByteOffset: 6, as: UInt16.self))
    sequence = bytes.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt32.self)
    port = bytes.unsafeLoadUnaligned(fromByteOffset: 12, as: UInt32.self)
  }
}

/// NLMSG_NOOP: the receiver skips it.
public let NLMSG_NOOP: UInt16 = 1
/// NLMSG_ERROR: an error, or the success of a request with NLM_F_ACK.
public let NLMSG_ERROR: UInt16 = 2
/// NLMSG_DONE: the end of a multipart reply.
public let NLMSG_DONE: UInt16 = 3

/// Messages and attributes start at multiples of 4 bytes (NLMSG_ALIGN, NLA_ALIGN).
@inline(__always)
func aligned(_ length: Int) -> Int { (length + 3) & ~3 }
