import LinuxSystem
import Namespaces
import NetTypes
import RouteNetlink
import TestNetlink
import Testing

@testable import Network

@Suite("Subnet pool")
struct SubnetPoolTests {
  @Test("The subnet pool gives a name always the same subnet, and other names other subnets")
  func stable() {
    let pool = SubnetPool.standard
    // This subnet must stay the same in later versions: users write it into their own configuration.
    #expect(pool.subnet(for: link("br0"), avoiding: []) == network("10.77.95.0/24"))
    let subnets = (0..<50).compactMap { pool.subnet(for: link("br\($0)"), avoiding: []) }
    #expect(subnets.count == 50 && Set(subnets).count > 45)
    #expect(
      subnets.allSatisfy { network("10.64.0.0/12").contains($0.address) && $0.prefixLength == 24 && $0 == $0.network })
  }

  private func connected(_ networks: IPNetwork...) -> [SubnetUse] {
    networks.map { SubnetUse(network: $0, description: "\($0)", isConnected: true) }
  }

  private func routed(_ networks: String...) -> [SubnetUse] {
    networks.map { SubnetUse(network: network($0), description: $0, isConnected: false) }
  }

  @Test("The subnet pool avoids subnets that are in use, whether larger or smaller")
  func avoids() throws {
    let pool = SubnetPool.standard
    let first = try #require(pool.subnet(for: link("br0"), avoiding: []))
    for used in [first, IPNetwork(first.address(at: 77)!), network("10.77.0.0/16"), network("10.77.95.128/25")] {
      let other = try #require(pool.subnet(for: link("br0"), avoiding: connected(used)))
      #expect(!other.overlaps(used))
    }
  }

  @Test("The subnet pool turns to another range if routes cover one, and into a routed range if they cover all")
  func ranges() throws {
    let pool = SubnetPool.standard
    let name = link("br0")
    #expect(
      try network("172.16.0.0/16").contains(#require(pool.subnet(for: name, avoiding: routed("10.0.0.0/8"))).address))
    let most = routed("10.0.0.0/8", "172.16.0.0/12")
    #expect(try network("192.168.192.0/18").contains(#require(pool.subnet(for: name, avoiding: most)).address))
    let all = most + routed("192.168.0.0/16")
    #expect(pool.subnet(for: name, avoiding: all) == network("10.77.95.0/24"))
    #expect(pool.subnet(for: name, avoiding: all + connected(network("10.77.95.0/26"))) == network("10.77.96.0/24"))
    #expect(pool.subnet(for: name, avoiding: all + connected(network("0.0.0.0/0"))) == nil)
    // Together, these routes take the place of a default route.
    let quarters = routed("0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2")
    #expect(pool.subnet(for: name, avoiding: quarters) == network("10.77.95.0/24"))
  }

  @Test("The subnet pool finds the last free subnet, and none if all are in use")
  func exhausted() throws {
    let pool = SubnetPool(ranges: [network("10.64.0.0/20")])
    let all = (0..<16).map { network("10.64.\($0).0/24") }
    for free in all {
      let used = all.filter { $0 != free }.flatMap { connected($0) }
      #expect(pool.subnet(for: link("br0"), avoiding: used) == free)
    }
    #expect(pool.subnet(for: link("br0"), avoiding: all.flatMap { connected($0) }) == nil)
    #expect(pool.subnet(for: link("br0"), avoiding: connected(network("10.0.0.0/8"))) == nil)
  }

  @Test(
    "The subnet pool avoids the default subnets of other programs",
    arguments: [
      "172.17.0.0/16", "10.88.0.0/16", "192.168.122.0/24", "10.96.0.0/12", "10.244.0.0/16", "10.42.0.0/16",
      "10.0.0.0/24", "192.168.0.0/17", "100.64.0.0/10",
    ])
  func others(subnet: String) {
    #expect(!SubnetPool.standard.ranges.contains { $0.overlaps(network(subnet)) })
  }
}

@Suite("Uses of subnets")
struct SubnetUseTests {
  private let links = [
    Link(index: 2, name: "up0", flags: [.up, .broadcast]), Link(index: 3, name: "wg0", flags: [.up, .noARP]),
  ]

