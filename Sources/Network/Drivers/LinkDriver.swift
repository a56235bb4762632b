import RouteNetlink

/// A kind of link that exists inside only, on a link of the host (``LinkConnection``): what it alone has.
protocol LinkDriver {
  static var settings: [LinkSetting] { get }

  /// The kernel's names of the kinds of links that are deleted before the namespace ends: of those that nsrun makes, and
  /// of those that root inside can make on top of them, which the kernel puts on the link of the host too.
  static var kernelKinds: [String] { get }

  /// The link to create. What all kinds have is added to it.
  static func link(_ connection: LinkConnection) -> LinkSpecification
}

/// A setting that only some kinds of links have.
public struct LinkSetting: Sendable {
  public let key: String
  /// The values that it can have, the default first.
  public let values: [String]
}

extension ConnectionKind {
  /// nil for a bridge: its ports are on the host.
  var driver: (any LinkDriver.Type)? {
    switch self {
    case .bridge: nil
    case .macvlan: MacvlanDriver.self
    }
  }

  /// The settings that this kind has besides those of all kinds.
  public var settings: [LinkSetting] { driver?.settings ?? [] }
}
