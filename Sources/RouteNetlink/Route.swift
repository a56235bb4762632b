import NetTypes
import Netlink

/// A way to a destination.
public struct Route: Hashable, Sendable {
  /// What is done with a packet (RTN_* in linux/rtnetlink.h).
  public enum Kind: UInt8, Sendable, CustomStringConvertible {
    /// For a query or to delete: any.
    case unspecified = 0
    /// Sent on.
    case unicast = 1
    /// Delivered on this machine.
    case local = 2
    /// Delivered here and sent as broadcast.
    case broadcast = 3
    /// To one of several machines with the same address.
    case anycast = 4
    /// To a group.
    case multicast = 5
    /// Dropped without a word.
    case blackhole = 6
    /// Dropped, and the sender told that there is no way.
    case unreachable = 7
    /// Dropped, and the sender told that it is forbidden.
    case prohibit = 8
    /// Not found in this table: the next one is asked.
    case `throw` = 9
    /// Addresses are translated.
    case nat = 10
    /// An external resolver is asked.
    case externalResolve = 11

    /// As ip(8) prints it.
    public var description: String {
      switch self {
      case .unspecified: "none"
      case .unicast: "unicast"
      case .local: "local"
      case .broadcast: "broadcast"
      case .anycast: "anycast"
      case .multicast: "multicast"
      case .blackhole: "blackhole"
      case .unreachable: "unreachable"
      case .prohibit: "prohibit"
      case .throw: "throw"
      case .nat: "nat"
      case .externalResolve: "xresolve"
      }
    }
  }

  /// RT_TABLE_MAIN, the table of ordinary routes.
  public static let mainTable: UInt32 = 254
  /// RT_TABLE_LOCAL, in which the kernel keeps what is delivered on this machine.
  public static let localTable: UInt32 = 255

  /// Where packets go to; nil for all that no other route matches.
  public var destination: IPNetwork?
  public var family: AddressFamily
  /// The neighbour they are given to; of either family (an IPv4 route via IPv6 needs Linux 5.2).
  public var gateway: IPAddress?
  /// The interface index of the link they leave by.
  public var link: UInt32?
  /// The source address they get where the sender chose none.
  public var preferredSource: IPAddress?
  public var table: UInt32
  /// Who made the route: 2 the kernel, 3 boot (what ip uses), 4 static (RTPROT_*).
  public var protocolNumber: UInt8
  public var scope: Scope
  public var type: Kind
  /// The lower of two is preferred. IPv6 makes 1024 of nil.
  public var metric: UInt32?
  /// Whether the gateway is taken to be on the link even where no route says so (RTNH_F_ONLINK).
  public var isOnLink: Bool
  /// Whether it goes several ways at once. Only in replies.
  public internal(set) var isMultipath = false
  /// The neighbours that packets are given to where it goes several ways at once. Only in replies.
  public internal(set) var multipathGateways: [IPAddress] = []
  /// The MTU of the way in bytes, where it has one other than its link's (RTAX_MTU). Only in replies.
  public internal(set) var mtu: UInt32?

  /// - Parameters:
  ///   - destination: host bits must be zero, else the kernel refuses it; nil for the default route.
  ///   - scope: nil for what ip(8) derives: for IPv4 host for local routes, link for those without a gateway; else
  ///     universe.
  public init(
    to destination: IPNetwork?, family: AddressFamily, via gateway: IPAddress? = nil, link: UInt32? = nil,
    preferredSource: IPAddress? = nil, table: UInt32 = mainTable, protocolNumber: UInt8 = 3, scope: Scope? = nil,
    type: Kind = .unicast, metric: UInt32? = nil, isOnLink: Bool = false
  ) {
    self.destination = destination
    self.family = family
    self.gateway = gateway
    self.link = link
    self.preferredSource = preferredSource
    self.table = table
    self.protocolNumber = protocolNumber
    self.scope = scope ?? Self.usualScope(family, type, hasGateway: gateway != nil)
    self.type = type
    self.metric = metric
    self.isOnLink = isOnLink
  }

  private static func usualScope(_ family: AddressFamily, _ type: Kind, hasGateway: Bool) -> Scope {
    guard family == .inet else { return .universe }
    return switch type {
    case .local, .nat: .host
    case .broadcast, .multicast, .anycast: .link
    case .unicast, .unspecified: hasGateway ? .universe : .link
    default: .universe
    }
  }

  /// `default via 10.64.1.1`, `10.77.0.0/16`: what it is called in an error.
  var subject: String {
    let target = destination.map { "\($0)" } ?? "default"
    return gateway.map { "\(target) via \($0)" } ?? target
  }

