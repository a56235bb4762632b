import LinuxSystem
import Namespaces
import Netlink
import RouteNetlink
import TestNetlink
import Testing

@testable import Network

@Suite("Specifications")
struct SpecificationTests {
  @Test("Specifications without a name get distinct names")
  func names() {
    let specs = (0..<100).map { _ in AttachmentSpec(name: nil, lifetime: .run, connections: []).name.text }
    #expect(Set(specs).count == 100)
    #expect(specs.allSatisfy { $0.hasPrefix("nsrun-") })
    #expect(AttachmentSpec(name: name("web"), lifetime: .run, connections: []).name == name("web"))
  }

  @Test("A route is read as what it says, and the whole address range is the default route")
  func routes() throws {
    #expect("\(try RouteSpec("10.2.0.0/24=10.1.0.9"))" == "10.2.0.0/24 via 10.1.0.9")
    #expect("\(try RouteSpec("10.2.0.7=10.1.0.9"))" == "10.2.0.7/32 via 10.1.0.9")
    #expect(try RouteSpec("0.0.0.0/0=10.1.0.9") == RouteSpec("default=10.1.0.9"))
    #expect("\(try RouteSpec("fd00:b::/64=fd00:a::10.1.0.9"))" == "fd00:b::/64 via fd00:a::a01:9")
    #expect(try RouteSpec("::/0=fd00:a::9") == RouteSpec("default=fd00:a::9"))
    for text in [
      "", "=", "10.1.0.9", "default", "default=", "=10.1.0.9", "10.2.0.7/24=10.1.0.9", "10.2.0.0/24=br0", "a=10.1.0.9",
      "127.0.0.0/8=10.1.0.9", "224.0.0.0/4=10.1.0.9", "255.255.255.255=10.1.0.9", "0.0.0.0/8=10.1.0.9",
      "10.2.0.0/33=10.1.0.9", "10.2.0.0/24=fd01::1", "fd00::/64=10.1.0.9", "default=10.1.0.9=10.1.0.8",
      "fd00::1/64=fd01::1", "fe80::/64=fd01::1", "ff00::/8=fd01::1", "::1=fd01::1", "fd00::/64=fe80::1",
      "fd00::/129=fd01::1", "fd00::/64=",
    ] {
      #expect(throws: RouteSpec.Invalid.self, "\(text)") { try RouteSpec(text) }
    }
  }

  @Test("NetworkSpec accepts valid values")
  func valid() throws {
    _ = try NetworkSpec(bridge: link("br0"))
    _ = try NetworkSpec(
      bridge: link("br0"), address: ip("10.1.0.9"), prefixLength: 24, subnet: network("10.1.0.0/24"),
      gateway: ip("10.1.0.254"), mac: mac("02:00:00:00:00:01"), mtu: 68, egress: .internal)
    _ = try NetworkSpec(bridge: link("br0"), subnet: network("10.0.0.0/8"), mtu: 65535)
    #expect(try NetworkSpec(bridge: link("br0"), subnet6: network("fd00::/64")).ipv6 == .required)
    #expect(try NetworkSpec(bridge: link("br0"), ipv6: .automatic, mtu: 1280).mayHaveIPv6)
    #expect(try !NetworkSpec(bridge: link("br0"), ipv6: .automatic, mtu: 1279).mayHaveIPv6)
    _ = try NetworkSpec(bridge: link("br0"), address: ip("10.1.0.2"), prefixLength: 30, gateway: ip("10.1.0.1"))
  }

  private static let refusals: [(String, @Sendable () throws(NetworkError) -> NetworkSpec)] = [
    ("is not IPv4", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), address: ip("fd00::5")) }),
    ("is not IPv4", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), gateway: ip("fd00::1")) }),
    ("is not IPv4", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet: network("fd00::/64")) }),
    ("no host", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), address: ip("0.0.0.0")) }),
    ("no host", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), address: ip("127.0.0.2")) }),
    ("no host", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), gateway: ip("224.0.0.1")) }),
    (
      "1 to 30",
      { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), address: ip("10.1.0.2"), prefixLength: 31) }
    ),
    (
      "1 to 30",
      { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), address: ip("10.1.0.2"), prefixLength: 0) }
    ),
    ("8 to 30", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet: network("10.1.0.0/31")) }),
    ("8 to 30", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet: network("10.0.0.0/7")) }),
    (
      "10.1.0.0/24", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet: network("10.1.0.9/24")) }
    ),
    (
      "outside",
      { () throws(NetworkError) in
        try NetworkSpec(bridge: link("br0"), address: ip("10.2.0.2"), subnet: network("10.1.0.0/24"))
      }
    ),
    (
      "outside",
      { () throws(NetworkError) in
        try NetworkSpec(bridge: link("br0"), subnet: network("10.1.0.0/24"), gateway: ip("10.2.0.2"))
      }
    ),
    (
      "network address",
      { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), address: ip("10.1.0.0"), prefixLength: 24) }
    ),
    (
      "broadcast",
      { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), address: ip("10.1.0.255"), prefixLength: 24) }
    ),
    (
      "prefix length of subnet",
      { () throws(NetworkError) in
        try NetworkSpec(bridge: link("br0"), address: ip("10.1.0.9"), prefixLength: 16, subnet: network("10.1.0.0/24"))
      }
    ),
    (
      "gateway's",
      { () throws(NetworkError) in
        try NetworkSpec(bridge: link("br0"), address: ip("10.1.0.9"), gateway: ip("10.1.0.9"))
      }
    ),
    ("multicast", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), mac: mac("01:00:5e:00:00:01")) }),
    ("zeros", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), mac: mac("00:00:00:00:00:00")) }),
    ("68 to 65535", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), mtu: 67) }),
    ("68 to 65535", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), mtu: 65536) }),
    (
      "no host",
      { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), address6: ip("fe80::5")) }
    ),
    (
      "8 to 96",
      { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), address6: ip("fd00::5"), prefixLength6: 97) }
    ),
    (
      "outside",
      { () throws(NetworkError) in
        try NetworkSpec(bridge: link("br0"), address6: ip("fd00::5"), subnet6: network("fd01::/64"))
      }
    ),
    (
      "the gateway",
      { () throws(NetworkError) in
        try NetworkSpec(bridge: link("br0"), address6: ip("fd00::1"), subnet6: network("fd00::/64"))
      }
    ),
    (
      "at least 1280",
      { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), hasIPv4: false, mtu: 1279) }
    ),
    ("at least 1280", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), ipv6: .required, mtu: 1279) }),
    (
      "IPv4 subnet",
      { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet6: network("10.1.0.0/24")) }
    ),
    ("8 to 96", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet6: network("fd00::/97")) }),
    ("8 to 96", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet6: network("fc00::/7")) }),
    (
      "is fd00::/64",
      { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet6: network("fd00::1/64")) }
    ),
    ("no host", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet6: network("fe80::/64")) }),
    ("no host", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet6: network("ff02::/64")) }),
    ("no host", { () throws(NetworkError) in try NetworkSpec(bridge: link("br0"), subnet6: network("::ffff:0:0/96")) }),
  ]

  @Test("NetworkSpec refuses invalid values, and says why", arguments: 0..<34)
  func refused(row: Int) throws {
    let (reason, make) = Self.refusals[row]
    let error = #expect(throws: NetworkError.self) { _ = try make() }
    #expect("\(try #require(error))".contains(reason))
    #expect(Self.refusals.count == 34)
  }
}
