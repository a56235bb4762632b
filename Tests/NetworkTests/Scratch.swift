import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import RouteNetlink
import TestHost
import TestNetlink

@testable import Network

/// The state directory of one test, which disappears with the value.
final class Scratch {
  private let directory: ScratchDirectory
  var path: String { directory.path }
  var state: StateDirectory { StateDirectory(root: path + "/nsrun", network: FileIdentity(path: "/proc/self/ns/net")!) }

  init() throws {
    directory = try ScratchDirectory()
    mkdir(path + "/nsrun", 0o755)
  }

  // The state directory is mounted onto itself while something is in it.
  deinit { while umount2(path + "/nsrun", Int32(MNT_DETACH)) == 0 {} }
}

func name(_ text: String) -> NamespaceName { try! NamespaceName(text) }
func link(_ text: String) -> InterfaceName { try! InterfaceName(text) }

/// The facts of a sandbox on br0.
func facts(_ egress: NetworkSpec.Egress = .masquerade, gateway: IPAddress? = ip("10.64.1.1")) -> SandboxFacts {
  SandboxFacts(
    name: name("web"), lifetime: .run, maker: 4711, createdAt: 1_700_000_000, hostname: Hostname(of: name("web")),
    connections: [
      .bridge(
        BridgeConnection(
          inside: InsideLink(
            interface: link("eth0"), address: network("10.64.1.5/24"), gateway: gateway,
            mac: mac("02:6e:0a:40:01:05"), mtu: 1500),
          bridge: link("br0"), hostAddress: ip("10.64.1.1"), hostLink: link("nsrun-abcdefgh"), egress: egress,
          translation: .bridge))
    ])
}

/// The same on br1 too.
func factsOfTwo() -> SandboxFacts {
  var facts = facts()
  var other = facts.bridgeConnections[0]
  other.inside.interface = link("lan1")
  other.bridge = link("br1")
  other.inside.address = network("10.2.0.5/24")
  other.inside.gateway = nil
  other.hostAddress = ip("10.2.0.1")
  other.inside.mac = mac("02:6e:0a:02:00:05")
  other.hostLink = link("nsrun-ijklmnop")
  facts.connections.append(.bridge(other))
  return facts
}

/// The same, and a macvlan on lan0 as the second connection.
func factsWithMacvlan() -> SandboxFacts {
  var facts = factsOfTwo()
  let inside = InsideLink(
    interface: link("eth1"), address: network("172.20.0.5/16"), mac: mac("02:6e:ac:14:00:05"), mtu: 9000)
  facts.connections.insert(
    .link(
      LinkConnection(
        kind: .macvlan, inside: inside, lower: link("lan0"), lowerIndex: 9, settings: ["mode": "private"])), at: 1)
  return facts
}

extension SandboxFacts {
  var targets: [ConnectionTarget] { connections.map { ConnectionTarget(kind: $0.kind, link: $0.target) } }
}

/// The facts of a sandbox with IPv6.
func factsWithIPv6(_ egress: NetworkSpec.Egress = .masquerade) -> SandboxFacts {
  var facts = facts(egress)
  var connection = facts.bridgeConnections[0]
  connection.inside.ipv6 = InsideLink.IPv6(
    address: network("fd00:a::a40:105/64"), gateway: egress == .internal ? nil : ip("fd00:a::1"))
  facts.connections = [.bridge(connection)]
  return facts
}
