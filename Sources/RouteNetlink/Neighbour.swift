import NetTypes
import Netlink

/// The state of a neighbour entry (NUD_* in linux/neighbour.h).
public struct NeighbourState: OptionSet, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// NUD_INCOMPLETE: the link-layer address is being resolved.
  public static let incomplete = NeighbourState(rawValue: 0x01)
  /// NUD_REACHABLE: confirmed recently.
  public static let reachable = NeighbourState(rawValue: 0x02)
  /// NUD_STALE: not confirmed recently.
  public static let stale = NeighbourState(rawValue: 0x04)
  /// NUD_DELAY: in use again, waiting for a confirmation.
  public static let delay = NeighbourState(rawValue: 0x08)
  /// NUD_PROBE: the link-layer address is being resolved again.
  public static let probe = NeighbourState(rawValue: 0x10)
  /// NUD_FAILED: no host answered.
  public static let failed = NeighbourState(rawValue: 0x20)
  /// NUD_NOARP: needs no resolution.
  public static let noARP = NeighbourState(rawValue: 0x40)
  /// NUD_PERMANENT: set by an administrator, never expires.
  public static let permanent = NeighbourState(rawValue: 0x80)

  private static let names: [(NeighbourState, String)] = [
    (.incomplete, "incomplete"), (.reachable, "reachable"), (.stale, "stale"), (.delay, "delay"), (.probe, "probe"),
    (.failed, "failed"), (.noARP, "noarp"), (.permanent, "permanent"),
  ]

  /// The state as ip(8) prints it, in lower case.
  public var description: String {
    isEmpty ? "none" : Self.names.filter { contains($0.0) }.map(\.1).joined(separator: ",")
  }
}

/// The flags of a neighbour entry (NTF_* in linux/neighbour.h).
public struct NeighbourFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// NTF_USE: the kernel is to start a lookup.
  public static let use = NeighbourFlags(rawValue: 0x01)
  /// NTF_PROXY: this machine answers for the address.
  public static let proxy = NeighbourFlags(rawValue: 0x08)
  /// NTF_EXT_LEARNED: a control plane maintains the entry.
  public static let externallyLearned = NeighbourFlags(rawValue: 0x10)
  /// NTF_ROUTER: the neighbour is a router. IPv6.
  public static let router = NeighbourFlags(rawValue: 0x80)
}

/// A host on the same link, with its IP and link-layer address (an entry of ARP or of IPv6 neighbour discovery).
public struct Neighbour: Hashable, Sendable {
  public var address: IPAddress
  /// nil if it is not known, and for proxies.
  public var linkAddress: MACAddress?
  /// The interface index of the link.
  public var link: UInt32
  public var state: NeighbourState
  public var flags: NeighbourFlags

  public init(
    _ address: IPAddress, linkAddress: MACAddress?, link: UInt32, state: NeighbourState = .permanent,
    flags: NeighbourFlags = []
  ) {
    self.address = address
    self.linkAddress = linkAddress
    self.link = link
    self.state = state
    self.flags = flags
  }

  func write(to buffer: inout MessageBuffer) {
    writeIdentity(to: &buffer)
    if let linkAddress { buffer.attribute(NDA_LLADDR, linkAddress) }
  }

  /// Writes what identifies the entry.
  func writeIdentity(to buffer: inout MessageBuffer) {
    buffer.append(UInt32(address.family.rawValue))  // ndm_family, padding
    buffer.append(link)
    buffer.append(state.rawValue)
    buffer.append(flags.rawValue)
    buffer.append(UInt8(0))  // ndm_type
    buffer.attribute(NDA_DST, address)
  }

  /// Reads a message; nil if it is about another family, or not about an existing entry.
  init?(_ message: borrowing ReplyMessage) throws(MalformedMessage) {
    guard message.header.type == RTM_NEWNEIGH else { return nil }
    let payload = message.payload
    var attributes = try payload.attributes(after: ndmsgSize)
    guard let family = payload.integer(at: 0, as: UInt8.self), let link = payload.integer(at: 4, as: UInt32.self),
      let state = payload.integer(at: 8, as: UInt16.self), let flags = payload.integer(at: 10, as: UInt8.self)
    else { throw MalformedMessage("struct ndmsg") }
    guard let family = AddressFamily(rawValue: family) else { return nil }
    self.link = link
    self.state = NeighbourState(rawValue: state)
    self.flags = NeighbourFlags(rawValue: flags)
    var address: IPAddress?
    while let attribute = try attributes.next() {
      switch attribute.type {
      case NDA_DST: address = IPAddress(bytes: attribute.bytes)
      case NDA_LLADDR: linkAddress = MACAddress(bytes: attribute.bytes)
      default: break
      }
    }
    guard let address, address.family == family else { throw MalformedMessage("\(family) neighbour without NDA_DST") }
    self.address = address
  }
}