  @Test("Routes of every table and addresses count as uses, with descriptions for the user")
  func all() {
    let uses = SubnetUse.all(
      addresses: [LinkAddress(network("192.0.2.2/24"), link: 2)],
      routes: [
        Route(to: network("10.0.0.0/8"), family: .inet, via: ip("192.0.2.1"), link: 2),
        Route(to: network("10.5.0.0/16"), family: .inet, via: nil, link: 9, table: 77),
      ], links: links)
    #expect(uses.map(\.network) == [network("192.0.2.0/24"), network("10.0.0.0/8"), network("10.5.0.0/16")])
    #expect(
      uses.map(\.description) == [
        "the address 192.0.2.2/24 of up0", "the route to 10.0.0.0/8 via 192.0.2.1 on up0",
        "the route to 10.5.0.0/16 on link 9 in table 77",
      ])
  }

  @Test("A subnet collides with connected networks, and with other routes only if they are at least as specific")
  func collisions() {
    let subnet = network("10.64.5.0/24")
    func collides(_ destination: String, via: String? = nil, link: UInt32? = nil, _ type: Route.Kind = .unicast) -> Bool
    {
      let route = Route(to: network(destination), family: .inet, via: via.map(ip), link: link, type: type)
      return SubnetUse.all(addresses: [], routes: [route], links: links).contains { $0.collides(with: subnet) }
    }
    for aggregate in ["10.0.0.0/8", "0.0.0.0/2", "10.64.4.0/23"] {
      #expect(!collides(aggregate, via: "192.0.2.1", link: 2) && !collides(aggregate, link: 3))
      for type in [Route.Kind.unreachable, .blackhole, .prohibit, .throw] { #expect(!collides(aggregate, type)) }
      #expect(collides(aggregate, link: 2) && collides(aggregate, link: 1, .local))
    }
    for other in ["10.64.5.0/24", "10.64.5.128/25", "10.64.5.9/32"] {
      #expect(collides(other, via: "192.0.2.1", link: 2) && collides(other, link: 3) && collides(other, .blackhole))
    }
    #expect(!collides("10.64.6.0/24", link: 2))
    var address = LinkAddress(network("10.64.0.1/16"), link: 2)
    #expect(SubnetUse.all(addresses: [address], routes: [], links: links).contains { $0.collides(with: subnet) })
    // On a point-to-point link, the prefix is that of the other end.
    address.peer = ip("10.80.0.1")
    #expect(!SubnetUse.all(addresses: [address], routes: [], links: links).contains { $0.collides(with: subnet) })
  }
}

@Suite("ARP probes")
struct ARPProbeTests {
  private let asker = mac("02:00:00:00:00:01")

  @Test("An ARP probe is a broadcast request without an IP address of the sender")
  func request() {
    #expect(
      ARPProbe.request(for: ip("10.99.0.2"), from: asker) == [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06,  // to, from, ARP
        0, 1, 0x08, 0, 6, 4, 0, 1,  // Ethernet, IPv4, lengths, request
        2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 99, 0, 2,
      ])
  }

  @Test("A whole frame that claims or requests an address names the holder of the address")
  func answers() {
    let probe = ARPProbe.request(for: ip("10.99.0.2"), from: asker)
    #expect(ARPProbe.holder(of: ip("10.99.0.2"), in: probe[...]) == asker)
    #expect(ARPProbe.holder(of: ip("10.99.0.3"), in: probe[...]) == nil)
    var reply = probe
    (reply[21], reply[31]) = (2, 3)
    reply.replaceSubrange(28...30, with: [10, 99, 0])
    #expect(ARPProbe.holder(of: ip("10.99.0.3"), in: reply[...]) == asker)
    #expect(ARPProbe.holder(of: ip("10.99.0.2"), in: reply[...]) == nil)
    for length in 0..<42 { #expect(ARPProbe.holder(of: ip("10.99.0.3"), in: reply[..<length]) == nil) }
  }
}

@Suite("Address leases")
struct AddressLeasesTests {
  private let scratch: Scratch
  private let leases: AddressLeases

  init() throws {
    scratch = try Scratch()
    leases = AddressLeases(bridge: link("br0"), state: scratch.state)
    try makeDirectory(scratch.state.path)
  }

