import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink
import TestHost
import TestNetlink
import Testing

/// Each test has its own network namespace. ip(8) checks the results.
@Suite("rtnetlink against the kernel", .enabled(if: Privilege.isGranted, Comment(rawValue: Privilege.reason)))
struct RouteNetlinkKernelTests {
  @Test("The documented example makes a bridge, gives it an address and sets it up by a few requests")
  func example() throws {
    try inOwnNetwork { () throws in
      var route = try RouteConnection()
      var requests = RouteRequests()
      requests.create(.bridge(try InterfaceName("br0"), options: BridgeOptions(stp: false, forwardDelay: 0)))
      try route.perform(requests)
      let bridge = try #require(try route.link(named: "br0"))
      requests = RouteRequests()
      requests.add(LinkAddress(network("10.64.1.1/24"), link: bridge.index, broadcast: ip("10.64.1.255")))
      requests.change(link: .index(bridge.index), LinkChanges(isUp: true), subject: "br0")
      try route.perform(requests)
      #expect(shell("ip -4 -o addr show br0").contains("inet 10.64.1.1/24 brd 10.64.1.255 scope global br0"))
      #expect(shell("ip -d link show br0").contains("forward_delay 0") && shell("ip link show br0").contains("UP"))
      #expect(try route.addresses(link: bridge.index, family: .inet).map(\.network) == [network("10.64.1.1/24")])
    }
  }

  @Test("An ingress filter drops the packets that it selects, until somebody deletes the filter or its qdisc")
  func ingressFilter() throws {
    try inOwnNetwork { () throws in
      #expect(shell("ip netns add inner; ip link add v0 type veth peer name v1 netns inner") == "")
      #expect(shell("ip addr add 10.64.1.1/24 dev v0; ip link set v0 up; ip -n inner link set v1 up") == "")
      #expect(shell("ip -n inner addr add 10.64.1.2/24 dev v1") == "")
      var route = try RouteConnection()
      let link = try #require(try route.link(named: "v0"))
      // The filter drops only pings, so that neighbours still find each other.
      var program = PacketProgram()
      let other = program.label()
      program.load(.byte, at: 23)
      program.jump(unless: .equal(1), to: other)
      program.end(IngressFilter.Verdict.drop.rawValue)
      program.place(other)
      program.end(IngressFilter.Verdict.pass.rawValue)
      let ping = "ip netns exec inner ping -q -c 1 -W 1 10.64.1.1 | grep -o '[01] received'"
      let bytecode = "bytecode '4,48 0 0 23,21 0 1 1,6 0 0 2,6 0 0 4294967295'"
      #expect(shell(ping) == "1 received\n")
      #expect(try !route.runs(program, onIngressOf: link.index))
      for loss in ["tc filter del dev v0 ingress", "tc qdisc del dev v0 ingress"] {
        var requests = RouteRequests()
        // The first loss leaves the qdisc.
        if shell("tc qdisc show dev v0 ingress") == "" { requests.addIngressQdisc(link: link.index) }
        requests.add(IngressFilter(at: .link(link.index)), program)
        try route.perform(requests)
        #expect(try route.runs(program, onIngressOf: link.index))
        #expect(shell(ping) == "0 received\n")
        #expect(shell("tc filter show dev v0 ingress").contains(bytecode))
        var changed = program
        changed.end(0)
        #expect(try !route.runs(changed, onIngressOf: link.index))
        #expect(shell(loss) == "")
        #expect(try !route.runs(program, onIngressOf: link.index))
        #expect(shell(ping) == "1 received\n")
      }
    }
  }

