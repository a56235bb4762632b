import NetTypes

/// The connection of a sandbox to a bridge, by a veth pair.
public struct BridgeConnection: Equatable, Sendable {
  /// Which rules masquerade packets that leave the bridge.
  public enum Translation: String, Sendable {
    /// A rule for all packets from the bridge, which is nsrun's.
    case bridge
    /// An element for this sandbox's address, because the bridge is foreign.
    case address
    /// Existing rules of the host.
    case host
  }

  public var inside: InsideLink
  public var bridge: InterfaceName
  /// The host's own address on the bridge.
  var hostAddress: IPAddress?
  /// The host end of the veth pair.
  public var hostLink: InterfaceName
  public var egress: NetworkSpec.Egress
  public var translation: Translation

  public var address: IPNetwork { inside.address }

  /// The addresses of the host on the bridge that the sandbox reaches, that of IPv4 first.
  package var hostAddresses: [IPAddress] {
    let address6 = egress == .internal ? nil : inside.ipv6.map { NetworkRecord.OwnBridge.address6(in: $0.address) }
    return [inside.hasIPv4 ? hostAddress : nil, address6?.address].compactMap { $0 }
  }

  /// The first characters of the name of every host end of a veth pair. Rules match them.
  static let hostLinkPrefix = "nsrun-"

  /// The lines of its record, besides the target's and those of the link inside.
  var lines: [(String, String)] {
    [("host-link", hostLink.text), ("egress", egress.rawValue), ("translation", translation.rawValue)]
      + (hostAddress.map { [("host-address", "\($0)")] } ?? [])
  }
}

extension BridgeConnection {
  init?(_ reader: Connection.Reader, _ bridge: InterfaceName, _ inside: InsideLink) {
    guard let hostLink = reader.link("host-link"),
      hostLink.text.hasPrefix(Self.hostLinkPrefix),
      let egress = reader.text("egress").flatMap(NetworkSpec.Egress.init(rawValue:)),
      let translation = reader.text("translation").flatMap(Translation.init(rawValue:))
    else { return nil }
    self.init(
      inside: inside, bridge: bridge, hostAddress: reader.address("host-address"), hostLink: hostLink, egress: egress,
      translation: translation)
  }
}
