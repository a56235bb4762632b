import NFTables
import Namespaces
import NetTypes
import RouteNetlink

/// All steps that give a sandbox its network, in order, and how to undo each. A pure value: it follows from the
/// sandbox's facts and the state of the host.
struct SandboxPlan: Equatable, Sendable {
  /// One step.
  enum Step: Equatable, Sendable, CustomStringConvertible {
    /// Write the sandbox's names into the /etc/hosts of the sandboxes on its bridge.
    case addHostsLine(HostsLine)
    /// Let the sandbox's packets pass according to its egress: elements of sets and maps of the tables `inet nsrun` and
    /// `bridge nsrun`.
    case admit(Member)
    /// Give the namespace its name.
    case name(NamespaceName)
    /// Create the veth pair: one end in the sandbox, the host end up and on the bridge.
    case connect(VethPair)
    /// Create a link inside, on a link of the host.
    case create(LinkConnection)
    /// Inside the sandbox: set loopback up, and configure the link, address and routes of each connection.
    case configure([Connection], [RouteSpec] = [])
    /// Inside the sandbox: set a kernel parameter.
    case set(KernelParameter)

    /// What undoes the step; nil if its result disappears with the namespace.
    var undo: Undo? {
      switch self {
      case .addHostsLine(let line): .removeHostsLine(line)
      case .admit(let member): .retract(member)
      case .name(let name): .unname(name)
      case .connect(let pair): .disconnect(pair.hostLink)
      // Whatever is left of it, another program may hold: UpperLinks.deleteAll(in:) ends it.
      case .create, .configure, .set: nil
      }
    }

    var description: String {
      switch self {
      case .addHostsLine(let one): "write \(one.entry) into /etc/hosts of those on \(one.bridge)"
      case .admit(let member):
        switch member.egress {
        case .masquerade where member.translation == .host:
          "leave it to rules of this host to masquerade \(member.addresses) from \(member.bridge)"
        case .masquerade: "let \(member.addresses) out of \(member.bridge) (masquerade)"
        case .routed: "let \(member.addresses) out of \(member.bridge) as it is"
        case .internal: "keep \(member.addresses) on \(member.bridge)"
        }
      case .name(let name): "name the network namespace \(name)"
      case .connect(let pair): "connect \(pair.hostLink) on \(pair.bridge) with \(pair.interface) inside"
      case .create(let connection):
        "create the \(connection.kind.rawValue) \(connection.inside.interface) on \(connection.lower) inside"
          + connection.sortedSettings.map { " (\($0) \($1))" }.joined()
      case .configure(let connections, let routes):
        connections.isEmpty
          ? "bring lo up inside"
          : (connections.map(\.inside).map { link in
            "configure \(link.interface) inside with \(link.addresses.map { "\($0)" }.joined(separator: " and "))"
              + link.gateways.map { ", default route via \($0)" }.joined()
          } + routes.map { "add a route to \($0)" }).joined(separator: "; ")
      case .set(let parameter): "set \(parameter.parameter.name) inside to \(parameter.value)"
      }
    }
  }

  /// What undoes a step. It is no error if the step's result is already gone.
  enum Undo: Equatable, Sendable {
    case removeHostsLine(HostsLine)
    case retract(Member)
    case unname(NamespaceName)
    case disconnect(InterfaceName)
  }

  /// The names of a sandbox, as other sandboxes on its bridge see them.
  struct HostsLine: Equatable, Sendable {
    var entry: HostsFile.Entry
    var bridge: InterfaceName
  }

  /// The part of a sandbox in the host's rules.
  struct Member: Equatable, Sendable {
    var name: NamespaceName
    var address: IPAddress
    /// nil without IPv6.
    var address6: IPAddress?
    var bridge: InterfaceName
    var egress: NetworkSpec.Egress
    var translation: BridgeConnection.Translation
    /// The host end of the veth pair.
    var port: InterfaceName
    /// The host's own address on the bridge.
    var hostAddress: IPAddress?

    /// The addresses, for people.
    fileprivate var addresses: String { "\(address)" + (address6.map { " and \($0)" } ?? "") }
  }

  /// A veth pair between a bridge and a sandbox.
  struct VethPair: Equatable, Sendable {
    var hostLink: InterfaceName
    var hostMAC: MACAddress
    /// The link inside the sandbox.
    var interface: InterfaceName
    var bridge: InterfaceName
    var bridgeIndex: UInt32
    var mac: MACAddress
    var mtu: UInt32
    /// The MTU of the host end. A bridge takes the smallest MTU of its ports (br_mtu_auto_adjust in
    /// net/bridge/br_if.c). So only the sandbox's end gets an MTU below that of the bridge.
    var hostMTU: UInt32
    var alias: String
  }

  let steps: [Step]

  /// - Parameters:
  ///   - targets: the index and the MTU of the link of the host where each connection leads.
  ///   - routes: routes inside the sandbox, besides its default route.
  ///   - parameters: the kernel parameters to set inside the sandbox.
  init(
    _ facts: SandboxFacts, targets: [(index: UInt32, mtu: UInt32)], routes: [RouteSpec] = [],
    parameters: [KernelParameter] = []
  ) {
    var steps: [Step] = facts.hostsLines.map(Step.addHostsLine) + facts.members.map(Step.admit)
    steps.append(.name(facts.name))
    for (connection, target) in zip(facts.connections, targets) {
      switch connection {
      case .bridge(let connection):
        let inside = connection.inside
        steps.append(
          .connect(
            VethPair(
              hostLink: connection.hostLink, hostMAC: .derived(from: inside.address.address, role: .hostLink),
              interface: inside.interface, bridge: connection.bridge, bridgeIndex: target.index, mac: inside.mac,
              mtu: inside.mtu, hostMTU: max(inside.mtu, target.mtu), alias: Tag.link(of: facts.name))))
      case .link(let connection): steps.append(.create(connection))
      }
    }
    steps.append(.configure(facts.connections, routes.filter { $0.destination != nil }))
    // Last, because links have parameters of their own, which exist only now.
    self.steps = steps + parameters.map(Step.set)
  }

  /// What undoes all that the record of a sandbox names, in order.
  static func undo(of facts: SandboxFacts) -> [Undo] {
    SandboxPlan(facts, targets: facts.connections.map { _ in (0, 0) }).steps.reversed().compactMap(\.undo)
  }
}

extension SandboxFacts {
  /// The sandbox's parts in the host's rules, one for each network.
  var members: [SandboxPlan.Member] {
    bridgeConnections.map {
      SandboxPlan.Member(
        name: name, address: $0.address.address, address6: $0.inside.ipv6?.address.address, bridge: $0.bridge,
        egress: $0.egress, translation: $0.translation,
        port: $0.hostLink, hostAddress: $0.hostAddress)
    }
  }
}
