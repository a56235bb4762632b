import NetTypes
import Netlink

/// The settings of a macvlan: a link with a MAC address of its own on another link (IFLA_MACVLAN_* in linux/if_link.h).
/// In a reply, what is nil the kernel did not tell.
public struct MacvlanOptions: Hashable, Sendable {
  /// Who may be reached beside what is beyond the lower link (MACVLAN_MODE_*). The lower link itself never is.
  public enum Mode: UInt32, Sendable {
    /// No other macvlan.
    case isolated = 1
    /// Others of the same lower link, if the switch beyond it sends frames back.
    case vepa = 2
    /// Others of the same lower link.
    case bridge = 4
    /// None: the lower link is this one's alone, which takes its MAC address.
    case passthru = 8
  }

  /// nil in a request for the kernel's choice, ``Mode/vepa``.
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
