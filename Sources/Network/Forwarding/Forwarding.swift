import Glibc
import LinuxSystem
import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// Forwarding of one family on the host. If nsrun turns it on, it records the previous state, and the guard rule keeps
/// the host from forwarding for others. With the last sandbox, nsrun turns it off again, unless other programs have come
/// to rely on it.
package struct Forwarding {
  let host: Host
  let family: AddressFamily

  package init(_ host: Host, _ family: AddressFamily) {
    self.host = host
    self.family = family
  }

  /// Forwarding of each family.
  package static func all(_ host: Host) -> [Forwarding] { AddressFamily.allCases.map { Forwarding(host, $0) } }

  /// The families of which nsrun has turned forwarding on.
  static func guarded(_ host: Host) -> Set<AddressFamily> { Set(all(host).filter(\.isGuarding).map(\.family)) }

  /// What nsrun has turned on, which the table has to show.
  static func guards(_ host: Host) throws(NetworkError) -> Firewall.Guards {
    var guards = Firewall.Guards(families: guarded(host))
    guard !guards.families.isEmpty else { return guards }
    guards.bridges = try host.route { (route) throws(NetlinkError) in try route.links(kind: "bridge") }
      .filter { bridge in guards.families.contains { ForeignTables.isFiltering(bridge, $0) } }.map(\.name)
    guard guards.families.contains(.inet6) else { return guards }
    do throws(NetworkError) {
      let record = try RecordText.read(host.state.host(.inet6))
      guards.acceptingLinks = HostParameters(.inet6, record).acceptingLinks
    } catch {
      guard case .damaged = error else { throw error }
      guards.acceptingLinks = try Firewall(host).acceptingLinks()
    }
    return guards
  }

  /// The record of the previous state.
  private var path: String { host.state.host(family) }

  /// Whether nsrun has turned forwarding on, so that the guard rule is needed.
  package var isGuarding: Bool { FileIdentity(path: path) != nil }

  /// Whether it is off and can be turned on.
  func isToBeTurnedOn() throws(NetworkError) -> Bool {
    let isOn = try system { () throws(SystemError) in try HostParameters.isForwarding(family) }
    guard !isOn else { return false }
    // Sandboxes have IPv6 only where it can be turned on.
    if family == .inet6 { return HostParameters.lackOfIPv6Forwarding == nil }
    // Many containers have a read-only /proc/sys. There, sandboxes still reach their bridge and this host.
    if access(HostParameters.forwarding(family).path, W_OK) != 0 && errno == EROFS {
      let error = SystemError("turn on", "forwarding", errno: EROFS)
      host.reporter.warn("sandboxes reach nothing beyond this host: \(error)")
      return false
    }
    return true
  }

  func turnOn() throws(NetworkError) {
    guard try isToBeTurnedOn() else { return }
    let before = try system { () throws(SystemError) in try HostParameters.beforeForwarding(family) }
    if !isGuarding {
      var record = before.record
      for user in try ForwardingUsers(host, family).all(besides: []) {
        for key in user.keys { record.append(Self.userKey, key) }
      }
      try createHostRecord(record)
    } else if family == .inet6, let text = try? RecordText.read(path) {
      // Links have come since that were not raised.
      let lines = HostParameters(family, text).lines(missingFrom: before)
      try system { () throws(SystemError) in try host.state.append(lines, to: path) }
    }
    // The guard rule comes before the switch.
    try Firewall(host).install()
    try system { () throws(SystemError) in
      if family == .inet6 { try before.keepAcceptingAdvertisements() }
      try HostParameters.forwarding(family).write("1")
    }
  }

  /// The key of a line for each user of forwarding that existed before nsrun turned it on.
  private static let userKey = "other"

  private func createHostRecord(_ record: RecordText) throws(NetworkError) {
    _ = try system { () throws(SystemError) in
      try host.state.createRecord(record, at: path, in: host.state.path, locked: false)
    }
  }

  /// The users of forwarding that have appeared since nsrun turned it on.
  /// - Parameter planned: bridges that sandboxes are about to come on.
  func newUsers(besides planned: [InterfaceName] = []) throws(NetworkError) -> [String] {
    let known = Set((try? RecordText.read(path))?.all(Self.userKey) ?? [])
    return try ForwardingUsers(host, family).all(besides: NetworkRecords(host).names() + planned).filter {
      known.isDisjoint(with: $0.keys)
    }
    .map(\.description)
  }

  /// Records a foreign bridge that sandboxes are on, so that it never counts as a new user.
  func noteUser(_ bridge: Link) throws(NetworkError) {
    guard isGuarding else { return }
    try system { () throws(SystemError) in
      let keys = ForwardingUsers.User(bridge: bridge).keys
      try host.state.append(RecordText(keys.map { (Self.userKey, $0) }), to: path)
    }
  }

  /// What makes the rule for others exist if, and only if, nsrun turned forwarding on and nobody else relies on it.
  enum Settlement: Equatable {
    /// Others have come to rely on forwarding: this is one of them.
    case leave(String)
    /// The rule is nsrun's, and somebody has deleted the record of the parameters.
    case record
    /// Somebody has loaded rules that were saved while there were sandboxes.
    case reinstall

    func description(of family: AddressFamily) -> String {
      switch self {
      case .leave(let user): "leave \(family) forwarding to others (\(user))"
      case .record: "record that nsrun turned \(family) forwarding on"
      case .reinstall: "make the table \(Firewall.table) anew: others have loaded a copy of it"
      }
    }
  }

  /// - Parameter planned: bridges that sandboxes are about to come on.
  /// - Returns: nil where nothing is to be done.
  func settlement(besides planned: [InterfaceName] = []) throws(NetworkError) -> Settlement? {
    if isGuarding { return try newUsers(besides: planned).first.map(Settlement.leave) }
    guard let rule = try Firewall(host).guardInPlace(family) else { return nil }
    return rule.signature == Firewall.signature ? .record : .reinstall
  }

  func settle(_ settlement: Settlement) throws(NetworkError) {
    switch settlement {
    case .leave:
      try system { () throws(SystemError) in _ = try removeFile(path) }
      try Firewall(host).install()
    case .record: try createHostRecord(try parametersWithoutRecord().record)
    case .reinstall: try Firewall(host).install()
    }
  }

  /// The parameters of both families to restore once no sandbox is left.
  private static func parametersToRestore(_ host: Host) throws(NetworkError) -> [HostParameters] {
    var parameters: [HostParameters] = []
    for forwarding in all(host) {
      if let changed = try forwarding.parametersToRestore() { parameters.append(changed) }
    }
    return parameters
  }

  /// The parameters as they were before nsrun changed them; nil if it has not, or if other programs rely on them now.
  private func parametersToRestore() throws(NetworkError) -> HostParameters? {
    guard let changed = try changedParameters() else { return nil }
    return try newUsers().isEmpty ? changed : nil
  }

  private func changedParameters() throws(NetworkError) -> HostParameters? {
    do throws(NetworkError) { return HostParameters(family, try RecordText.read(path)) } catch {
      if case .damaged = error { return try parametersWithoutRecord() }
      guard case .system(let cause) = error, cause.isNotFound else { throw error }
      // Another program may have deleted the record.
      return try isProven() ? parametersWithoutRecord() : nil
    }
  }

  /// What is known of the parameters as they were if their record is lost or damaged.
  func parametersWithoutRecord() throws(NetworkError) -> HostParameters {
    .forwardingOff(family, family == .inet ? [] : try Firewall(host).acceptingLinks())
  }

  /// Whether the guard rule exists with nsrun's signature, which a rule loaded from a saved ruleset does not have.
  func isProven() throws(NetworkError) -> Bool {
    do throws(NetworkError) { return try Firewall(host).guardInPlace(family)?.signature == Firewall.signature } catch {
      guard host.lacksNFTables else { throw error }
      return false
    }
  }

  /// Why the record of the host's parameters cannot be read; nil if it can, or if there is none.
  package func unreadableRecord() -> NetworkError? {
    do throws(NetworkError) {
      _ = try RecordText.read(path)
      return nil
    } catch {
      if case .system(let cause) = error, cause.isNotFound { return nil }
      return error
    }
  }

  // MARK: Drift

  private func isNeeded(by sandboxes: [SandboxFacts]) -> Bool {
    sandboxes.flatMap(\.bridgeConnections).contains { connection in
      connection.egress != .internal && connection.inside.addresses.contains { $0.family == family }
    }
  }

  /// What others have changed: turned it off, or come to need it.
  func drifts(_ sandboxes: [SandboxFacts]) throws(NetworkError) -> [Drift] {
    var drifts: [Drift] = []
    if isNeeded(by: sandboxes),
      try !system({ () throws(SystemError) in try HostParameters.isForwarding(family) })
    {
      drifts.append(
        Drift(
          kind: .forwarding, message: "\(family) forwarding was turned off: sandboxes cannot get out",
          restored: "\(family) forwarding"))
    }
    let users = isGuarding ? try newUsers() : []
    if let first = users.first {
      let list = users.count == 1 ? first : "\(first) and \(users.count - 1) more"
      drifts.append(
        Drift(
          kind: .others,
          message:
            "nsrun turned \(family) forwarding on for sandboxes only, and drops what is forwarded for others: \(list)",
          restored: "\(family) forwarding for others, to whom it is left: \(list)"))
    }
    return drifts
  }

  func restore(for sandboxes: [SandboxFacts]) throws(NetworkError) { if isNeeded(by: sandboxes) { try turnOn() } }

  /// Leaves it to others if they have come to need it.
  func settle() throws(NetworkError) { if let settlement = try settlement() { try settle(settlement) } }

  // MARK: Removal

  /// What ``remove(_:)`` would restore.
  static func remains(_ host: Host, _ reason: Removed.Reason) throws(NetworkError) -> [Removed] {
    try parametersToRestore(host).map {
      Removed(kind: .forwarding, name: HostParameters.forwarding($0.family).name, reason: reason)
    }
  }

  /// Restores the parameters of both families, once no sandbox is left.
  /// - Returns: the failures.
  static func remove(_ host: Host) -> [NetworkError] {
    do throws(NetworkError) {
      for parameters in try parametersToRestore(host) {
        host.reporter.progress?("turn \(parameters.family) forwarding off again")
        let failures = parameters.restore()
        guard failures.isEmpty else { return failures.map { .system($0) } }
      }
      return []
    } catch {
      return [error]
    }
  }

  /// Removes the record of the previous state, after the guard rule.
  func removeRecord() throws(NetworkError) {
    _ = try system { () throws(SystemError) in try removeFile(path) }
  }

  // MARK: Links

  /// The links of the host's default routes, the preferred one first.
  package func uplinks() throws(NetworkError) -> [Link] {
    try host.route { (route) throws(NetlinkError) in
      var links: [Link] = []
      let routes = try route.routes(family: family).filter { $0.destination == nil && $0.table == Route.mainTable }
      for index in routes.sorted(by: { $0.metric ?? 0 < $1.metric ?? 0 }).compactMap(\.link)
      where !links.contains(where: { $0.index == index }) {
        if let link = try route.link(index: index) { links.append(link) }
      }
      return links
    }
  }

  /// Turns IPv4 forwarding on for packets that arrive on a bridge of nsrun's. A new link takes the value of
  /// conf.default, not of ip_forward, and only the value of the input link counts.
  func turnOn(for bridge: String) {
    guard HostParameters.lacksForwarding(bridge) else { return }
    try? HostParameters.forwarding(of: bridge).write("1")
  }

  /// Warns of a bridge or uplink whose incoming IPv4 packets are not forwarded.
  func warn(for bridge: Link) throws(NetworkError) {
    for link in try [bridge.name] + uplinks().map(\.name).filter({ $0 != bridge.name })
    where HostParameters.lacksForwarding(link) {
      host.reporter.warn("\(HostParameters.lackOfForwarding(link)): \(HostParameters.forwardingCommand(link))")
    }
  }
}
