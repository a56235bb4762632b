import NetTypes
import RouteNetlink

/// A recorded network of a bridge, and the sandboxes on it.
struct RecordedNetwork {
  let bridge: InterfaceName
  /// nil if it cannot be read.
  let record: NetworkRecord?
  var users: [SandboxFacts] = []

  /// The sandboxes' connections to the bridge.
  var connections: [BridgeConnection] { users.compactMap { $0.connection(to: bridge) } }

  /// Whether packets of a sandbox leave the bridge.
  var hasWayOut: Bool { connections.contains { $0.egress != .internal } }
}

/// A part of what nsrun makes for the network of a bridge. Each knows how to find out what is wrong with it, to make it
/// again, and to remove it.
protocol NetworkResource {
  /// What another program has changed or removed.
  /// - Parameter links: all links of the host.
  func drifts(of network: RecordedNetwork, _ links: [Link]) throws(NetworkError) -> [Drift]

  /// Makes it again, as far as nsrun made it and something is missing.
  func restore(for network: RecordedNetwork) throws(NetworkError)

  /// What ``remove(from:)`` would remove, as far as it is worth a line.
  func remains(of network: RecordedNetwork) throws(NetworkError) -> [Removed]

  /// Removes it. It is no failure if it is gone. A failure does not end the removal.
  /// - Returns: the failures.
  func remove(from network: RecordedNetwork) -> [NetworkError]
}

extension NetworkResource {
  func drifts(of network: RecordedNetwork, _ links: [Link]) throws(NetworkError) -> [Drift] { [] }
  func restore(for network: RecordedNetwork) throws(NetworkError) {}
  func remains(of network: RecordedNetwork) throws(NetworkError) -> [Removed] { [] }
  func remove(from network: RecordedNetwork) -> [NetworkError] { [] }
}

/// All parts of a network, besides its elements in the tables that all networks share (``RuleTables``), and its files,
/// which go last (``NetworkFiles``).
enum NetworkResources {
  /// In the order in which they are restored; they are removed in the reverse order. A bridge that is there gets its ports
  /// back before it is set up, and has its routes only then. One that is made again gets its ports with that.
  static func all(_ host: Host) -> [any NetworkResource] {
    [
      Leases(host), BridgePorts(host), BridgeLink(host), BridgeRoutes(host), Translations(host), ForwardChains(host),
    ]
  }
}
