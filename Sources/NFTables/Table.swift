import Netlink

/// The packets that a table sees (NFPROTO_* of linux/netfilter.h).
public enum TableFamily: UInt8, Hashable, Sendable, CustomStringConvertible {
  /// IPv4 and IPv6.
  case inet = 1
  /// IPv4 only.
  case ip = 2
  /// ARP.
  case arp = 3
  /// Packets as they enter or leave one device.
  case netdev = 5
  /// Packets that a bridge forwards between its ports.
  case bridge = 7
  /// IPv6 only.
  case ip6 = 10

  /// The name that nft uses.
  public var description: String {
    switch self {
    case .inet: "inet"
    case .ip: "ip"
    case .arp: "arp"
    case .netdev: "netdev"
    case .bridge: "bridge"
    case .ip6: "ip6"
    }
  }
}

/// A table, which contains chains, sets and maps. The kernel deletes it with its contents.
///
/// Two tables are equal if their families and names are, which is how the kernel distinguishes them.
public struct Table: Hashable, Sendable, CustomStringConvertible {
  /// The flags of a table (NFT_TABLE_F_*).
  public struct Flags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The chains of the table see no packets.
    public static let dormant = Flags(rawValue: 1)
    /// The table belongs to the socket that made it, and disappears with it (Linux 5.12).
    public static let owner = Flags(rawValue: 2)
  }

  public var family: TableFamily
  /// At most 255 bytes. A keyword of nft (`masquerade`, `type`) works as a name, but `nft -f` cannot load it.
  public var name: String
  /// Text that nft prints with the table, cut to 127 bytes (Linux 5.10).
  public var comment: String?
  public var flags: Flags
  /// The kernel's handle of the table; only set for a table that was listed.
  public var handle: UInt64?

  public init(_ family: TableFamily, _ name: String, comment: String? = nil, flags: Flags = []) {
    self.family = family
    self.name = name
    self.comment = comment
    self.flags = flags
  }

  public static func == (left: Table, right: Table) -> Bool { left.family == right.family && left.name == right.name }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(family)
    hasher.combine(name)
  }

  /// Family and name, as nft writes them.
  public var description: String { "\(family) \(name)" }
}

extension Table {
  /// Writes the attributes of NFT_MSG_NEWTABLE.
  func write(to buffer: inout MessageBuffer) {
    buffer.attribute(NFTA_TABLE_NAME, string: name)
    buffer.attribute(NFTA_TABLE_FLAGS, bigEndian: flags.rawValue)
    if let comment { buffer.attribute(NFTA_TABLE_USERDATA, bytes: Userdata(.tableComment, text: comment).bytes) }
  }

  /// Reads NFT_MSG_NEWTABLE; nil for a family that this library does not know.
  init?(_ reply: borrowing ReplyMessage) throws(MalformedMessage) {
    guard let family = try replyFamily(reply) else { return nil }
    self.init(family, "")
    var attributes = try reply.payload.attributes(after: NetfilterHeader.size)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case NFTA_TABLE_NAME: name = attribute.string
      case NFTA_TABLE_FLAGS: flags = Flags(rawValue: try attribute.bigEndian())
      case NFTA_TABLE_HANDLE: handle = try attribute.bigEndian()
      case NFTA_TABLE_USERDATA: comment = Userdata(attribute.bytes).text(.tableComment)
      default: break
      }
    }
  }
}

/// The family that a reply is about; nil for one that this library does not know.
func replyFamily(_ reply: borrowing ReplyMessage) throws(MalformedMessage) -> TableFamily? {
  guard let number = reply.payload.integer(at: 0, as: UInt8.self), reply.payload.byteCount >= NetfilterHeader.size
  else {
    throw MalformedMessage("nfgenmsg: \(reply.payload.byteCount) bytes instead of \(NetfilterHeader.size)")
  }
  return TableFamily(rawValue: number)
}
