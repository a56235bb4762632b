import NetTypes

/// What is known of a sandbox's link that exists inside only, on a link of the host.
public struct LinkConnection: Equatable, Sendable {
  public var kind: ConnectionKind
  public var inside: InsideLink
  /// The link of the host on which it is, by its name when the sandbox was made.
  public var lower: InterfaceName
  /// The index of that link, which a new name does not change.
  var lowerIndex: UInt32
  /// The values of the settings that its kind has.
  public var settings: [String: String]

  /// The settings in the order of their kind.
  var sortedSettings: [(String, String)] {
    kind.settings.compactMap { setting in settings[setting.key].map { (setting.key, $0) } }
  }

  /// The lines of its record, besides the target's and those of the link inside.
  var lines: [(String, String)] { [("lower-index", "\(lowerIndex)")] + sortedSettings }
}

extension LinkConnection {
  init?(_ reader: Connection.Reader, _ target: ConnectionTarget, _ inside: InsideLink) {
    guard let index = reader.text("lower-index").flatMap({ UInt32($0) }) else { return nil }
    var settings: [String: String] = [:]
    for setting in target.kind.settings {
      guard let value = reader.text(setting.key), setting.values.contains(value) else { return nil }
      settings[setting.key] = value
    }
    self.init(kind: target.kind, inside: inside, lower: target.link, lowerIndex: index, settings: settings)
  }
}
