import NFTables
import NetTypes
import RouteNetlink
import TestNetlink
import Testing

@testable import Network

/// Foreign rules as nft and iptables write them, and the fate of a new packet from br0 to up0.
@Suite struct PacketWalkTests {
  private static let table = Table(.inet, "theirs")
  private static let base = Chain(
    "f", in: table, base: BaseChain(type: .filter, hook: .forward, priority: 0, policy: .drop))
  private let packet = SandboxPacket(
    input: .init(name: "br0", index: 7), output: .init(name: "up0", index: 2), state: .new)

  private static func rule(_ statements: Statement...) -> Rule { Rule(in: base, statements) }
  private static let fromBridge = Statement.equals(.inputInterfaceName, .interfaceName("br0"))
  private static let toOther = Statement.equals(.outputInterfaceName, .interfaceName("up1"))
  /// A condition that matches some of the bridge's packets; which ones is unknown.
  private static let some = Statement.equals(.sourceAddress, .address(ip("10.1.2.3")))

  /// The fate of the packet, and whether a rule on its way may accept it.
  private func fate(
    _ chains: [String: [Rule]], _ packet: SandboxPacket? = nil,
    entry: @escaping (String, [UInt8]) -> PacketWalk.Entry = { _, _ in .unknown }
  ) -> String {
    var walk = PacketWalk(packet ?? self.packet, rules: chains, entry: entry)
    return "\(walk.fate(in: Self.base))\(walk.mayBeAccepted ? ", perhaps accepted" : "")"
  }

  private func fate(_ rules: Rule...) -> String { fate(["f": rules]) }

  @Test("The policy decides if no rule does")
  func policy() {
    #expect(fate() == "refusedByPolicy")
    #expect(fate(Self.rule(Self.toOther, .verdict(.accept)), Self.rule(.counter)) == "refusedByPolicy")
  }

  @Test("The first rule that certainly matches decides")
  func first() {
    let accept = Self.rule(Self.fromBridge, .counter, .verdict(.accept))
    let reject = Self.rule(.reject())
    #expect(fate(accept, reject) == "accepted")
    #expect(fate(reject, accept) == "refusedByRule")
    #expect(fate(Self.rule(.verdict(.return)), accept) == "refusedByPolicy")
  }

  @Test("A condition can name interfaces by name, by wildcard, by index, or all but one")
  func interfaces() {
    for condition in [
      Self.fromBridge, .hasPrefix(.inputInterfaceName, "br"), .equals(.inputInterfaceIndex, .interfaceIndex(7)),
      .notEquals(.inputInterfaceName, .interfaceName("up0")), .equals(.outputInterfaceName, .interfaceName("up0")),
    ] {
      #expect(fate(Self.rule(condition, .verdict(.accept))) == "accepted", "\(condition)")
    }
    for condition in [
      Self.toOther, .hasPrefix(.inputInterfaceName, "brx"), .equals(.inputInterfaceIndex, .interfaceIndex(8)),
      .notEquals(.inputInterfaceName, .interfaceName("br0")),
    ] {
      #expect(fate(Self.rule(condition, .verdict(.accept))) == "refusedByPolicy", "\(condition)")
    }
  }

