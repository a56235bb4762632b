import LinuxSystem
import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// A launch on a network that stands needs to know whether the rules still are as its maker left them: nsrun's own,
/// those by which the owner of a foreign bridge masquerades, those in chains that drop. Looking at them all takes as long
/// as half a launch; the kernel's number of the ruleset tells in one question whether there is anything to look at.
struct RulesetGeneration {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Whether nobody has changed any rule on the host since nothing was missing for a bridge.
  func isUnchanged(for bridge: InterfaceName) throws(SandboxError) -> Bool {
    guard let verified = verifiedGeneration(of: bridge) else { return false }
    return try current() == verified
  }

  /// Looks at all rules and makes what is missing, until nothing is.
  /// - Parameters:
  ///   - generation: the number of the rules when the caller began to look; nil for now.
  ///   - makeWhatIsMissing: is told whether it is called for the first time.
  func verify(
    for bridge: InterfaceName, since generation: UInt32?,
    _ makeWhatIsMissing: (_ isFirst: Bool) throws(SandboxError) -> Void
  ) throws(SandboxError) {
    // Twice where something was missing. Others may go on changing rules; then the next launch looks again.
    for attempt in 1...3 {
      let before = if attempt == 1, let generation { generation } else { try current() }
      try makeWhatIsMissing(attempt == 1)
      if try current() == before { return try remember(before, for: bridge) }
    }
  }

  /// Makes one transaction that leaves nothing missing where nothing was.
  func change(for bridge: InterfaceName, _ change: () throws(SandboxError) -> Void) throws(SandboxError) {
    let before = try current()
    try change()
    // More than one: somebody else's came in between.
    guard verifiedGeneration(of: bridge) == before, try current() == before &+ 1 else { return }
    try remember(before &+ 1, for: bridge)
  }

  /// The kernel's number of the ruleset.
  func current() throws(SandboxError) -> UInt32 {
    try host.nftables { (nft) throws(NetlinkError) in try nft.generation() }
  }

  private func remember(_ generation: UInt32, for bridge: InterfaceName) throws(SandboxError) {
    try system { () throws(SystemError) in
      try host.state.overwrite(host.state.generation(of: bridge), in: host.state.generations, with: "\(generation)")
    }
  }

  private func verifiedGeneration(of bridge: InterfaceName) -> UInt32? {
    (try? readText(host.state.generation(of: bridge))).flatMap { UInt32($0) }
  }
}
