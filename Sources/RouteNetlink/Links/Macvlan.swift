import NetTypes
import Netlink

/// The settings of a macvlan, which is a link with its own MAC address on another link (IFLA_MACVLAN_* in
/// linux/if_link.h). In a reply, nil means that the kernel did not report the setting.
public struct MacvlanOptions: Hashable, Sendable {
  /// Which other macvlans are reachable, besides the network beyond the lower link (MACVLAN_MODE_*). The lower link
  /// itself is never reachable.
  public enum Mode: UInt32, Sendable {
    /// No other macvlan.
    case isolated = 1
    /// Other macvlans on the same lower link, if the switch beyond it sends frames back.
    case vepa = 2
    /// Other macvlans on the same lower link.
    case bridge = 4
    /// None: this macvlan has the lower link to itself, and takes over its MAC address.
    case passthru = 8
  }

  /// In a request, nil is the kernel's default, ``Mode/vepa``.
  public var mode: Mode?

  public init(mode: Mode? = nil) { self.mode = mode }

  func write(to buffer: inout MessageBuffer) {
    if let mode { buffer.attribute(IFLA_MACVLAN_MODE, mode.rawValue) }
  }

  init(_ data: borrowing Attribute) throws(MalformedMessage) {
    self.init()
    var attributes = data.attributes
    while let attribute = try attributes.next() {
      if attribute.type == IFLA_MACVLAN_MODE { mode = Mode(rawValue: try attribute.integer()) }
    }
  }

  static let schema = AttributeSchema([
    IFLA_MACVLAN_MODE: .init(
      "IFLA_MACVLAN_MODE",
      .named([
        1: "MACVLAN_MODE_PRIVATE", 2: "MACVLAN_MODE_VEPA", 4: "MACVLAN_MODE_BRIDGE", 8: "MACVLAN_MODE_PASSTHRU",
        16: "MACVLAN_MODE_SOURCE",
      ])),
    2: .init("IFLA_MACVLAN_FLAGS", .bits([(1, "MACVLAN_FLAG_NOPROMISC"), (2, "MACVLAN_FLAG_NODST")])),
    3: .init("IFLA_MACVLAN_MACADDR_MODE", .unsigned), 4: .init("IFLA_MACVLAN_MACADDR", .linkAddress),
    5: .init("IFLA_MACVLAN_MACADDR_DATA", .hex), 6: .init("IFLA_MACVLAN_MACADDR_COUNT", .unsigned),
    7: .init("IFLA_MACVLAN_BC_QUEUE_LEN", .unsigned), 8: .init("IFLA_MACVLAN_BC_QUEUE_LEN_USED", .unsigned),
    9: .init("IFLA_MACVLAN_BC_CUTOFF", .signed),
  ])
}

private let IFLA_MACVLAN_MODE: UInt16 = 1
