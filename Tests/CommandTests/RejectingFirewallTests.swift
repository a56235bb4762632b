import TestHost
import Testing

/// Whether iptables-legacy has tables here: kernels can be built without them.
private let hasLegacyTables: Bool = {
  let trial = try? HostCommand(
    ["unshare", "--net", "iptables-legacy", "-S"], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
  return (try? trial?.finish().status) == 0
}()

extension CommandTests {
  /// Rulesets like those that the named programs make, reduced to the rules that forwarded packets meet.
  @Suite("Firewalls that reject by rules") struct RejectingFirewallTests {
    /// All links, including up0, are in the zone public.
    private static let firewalld = """
      nft -f - <<'END'
      table inet firewalld {
        chain filter_FORWARD {
          type filter hook forward priority filter + 10; policy accept;
          ct state { established, related } accept
          ct status dnat accept
          iifname "lo" accept
          ct state invalid drop
          ip6 daddr { ::/96, ::ffff:0.0.0.0/96 } reject with icmpv6 addr-unreachable
          jump filter_FORWARD_ZONES
          reject with icmpx admin-prohibited
        }
        chain filter_FORWARD_ZONES {
          goto filter_FWD_public
        }
        chain filter_FWD_public {
          jump filter_FWD_public_allow
          reject with icmpx admin-prohibited
        }
        chain filter_FWD_public_allow {
        }
        chain filter_FWD_trusted {
          accept
        }
      }
      END
      """

    private static let ufw = """
      iptables-restore <<'END'
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD DROP [0:0]
      :OUTPUT ACCEPT [0:0]
      :ufw-before-forward - [0:0]
      :ufw-after-logging-forward - [0:0]
      :ufw-reject-forward - [0:0]
      :ufw-user-forward - [0:0]
      -A FORWARD -j ufw-before-forward
      -A FORWARD -j ufw-after-logging-forward
      -A FORWARD -j ufw-reject-forward
      -A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A ufw-before-forward -p icmp -m icmp --icmp-type 3 -j ACCEPT
      -A ufw-before-forward -j ufw-user-forward
      -A ufw-after-logging-forward -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "
      -A ufw-reject-forward -j REJECT --reject-with icmp-port-unreachable
      COMMIT
      END
      """

    private static let handMade = """
      nft -f - <<'END'
      table inet mine {
        set inner {
          type ifname
          elements = { "lan0", "lan1" }
        }
        chain f {
          type filter hook forward priority filter;
          ct state vmap { established : accept, related : accept, invalid : drop }
          iifname @inner oifname "up0" accept
          counter drop
        }
      }
      END
      """

    private func findings(_ host: ThrowawayHost) throws -> [Substring] {
      try host.must(
        "nsrun doctor --json | jq -r '.[] | select(.check == \"firewall\") | [.status, .message, .remedy] | join(\"|\")' || true"
      ).split(separator: "\n")
    }

    @Test("Launch and doctor name firewalld's chain and the command for firewalld, and leave its rules alone")
    func firewalld() throws {
      try onHost { (host) throws in
        try host.must(Self.firewalld)
        let remedy =
          "firewall-cmd --zone=trusted --add-interface=br0; firewall-cmd --permanent --zone=trusted --add-interface=br0"
        let message =
          "the chain inet firewalld filter_FORWARD has a rule that rejects what no rule before it accepts: packets of sandboxes on br0 do not get through"
        let before = try host.must("nft -s -a list table inet firewalld")
        // There is no sandbox yet.
        let first = try findings(host).first
        #expect(first?.hasPrefix("warning|the chain inet firewalld filter_FORWARD has a rule") == true, "\(first!)")
        let made = try host.sh("nsrun create one --net br0")
        #expect(made.status == 0 && made.errors == "nsrun: \(message): \(remedy)\n", "\(made)")
        let outcome = try host.sh("nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8")
        // nsrun warns once for a bridge, and not for every sandbox on it.
        #expect(outcome.status == 1 && outcome.errors == "", "\(outcome)")
        #expect(outcome.output.contains("Packet filtered"))
        #expect(try findings(host) == ["problem|\(message)|\(remedy)"])
        #expect(try host.must("nft -s -a list table inet firewalld") == before)
        // firewalld adds this rule for the command in the remedy.
        try host.must("nft insert rule inet firewalld filter_FORWARD_ZONES iifname br0 goto filter_FWD_trusted")
        try host.must("nsrun doctor; nsrun exec one -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun --net br0 -- ping -c 1 -W 1 \(made.text)")
        let silent = try host.sh("nsrun rm one; nsrun --net br0 -- true")
        #expect(silent.status == 0 && silent.errors == "", "\(silent)")
        try host.must("nft flush ruleset")
      }
    }

    @Test("firewalld with up0 in its zone lets packets out, but with br_netfilter rejects those between sandboxes")
    func firewalldZone() throws {
      try onHost("\(Self.firewalld)\nnft add rule inet firewalld filter_FWD_public_allow oifname up0 accept") {
        (host) throws in
        try host.must("sysctl -qw net.bridge.bridge-nf-call-iptables=0")
        let made = try host.sh("nsrun create one --net br0")
        #expect(made.status == 0 && made.errors == "", "\(made)")
        try host.must("nsrun doctor; nsrun exec one -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun --net br0 -- ping -c 1 -W 1 \(made.text); sysctl -qw net.bridge.bridge-nf-call-iptables=1")
        #expect(try host.sh("nsrun --net br0 -- ping -c 1 -W 1 \(made.text)").status == 1)
        #expect(
          try findings(host).first?.contains("packets between sandboxes on br0 do not get through") == true)
        // The same with the bridge's own setting.
        try host.must("sysctl -qw net.bridge.bridge-nf-call-iptables=0; nsrun doctor")
        try host.must("ip link set br0 type bridge nf_call_iptables 1")
        #expect(
          try findings(host).first?.contains("packets between sandboxes on br0 do not get through") == true)
        #expect(try host.sh("nsrun doctor").output.contains("ip link set br0 type bridge nf_call_iptables 0"))
        try host.must("sysctl -qw net.bridge.bridge-nf-call-iptables=1; nsrun rm one")
      }
    }

    @Test("nsrun's rules let packets pass ufw, and without these rules doctor prints the command for ufw")
    func ufw() throws {
      try onHost(Self.ufw) { (host) throws in
        let server = try host.start("exec nsenter -t $ISP -n nc -l -k -p 80")
        try host.eventually("nsenter -t $ISP -n ss -ltn | grep -q ':80 '")
        let connect = "nc -z -w 1 8.8.8.8 80"
        let made = try host.sh("nsrun --net br0 -- \(connect)")
        #expect(made.status == 0 && made.errors == "", "\(made)")
        try host.must("nsrun create one --net br0 --no-firewall-rules")
        #expect(try host.sh("nsrun exec one -- \(connect)").status == 1)
        let problem = try #require(try findings(host).first)
        #expect(problem.hasPrefix("problem|the chain ip filter FORWARD "))
        #expect(problem.hasSuffix("packets of sandboxes on br0 do not get through|ufw route allow in on br0"))
        // ufw adds this rule for the command in the remedy.
        try host.must("iptables -A ufw-user-forward -i br0 -j ACCEPT")
        try host.must("nsrun doctor; nsrun exec one -- \(connect)")
        try host.must("nsrun rm one; iptables -D ufw-user-forward 1")
        #expect(server.errors == "")
      }
    }

    @Test("The commands of doctor insert rules before a drop at the end of a chain that was made by hand")
    func handMade() throws {
      try onHost { (host) throws in
        try host.must(Self.handMade)
        let made = try host.sh("nsrun create one --net br0")
        #expect(made.errorLines.count == 1 && made.errors.contains("the chain inet mine f"), "\(made)")
        #expect(try host.sh("nsrun exec one -- ping -c 1 -W 1 8.8.8.8").status == 1)
        // If some packets get through, doctor does not say that none do.
        try host.must("nft insert rule inet mine f tcp dport 443 accept")
        #expect(try findings(host).first?.contains("packets of sandboxes on br0 may not get through") == true)
        try host.must(
          "nft delete rule inet mine f handle $(nft -a list chain inet mine f | sed -n 's/.*dport 443.*handle //p')")
        let problem = try #require(try findings(host).first?.split(separator: "|"))
        #expect(problem[0] == "problem" && problem[1].hasSuffix("packets of sandboxes on br0 do not get through"))
        try host.must(String(problem[2]))
        try host.must("nsrun doctor; nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun rm one; nft flush ruleset")
      }
    }

    @Test(
      "Launch and doctor name a rule that drops by address only if it matches the bridge's subnet",
      arguments: [
        ("-s 10.0.0.0/8", true), ("! -s 192.168.0.0/16", true), ("-d 10.66.0.0/16", true), ("-s 172.16.0.0/12", false),
        ("-d 172.16.0.0/12", false),
      ])
    func source(condition: String, isRefused: Bool) throws {
      try onHost("iptables -A FORWARD \(condition) -j DROP") { (host) throws in
        let made = try host.sh("nsrun create one --net br0 --subnet 10.66.9.0/24")
        #expect(made.errors.contains("packets of sandboxes on br0 do not get through") == isRefused, "\(made)")
        #expect(try host.sh("nsrun doctor").status == (isRefused ? 1 : 0))
        #expect(try host.sh("nsrun exec one -- ping -c 1 -W 1 8.8.8.8").status == (isRefused ? 1 : 0))
        try host.must("nsrun rm one")
      }
    }

    @Test("Launch and doctor report nothing for a bridge that a foreign firewall accepts by a set")
    func sets() throws {
      try onHost(Self.handMade) { (host) throws in
        let made = try host.sh("sysctl -qw net.bridge.bridge-nf-call-iptables=0; nsrun create one --net lan0")
        #expect(made.status == 0 && made.errors == "", "\(made)")
        try host.must("nsrun doctor; nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun rm one")
        try host.must("sysctl -qw net.bridge.bridge-nf-call-iptables=1")
      }
    }

    @Test(
      "doctor reports that it cannot see rules of iptables-legacy, and its commands let packets pass",
      .enabled(if: hasLegacyTables || Privilege.isRequired))
    func legacy() throws {
      try onHost("iptables-legacy -P FORWARD DROP") { (host) throws in
        try host.must("nsrun create one --net br0")
        #expect(try host.sh("nsrun exec one -- ping -c 1 -W 1 8.8.8.8").status == 1)
        let finding = try #require(try findings(host).last)
        #expect(finding.hasPrefix("warning|iptables-legacy has a table filter"))
        let marker = "shows that it refuses packets: "
        let start = try #require(finding.firstRange(of: marker)).upperBound
        try host.must(String(finding[start...]))
        try host.must("nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun rm one; iptables-legacy -F FORWARD")
      }
    }
  }
}