  @Test("Links share the filters of a block, which exists as long as one of the links")
  func sharedFilter() throws {
    try inOwnNetwork { () throws in
      #expect(shell("ip netns add inner") == "")
      for n in 1...2 {
        #expect(shell("ip link add v\(n) type veth peer name w\(n) netns inner; ip link set v\(n) up") == "")
        #expect(shell("ip -n inner link set w\(n) up; ip -n inner addr add 10.64.\(n).2/24 dev w\(n)") == "")
        #expect(shell("ip addr add 10.64.\(n).1/24 dev v\(n)") == "")
      }
      var route = try RouteConnection()
      let filter = IngressFilter(at: .block(77), handle: 3)
      #expect(try !route.has(filter))
      var (drop, pass) = (PacketProgram(), PacketProgram())
      drop.end(IngressFilter.Verdict.drop.rawValue)
      pass.end(IngressFilter.Verdict.pass.rawValue)
      // If a neighbour did not answer for a while, the kernel asks for it again only some time later.
      func answers(_ n: Int, _ expected: Bool) -> Bool {
        let ping = "ip netns exec inner ping -q -c 1 -W 1 10.64.\(n).1 > /dev/null && echo yes"
        return (1...(expected ? 20 : 1)).contains { _ in (shell(ping) == "yes\n") == expected }
      }
      let links = try (1...2).map { n throws in try #require(try route.link(named: "v\(n)")).index }
      for link in links {
        var requests = RouteRequests()
        requests.addIngressQdisc(link: link, block: 77)
        try route.perform(requests)
        #expect(throws: NetlinkError.self) { try route.perform(requests) }
      }
      #expect(try !route.has(filter))
      for (program, expected) in [(drop, false), (pass, true), (drop, false)] {
        var requests = RouteRequests()
        requests.add(filter, program)
        try route.perform(requests)
        #expect(try route.has(filter) && !route.has(IngressFilter(at: .block(77), handle: 4)))
        #expect(try links.allSatisfy { link throws in try route.runs(program, onIngressOf: link) })
        #expect(answers(1, expected) && answers(2, expected))
        // There is one filter, whose program was replaced.
        #expect(shell("tc filter show block 77 | grep -c bytecode") == "1\n")
      }
      #expect(shell("tc qdisc del dev v1 ingress") == "")
      #expect(answers(1, true) && answers(2, false))
      #expect(try !route.runs(drop, onIngressOf: links[0]) && route.runs(drop, onIngressOf: links[1]))
      #expect(shell("ip link del v2") == "")
      #expect(try !route.has(filter))
    }
  }

  @Test("One request makes a veth pair with an end in another namespace, and with names, MACs and MTU")
  func veth() throws {
    try inOwnNetwork { () throws in
      #expect(shell("ip netns add inner; ip link add br0 type bridge") == "")
      let inner = try NamespaceDirectory.standard.open(try NamespaceName("inner"))
      var route = try RouteConnection()
      let bridge = try #require(try route.link(named: "br0"))
      var veth = LinkSpecification.veth(
        try InterfaceName("v0"),
        peer: .init(
          name: try InterfaceName("eth0"), address: mac("02:00:00:00:00:05"), mtu: 1400,
          namespace: .descriptor(inner.raw)))
      veth.address = mac("02:00:00:00:00:06")
      veth.master = bridge.index
      veth.isUp = true
      var requests = RouteRequests()
      requests.create(veth)
      requests.change(link: .named("v0"), LinkChanges(alias: "mine"), subject: "v0")
      try route.perform(requests)
      #expect(shell("ip -n inner -o link show eth0").contains("link/ether 02:00:00:00:00:05"))
      #expect(shell("ip -n inner -o link show eth0").contains("mtu 1400"))
      #expect(shell("ip -o link show v0").contains("master br0"))
      let link = try #require(try route.link(named: "v0"))
      #expect(link.kind == "veth" && link.slaveKind == "bridge" && link.alias == "mine" && link.isUp)
      #expect(link.master == bridge.index && link.address == mac("02:00:00:00:00:06"))
      #expect(try route.links(master: bridge.index).map(\.name) == ["v0"])
      #expect(try route.links(kind: "veth").map(\.name) == ["v0"])
      requests = RouteRequests()
      requests.delete(link: .index(link.index), subject: "v0")
      try route.perform(requests)
      #expect(try route.link(named: "v0") == nil)
      #expect(try route.link(index: link.index) == nil)
    }
  }

  @Test("A macvlan has the requested lower link and mode, or the kernel's default mode")
  func macvlan() throws {
    try inOwnNetwork { () throws in
      #expect(shell("ip link add v0 type veth peer name v1") == "")
      var route = try RouteConnection()
      let lower = try #require(try route.link(named: "v0"))
      var requests = RouteRequests()
      requests.create(.macvlan(try InterfaceName("m0"), on: lower.index, options: MacvlanOptions(mode: .bridge)))
      requests.create(.macvlan(try InterfaceName("m1"), on: lower.index))
      try route.perform(requests)
      let links = try ["m0", "m1"].map { try #require(try route.link(named: $0)) }
      #expect(links.map(\.details) == [.macvlan(.init(mode: .bridge)), .macvlan(.init(mode: .vepa))])
      #expect(links.allSatisfy { $0.kind == "macvlan" && $0.peerIndex == lower.index })
      #expect(shell("ip -d -o link show m0").contains("macvlan mode bridge"))
      #expect(shell("ip -o link show m0").contains("m0@v0"))
    }
  }

  @Test("links() returns every link that ip shows")
  func links() throws {
    try inOwnNetwork { () throws in
      #expect(
        shell("ip link add br0 type bridge; for i in 1 2 3; do ip link add a$i type veth peer name b$i; done") == "")
      var route = try RouteConnection()
      let listed = try route.links().map { "\($0.index) \($0.name) \($0.mtu)" }.sorted()
      let shown = shell("ip -j link | jq -r '.[] | \"\\(.ifindex) \\(.ifname) \\(.mtu)\"'").split(separator: "\n").map(
        String.init
      ).sorted()
      #expect(listed == shown)
    }
  }

  @Test("Every IPv4 parameter of a link is set by its number, as its file shows")
  func ipv4Parameters() throws {
    try inOwnNetwork { () throws in
      var route = try RouteConnection()
      for value: UInt32 in [0, 1] {
        var requests = RouteRequests()
        let all = IPv4LinkParameter.allCases.map { IPv4LinkSetting($0, value) }
        requests.change(link: .index(1), LinkChanges(ipv4: all), subject: "lo")
        try route.perform(requests)
        for parameter in IPv4LinkParameter.allCases {
          #expect(shell("cat /proc/sys/net/ipv4/conf/lo/\(parameter.name)") == "\(value)\n", "\(parameter)")
        }
      }
    }
  }

  @Test("Routes of every table have the gateway, link and metric that ip shows")
  func routes() throws {
    try inOwnNetwork { () throws in
      #expect(
        shell(
          "ip link add a0 type veth peer name b0; ip addr add 192.0.2.2/24 dev a0; for l in a0 b0; do ip link set $l up; done"
        )
          == "")
      var route = try RouteConnection()
      let link = try #require(try route.link(named: "a0"))
      var requests = RouteRequests()
      requests.add(Route(to: nil, family: .inet, via: ip("192.0.2.1"), link: link.index))
      requests.add(Route(to: network("10.0.0.0/8"), family: .inet, via: ip("192.0.2.9"), link: link.index, table: 77))
      try route.perform(requests)
      #expect(shell("ip route show default").hasPrefix("default via 192.0.2.1 dev a0"))
      #expect(shell("ip route show table 77").hasPrefix("10.0.0.0/8 via 192.0.2.9 dev a0"))
      let routes = try route.routes(family: .inet)
      #expect(routes.contains { $0.destination == nil && $0.gateway == ip("192.0.2.1") && $0.link == link.index })
      #expect(routes.contains { $0.destination == network("10.0.0.0/8") && $0.table == 77 })
      #expect(routes.contains { $0.destination == network("192.0.2.0/24") && $0.gateway == nil })
    }
  }

