import Netlink

/// A kind of link, with the settings that no other kind has (IFLA_LINKINFO). How they are written, read and traced stands in
/// a file of their own beside this one.
public enum LinkKind: Hashable, Sendable {
  case bridge(BridgeOptions)
  case macvlan(MacvlanOptions)
  case veth(VethPeer)
  /// One without settings, or whose settings are not known here, by the kernel's name.
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

  /// Reads what the kernel tells of a link.
  /// - Parameter data: IFLA_INFO_DATA.
  init(_ name: String, _ data: borrowing Attribute) throws(MalformedMessage) {
    switch name {
    case "bridge": self = .bridge(try BridgeOptions(data))
    case "macvlan": self = .macvlan(try MacvlanOptions(data))
    default: self = .other(name)
    }
  }

  /// Whether there is anything to write.
  var hasData: Bool {
    switch self {
    case .bridge(let options): !options.isEmpty
    case .macvlan(let options): options != MacvlanOptions()
    case .veth: true
    case .other: false
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

  /// How IFLA_INFO_DATA is shown in a trace.
  static let schemas = ["bridge": BridgeOptions.schema, "macvlan": MacvlanOptions.schema, "veth": VethPeer.schema]
}
