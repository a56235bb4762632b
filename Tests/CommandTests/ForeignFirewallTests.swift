import TestHost
import Testing

/// A chain of another program that drops forwarded packets by its policy.
struct DroppingChain: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var preparation: String
  /// Prints the rules to compare.
  var rules: String
  /// The start of the remedy that doctor prints for br0.
  var remedy: String
  /// Removes what the remedy has added.
  var reset: String

  static let all = [
    DroppingChain(
      testDescription: "iptables", preparation: "iptables -P FORWARD DROP", rules: "iptables -S",
      remedy: "iptables -I FORWARD -i br0 -j ACCEPT; ", reset: "iptables -F FORWARD"),
    DroppingChain(
      testDescription: "Docker",
      preparation: """
        iptables -P FORWARD DROP; iptables -N DOCKER-USER; iptables -A DOCKER-USER -j RETURN; iptables -N DOCKER
        iptables -A FORWARD -j DOCKER-USER; iptables -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        iptables -A FORWARD -o docker0 -j DOCKER; iptables -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
        """, rules: "iptables -S", remedy: "iptables -I DOCKER-USER -i br0 -j ACCEPT; ",
      reset: "iptables -D DOCKER-USER 1; iptables -D DOCKER-USER 1"),
    nft("inet"), nft("ip"),
    DroppingChain(
      testDescription: "two chains", preparation: "\(nft("inet").preparation); iptables -P FORWARD DROP",
      rules: "\(nft("inet").rules); iptables -S", remedy: nft("inet").remedy,
      reset: "\(nft("inet").reset); iptables -F FORWARD"),
  ]

  private static func nft(_ family: String) -> DroppingChain {
    DroppingChain(
      testDescription: "nft \(family)",
      preparation:
        "nft 'add table \(family) theirs; add chain \(family) theirs f { type filter hook forward priority 0; policy drop; }'",
      rules: "nft list table \(family) theirs",
      remedy: "nft insert rule \(family) theirs f 'iifname \"br0\" accept'; ",
      reset: "nft flush chain \(family) theirs f")
  }
}

extension CommandTests {
  @Suite("Foreign firewalls") struct ForeignFirewallTests {
    /// The commands that doctor prints for what it calls a problem.
    private static let remedies =
      "nsrun doctor --json | jq -r '.[] | select(.check == \"firewall\" and .status == \"problem\") | .remedy'"

    @Test(
      "nsrun lets packets of each bridge pass a drop policy, and removes these rules with the bridge's last sandbox",
      arguments: DroppingChain.all, [0, 1])
    func drop(chain: DroppingChain, filter: Int) throws {
      let preparation = "\(chain.preparation); sysctl -qw net.bridge.bridge-nf-call-iptables=\(filter)"
      try onHost(preparation) { (host) throws in
        let before = try host.must(chain.rules)
        let one = try host.must("nsrun create one --net br0; nsrun create two --net br0 >/dev/null")
        let three = try host.must("nsrun create three --net br1; nsrun create four --net br1 --internal >/dev/null")
        for name in ["one", "two", "three"] { try host.must("nsrun exec \(name) -- ping -c 1 -W 1 8.8.8.8") }
        try host.must("nsrun exec two -- ping -c 1 -W 1 \(one); nsrun exec four -- ping -c 1 -W 1 \(three)")
        #expect(try host.sh("nsrun exec four -- ping -c 1 -W 1 8.8.8.8").status != 0)
        #expect(try !host.must("nsrun doctor").contains("problem"))
        // Machines in the internet still cannot reach a sandbox.
        try host.must("nsenter -t $ISP -n ip route add 10.0.0.0/8 via 192.0.2.2")
        #expect(try host.sh("nsenter -t $ISP -n ping -c 1 -W 1 \(one)").status == 1)
        try host.must("nsrun rm three four")
        #expect(try !host.must(chain.rules).contains("br1"))
        try host.must("nsrun rm one; nsrun exec two -- ping -c 1 -W 1 8.8.8.8; nsrun rm two")
        #expect(try host.must(chain.rules) == before)
      }
    }

    @Test(
      "--no-firewall-rules adds no rules, and the commands of doctor let packets pass", arguments: DroppingChain.all,
      [0, 1])
    func noRules(chain: DroppingChain, filter: Int) throws {
      let preparation = "\(chain.preparation); sysctl -qw net.bridge.bridge-nf-call-iptables=\(filter)"
      try onHost(preparation) { (host) throws in
        let before = try host.must(chain.rules)
        let made = try host.sh("nsrun create one --net br0 --no-firewall-rules")
        #expect(made.status == 0 && made.errors == "", "\(made)")
        try host.must("nsrun create two --net br0")
        #expect(try host.must(chain.rules) == before)
        #expect(try host.sh("nsrun exec two -- ping -c 1 -W 1 8.8.8.8").status == 1)
        #expect(try host.sh("nsrun exec two -- ping -c 1 -W 1 \(made.text)").status == filter)
        let doctor = try host.sh("nsrun doctor")
        #expect(
          doctor.status == 1 && doctor.output.contains("has the policy drop: packets of sandboxes on br0 do not get"))
        let remedies = try host.must(Self.remedies)
        #expect(remedies.hasPrefix(chain.remedy))
        try host.must(remedies)
        try host.must("nsrun doctor; nsrun exec two -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun exec two -- ping -c 1 -W 1 \(made.text)")
        // nsrun leaves rules that were added by hand.
        let added = try host.must(chain.rules)
        try host.must("nsrun rm one two")
        #expect(try host.must(chain.rules) == added)
        try host.must(chain.reset)
      }
    }