  @Test("The route to an address has its MTU, and a multipath route has its gateways")
  func ways() throws {
    try inOwnNetwork { () throws in
      let setup = """
        ip link add a0 type veth peer name b0; ip addr add 192.0.2.2/24 dev a0; for l in a0 b0 lo; do ip link set $l up; done
        ip route add default via 192.0.2.1 mtu 1300; ip route add unreachable 10.1.0.0/16; ip route add blackhole 10.2.0.0/16
        ip route add 10.3.0.0/16 nexthop via 192.0.2.3 nexthop via inet6 fe80::4 dev a0
        """
      #expect(shell(setup) == "")
      var route = try RouteConnection()
      let out = try #require(try route.route(to: ip("8.8.8.8")))
      #expect(out.gateway == ip("192.0.2.1") && out.mtu == 1300 && out.type == .unicast)
      #expect(try route.route(to: ip("192.0.2.2"))?.type == .local)
      #expect(try route.route(to: ip("192.0.2.9"))?.mtu == nil)
      for dropped in ["10.1.0.1", "10.2.0.1", "2001:db8::1"] { #expect(try route.route(to: ip(dropped)) == nil) }
      let several = try route.routes(family: .inet).first { $0.isMultipath }
      #expect(several?.multipathGateways == [ip("192.0.2.3"), ip("fe80::4")])
    }
  }

  @Test("The route of an arriving packet follows rules for its source and link, and is nil if the packet is dropped")
  func waysThrough() throws {
    try inOwnNetwork { () throws in
      let setup = """
        for l in a b; do ip link add ${l}0 type veth peer name ${l}1; ip link set ${l}0 up; ip link set ${l}1 up; done
        ip addr add 192.0.2.2/24 dev a0; ip addr add 10.1.0.1/24 dev b0; ip route add default via 192.0.2.1
        echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv4/conf/b0/rp_filter
        ip rule add from 10.1.0.7 prohibit; ip rule add from 10.1.0.8 table 77; ip route add default via 192.0.2.9 table 77
        """
      #expect(shell(setup) == "")
      var route = try RouteConnection()
      let link = try #require(try route.link(named: "b0")?.index)
      func way(_ source: String) throws -> Route? {
        try route.route(to: ip("8.8.8.8"), from: ip(source), arrivingOn: link)
      }
      #expect(try way("10.1.0.6")?.gateway == ip("192.0.2.1"))
      #expect(try way("10.1.0.8")?.gateway == ip("192.0.2.9"))
      #expect(try way("10.1.0.7") == nil)
      // rp_filter drops the packet, because the host does not reach its source by this link.
      #expect(try way("10.2.0.6") == nil)
      #expect(shell("echo 0 > /proc/sys/net/ipv4/conf/b0/forwarding") == "")
      #expect(try way("10.1.0.6") == nil)
    }
  }

  @Test("Neighbours can be added, listed and deleted")
  func neighbours() throws {
    try inOwnNetwork { () throws in
      #expect(shell("ip link add a0 type veth peer name b0; ip addr add 192.0.2.2/24 dev a0; ip link set a0 up") == "")
      #expect(shell("ip neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev a0") == "")
      var route = try RouteConnection()
      let link = try #require(try route.link(named: "a0"))
      let neighbour = try #require(try route.neighbours(link: link.index, family: .inet).first)
      #expect(try route.neighbour(ip("192.0.2.7"), link: link.index) == neighbour)
      #expect(try route.neighbour(ip("192.0.2.8"), link: link.index) == nil)
      #expect(neighbour.address == ip("192.0.2.7") && neighbour.linkAddress == mac("02:00:00:00:00:07"))
      var requests = RouteRequests()
      requests.delete(neighbour)
      try route.perform(requests)
      #expect(shell("ip neigh show dev a0 nud permanent") == "")
    }
  }

  @Test("A refusal names the operation, its subject and the kernel's reason, and later requests are still carried out")
  func refusals() throws {
    try inOwnNetwork { () throws in
      var route = try RouteConnection()
      var requests = RouteRequests()
      requests.create(.generic(try InterfaceName("x0"), kind: "nosuchkind"))
      requests.create(.bridge(try InterfaceName("br0")))
      requests.create(.bridge(try InterfaceName("br0")))
      let failures = try route.failures(of: requests)
      #expect(failures.map(\.errno) == [EOPNOTSUPP, EEXIST])
      #expect("\(failures[0])".contains("Unknown device type"))
      #expect(failures[1].subject == "br0")
      #expect(try route.link(named: "br0") != nil)
      requests = RouteRequests()
      requests.add(Route(to: nil, family: .inet, via: ip("192.0.2.1"), link: 1))
      let error = #expect(throws: NetlinkError.self) { try route.perform(requests) }
      #expect(error?.errno == ENETUNREACH && error?.operation == "add route")
      #expect(try route.links().count == 2, "the connection is still in step")
    }
  }

  @Test("A connection stays in the namespace in which it was opened")
  func stays() throws {
    try inOwnNetwork { () throws in
      #expect(shell("ip netns add inner; ip -n inner link add br7 type bridge") == "")
      let home = try NetworkNamespace.current()
      let inner = try NamespaceDirectory.standard.open(try NamespaceName("inner"))
      var inside = try inner.inside(home: home) { () throws(SystemError) in try RouteConnection() }.get()
      var outside = try RouteConnection()
      #expect(try inside.link(named: "br7") != nil)
      #expect(try outside.link(named: "br7") == nil)
      #expect(try NetworkNamespace.current().identity() == home.identity())
    }
  }
}