  func write(to buffer: inout MessageBuffer) {
    buffer.append(family.rawValue)
    buffer.append(destination?.prefixLength ?? 0)
    buffer.append(UInt16(0))  // rtm_src_len, rtm_tos
    buffer.append(table > 255 ? 0 : UInt8(truncatingIfNeeded: table))
    buffer.append(protocolNumber)
    buffer.append(scope.rawValue)
    buffer.append(type.rawValue)
    buffer.append(isOnLink ? RTNH_F_ONLINK : 0)
    if let destination { buffer.attribute(RTA_DST, destination.address) }
    if let gateway {
      if gateway.family == family {
        buffer.attribute(RTA_GATEWAY, gateway)
      } else {
        buffer.attribute(RTA_VIA) {
          $0.append(UInt16(gateway.family.rawValue))
          $0.append(gateway)
        }
      }
    }
    if let preferredSource { buffer.attribute(RTA_PREFSRC, preferredSource) }
    if let metric { buffer.attribute(RTA_PRIORITY, metric) }
    if table > 255 { buffer.attribute(RTA_TABLE, table) }
    if let link { buffer.attribute(RTA_OIF, link) }
  }

  /// Reads a message; nil where it is about another family, or not about a route that exists.
  init?(_ message: borrowing ReplyMessage) throws(MalformedMessage) {
    guard message.header.type == RTM_NEWROUTE else { return nil }
    let payload = message.payload
    var attributes = try payload.attributes(after: rtmsgSize)
    guard let familyNumber = payload.integer(at: 0, as: UInt8.self),
      let prefixLength = payload.integer(at: 1, as: UInt8.self), let table = payload.integer(at: 4, as: UInt8.self),
      let protocolNumber = payload.integer(at: 5, as: UInt8.self), let scope = payload.integer(at: 6, as: UInt8.self),
      let typeNumber = payload.integer(at: 7, as: UInt8.self), let flags = payload.integer(at: 8, as: UInt32.self)
    else { throw MalformedMessage("struct rtmsg") }
    // A dump of all families also lists multicast routing (128, 129) and MPLS.
    guard let family = AddressFamily(rawValue: familyNumber) else { return nil }
    guard let type = Kind(rawValue: typeNumber) else { throw MalformedMessage("route of type \(typeNumber)") }
    self.family = family
    self.type = type
    self.table = UInt32(table)
    self.protocolNumber = protocolNumber
    self.scope = Scope(rawValue: scope)
    isOnLink = flags & RTNH_F_ONLINK != 0
    var target: IPAddress?
    while let attribute = try attributes.next() {
      switch attribute.type {
      case RTA_DST: target = IPAddress(bytes: attribute.bytes)
      case RTA_GATEWAY: gateway = IPAddress(bytes: attribute.bytes)
      case RTA_VIA: gateway = IPAddress(bytes: attribute.bytes.dropFirst(2))
      case RTA_PREFSRC: preferredSource = IPAddress(bytes: attribute.bytes)
      case RTA_PRIORITY: metric = try attribute.integer()
      case RTA_TABLE: self.table = try attribute.integer()
      case RTA_OIF: link = try attribute.integer()
      case RTA_MULTIPATH:
        isMultipath = true
        multipathGateways = try Self.gateways(ofWays: attribute)
      case RTA_METRICS: mtu = try Self.mtu(ofMetrics: attribute)
      default: break
      }
    }
    if let target {
      guard target.family == family, let network = IPNetwork(address: target, prefixLength: prefixLength) else {
        throw MalformedMessage("\(family) route to \(target)/\(prefixLength)")
      }
      destination = network
    } else if prefixLength != 0 {
      throw MalformedMessage("route of prefix length \(prefixLength) without RTA_DST")
    }
  }

  private static func mtu(ofMetrics metrics: borrowing Attribute) throws(MalformedMessage) -> UInt32? {
    var metrics = metrics.attributes
    while let metric = try metrics.next() {
      if metric.type == RTAX_MTU { return try metric.integer() }
    }
    return nil
  }

  /// Reads RTA_MULTIPATH: for each way a struct rtnexthop, whose length counts the attributes after it.
  private static func gateways(ofWays ways: borrowing Attribute) throws(MalformedMessage) -> [IPAddress] {
    let payload = ways.payload
    var gateways: [IPAddress] = []
    var start = 0
    while start < payload.byteCount {
      guard let length = payload.integer(at: start, as: UInt16.self).map(Int.init), length >= rtnexthopSize,
        start + length <= payload.byteCount
      else { throw MalformedMessage("struct rtnexthop") }
      var attributes = try payload.extracting(start..<(start + length)).attributes(after: rtnexthopSize)
      while let attribute = try attributes.next() {
        switch attribute.type {
        case RTA_GATEWAY: IPAddress(bytes: attribute.bytes).map { gateways.append($0) }
        case RTA_VIA: IPAddress(bytes: attribute.bytes.dropFirst(2)).map { gateways.append($0) }
        default: break
        }
      }
      start += (length + 3) & ~3
    }
    return gateways
  }
}
