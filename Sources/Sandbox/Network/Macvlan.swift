import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// A wanted macvlan: a link inside the sandbox with its own MAC address on a link of the host. Its network is the one
/// beyond that link. The host itself is never reachable through it.
public struct MacvlanSpec: Sendable {
  /// Which other macvlans on the same link are reachable.
  public enum Mode: String, CaseIterable, Sendable {
    /// All.
    case bridge
    /// None.
    case `private`
    /// All, if the switch beyond the link sends frames back (IEEE 802.1Qbg).
    case vepa

    var option: MacvlanOptions.Mode {
      switch self {
      case .bridge: .bridge
      case .private: .isolated
      case .vepa: .vepa
      }
    }
  }

  /// The link of the host.
  public var lower: InterfaceName
  public var interface: InterfaceName?
  /// The address with the prefix length of its subnet.
  public var address: IPNetwork
  public var gateway: IPAddress?
  public var mac: MACAddress?
  public var mtu: UInt32?
  public var mode: Mode

  /// - Throws: ``SandboxError/refused(_:)`` if the values make no sense together.
  public init(
    lower: InterfaceName, interface: InterfaceName? = nil, address: IPAddress?, prefixLength: UInt8?,
    gateway: IPAddress? = nil, mac: MACAddress? = nil, mtu: UInt32? = nil, mode: Mode = .bridge
  ) throws(SandboxError) {
    guard let address, let prefixLength, let network = IPNetwork(address: address, prefixLength: prefixLength) else {
      throw .refused("--net macvlan@\(lower): give ip=ADDRESS/LENGTH: nobody else assigns an address")
    }
    // What is inside has to make the same sense as on a bridge.
    _ = try NetworkSpec(
      bridge: lower, address: address, prefixLength: prefixLength, gateway: gateway, mac: mac, mtu: mtu)
    if let gateway { try NetworkSpec.check(gateway, "--gateway", in: network.network) }
    self.lower = lower
    self.interface = interface
    self.address = network
    self.gateway = gateway
    self.mac = mac
    self.mtu = mtu
    self.mode = mode
  }
}

/// What is known of a sandbox's macvlan.
public struct MacvlanConnection: Equatable, Sendable {
  public var inside: InsideLink
  /// The link of the host on which it is.
  public var lower: InterfaceName
  public var mode: MacvlanSpec.Mode

  /// The lines of its record, besides the target's and those of the link inside.
  var lines: [(String, String)] { [("mode", mode.rawValue)] }
}

extension MacvlanConnection {
  init?(_ reader: Connection.Reader, _ inside: InsideLink) {
    guard let lower = reader.link("macvlan"), let mode = reader.text("mode").flatMap(MacvlanSpec.Mode.init(rawValue:))
    else { return nil }
    self.init(inside: inside, lower: lower, mode: mode)
  }
}

/// Macvlans on links of the host. They exist inside sandboxes only, and end with them.
struct Macvlans {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The link of the host for a macvlan.
  /// - Throws: if it cannot carry one, or if another host or sandbox has the address.
  func plan(_ spec: MacvlanSpec) throws(SandboxError) -> Link {
    guard let lower = try host.route({ (route) throws(NetlinkError) in try route.link(named: spec.lower.text) }) else {
      throw .refused("--net macvlan@\(spec.lower): there is no link of this name")
    }
    guard lower.address != nil, lower.flags.isDisjoint(with: [.loopback, .pointToPoint]) else {
      throw .refused("--net macvlan@\(spec.lower): this link has no MAC addresses, so it carries no macvlan")
    }
    // A VRF, unlike other masters, does not take the frames itself.
    if let master = lower.master, lower.slaveKind != "vrf" {
      let name = try host.route { (route) throws(NetlinkError) in try route.link(index: master) }?.name
      throw .refused(
        "--net macvlan@\(spec.lower): this link is a port of \(name ?? "another link"), and carries no macvlan: "
          + "use macvlan@\(name ?? "that") instead")
    }
    if let mtu = spec.mtu, mtu > lower.mtu {
      throw .refused("--mtu \(mtu): \(spec.lower) passes at most \(lower.mtu) bytes")
    }
    if !lower.isUp {
      host.reporter.warn("\(spec.lower) is down and passes nothing: ip link set \(spec.lower) up")
    }
    let address = spec.address.address
    for facts in try SandboxRecords(host).all() {
      for case .macvlan(let other) in facts.connections
      where other.lower == spec.lower && other.inside.address.address == address {
        throw .refused("--ip \(address) on \(spec.lower) is the address of the sandbox '\(facts.name)': choose another")
      }
    }
    let own = try host.route { (route) throws(NetlinkError) in try route.addresses(family: .inet) }
    if own.contains(where: { $0.network.address == address }) {
      throw .refused("--ip \(address) is an address of this host: choose another")
    }
    let mac = mac(of: spec)
    if lower.isForwarding, let probe = try? ARPProbe(link: lower.index, mac: lower.address!, ports: [lower.index]),
      let other = probe.holder(of: address, besides: mac)
    {
      throw .refused("--ip \(address) on \(spec.lower) belongs to the host \(other): choose another")
    }
    return lower
  }

  /// What will be known of a macvlan.
  func connection(_ spec: MacvlanSpec, on lower: Link, number: Int, gateway: IPAddress?) -> MacvlanConnection {
    MacvlanConnection(
      inside: InsideLink(
        interface: spec.interface ?? InsideLink.name(number), address: spec.address, gateway: gateway,
        mac: mac(of: spec), mtu: spec.mtu ?? lower.mtu),
      lower: spec.lower, mode: spec.mode)
  }

  private func mac(of spec: MacvlanSpec) -> MACAddress {
    spec.mac ?? .derived(from: spec.address.address, role: .sandbox)
  }

  /// Creates a macvlan inside a namespace.
  /// - Parameters:
  ///   - lower: the index of the link of the host.
  ///   - namespace: a descriptor of the namespace.
  func create(_ connection: MacvlanConnection, on lower: UInt32, in namespace: Int32) throws(SandboxError) {
    var link = LinkSpecification.macvlan(
      connection.inside.interface, on: lower, options: MacvlanOptions(mode: connection.mode.option))
    link.address = connection.inside.mac
    link.mtu = connection.inside.mtu
    link.namespace = .descriptor(namespace)
    var requests = RouteRequests()
    requests.create(link)
    try host.perform(requests)
  }

  /// Deletes a macvlan inside the namespace with this name, if that is the one with this identity.
  func delete(
    _ interface: InterfaceName, in name: NamespaceName, _ identity: FileIdentity
  ) throws(SandboxError) {
    guard let namespace = try? host.names.open(name), (try? namespace.identity()) == identity else { return }
    let result = try system { () throws(SystemError) in
      try namespace.visit { () throws(SandboxError) in try delete(.named(interface.text)) }
    }
    try result.get()
  }

  /// Deletes a macvlan in the network namespace of the calling thread. Root inside may have deleted or moved it.
  func delete(_ link: LinkSelector) throws(SandboxError) {
    var requests = RouteRequests()
    requests.delete(link: link, subject: "macvlan")
    var inside = try system { () throws(SystemError) in try RouteConnection() }
    do throws(NetlinkError) { try inside.perform(requests) } catch {
      guard error.errno == ENODEV else { throw .netlink(error) }
    }
  }
}
