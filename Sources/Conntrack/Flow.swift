import NetTypes
import Netlink

/// One direction of a flow: from where to where its packets go.
public struct FlowTuple: Hashable, Sendable {
  /// The address that packets of this direction come from; nil where the kernel told none.
  public var source: IPAddress?
  /// The address that they go to; nil where the kernel told none.
  public var destination: IPAddress?
  /// IPPROTO_*.
  public var protocolNumber: UInt8 = 0
  /// nil for a protocol without ports.
  public var sourcePort: UInt16?
  /// nil for a protocol without ports.
  public var destinationPort: UInt16?
  /// All of it as the kernel told it, by which it finds the flow again.
  var attributes: [UInt8] = []
}

/// An entry of connection tracking: a flow of packets that the kernel knows, with the translation that it keeps as long
/// as it lives.
public struct Flow: Hashable, Sendable {
  /// NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10).
  public var family: UInt8
  /// As the first packet came.
  public var original: FlowTuple
  /// As answers come: what was translated differs from the original's reverse.
  public var reply: FlowTuple
  /// The zone that it was put into; nil for the one that flows are in otherwise.
  public var zone: UInt16?
  /// The kernel's number for it: another flow with the same addresses has another.
  public var id: UInt32?

  /// Whether the source of its packets is another than they came with.
  public var isSourceTranslated: Bool { reply.destination != original.source }
}

extension FlowTuple {
  /// Reads CTA_TUPLE_ORIG or CTA_TUPLE_REPLY.
  init(_ nest: borrowing Attribute) throws(MalformedMessage) {
    attributes = nest.bytes
    var parts = nest.attributes
    while let part = try parts.next() {
      var fields = part.attributes
      switch part.type {
      case CTA_TUPLE_IP:
        while let field = try fields.next() {
          switch field.type {
          case CTA_IP_V4_SRC, CTA_IP_V6_SRC: source = IPAddress(bytes: field.bytes)
          case CTA_IP_V4_DST, CTA_IP_V6_DST: destination = IPAddress(bytes: field.bytes)
          default: break
          }
        }
      case CTA_TUPLE_PROTO:
        while let field = try fields.next() {
          switch field.type {
          case CTA_PROTO_NUM: protocolNumber = try field.integer()
          case CTA_PROTO_SRC_PORT: sourcePort = try field.bigEndian()
          case CTA_PROTO_DST_PORT: destinationPort = try field.bigEndian()
          default: break
          }
        }
      default: break
      }
    }
  }
}

extension Flow {
  /// Reads IPCTNL_MSG_CT_NEW.
  init(_ reply: borrowing ReplyMessage) throws(MalformedMessage) {
    self.init(family: 0, original: FlowTuple(), reply: FlowTuple())
    var attributes = try reply.payload.attributes(after: NetfilterHeader.size)
    family = reply.payload.integer(at: 0, as: UInt8.self) ?? 0
    while let attribute = try attributes.next() {
      switch attribute.type {
      case CTA_TUPLE_ORIG: original = try FlowTuple(attribute)
      case CTA_TUPLE_REPLY: self.reply = try FlowTuple(attribute)
      case CTA_ZONE: zone = try attribute.bigEndian()
      case CTA_ID: id = try attribute.bigEndian()
      default: break
      }
    }
  }

  /// Writes what the kernel needs to find it.
  func write(to buffer: inout MessageBuffer) {
    NetfilterHeader.write(family: family, to: &buffer)
    buffer.nested(CTA_TUPLE_ORIG) { $0.append(original.attributes) }
    if let zone { buffer.attribute(CTA_ZONE, bigEndian: zone) }
    if let id { buffer.attribute(CTA_ID, bigEndian: id) }
  }
}
