import TestHost
import Testing

/// A foreign chain that blocks packets at a hook where nsrun adds no rules.
struct Obstacle: CustomTestStringConvertible, Sendable {
  var ruleset: String
  var chain: String

  var testDescription: String { chain }

  static let all = [
    Obstacle(
      ruleset: "table bridge mine { chain in { type filter hook input priority 0; policy drop; }; }",
      chain: "bridge mine in"),
    Obstacle(
      ruleset: "table arp mine { chain out { type filter hook output priority 0; counter drop; }; }",
      chain: "arp mine out"),
    Obstacle(
      ruleset: "table netdev mine { chain early { type filter hook ingress device up0 priority 0; drop; }; }",
      chain: "netdev mine early"),
    Obstacle(
      ruleset: "table netdev mine { chain both { type filter hook ingress devices = { lo, up0 } priority 0; drop; }; }",
      chain: "netdev mine both"),
    Obstacle(
      ruleset: "table inet mine { chain late { type filter hook postrouting priority 50; iifname br0 drop; }; }",
      chain: "inet mine late"),
    Obstacle(
      ruleset: "table inet mine { chain early { type filter hook prerouting priority raw; iifname br0 notrack; }; }",
      chain: "inet mine early"),
  ]
}

extension CommandTests {
  @Suite("Foreign chains at other hooks") struct OtherHooksTests {
    @Test(
      "Launch and doctor report foreign chains that drop packets or keep them out of connection tracking",
      arguments: Obstacle.all)
    func told(obstacle: Obstacle) throws {
      try onHost { (host) throws in
        try host.must("nft -f -", input: obstacle.ruleset)
        let made = try host.sh("nsrun create one --net br0")
        #expect(made.status == 0 && made.errors.contains("the chain \(obstacle.chain) "), "\(made)")
        let shown = try host.sh("nsrun doctor | grep -v ^ok")
        #expect(shown.output.contains("the chain \(obstacle.chain) "), "\(shown)")
        #expect(shown.output.contains("nft insert rule \(obstacle.chain) "), "\(shown)")
        try host.must("nft flush ruleset; nsrun reload; healthy; nsrun rm one")
      }
    }

    @Test("Launch and doctor do not report foreign chains that let everything pass")
    func silent() throws {
      try onHost { (host) throws in
        try host.must(
          "nft -f -",
          input: """
            table bridge mine { chain in { type filter hook input priority 0; policy accept; counter; }; }
            table inet mine { chain early { type filter hook prerouting priority raw; iifname other0 notrack; }; }
            table inet off { flags dormant; chain f { type filter hook forward priority 0; policy drop; }; }
            table inet host { chain in { type filter hook input priority 0; policy drop; }; }
            """)
        let made = try host.sh("nsrun create one --net br0")
        #expect(made.status == 0 && made.errors == "", "\(made)")
        try host.must("healthy; nsrun rm one; nft flush ruleset")
      }
    }

    @Test("nsrun leaves a table with the flag owner to its owner, and launch, doctor and removal still work")
    func owned() throws {
      try onHost { (host) throws in
        let owner = try host.start("exec nft -i > /dev/null")
        owner.send("add table ip own { flags owner; }\n")
        owner.send("add chain ip own f { type filter hook forward priority 10; policy drop; }\n")
        try host.eventually("nft list chain ip own f")
        let made = try host.sh("nsrun create one --net br0")
        #expect(made.status == 0 && made.errors.contains("the chain ip own f has the policy drop"), "\(made)")
        #expect(made.errors.contains("with the flag owner, can change it"), "\(made)")
        let doctor = try host.sh("nsrun doctor")
        #expect(doctor.status == 1 && doctor.output.contains("with the flag owner"), "\(doctor)")
        let reload = try host.sh("nsrun reload")
        #expect(reload.status == 0 && reload.errors == "", "\(reload)")
        let removal = try host.sh("nsrun rm one")
        #expect(removal.status == 0 && removal.errors == "", "\(removal)")
        owner.closeInput()
        _ = try owner.finish()
      }
    }
  }
}
