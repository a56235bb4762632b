/// An IPv4 parameter that each link has of its own (enum of IPV4_DEVCONF_*, linux/ip.h), as in net.ipv4.conf.LINK.*.
/// The kernel's documentation explains them in ip-sysctl.
public enum IPv4LinkParameter: UInt16, CaseIterable, Sendable {
  case forwarding = 1
  case proxyARP = 3
  case acceptRedirects = 4
  case secureRedirects = 5
  case sendRedirects = 6
  case sharedMedia = 7
  case reversePathFilter = 8
  case acceptSourceRoute = 9
  case logMartians = 11
  case arpFilter = 13
  case arpAnnounce = 18
  case arpIgnore = 19
  case promoteSecondaries = 20
  case arpAccept = 21
  case arpNotify = 22
  case acceptLocal = 23
  case sourceMark = 24
  case routeLocalnet = 26

  /// The last component of the kernel parameter's name.
  public var name: String {
    switch self {
    case .forwarding: "forwarding"
    case .proxyARP: "proxy_arp"
    case .acceptRedirects: "accept_redirects"
    case .secureRedirects: "secure_redirects"
    case .sendRedirects: "send_redirects"
    case .sharedMedia: "shared_media"
    case .reversePathFilter: "rp_filter"
    case .acceptSourceRoute: "accept_source_route"
    case .logMartians: "log_martians"
    case .arpFilter: "arp_filter"
    case .arpAnnounce: "arp_announce"
    case .arpIgnore: "arp_ignore"
    case .promoteSecondaries: "promote_secondaries"
    case .arpAccept: "arp_accept"
    case .arpNotify: "arp_notify"
    case .acceptLocal: "accept_local"
    case .sourceMark: "src_valid_mark"
    case .routeLocalnet: "route_localnet"
    }
  }
}

/// An IPv4 parameter and the value to set on a link.
public struct IPv4LinkSetting: Hashable, Sendable {
  public var parameter: IPv4LinkParameter
  public var value: UInt32

  public init(_ parameter: IPv4LinkParameter, _ value: UInt32) {
    self.parameter = parameter
    self.value = value
  }
}
