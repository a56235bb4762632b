import Glibc
import LinuxSystem
import Netlink
import RouteNetlink

/// Drift: something that existing sandboxes need, and that another program has changed or removed.
package struct Drift: Hashable {
  package enum Kind: String {
    case sandboxes, bridges, routes, forwarding, rules, records
    /// nsrun's rules in other programs' chains. The doctor checks such chains differently: by what their rules do.
    case passages
    /// Objects of other programs that need forwarding, which nsrun limits to sandboxes.
    case others
  }

  package var kind: Kind
  package var message: String
  /// The name of the restored object, for the user; nil if nsrun cannot restore it.
  var restored: String?
  /// What to do; nil if `nsrun reload` restores it.
  var otherRemedy: String?
  /// Whether it is a sandbox that cannot be restored.
  package var isLost = false

  package var remedy: String { otherRemedy ?? "nsrun reload" }
}

/// Compares the host with what nsrun made for the existing sandboxes. Changes nothing.
package struct Survey {
  private let host: Host

  package init(_ host: Host) { self.host = host }

  /// The drift that is seen twice: now, and a moment later under a lock that excludes other changes to networks. So an
  /// object that another nsrun is just making or removing does not count.
  /// - Parameter isLocked: whether the caller holds the exclusive lock.
  package func drifts(isLocked: Bool) throws(NetworkError) -> [Drift] {
    let first = try look()
    guard !first.isEmpty else { return [] }
    usleep(50_000)
    let lock =
      isLocked ? nil : try system { () throws(SystemError) in try host.state.lockIfPresent(.exclusive) }
    let second = Set(try look())
    _ = consume lock
    return first.filter(second.contains)
  }

  /// The drift that is seen now.
  func look() throws(NetworkError) -> [Drift] {
    let conditions = try SandboxConditions(host).all(of: SandboxRecords(host).all()).filter { $0.state != .stale }
    let connections = conditions.flatMap(\.facts.bridgeConnections)
    var drifts: [Drift] = []
    for condition in conditions where condition.state == .broken {
      let name = condition.facts.name
      drifts.append(
        Drift(
          kind: .sandboxes, message: "'\(name)' is broken: somebody has deleted its namespace's name or its link",
          otherRemedy: SandboxConditions(host).endOfBroken(name),
          isLost: true))
    }
    let links = connections.isEmpty ? [] : try host.route { (route) throws(NetlinkError) in try route.links() }
    var networks: [NetworkRecord] = []
    for bridge in try NetworkRecords(host).names() {
      let record: NetworkRecord
      do throws(NetworkError) {
        guard let found = try NetworkRecords(host).read(of: bridge) else { continue }
        record = found
      } catch {
        let isDamaged = if case .damaged = error { true } else { false }
        drifts.append(
          Drift(
            kind: .records, message: "\(error)", restored: isDamaged ? "the record of the bridge \(bridge)" : nil,
            otherRemedy: isDamaged ? nil : "use that nsrun"))
        continue
      }
      let users = conditions.filter(\.isReady).map(\.facts).filter { $0.connection(to: bridge) != nil }
      let network = RecordedNetwork(bridge: bridge, record: record, users: users)
      do throws(NetworkError) {
        for resource in NetworkResources.all(host) { drifts += try resource.drifts(of: network, links) }
      } catch {
        // Its bridge, for example, was deleted between two looks at it. The second survey does not see it any more.
        let message = "the network of \(bridge) cannot be examined: \(error)"
        drifts.append(Drift(kind: .bridges, message: message, otherRemedy: "nsrun doctor"))
      }
      networks.append(try Translations(host).current(record, try? Bridges(host).link(bridge)))
    }
    for forwarding in Forwarding.all(host) { drifts += try forwarding.drifts(conditions.map(\.facts)) }
    // Only sandboxes with a namespace: their rules are added before the namespace gets its name.
    return drifts + (try RuleTables(host).drifts(of: networks, conditions.filter(\.isNamed).map(\.facts)))
  }
}