  @Test("Only one sandbox can take a lease, and only that sandbox can release it")
  func take() throws {
    try leases.take(ip("10.64.1.5"), for: name("web"))
    #expect(leases.holder(of: ip("10.64.1.5")) == "web")
    #expect(leases.count == 1)
    let error = #expect(throws: NetworkError.self) { try leases.take(ip("10.64.1.5"), for: name("db")) }
    #expect(
      "\(try #require(error))"
        == "ip 10.64.1.5 is already leased to the sandbox 'web' on br0: choose another, or leave ip out")
    #expect(try leases.release(ip("10.64.1.5"), of: name("db")) == false)
    #expect(try leases.release(ip("10.64.1.5"), of: name("web")))
    #expect(try leases.release(ip("10.64.1.5"), of: name("web")) == false)
    try leases.take(ip("10.64.1.5"), for: name("db"))
  }

  @Test("A released address is the last to be leased again")
  func roundRobin() throws {
    let subnet = network("10.64.1.0/29")
    let gateway = [ip("10.64.1.1")]
    var given: [String] = []
    for number in 0..<7 {
      let sandbox = name("s\(number)")
      let address = try #require(try leases.takeNext(in: subnet, except: gateway, startingAt: 0, for: sandbox))
      given.append("\(address)")
      try leases.release(address, of: sandbox)
    }
    #expect(given == [2, 3, 4, 5, 6, 2, 3].map { "10.64.1.\($0)" })
  }

  @Test(
    "A search for a lease can start anywhere, and never finds network, broadcast or reserved addresses",
    arguments: [0, 1, 3, 5, 6, 7, 4_294_967_295] as [UInt32])
  func start(start: UInt32) throws {
    let subnet = network("10.64.1.0/29")
    var given: Set<String> = []
    for number in 0..<5 {
      let address = try leases.takeNext(
        in: subnet, except: [ip("10.64.1.1")], startingAt: start, for: name("s\(number)"))
      given.insert("\(try #require(address))")
    }
    #expect(given == Set((2...6).map { "10.64.1.\($0)" }))
    #expect(try leases.takeNext(in: subnet, except: [ip("10.64.1.1")], startingAt: start, for: name("s9")) == nil)
  }

  @Test("A search for a lease skips addresses that something else has, and finds none if these are all")
  func held() throws {
    let subnet = network("10.64.1.0/24")
    func take(_ sandbox: String, _ isHeld: (IPAddress) -> Bool) throws -> IPAddress? {
      try leases.takeNext(in: subnet, except: [], startingAt: 0, for: name(sandbox)) {
        (address) throws(NetworkError) in isHeld(address)
      }
    }
    #expect(try take("a") { $0 < ip("10.64.1.5") } == ip("10.64.1.5"))
    #expect(try take("b") { _ in true } == nil)
    #expect(leases.count == 1)
  }

  @Test("A search for a lease covers the whole of small and large subnets", arguments: ["10.64.1.0/30", "10.0.0.0/8"])
  func sizes(subnet: String) throws {
    let subnet = network(subnet)
    let first = subnet.address(at: 1)!
    #expect(try leases.takeNext(in: subnet, except: [first], startingAt: 0, for: name("a")) == subnet.address(at: 2)!)
  }

  @Test("A search for a lease starts at the given number if the last address is of another subnet or invalid")
  func cursor() throws {
    let subnet = network("10.64.1.0/24")
    _ = try leases.takeNext(in: network("10.99.0.0/24"), except: [], startingAt: 7, for: name("a"))
    #expect(try leases.takeNext(in: subnet, except: [], startingAt: 7, for: name("b")) == ip("10.64.1.8"))
    try writeText("nonsense", to: scratch.state.cursor(of: link("br0")))
    #expect(try leases.takeNext(in: subnet, except: [], startingAt: 20, for: name("c")) == ip("10.64.1.21"))
  }

  @Test("The leases of a sandbox can be found without its record")
  func ofSandbox() throws {
    try leases.take(ip("10.64.1.5"), for: name("web"))
    try leases.take(ip("10.64.1.6"), for: name("db"))
    try leases.take(ip("10.64.1.7"), for: name("web"))
    #expect(Set(try leases.addresses(of: name("web"))) == [ip("10.64.1.5"), ip("10.64.1.7")])
    #expect(try AddressLeases(bridge: link("br9"), state: scratch.state).addresses(of: name("web")).isEmpty)
  }

  @Test("A lease belongs to the exact bytes of a name, and not to another form of the same letters")
  func otherForm() throws {
    try leases.take(ip("10.64.1.5"), for: name("\u{e9}"))
    #expect(try leases.addresses(of: name("e\u{301}")).isEmpty)
    #expect(try leases.release(ip("10.64.1.5"), of: name("e\u{301}")) == false)
  }

  @Test("Leases of bridges are separate, and a bridge's lease directory disappears with its last lease")
  func bridges() throws {
    let others = AddressLeases(bridge: link("br1"), state: scratch.state)
    try leases.take(ip("10.64.1.5"), for: name("web"))
    try others.take(ip("10.64.1.5"), for: name("db"))
    #expect(!leases.removeIfUnused())
    try leases.release(ip("10.64.1.5"), of: name("web"))
    #expect(leases.removeIfUnused())
    #expect(leases.removeIfUnused(), "nobody has one where there is no directory")
    #expect(!others.removeIfUnused())
  }
}

