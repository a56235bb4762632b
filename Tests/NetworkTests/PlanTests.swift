import Namespaces
import NetTypes
import RouteNetlink
import TestNetlink
import Testing

@testable import Network

@Suite("Plans")
struct PlanTests {
  @Test(
    "A plan on a bridge is hosts entry, rules, name, veth pair and configuration, and is undone in reverse")
  func onBridge() {
    let facts = facts()
    let member = SandboxPlan.Member(
      name: name("web"), address: ip("10.64.1.5"), bridge: link("br0"), egress: .masquerade,
      translation: .bridge, port: link("nsrun-abcdefgh"), hostAddress: ip("10.64.1.1"))
    let pair = SandboxPlan.VethPair(
      hostLink: link("nsrun-abcdefgh"), hostMAC: mac("fe:6e:0a:40:01:05"), interface: link("eth0"),
      bridge: link("br0"), bridgeIndex: 7,
      mac: mac("02:6e:0a:40:01:05"), mtu: 1500, hostMTU: 1500, alias: "nsrun sandbox web")
    let introduction = SandboxPlan.HostsLine(
      entry: .init(address: ip("10.64.1.5"), names: ["web"]), bridge: link("br0"))
    let plan = SandboxPlan(facts, targets: [(7, 1500)])
    #expect(
      plan.steps == [
        .addHostsLine(introduction), .admit(member), .name(name("web")), .connect(pair),
        .configure(facts.connections),
      ])
    #expect(
      SandboxPlan.undo(of: facts) == [
        .disconnect(link("nsrun-abcdefgh")), .unname(name("web")), .retract(member), .removeHostsLine(introduction),
      ])
  }

  @Test("A plan with IPv6 has a hosts line of each family, and one member with both addresses")
  func ipv6() {
    let facts = factsWithIPv6()
    let steps = SandboxPlan(facts, targets: [(7, 1500)]).steps
    #expect(
      steps.map(\.description) == [
        "write 10.64.1.5 web into /etc/hosts of those on br0",
        "write fd00:a::a40:105 web into /etc/hosts of those on br0",
        "let 10.64.1.5 and fd00:a::a40:105 out of br0 (masquerade)", "name the network namespace web",
        "connect nsrun-abcdefgh on br0 with eth0 inside",
        "configure eth0 inside with 10.64.1.5/24 and fd00:a::a40:105/64, default route via 10.64.1.1, "
          + "default route via fd00:a::1",
      ])
    #expect(SandboxPlan.undo(of: facts) == steps.reversed().compactMap(\.undo))
  }

  @Test(
    "The elements of a sandbox in the rules are of both families", arguments: [NetworkSpec.Egress.routed, .internal])
  func elements(egress: NetworkSpec.Egress) {
    for (facts, suffixes) in [(facts(egress), [""]), (factsWithIPv6(egress), ["", "6"])] {
      let name = egress == .routed ? "routed" : "verdicts"
      let sets = facts.members.flatMap(Firewall.elements).map(\.0.name).filter { $0.hasPrefix(name) }
      #expect(sets == suffixes.map { name + $0 })
    }
  }

  @Test("The undo of a plan undoes every step that needs it, in reverse order")
  func undo() {
    for egress in [NetworkSpec.Egress.masquerade, .routed, .internal] {
      let steps = SandboxPlan(facts(egress), targets: [(7, 1500)]).steps
      #expect(SandboxPlan.undo(of: facts(egress)) == steps.reversed().compactMap(\.undo))
      #expect(steps.filter { $0.undo == nil } == [.configure(facts(egress).connections)])
    }
  }

  @Test("A plan without a network only names the namespace and brings lo up")
  func loopback() {
    var facts = facts()
    facts.connections = []
    #expect(SandboxPlan(facts, targets: []).steps == [.name(name("web")), .configure([])])
    #expect(SandboxPlan.undo(of: facts) == [.unname(name("web"))])
  }

  @Test("The plan of a sandbox on two bridges has steps for each, and one default route")
  func onTwo() {
    let facts = factsOfTwo()
    #expect(
      SandboxPlan(facts, targets: [(7, 1500), (8, 1400)]).steps.map { "\($0)" } == [
        "write 10.64.1.5 web into /etc/hosts of those on br0", "write 10.2.0.5 web into /etc/hosts of those on br1",
        "let 10.64.1.5 out of br0 (masquerade)", "let 10.2.0.5 out of br1 (masquerade)",
        "name the network namespace web", "connect nsrun-abcdefgh on br0 with eth0 inside",
        "connect nsrun-ijklmnop on br1 with lan1 inside",
        "configure eth0 inside with 10.64.1.5/24, default route via 10.64.1.1; configure lan1 inside with 10.2.0.5/24",
      ])
    #expect(
      SandboxPlan.undo(of: facts).prefix(3) == [
        .disconnect(link("nsrun-ijklmnop")), .disconnect(link("nsrun-abcdefgh")), .unname(name("web")),
      ])
  }

  @Test("A macvlan takes one step, no rules and no hosts lines, and its end needs no step")
  func macvlan() {
    let facts = factsWithMacvlan()
    var steps = SandboxPlan(factsOfTwo(), targets: [(7, 1500), (8, 1500)]).steps.map { "\($0)" }
    steps.insert("create the macvlan eth1 on lan0 inside (mode private)", at: 6)
    steps[8] =
      "configure eth0 inside with 10.64.1.5/24, default route via 10.64.1.1; configure eth1 inside with 172.20.0.5/16; "
      + "configure lan1 inside with 10.2.0.5/24"
    #expect(SandboxPlan(facts, targets: [(7, 1500), (9, 9000), (8, 1500)]).steps.map { "\($0)" } == steps)
    #expect(
      SandboxPlan.undo(of: facts).prefix(3) == [
        .disconnect(link("nsrun-ijklmnop")), .disconnect(link("nsrun-abcdefgh")), .unname(name("web")),
      ])
  }

  @Test("Each step of a plan describes itself")
  func description() {
    #expect(
      SandboxPlan(facts(), targets: [(7, 1500)]).steps.map { "\($0)" } == [
        "write 10.64.1.5 web into /etc/hosts of those on br0", "let 10.64.1.5 out of br0 (masquerade)",
        "name the network namespace web",
        "connect nsrun-abcdefgh on br0 with eth0 inside",
        "configure eth0 inside with 10.64.1.5/24, default route via 10.64.1.1",
      ])
    #expect("\(SandboxPlan.Step.configure([]))" == "bring lo up inside")
    #expect(
      SandboxPlan(facts(.routed), targets: [(7, 1500)]).steps.map { "\($0)" }[1] == "let 10.64.1.5 out of br0 as it is")
    #expect(SandboxPlan(facts(.internal), targets: [(7, 1500)]).steps.map { "\($0)" }[1] == "keep 10.64.1.5 on br0")
    #expect(
      "\(SandboxPlan.Step.configure(facts(.internal, gateway: nil).connections))"
        == "configure eth0 inside with 10.64.1.5/24")
  }
}

