import NetTypes
import Netlink

/// Flags of an address (IFA_F_* in linux/if_addr.h).
public struct AddressFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// IFA_F_SECONDARY: not the first address of its network; for IPv6, a temporary address.
  public static let secondary = AddressFlags(rawValue: 0x01)
  /// IFA_F_NODAD: used at once, without duplicate address detection. IPv6.
  public static let noDAD = AddressFlags(rawValue: 0x02)
  /// IFA_F_OPTIMISTIC: used during duplicate address detection. IPv6.
  public static let optimistic = AddressFlags(rawValue: 0x04)
  /// IFA_F_DADFAILED: duplicate address detection found it on another host. IPv6.
  public static let dadFailed = AddressFlags(rawValue: 0x08)
  /// IFA_F_HOMEADDRESS: the home address of a mobile node. IPv6.
  public static let homeAddress = AddressFlags(rawValue: 0x10)
  /// IFA_F_DEPRECATED: not used for new connections.
  public static let deprecated = AddressFlags(rawValue: 0x20)
  /// IFA_F_TENTATIVE: not usable yet, because duplicate address detection is running. IPv6.
  public static let tentative = AddressFlags(rawValue: 0x40)
  /// IFA_F_PERMANENT: does not expire. Set by the kernel.
  public static let permanent = AddressFlags(rawValue: 0x80)
  /// IFA_F_MANAGETEMPADDR: the kernel generates temporary addresses from it. IPv6.
  public static let manageTemporary = AddressFlags(rawValue: 0x100)
  /// IFA_F_NOPREFIXROUTE: the kernel adds no route to its network.
  public static let noPrefixRoute = AddressFlags(rawValue: 0x200)
  /// IFA_F_MCAUTOJOIN: the kernel joins its group. IPv6.
  public static let multicastAutoJoin = AddressFlags(rawValue: 0x400)
  /// IFA_F_STABLE_PRIVACY: generated from a secret (RFC 7217). IPv6.
  public static let stablePrivacy = AddressFlags(rawValue: 0x800)
}

/// An address of a link.
public struct LinkAddress: Hashable, Sendable {
  /// The address and the prefix length of its network. With a ``peer``, the prefix is the peer's.
  public var network: IPNetwork
  /// The interface index of the link.
  public var link: UInt32
  /// The address at the other end of a point-to-point link.
  public var peer: IPAddress?
  /// The broadcast address of the network. The kernel adds none by itself. IPv4.
  public var broadcast: IPAddress?
  public var scope: Scope
  public var flags: AddressFlags
  /// A label, which starts with the name of the link. Only in replies; IPv4.
  public internal(set) var label: String?

  public init(
    _ network: IPNetwork, link: UInt32, peer: IPAddress? = nil, broadcast: IPAddress? = nil, scope: Scope = .universe,
    flags: AddressFlags = []
  ) {
    self.network = network
    self.link = link
    self.peer = peer
    self.broadcast = broadcast
    self.scope = scope
    self.flags = flags
  }

  /// The address without its prefix length.
  public var address: IPAddress { network.address }
  /// Whether it is IPv4 or IPv6.
  public var family: AddressFamily { network.family }

  func write(to buffer: inout MessageBuffer) {
    writeHeader(to: &buffer)
    buffer.attribute(IFA_LOCAL, address)
    if flags.rawValue > 0xff { buffer.attribute(IFA_FLAGS, flags.rawValue) }
    buffer.attribute(IFA_ADDRESS, peer ?? address)
    if let broadcast { buffer.attribute(IFA_BROADCAST, broadcast) }
  }

  /// Writes what identifies the address: a deletion ignores flags and broadcast.
  func writeIdentity(to buffer: inout MessageBuffer) {
    writeHeader(to: &buffer)
    buffer.attribute(IFA_LOCAL, address)
    buffer.attribute(IFA_ADDRESS, peer ?? address)
  }

  /// Writes struct ifaddrmsg.
  private func writeHeader(to buffer: inout MessageBuffer) {
    buffer.append(family.rawValue)
    buffer.append(network.prefixLength)
    // The field has 8 bits. If a flag needs more, all flags go into an attribute, as ip does it.
    buffer.append(flags.rawValue > 0xff ? 0 : UInt8(truncatingIfNeeded: flags.rawValue))
    buffer.append(scope.rawValue)
    buffer.append(link)
  }

  /// Reads a message; nil if it is about another family, or not about an existing address.
  init?(_ message: borrowing ReplyMessage) throws(MalformedMessage) {
    guard message.header.type == RTM_NEWADDR else { return nil }
    let payload = message.payload
    var attributes = try payload.attributes(after: ifaddrmsgSize)
    guard let family = payload.integer(at: 0, as: UInt8.self),
      let prefixLength = payload.integer(at: 1, as: UInt8.self),
      let shortFlags = payload.integer(at: 2, as: UInt8.self), let scope = payload.integer(at: 3, as: UInt8.self),
      let link = payload.integer(at: 4, as: UInt32.self)
    else { throw MalformedMessage("struct ifaddrmsg") }
    guard let family = AddressFamily(rawValue: family) else { return nil }
    self.link = link
    self.scope = Scope(rawValue: scope)
    flags = AddressFlags(rawValue: UInt32(shortFlags))
    var local: IPAddress?
    var address: IPAddress?
    while let attribute = try attributes.next() {
      switch attribute.type {
      case IFA_LOCAL: local = IPAddress(bytes: attribute.bytes)
      case IFA_ADDRESS: address = IPAddress(bytes: attribute.bytes)
      case IFA_BROADCAST: broadcast = IPAddress(bytes: attribute.bytes)
      case IFA_LABEL: label = attribute.string
      case IFA_FLAGS: flags = AddressFlags(rawValue: try attribute.integer())
      default: break
      }
    }
    // For IPv6 the kernel sends IFA_LOCAL only if there is a peer.
    guard let own = local ?? address else { throw MalformedMessage("address without IFA_LOCAL and IFA_ADDRESS") }
    guard own.family == family, let network = IPNetwork(address: own, prefixLength: prefixLength) else {
      throw MalformedMessage("\(family) address \(own)/\(prefixLength)")
    }
    self.network = network
    if let address, address != own { peer = address }
  }
}
