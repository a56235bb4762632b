import NetTypes
import Netlink

/// A route to a destination.
public struct Route: Hashable, Sendable {
  /// What the kernel does with a packet (RTN_* in linux/rtnetlink.h).
  public enum Kind: UInt8, Sendable, CustomStringConvertible {
    /// Any type, in a query or a deletion.
    case unspecified = 0
    /// Sent to its destination.
    case unicast = 1
    /// Delivered on this machine.
    case local = 2
    /// Delivered here and sent as broadcast.
    case broadcast = 3
    /// Sent to one of several machines with the same address.
    case anycast = 4
    /// Sent to a group.
    case multicast = 5
    /// Dropped silently.
    case blackhole = 6
    /// Dropped; the kernel tells the sender that the destination is unreachable.
    case unreachable = 7
    /// Dropped; the kernel tells the sender that the destination is forbidden.
    case prohibit = 8
    /// Not found in this table: the lookup continues in the next one.
    case `throw` = 9
    /// Addresses are translated.
    case nat = 10
    /// An external resolver decides.
    case externalResolve = 11

    /// The type as ip(8) prints it.
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
  /// RT_TABLE_LOCAL, the kernel's table of addresses that it delivers on this machine.
  public static let localTable: UInt32 = 255

  /// The destination of packets; nil for the default route.
  public var destination: IPNetwork?
  public var family: AddressFamily
  /// The next hop; of either family (an IPv4 route via IPv6 needs Linux 5.2).
  public var gateway: IPAddress?
  /// The interface index of the outgoing link.
  public var link: UInt32?
  /// The source address of packets whose sender chose none.
  public var preferredSource: IPAddress?
  public var table: UInt32
  /// The origin of the route: 2 the kernel, 3 boot (what ip uses), 4 static (RTPROT_*).
  public var protocolNumber: UInt8
  public var scope: Scope
  public var type: Kind
  /// The lower metric of two routes is preferred. IPv6 uses 1024 for nil.
  public var metric: UInt32?
  /// Whether the kernel takes the gateway to be on the link even if no route says so (RTNH_F_ONLINK).
  public var isOnLink: Bool
  /// Whether the route has several next hops. Only in replies.
  public internal(set) var isMultipath = false
  /// The gateways of a route with several next hops. Only in replies.
  public internal(set) var multipathGateways: [IPAddress] = []
  /// The MTU of the route in bytes, if it differs from that of its link (RTAX_MTU). Only in replies.
  public internal(set) var mtu: UInt32?

  /// - Parameters:
  ///   - destination: nil for the default route. The kernel refuses a destination whose host bits are not zero.
  ///   - scope: nil for the scope that ip(8) derives. For IPv4 that is host for local routes and link for those without
  ///     a gateway; else universe.
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

  /// The name of the route in an error: `default via 10.64.1.1`, `10.77.0.0/16`.
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

  /// Reads a message; nil if it is about another family, or not about an existing route.
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

  /// Reads RTA_MULTIPATH: a struct rtnexthop for each next hop, whose length includes the attributes after it.
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
