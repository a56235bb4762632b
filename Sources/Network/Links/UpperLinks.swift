import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// Links on links of the host, of all kinds that have a driver. They exist inside sandboxes only, and end with them.
package struct UpperLinks {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// The link of the host for one.
  /// - Throws: if it cannot carry one, or if another host has the address.
  func plan(_ spec: LinkSpec) throws(NetworkError) -> Link {
    guard let lower = try host.route({ (route) throws(NetlinkError) in try route.link(named: spec.lower.text) }) else {
      throw .refused("\(Field.net) \(spec.kind.label(spec.lower)): there is no link of this name")
    }
    // On the bridge it would be judged by no port, and end with the bridge.
    if lower.kind == "bridge",
      Tag.isOurBridge(lower, planned: nil) || NetworkRecords(host).record(of: spec.lower) != nil
    {
      throw .refused(
        "\(Field.net) \(spec.kind.label(spec.lower)): sandboxes are on this bridge by its ports: use \(Field.net) \(spec.lower)"
      )
    }
    guard lower.address != nil, lower.flags.isDisjoint(with: [.loopback, .pointToPoint]) else {
      throw .refused(
        "\(Field.net) \(spec.kind.label(spec.lower)): this link has no MAC addresses, so it carries no \(spec.kind.rawValue)"
      )
    }
    // A VRF, unlike other masters, does not take the frames itself.
    if let index = lower.master, lower.slaveKind != "vrf" {
      let master = try host.route { (route) throws(NetlinkError) in try route.link(index: index) }
      let name = master?.name ?? "another link"
      throw .refused(
        "\(Field.net) \(spec.kind.label(spec.lower)): this link is a port of \(name), and carries no \(spec.kind.rawValue): use \(Field.net) "
          + (master?.kind == "bridge" ? "\(name)" : "\(spec.kind.rawValue)@\(name)"))
    }
    if spec.mac == lower.address {
      throw .refused("\(Field.mac) \(lower.address!) is the address of \(spec.lower) itself")
    }
    if let mtu = spec.mtu, mtu > lower.mtu {
      throw .refused("\(Field.mtu) \(mtu): \(spec.lower) passes at most \(lower.mtu) bytes")
    }
    if !lower.isUp {
      host.reporter.warn("\(spec.lower) is down and passes nothing: ip link set \(spec.lower) up")
    }
    let address = spec.address.address
    let own = try host.route { (route) throws(NetlinkError) in try route.addresses(family: .inet) }.map(
      \.network.address)
    if own.contains(address) { throw .refused("\(Field.ip) \(address) is an address of this host: choose another") }
    if let gateway = spec.gateway, own.contains(gateway) {
      throw .refused("\(Field.gateway) \(gateway) is an address of this host, which no \(spec.kind.rawValue) reaches")
    }
    let mac = mac(of: spec)
    if lower.isForwarding, let probe = try? ARPProbe(link: lower.index, mac: lower.address!, ports: [lower.index]),
      let other = probe.holder(of: address, besides: mac)
    {
      throw .refused("\(Field.ip) \(address) on \(spec.lower) belongs to the host \(other): choose another")
    }
    return lower
  }

  /// Refuses the links of a sandbox that others' are in the way of.
  /// - Parameter links: the links of the host where its connections lead.
  func requireUnused(_ sandbox: AttachmentSpec, _ links: [Link?]) throws(NetworkError) {
    for case (.link(let wanted), let lower?) in zip(sandbox.connections, links) {
      try requireUnused(wanted, on: lower, by: sandbox.name, ignoring: sandbox.gone)
    }
  }

  /// Refuses the address, or the link-layer address, of another sandbox on the same link.
  /// - Parameters:
  ///   - name: the sandbox that wants them.
  ///   - gone: sandboxes that are about to be removed.
  private func requireUnused(
    _ spec: LinkSpec, on lower: Link, by name: NamespaceName, ignoring gone: Set<NamespaceName>
  ) throws(NetworkError) {
    for facts in try SandboxRecords(host).all() where facts.name != name && !gone.contains(facts.name) {
      for case .link(let other) in facts.connections where other.lowerIndex == lower.index {
        let inside = other.inside
        let isAddress = inside.address.address == spec.address.address
        guard isAddress || inside.mac == mac(of: spec) else { continue }
        throw .refused(
          (isAddress ? "\(Field.ip) \(inside.address.address)" : "\(Field.mac) \(inside.mac)")
            + " on \(spec.lower) is the address of the sandbox '\(facts.name)': choose another")
      }
    }
  }

  /// What will be known of one.
  func connection(_ spec: LinkSpec, on lower: Link, number: Int, gateway: IPAddress?) -> LinkConnection {
    LinkConnection(
      kind: spec.kind,
      inside: InsideLink(
        interface: spec.interface ?? InsideLink.name(number), address: spec.address, gateway: gateway,
        mac: mac(of: spec), mtu: spec.mtu ?? min(lower.mtu, NetworkSpec.mtuRange.upperBound)),
      lower: spec.lower, lowerIndex: lower.index, settings: spec.settings)
  }

  private func mac(of spec: LinkSpec) -> MACAddress {
    spec.mac ?? .derived(from: spec.address.address, role: .sandbox)
  }

  /// Creates one inside a namespace.
  /// - Parameter namespace: a descriptor of the namespace.
  func create(_ connection: LinkConnection, in namespace: Int32) throws(NetworkError) {
    guard var link = connection.kind.driver?.link(connection) else { return }
    link.address = connection.inside.mac
    link.mtu = connection.inside.mtu
    link.namespace = .descriptor(namespace)
    var requests = RouteRequests()
    requests.create(link)
    try host.perform(requests)
  }

  /// Deletes the links in a sandbox's namespace that are on links of another namespace. They would pass packets as long
  /// as anything keeps the namespace. What root inside has moved to a namespace below is not found.
  package func deleteAll(in namespace: borrowing NetworkNamespace) throws(NetworkError) {
    try system { () throws(SystemError) in try namespace.visit(Self.deleteAllHere) }.get()
  }

  private static func deleteAllHere() throws(NetworkError) {
    var inside = try system { () throws(SystemError) in try RouteConnection() }
    let failure = try netlink { () throws(NetlinkError) in
      var requests = RouteRequests()
      for kind in Set(ConnectionKind.allCases.flatMap { $0.driver?.kernelKinds ?? [] }).sorted() {
        for link in try inside.links(kind: kind) where link.peerNamespaceID != nil {
          requests.delete(link: .index(link.index), subject: link.name)
        }
      }
      return try inside.failures(of: requests).first { $0.errno != ENODEV }
    }
    if let failure { throw .netlink(failure) }
  }
}
