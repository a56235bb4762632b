import NetTypes
import Netlink

/// One direction of a flow: the source and destination of its packets.
public struct FlowTuple: Hashable, Sendable {
  /// The source address; nil if the kernel reported none.
  public var source: IPAddress?
  /// The destination address; nil if the kernel reported none.
  public var destination: IPAddress?
  /// IPPROTO_*.
  public var protocolNumber: UInt8 = 0
  /// nil for a protocol without ports.
  public var sourcePort: UInt16?
  /// nil for a protocol without ports.
  public var destinationPort: UInt16?
  /// The tuple as the kernel sent it. The kernel finds the flow by it.
  var attributes: [UInt8] = []
}

/// An entry of connection tracking: a flow of packets, with the address translation that it keeps for its lifetime.
public struct Flow: Hashable, Sendable {
  /// NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10).
  public var family: UInt8
  /// The direction of the first packet, before translation.
  public var original: FlowTuple
  /// The direction of the replies. Where it is not the reverse of the original, addresses or ports are translated.
  public var reply: FlowTuple
  /// The conntrack zone of the flow; nil for the default zone.
  public var zone: UInt16?
  /// The kernel's id of the flow. Another flow with the same addresses has another id.
  public var id: UInt32?

  /// Whether the source of its packets is translated.
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

  /// Writes what identifies the flow to the kernel.
  func write(to buffer: inout MessageBuffer) {
    NetfilterHeader.write(family: family, to: &buffer)
    buffer.nested(CTA_TUPLE_ORIG) { $0.append(original.attributes) }
    if let zone { buffer.attribute(CTA_ZONE, bigEndian: zone) }
    if let id { buffer.attribute(CTA_ID, bigEndian: id) }
  }
}