@Suite("IPv6 addresses")
struct IPv6AddressTests {
  @Test(
    "An IPv6 address follows from the IPv4 address and tells it",
    arguments: ["fd00:a::/64", "fd00::/8", "2001:db8::/96"])
  func derived(subnet: String) {
    let subnet = network(subnet)
    let address = subnet.derivedAddress(from: ip("10.64.1.5"))
    #expect(address.network == subnet && address.prefixLength == subnet.prefixLength)
    #expect("\(address.address)".hasSuffix("::a40:105") && address.address.origin == ip("10.64.1.5"))
    // The bridge's own address cannot be that of a sandbox, because no host has 0.0.0.1.
    #expect(subnet.address(at: 1)?.origin == ip("0.0.0.1"))
  }

  @Test("A bridge has the same IPv6 subnet each time on a machine, and another one where that is in use")
  func pool() throws {
    let pool = UniqueLocalPool(machine: "one")
    #expect(pool.prefix.prefixLength == 48 && pool.prefix.address.bytes[0] == 0xfd)
    #expect(UniqueLocalPool(machine: "two").prefix != pool.prefix)
    let first = try #require(pool.subnet(for: link("br0"), avoiding: []))
    #expect(first.prefixLength == 64 && pool.prefix.contains(first.address))
    #expect(
      pool.subnet(for: link("br0"), avoiding: []) == first && pool.subnet(for: link("br1"), avoiding: []) != first)
    let use = SubnetUse(network: first, description: "", isConnected: true)
    let other = try #require(pool.subnet(for: link("br0"), avoiding: [use]))
    #expect(other != first && pool.prefix.contains(other.address))
    let all = SubnetUse(network: pool.prefix, description: "", isConnected: true)
    #expect(pool.subnet(for: link("br0"), avoiding: [all]) == nil)
  }

  @Test("A damaged IPv6 address in the record of a bridge counts as none")
  func record() {
    func own(_ address: String) -> NetworkRecord.OwnBridge? {
      NetworkRecord(
        RecordText([
          ("bridge", "br0"), ("translation", "bridge"), ("mac", "06:6e:0a:01:00:01"), ("address", "10.1.0.1/24"),
          ("address6", address),
        ]))?.own
    }
    #expect(own("fd00:a::1/64")?.address6 == network("fd00:a::1/64"))
    #expect(own("fd00:a::1/64")?.address6(ofSandbox: ip("10.1.0.5")) == ip("fd00:a::a01:5"))
    for text in ["10.1.0.1/24", "fd00:a::1", "fd00:a::1/97", "fe80::1/64", "x"] {
      #expect(own(text)?.address6 == nil && own(text)?.address == network("10.1.0.1/24"), "\(text)")
    }
  }
}

@Suite("Kernel parameters of the host")
struct HostParametersTests {
  @Test("The record of kernel parameters contains their original values")
  func record() {
    let parameters = HostParameters(
      .inet,
      original: [(Sysctl("net.ipv4.ip_forward"), "0"), (Sysctl("net.ipv4.conf.eth0/5.forwarding"), "1")])
    #expect(parameters.record.serialized == "sysctl net.ipv4.ip_forward 0\nsysctl net.ipv4.conf.eth0/5.forwarding 1\n")
    let read = HostParameters(.inet, parameters.record)
    #expect(read.original.map(\.parameter) == parameters.original.map(\.parameter))
    #expect(read.original.map(\.value) == ["0", "1"])
    #expect(HostParameters(.inet6, parameters.record).original.isEmpty, "they are of the other family")
  }