    @Test("nsrun adds no rules to a chain DOCKER-USER that no rule jumps to, as Docker leaves one behind")
    func deserted() throws {
      try onHost("iptables -P FORWARD DROP; iptables -N DOCKER-USER") { (host) throws in
        try host.must("nsrun create one --net br0; nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun doctor")
        #expect(try host.must("iptables -S DOCKER-USER") == "-N DOCKER-USER")
        try host.must("iptables -F FORWARD; nsrun reload; nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun rm one")
        #expect(try host.must("iptables -S FORWARD") == "-P FORWARD DROP")
      }
    }

    @Test("Sandboxes on a bridge reach each other with br_netfilter, even without any foreign rule")
    func bridgeNetfilter() throws {
      try onHost("sysctl -qw net.bridge.bridge-nf-call-iptables=1") { (host) throws in
        let one = try host.must("nsrun create one --net br0")
        try host.must("nsrun create two --net br0 --internal")
        try host.must("nsrun exec two -- ping -c 1 -W 1 \(one); nsrun --net br0 -- ping -c 1 -W 1 \(one)")
        try host.must("nsrun rm one two")
      }
    }

    @Test("rm does not fail if another program has deleted nsrun's rules or the chain with them")
    func gone() throws {
      let table = "add table inet a; add chain inet a f { type filter hook forward priority 0; policy drop; }"
      try onHost { (host) throws in
        try host.must("nft '\(table)'; iptables -P FORWARD DROP")
        try host.must("nsrun create one --net br0; iptables -D FORWARD 1; nft delete table inet a")
        let outcome = try host.sh("nsrun rm one")
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        #expect(try host.must("iptables -S FORWARD") == "-P FORWARD DROP")
        try host.must("nft '\(table)'; nsrun create one --net br0; iptables -F FORWARD; nft flush chain inet a f")
        let second = try host.sh("nsrun rm one")
        #expect(second.status == 0 && second.errors == "", "\(second)")
        try host.must("nft flush ruleset")
      }
    }

    @Test("nsrun recognises its rules after iptables-save and iptables-restore")
    func restored() throws {
      try onHost { (host) throws in
        try host.must("iptables -P FORWARD DROP; nsrun create one --net br0")
        try host.must("iptables-save > /run/scratch/rules; iptables-restore /run/scratch/rules")
        #expect(try host.must("iptables -S FORWARD | grep -c 'nsrun br0'") == "2")
        try host.must("nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun rm one; rm /run/scratch/rules")
        #expect(try host.must("iptables -S FORWARD") == "-P FORWARD DROP")
        try host.must("nft flush ruleset")
      }
    }

    @Test("doctor reports a policy that becomes drop while sandboxes exist, and its remedy lets packets pass")
    func later() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; nsrun doctor; iptables -P FORWARD DROP")
        #expect(try host.sh("nsrun exec one -- ping -c 1 -W 1 8.8.8.8").status == 1)
        try host.must(try host.must(Self.remedies))
        try host.must("nsrun doctor; nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun rm one; nft flush ruleset")
      }
    }

    @Test(
      "The next launch on a bridge, or reload, restores nsrun's rules after a firewall restarts and flushes everything"
    )
    func flushed() throws {
      try onHost { (host) throws in
        try host.must(
          "nsrun create one --net br0; nsrun create two --net br1; nsrun create bare --net br2 --no-firewall-rules")
        try host.must(
          "nft 'flush ruleset; add table inet a; add chain inet a f { type filter hook forward priority 0; policy drop; }'"
        )
        #expect(try host.sh("nsrun exec one -- ping -c 1 -W 1 8.8.8.8").status == 1)
        try host.must("nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun reload")
        for name in ["one", "two"] { try host.must("nsrun exec \(name) -- ping -c 1 -W 1 8.8.8.8") }
        #expect(try host.sh("nsrun exec bare -- ping -c 1 -W 1 8.8.8.8").status == 1)
        try host.must("nsrun rm one two bare; nft delete table inet a")
      }
    }

    @Test("nsrun leaves a foreign rule whose comment looks like nsrun's")
    func likeOurs() throws {
      try onHost { (host) throws in
        try host.must("iptables -P FORWARD DROP; nsrun create one --net br0")
        try host.must("iptables -A FORWARD -s 192.168.7.7 -m comment --comment 'nsrun br0' -j ACCEPT; nsrun rm one")
        #expect(try host.must("iptables -S FORWARD").contains("-s 192.168.7.7/32 -m comment"))
        try host.must("nft flush ruleset")
      }
    }

    @Test("A chain that nsrun cannot change does not keep nsrun from removing its rules in another chain")
    func failing() throws {
      try onHost { (host) throws in
        let chain = "add chain inet a f { type filter hook forward priority 0; policy drop; }"
        try host.must("nft 'add table inet a; \(chain)'; iptables -P FORWARD DROP")
        try host.must("nsrun create one --net br0; nft delete table inet a")
        // This table has the flag owner: only the process that made it can change it.
        let owner = try host.start("nft -i")
        owner.send("add table inet a { flags owner; }\n\(chain)\n")
        owner.send("add rule inet a f iifname \"br0\" accept comment \"nsrun br0\"\n")
        try host.eventually("nft list table inet a | grep -q 'nsrun br0'")
        let outcome = try host.sh("nsrun rm one")
        #expect(outcome.errors.contains("inet a f") && outcome.errorLines.count == 1, "\(outcome)")
        #expect(try host.must("iptables -S FORWARD") == "-P FORWARD DROP")
        owner.closeInput()
        _ = try owner.finish()
        try host.must("nsrun cleanup; nft flush ruleset")
      }
    }
  }
}
