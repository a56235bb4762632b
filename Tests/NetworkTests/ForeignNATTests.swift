import NFTables
import NetTypes
import RouteNetlink
import Testing

@testable import Network

/// Rules as nft and iptables write them, in the form of the kernel's expressions.
@Suite struct ForeignNATTests {
  let nat = ForeignNAT(subnet: IPNetwork("10.99.0.0/24")!, bridge: try! InterfaceName("br0"))
  let chain = Chain("post", in: Table(.ip, "nat"))

  private func rule(_ expressions: [Expression]) -> Rule { Rule(expressions, in: chain) }

  /// nft: ip saddr 10.99.0.0/24 (nft compares a prefix of whole bytes without a mask)
  private let source: [Expression] = [
    .payload(PayloadField(.network, offset: 12, length: 3)), .compare(.first, .equal, [10, 99, 0]),
  ]
  /// nft: oifname != "br0"
  private let notBridge: [Expression] = [
    .meta(.outputInterfaceName), .compare(.first, .notEqual, Array("br0".utf8) + [UInt8](repeating: 0, count: 13)),
  ]

  @Test("ForeignNAT recognises the rules that users write by hand")
  func byHand() {
    #expect(nat.masquerades([rule(source + notBridge + [.masquerade()])]))
    #expect(nat.masquerades([rule(notBridge + source + [.counter(), .masquerade()])]))
    #expect(nat.masquerades([rule([.masquerade()])]))
  }

  @Test("ForeignNAT recognises the target MASQUERADE of iptables, and no other target")
  func iptables() {
    let target = Expression.unknown(name: "target", data: [15, 0, 1, 0] + Array("MASQUERADE\0".utf8))
    let other = Expression.unknown(name: "target", data: [8, 0, 1, 0] + Array("LOG\0".utf8))
    #expect(nat.masquerades([rule(source + notBridge + [.counter(), target])]))
    #expect(!nat.masquerades([rule(source + notBridge + [other])]))
  }

  @Test("ForeignNAT recognises a mask for a wider network, and not for a narrower or another one")
  func networks() {
    func masked(_ mask: [UInt8], _ value: [UInt8]) -> [Expression] {
      [
        .payload(.ipv4SourceAddress), .bitwise(mask: mask, xor: [0, 0, 0, 0]), .compare(.first, .equal, value),
        .masquerade(),
      ]
    }
    #expect(nat.masquerades([rule(masked([255, 224, 0, 0], [10, 96, 0, 0]))]))
    #expect(!nat.masquerades([rule(masked([255, 255, 255, 128], [10, 99, 0, 0]))]))
    #expect(!nat.masquerades([rule(masked([255, 255, 255, 0], [10, 98, 0, 0]))]))
  }

  @Test("ForeignNAT does not count a rule with another condition, or for another link")
  func conditions() {
    let toUplink: [Expression] = [.meta(.outputInterfaceName), .compare(.first, .equal, Array("eth0".utf8))]
    let notOther: [Expression] = [.meta(.outputInterfaceName), .compare(.first, .notEqual, Array("br1".utf8))]
    let tcp: [Expression] = [.meta(.transportProtocol), .compare(.first, .equal, [6])]
    for condition in [toUplink, notOther, tcp, [.limit(Limit(1, per: .second))]] {
      #expect(!nat.masquerades([rule(source + condition + [.masquerade()])]))
    }
    #expect(!nat.masquerades([rule(source + notBridge + [.verdict(.accept)])]))
  }

  @Test("ForeignNAT does not rely on a rule if an earlier one may decide for the bridge's packets")
  func order() {
    let good = rule(source + notBridge + [.masquerade()])
    #expect(!nat.masquerades([rule(source + [.verdict(.return)]), good]))
    #expect(nat.masquerades([rule([.counter()]), good]))
  }
}
