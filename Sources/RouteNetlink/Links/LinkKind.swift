import Netlink

/// A kind of link, with the settings that no other kind has (IFLA_LINKINFO). The code to write, read and trace the
/// settings of a kind is in a file of its own beside this one.
public enum LinkKind: Hashable, Sendable {
  case bridge(BridgeOptions)
  case macvlan(MacvlanOptions)
  case veth(VethPeer)
  /// A kind without settings, or with settings that this library does not know, by the kernel's name.
  case other(String)

  /// The kernel's name for it.
  public var name: String {
    switch self {
    case .bridge: "bridge"
    case .macvlan: "macvlan"
    case .veth: "veth"
    case .other(let name): name
    }
  }

  /// Reads the settings of a link from a reply.
  /// - Parameter data: IFLA_INFO_DATA.
  init(_ name: String, _ data: borrowing Attribute) throws(MalformedMessage) {
    switch name {
    case "bridge": self = .bridge(try BridgeOptions(data))
    case "macvlan": self = .macvlan(try MacvlanOptions(data))
    default: self = .other(name)
    }
  }

  /// Writes the contents of IFLA_INFO_DATA.
  func write(to buffer: inout MessageBuffer) {
    switch self {
    case .bridge(let options): options.write(to: &buffer)
    case .macvlan(let options): options.write(to: &buffer)
    case .veth(let peer): peer.writeData(to: &buffer)
    case .other: break
    }
  }

  /// The schemas of IFLA_INFO_DATA, for traces.
  static let schemas = ["bridge": BridgeOptions.schema, "macvlan": MacvlanOptions.schema, "veth": VethPeer.schema]
}
