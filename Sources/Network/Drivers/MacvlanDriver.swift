import RouteNetlink

/// A macvlan: a link with a MAC address of its own on a link of the host. The host itself is never reachable through it.
enum MacvlanDriver: LinkDriver {
  /// Which other macvlans on the same link are reachable: all, none, or all if the switch beyond the link sends frames
  /// back (IEEE 802.1Qbg).
  static let settings = [LinkSetting(key: mode, values: ["bridge", "private", "vepa"])]
  private static let mode = "mode"

  static let kernelKinds = ["macvlan", "macvtap"]

  static func link(_ connection: LinkConnection) -> LinkSpecification {
    let mode: MacvlanOptions.Mode =
      switch connection.settings[Self.mode] {
      case "private": .isolated
      case "vepa": .vepa
      default: .bridge
      }
    return .macvlan(connection.inside.interface, on: connection.lowerIndex, options: MacvlanOptions(mode: mode))
  }
}
