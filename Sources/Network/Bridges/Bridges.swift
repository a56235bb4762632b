import Glibc
import NetTypes
import Netlink
import RouteNetlink

/// Bridges by name. Rules and listings use the one name of a link. The kernel also finds it by its alternative names
/// (ip link property). Any program may rename a link, even one that is up.
package struct Bridges {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// The bridge with this name or alternative name, and the name by which to use and record it.
  /// - Returns: nil and `name` itself if there is none.
  /// - Throws: if the link is no bridge.
  func bridge(called name: InterfaceName) throws(NetworkError) -> (Link?, InterfaceName) {
    guard let link = try host.route({ (route) throws(NetlinkError) in try route.link(named: name.text) }) else {
      return (nil, name)
    }
    let isAlternative = link.name != name.text
    guard link.kind == "bridge" else {
      let kind = link.kind.map { "a \($0) link" } ?? "a link of another kind"
      throw .refused(
        isAlternative
          ? "\(Field.net) \(name): this is another name of \(link.name), \(kind), not of a bridge; choose another name"
          : "\(Field.net) \(name): there is \(kind) of this name, not a bridge; choose another name")
    }
    guard isAlternative else { return (link, name) }
    do throws(InterfaceName.Invalid) { return (link, try InterfaceName(link.name)) } catch {
      throw .refused("\(Field.net) \(name): this is another name of a bridge, and \(error)")
    }
  }

  /// Finds the links of the host where a sandbox's connections lead, and puts their names in place of alternative ones.
  /// - Returns: nil for a bridge that does not exist.
  func resolve(_ spec: inout AttachmentSpec) throws(NetworkError) -> [Link?] {
    var links: [Link?] = []
    for number in spec.connections.indices {
      switch spec.connections[number] {
      case .bridge(var wanted):
        let (link, name) = try bridge(called: wanted.bridge)
        links.append(link)
        wanted.bridge = name
        spec.connections[number] = .bridge(wanted)
      case .link(var wanted):
        let lower = try UpperLinks(host).plan(wanted)
        links.append(lower)
        if let name = try? InterfaceName(lower.name) { wanted.lower = name }
        spec.connections[number] = .link(wanted)
      }
    }
    try spec.requireDistinctNetworks()
    try UpperLinks(host).requireUnused(spec, links)
    return links
  }

  /// The bridge with this name, not an alternative one; nil if there is none.
  /// - Throws: if the link is no bridge.
  package func link(_ name: InterfaceName) throws(NetworkError) -> Link? {
    let (link, ownName) = try bridge(called: name)
    return ownName == name ? link : nil
  }

  /// The name by which the bridge with this name, or alternative name, is recorded.
  package func recordedName(of name: InterfaceName) throws(NetworkError) -> InterfaceName {
    if access(host.state.record(of: name), F_OK) == 0 { return name }
    let link = try host.route { (route) throws(NetlinkError) in try route.link(named: name.text) }
    return link.flatMap { try? InterfaceName($0.name) } ?? name
  }

  /// The bridge that nsrun created with a name, even if it has been renamed; nil if there is none.
  /// - Parameter planned: the MAC address with which nsrun was going to create it; nil if unknown.
  func own(_ name: InterfaceName, planned: MACAddress?) throws(NetworkError) -> Link? {
    let link = try host.route { (route) throws(NetlinkError) in try route.link(named: name.text) }
    if let link, Tag.isOurBridge(link, planned: planned) { return link }
    guard let planned else { return nil }
    return try host.route { (route) throws(NetlinkError) in try route.links(kind: "bridge") }
      .first { $0.alias == Tag.bridge && $0.address == planned }
  }

  /// Refuses the network of a bridge of ours that has another name now.
  func requireNotRenamed(_ record: NetworkRecord) throws(NetworkError) {
    guard let link = try own(record.bridge, planned: record.own?.mac) else { return }
    throw .refused(
      "the bridge \(record.bridge) is called \(link.name) now: ip link set \(link.name) name \(record.bridge)")
  }

  /// Refuses a bridge that sandboxes joined under another name, because their addresses are leased under that name.
  func requireOnlyName(_ link: Link) throws(NetworkError) {
    let ports = Set(
      try host.route { (route) throws(NetlinkError) in try route.links(master: link.index) }.filter(Tag.isOurLink)
        .map(\.name))
    guard !ports.isEmpty else { return }
    for facts in try SandboxRecords(host).all() {
      let moved = facts.bridgeConnections.first { $0.bridge.text != link.name && ports.contains($0.hostLink.text) }
      guard let connection = moved else { continue }
      throw .refused(
        "the bridge \(link.name) was called \(connection.bridge) when '\(facts.name)' came onto it: "
          + "ip link set \(link.name) name \(connection.bridge), or remove its sandboxes")
    }
  }
}
