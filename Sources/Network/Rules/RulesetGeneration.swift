import LinuxSystem
import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// The ruleset generation, a number that the kernel changes with every change of the rules. A launch on an existing
/// network must know whether all rules are still there: nsrun's own, those that masquerade a foreign bridge, and those
/// in chains that drop. Checking them all takes half as long as a launch. One query for the generation shows whether
/// that is necessary.
struct RulesetGeneration {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Whether no rule on the host has changed since verify() found all rules for a bridge.
  func isUnchanged(for bridge: InterfaceName) throws(NetworkError) -> Bool {
    guard let verified = verifiedGeneration(of: bridge) else { return false }
    return try current() == verified
  }

  /// Checks all rules and adds missing ones, until none is missing.
  /// - Parameters:
  ///   - generation: the generation when the caller began its own checks; nil for the current one.
  ///   - makeWhatIsMissing: adds missing rules; its argument tells whether this is the first call.
  func verify(
    for bridge: InterfaceName, since generation: UInt32?,
    _ makeWhatIsMissing: (_ isFirst: Bool) throws(NetworkError) -> Void
  ) throws(NetworkError) {
    // If a rule was missing, the second pass confirms the result. If other programs keep changing rules, the next
    // launch checks again.
    for attempt in 1...3 {
      let before = if attempt == 1, let generation { generation } else { try current() }
      try makeWhatIsMissing(attempt == 1)
      if try current() == before { return try remember(before, for: bridge) }
    }
  }

  /// Makes one transaction that keeps a complete ruleset complete.
  func change(for bridge: InterfaceName, _ change: () throws(NetworkError) -> Void) throws(NetworkError) {
    let before = try current()
    try change()
    // If the generation grew by more than one, another program has changed rules in between.
    guard verifiedGeneration(of: bridge) == before, try current() == before &+ 1 else { return }
    try remember(before &+ 1, for: bridge)
  }

  /// The kernel's current generation of the ruleset.
  func current() throws(NetworkError) -> UInt32 {
    try host.nftables { (nft) throws(NetlinkError) in try nft.generation() }
  }

  private func remember(_ generation: UInt32, for bridge: InterfaceName) throws(NetworkError) {
    try system { () throws(SystemError) in
      try host.state.overwrite(host.state.generation(of: bridge), in: host.state.generations, with: "\(generation)")
    }
  }

  private func verifiedGeneration(of bridge: InterfaceName) -> UInt32? {
    (try? readText(host.state.generation(of: bridge))).flatMap { UInt32($0) }
  }
}