  @Test("A condition that cannot be evaluated neither refuses a packet nor certainly accepts it")
  func uncertain() {
    #expect(fate(Self.rule(Self.some, .verdict(.accept))) == "refusedByPolicy, perhaps accepted")
    #expect(
      fate(Self.rule(Self.some, .verdict(.drop)), Self.rule(Self.fromBridge, .verdict(.accept))) == "accepted")
    #expect(
      fate(Self.rule(.limit(Limit(1, per: .second)), .verdict(.accept))) == "refusedByPolicy, perhaps accepted")
    // The packet is TCP, so rules for ICMP do not match it.
    #expect(fate(Self.rule(.equals(.icmpType, .proto(8)), .verdict(.accept))) == "refusedByPolicy")
  }

  @Test("Only what all addresses of a subnet have in common decides")
  func addresses() {
    var known = packet
    known.source = SandboxPacket.bytes(of: IPNetwork("10.1.0.0/20"))
    func fate(_ expressions: [Expression]) -> String {
      self.fate(["f": [Rule(expressions + [.verdict(.drop)], in: Self.base), Self.rule(.verdict(.accept))]], known)
    }
    func source(_ bytes: [UInt8], _ comparison: Comparison = .equal) -> [Expression] {
      [
        .payload(PayloadField(.network, offset: 12, length: UInt32(bytes.count))),
        .compare(.first, comparison, bytes),
      ]
    }
    #expect(fate(source([10, 1])) == "refusedByRule")
    #expect(fate(source([10, 2])) == "accepted")
    #expect(fate(source([192], .notEqual)) == "refusedByRule")
    // The third byte is not the same for all addresses.
    #expect(fate(source([10, 1, 2])) == "accepted")
    func masked(_ mask: [UInt8], _ bytes: [UInt8]) -> [Expression] {
      let load = Expression.payload(.ipv4SourceAddress)
      return [load, .bitwise(mask: mask, xor: [0, 0, 0, 0]), .compare(.first, .equal, bytes)]
    }
    #expect(fate(masked([255, 254, 0, 0], [10, 0, 0, 0])) == "refusedByRule")
    #expect(fate(masked([255, 255, 240, 0], [10, 1, 0, 0])) == "accepted")
  }

  @Test("A condition can name the protocol and the port of a query to a server")
  func ports() {
    var question = packet
    question.transport = 17
    question.destinationPort = 53
    func fate(_ transport: UInt8, _ port: UInt16, _ packet: SandboxPacket) -> String {
      let load = Expression.payload(PayloadField(.transport, offset: 2, length: 2))
      let rule = Rule(
        [
          .meta(.transportProtocol), .compare(.first, .equal, [transport]), load,
          .compare(.first, .equal, [UInt8(port >> 8), UInt8(port & 0xff)]), .verdict(.accept),
        ], in: Self.base)
      return self.fate(["f": [rule]], packet)
    }
    #expect(fate(17, 53, question) == "accepted")
    #expect(fate(17, 67, question) == "refusedByPolicy")
    #expect(fate(6, 53, question) == "refusedByPolicy")
    // The port of other packets is unknown.
    #expect(fate(6, 443, packet) == "refusedByPolicy, perhaps accepted")
  }

  @Test("A condition can name the state of the connection, as nft and as iptables writes it")
  func states() {
    let answers = ConntrackState([.established, .related])
    for statement in [Statement.state(answers), .expression(XTables.state(answers).expression)] {
      let rules = ["f": [Self.rule(statement, .verdict(.accept))]]
      #expect(fate(rules) == "refusedByPolicy")
      var answer = packet
      answer.state = .established
      #expect(fate(rules, answer) == "accepted")
    }
  }

  @Test("A jump returns to the calling chain, and a goto does not")
  func jumps() {
    func chains(_ verdict: Verdict, _ target: [Rule]) -> [String: [Rule]] {
      ["f": [Self.rule(.verdict(verdict)), Self.rule(.verdict(.accept))], "target": target]
    }
    #expect(fate(chains(.jump("target"), [])) == "accepted")
    #expect(fate(chains(.goto("target"), [])) == "refusedByPolicy")
    #expect(fate(chains(.jump("target"), [Self.rule(.verdict(.drop))])) == "refusedByRule")
    #expect(fate(chains(.jump("target"), [Self.rule(.verdict(.return)), Self.rule(.verdict(.drop))])) == "accepted")
  }

  @Test("A chain that only some packets reach does not decide for all packets")
  func uncertainJump() {
    let jump = Self.rule(Self.some, .verdict(.jump("target")))
    func chains(_ target: Rule...) -> [String: [Rule]] { ["f": [jump], "target": target] }
    #expect(fate(chains(Self.rule(.verdict(.accept)))) == "refusedByPolicy, perhaps accepted")
    #expect(fate(chains(Self.rule(.reject()), Self.rule(.verdict(.accept)))) == "refusedByPolicy")
  }

  @Test("A condition can use sets and verdict maps, also with keys of two parts")
  func sets() {
    let names = DataValue.interfaceName("br0").bytes
    let both = names + DataValue.interfaceName("up0").bytes
    let one = NFTSet("one", in: Self.table, key: [.interfaceName])
    let two = NFTSet("two", in: Self.table, key: [.interfaceName, .interfaceName], value: .verdict)
    let isIn = ["f": [Self.rule(.matching(.inputInterfaceName, in: one), .verdict(.accept))]]
    #expect(fate(isIn) == "refusedByPolicy, perhaps accepted")
    #expect(fate(isIn) { _, key in key == names ? .present(nil) : .absent } == "accepted")
    #expect(fate(isIn) { _, _ in .absent } == "refusedByPolicy")
    let map = ["f": [Self.rule(.vmap(.inputInterfaceName, .outputInterfaceName, in: two))]]
    #expect(fate(map) { _, key in key == both ? .present(.verdict(.accept)) : .absent } == "accepted")
    #expect(fate(map) { _, _ in .present(.verdict(.drop)) } == "refusedByRule")
    #expect(fate(map) == "refusedByPolicy, perhaps accepted")
  }

  @Test("The target REJECT of iptables refuses, LOG does not, and a comment is not a condition")
  func targets() {
    func target(_ name: String) -> Rule {
      Rule([XTables(kind: .target, name: name, revision: 0, info: []).expression], in: Self.base)
    }
    let comment = XTables(kind: .match, name: "comment", revision: 0, info: Array("why".utf8) + [0, 0])
    let accept = Rule([comment.expression, .counter(), .verdict(.accept)], in: Self.base)
    #expect(accept.anyComment == "why")
    #expect(fate(target("LOG"), accept) == "accepted")
    #expect(fate(target("REJECT"), accept) == "refusedByRule")
    #expect(fate(target("NFQUEUE")) == "refusedByPolicy, perhaps accepted")
  }
}