  @Test(
    "The record of IPv6 parameters also names the links that accept router advertisements, to which new links count")
  func advertisements() {
    let names = [
      "all.forwarding 0", "eth0/5.force_forwarding 1", "eth0/5.accept_ra 1", "wlan0.accept_ra 2", "default.accept_ra 1",
    ]
    let lines = names.map { ("sysctl", "net.ipv6.conf.\($0)") }
    let read = HostParameters(.inet6, RecordText(lines))
    #expect(read.record == RecordText(lines))
    #expect(read.acceptingLinks == ["eth0.5", "default"], "one with 2 is left as it is")
    let lost = HostParameters.forwardingOff(.inet6, read.acceptingLinks)
    #expect(
      lost.record.serialized == """
        sysctl net.ipv6.conf.all.forwarding 0
        sysctl net.ipv6.conf.eth0/5.accept_ra 1
        sysctl net.ipv6.conf.default.accept_ra 1

        """)
  }

  @Test("Kernel parameters that are damaged in the record are left out")
  func damaged() {
    #expect(HostParameters(.inet, RecordText([("sysctl", "net.ipv4.ip_forward"), ("other", "a b")])).original.isEmpty)
    for line in [
      "kernel.core_pattern |x", "net.ipv4.ip_forward 2", "net.ipv4.ip_forward 1 1", "net/ipv4/ip_forward 1",
      "net.ipv4.conf.all.rp_filter 0", "net.ipv4.conf.a.b.forwarding 1", "net.ipv4.conf...forwarding 1",
      "net.ipv4.conf.//.forwarding 1", "net.ipv4.conf./../../../kernel/x.forwarding 1", "net.ipv4.conf..forwarding 1",
      "net.ipv6.conf.all.forwarding 1", "net.ipv4.ip_forward.x 1",
    ] {
      #expect(HostParameters(.inet, RecordText([("sysctl", line)])).original.isEmpty, "\(line)")
    }
    for line in [
      "net.ipv4.ip_forward 1", "net.ipv6.conf.all.forwarding 2", "net.ipv6.conf.eth0.accept_ra x",
      "net.ipv6.conf.eth0.accept_ra 3", "net.ipv6.conf.eth0.disable_ipv6 1", "net.ipv6.conf.accept_ra 1",
      "net.ipv6.conf./../x.accept_ra 1", "net.ipv6.conf.a.b.accept_ra 1", "net.ipv6.conf.all.accept_redirects 1",
    ] {
      #expect(HostParameters(.inet6, RecordText([("sysctl", line)])).original.isEmpty, "\(line)")
    }
  }

  @Test("A kernel parameter that no longer exists needs no restoration")
  func gone() {
    let parameter = Sysctl("net.ipv4.conf.no-such-link.forwarding")
    #expect(HostParameters(.inet, original: [(parameter, "1")]).restore().isEmpty)
  }

  @Test("ip_forward is restored first, because it changes the others, and every link that forwards is recorded")
  func order() throws {
    let original = try HostParameters.beforeForwarding(.inet).original
    #expect(original.first?.parameter == HostParameters.forwarding(.inet))
    #expect(original[1].parameter == Sysctl("net.ipv4.conf.all.accept_redirects"))
    #expect(original.dropFirst(2).allSatisfy { $0.parameter.name.hasSuffix(".forwarding") && $0.value == "1" })
    // Router advertisements come last: with forwarding on, the value 1 would make the kernel forget their routes.
    guard let names = try? HostParameters.beforeForwarding(.inet6).original.map(\.parameter.name) else { return }
    #expect(names.first == "net.ipv6.conf.all.forwarding")
    let rest = names.dropFirst().drop { $0.hasSuffix("forwarding") }
    #expect(rest.allSatisfy { $0.hasSuffix(".accept_ra") && $0 != "net.ipv6.conf.all.accept_ra" })
  }
}
