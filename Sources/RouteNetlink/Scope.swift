/// How far an address or a route reaches (RT_SCOPE_* in linux/rtnetlink.h).
public struct Scope: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Everywhere.
  public static let universe = Scope(rawValue: 0)
  /// Inside a site, a scope that IPv6 once had.
  public static let site = Scope(rawValue: 200)
  /// On the link.
  public static let link = Scope(rawValue: 253)
  /// On this machine.
  public static let host = Scope(rawValue: 254)
  /// Nowhere; in the deletion of a route, any scope.
  public static let nowhere = Scope(rawValue: 255)

  /// The scope as ip(8) prints it; a number for any other scope.
  public var description: String {
    switch self {
    case .universe: "global"
    case .site: "site"
    case .link: "link"
    case .host: "host"
    case .nowhere: "nowhere"
    default: "\(rawValue)"
    }
  }
}
