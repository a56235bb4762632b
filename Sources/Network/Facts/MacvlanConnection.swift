import NetTypes

/// What is known of a sandbox's macvlan.
public struct MacvlanConnection: Equatable, Sendable {
  public var inside: InsideLink
  /// The link of the host on which it is, by its name when the sandbox was made.
  public var lower: InterfaceName
  /// The index of that link, which a new name does not change.
  var lowerIndex: UInt32
  public var mode: MacvlanSpec.Mode

  /// The lines of its record, besides the target's and those of the link inside.
  var lines: [(String, String)] { [("lower-index", "\(lowerIndex)"), ("mode", mode.rawValue)] }
}

extension MacvlanConnection {
  init?(_ reader: Connection.Reader, _ lower: InterfaceName, _ inside: InsideLink) {
    guard let index = reader.text("lower-index").flatMap({ UInt32($0) }),
      let mode = reader.text("mode").flatMap(MacvlanSpec.Mode.init(rawValue:))
    else { return nil }
    self.init(inside: inside, lower: lower, lowerIndex: index, mode: mode)
  }
}