@Suite("Tags")
struct TagTests {
  private func made(_ kind: String?, alias: String? = nil, address: MACAddress? = nil) -> Link {
    var link = Link(index: 5, name: "x")
    link.kind = kind
    link.address = address
    link.alias = alias
    return link
  }

  @Test("Tags tell nsrun's links from other links of the same kind")
  func ours() {
    #expect(Tag.isOurBridge(made("bridge", alias: "nsrun bridge"), planned: nil))
    let planned = mac("06:6e:0a:40:01:01")
    #expect(Tag.isOurBridge(made("bridge", address: planned), planned: planned), "ended before it had its alias")
    #expect(!Tag.isOurBridge(made("bridge", address: planned), planned: nil), "somebody else's may look like it")
    #expect(!Tag.isOurBridge(made("bridge", address: mac("06:6e:0a:40:01:02")), planned: planned))
    #expect(!Tag.isOurBridge(made("bridge"), planned: nil))
    #expect(!Tag.isOurBridge(made("bridge", alias: "nsrun bridge of mine"), planned: nil))
    #expect(!Tag.isOurBridge(made("veth", alias: "nsrun bridge"), planned: nil))
    #expect(Tag.isOurLink(made("veth", alias: Tag.link(of: name("web")))))
    #expect(Tag.isOurLink(made("veth", address: mac("fe:6e:0a:40:01:05"))))
    #expect(!Tag.isOurLink(made("veth", alias: "nsrun")))
    #expect(!Tag.isOurLink(made("veth", address: mac("02:6e:0a:40:01:05"))))
    #expect(!Tag.isOurLink(made("bridge", alias: Tag.link(of: name("web")))))
    #expect(!Tag.isOurLink(made(nil)))
  }

  @Test("A tag fits into an alias, whatever the name, and is not cut within a letter")
  func length() {
    let tag = Tag.link(of: name(String(repeating: "é", count: 127)))
    #expect(tag.utf8.count <= 255 && tag.utf8.count > 250)
    #expect(tag.hasPrefix("nsrun sandbox éé") && tag.hasSuffix("é"))
  }
}

@Suite("Derived MAC addresses")
struct DerivedMACTests {
  @Test("A derived MAC address follows from the IP address, with one for each role")
  func derived() {
    #expect("\(MACAddress.derived(from: ip("10.64.1.5"), role: .sandbox))" == "02:6e:0a:40:01:05")
    #expect("\(MACAddress.derived(from: ip("10.64.1.1"), role: .bridge))" == "06:6e:0a:40:01:01")
    #expect("\(MACAddress.derived(from: ip("255.255.255.254"), role: .hostLink))" == "fe:6e:ff:ff:ff:fe")
  }

  @Test("Derived MAC addresses are locally administered unicast addresses, and their roles differ")
  func roles() {
    let roles: [MACAddress.Role] = [.sandbox, .bridge, .hostLink]
    for role in roles {
      let address = MACAddress.derived(from: ip("10.64.1.5"), role: role)
      #expect(address.isLocallyAdministered && !address.isMulticast)
      for other in roles { #expect(address.isDerived(for: other) == (other == role)) }
    }
  }
}

@Suite("Tokens")
struct TokenTests {
  @Test("Tokens have eight letters or digits that are not easily confused, and differ")
  func random() {
    let tokens = (0..<1000).map { _ in Token.draw(isPlanned: false) }
    #expect(Set(tokens).count == 1000)
    #expect(
      tokens.allSatisfy { $0.utf8.count == 8 && $0.allSatisfy { "abcdefghijkmnpqrstuvwxyz23456789".contains($0) } })
    #expect((try? InterfaceName("nsrun-\(tokens[0])")) != nil)
  }
}
