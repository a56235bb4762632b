import TestHost
import Testing

extension CommandTests {
  @Suite("Forwarding for others") struct ForwardingTests {
    private static let isOn = "[ $(cat /proc/sys/net/ipv4/ip_forward) = 1 ]"

    /// Makes a machine whose router is the host, behind a link or a bridge.
    private static func stranger(_ link: String) -> String {
      """
      ip netns add stranger; ip link add out0 type veth peer name eth0 netns stranger
      [ \(link) = out0 ] || { ip link add \(link) type bridge; ip link set out0 master \(link) up; }
      ip addr add 172.17.0.1/16 dev \(link); ip link set \(link) up
      ip -n stranger addr add 172.17.0.2/16 dev eth0; ip -n stranger link set eth0 up
      ip -n stranger route add default via 172.17.0.1; nsenter -t $ISP -n ip route replace 172.17.0.0/16 via 192.0.2.2
      ip netns exec stranger ping -c 1 -W 5 172.17.0.1 > /dev/null
      """
    }

    private static let ping = "ip netns exec stranger ping -c 1 -W 1 8.8.8.8 > /dev/null"

    private static let removal = """
      nft flush ruleset; ip netns delete stranger; ! ip link show docker0 2> /dev/null || ip link delete docker0
      sysctl -qw net.ipv4.ip_forward=0
      """

    static let others = [
      (
        "docker0",
        "chain n { type nat hook postrouting priority srcnat; ip saddr 172.17.0.0/16 oifname != docker0 masquerade; }"
      ),
      ("docker0", ""),
      ("out0", "chain n { type nat hook postrouting priority srcnat; oifname up0 snat to 192.0.2.2; }"),
      (
        "out0",
        "chain a { iifname out0 accept; }; chain f { type filter hook forward priority 0; ct state established accept; jump a; }"
      ),
    ]

    @Test(
      "doctor reports that others now need forwarding, and after reload or a launch they have it and keep it",
      arguments: others, ["nsrun reload", "nsrun --net br0 -- true"])
    func handedOver(other: (link: String, rules: String), remedy: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        try host.must(Self.stranger(other.link))
        if !other.rules.isEmpty { try host.must("nft -f -", input: "table ip theirs { \(other.rules); }") }
        #expect(try host.sh(Self.ping).status == 1)
        let doctor = try host.sh("nsrun doctor")
        #expect(doctor.status == 0 && doctor.output.contains("drops what is forwarded for others"), "\(doctor)")
        // A launch reads rules only if they have changed.
        if other.rules.isEmpty { try host.must("nft add table ip theirs") }
        try host.must("\(remedy); \(Self.ping); healthy")
        try host.must("nsrun rm one; \(Self.ping); \(Self.isOn)")
        try host.must(Self.removal)
      }
    }

    @Test("The end of the last sandbox leaves forwarding on for others that came later, and nothing else of nsrun")
    func last() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        try host.must(Self.stranger("docker0"))
        try host.must("nsrun rm one; \(Self.ping); \(Self.isOn); [ ! -e /run/nsrun ]; [ -z \"$(nft list tables)\" ]")
        try host.must(Self.removal)
      }
    }

    @Test("Bridges and rules from before forwarding, or for sandboxes, do not keep forwarding on")
    func before() throws {
      let preparation = """
        ip link add old0 type bridge; ip addr add 172.18.0.1/16 dev old0; ip link set old0 up
        nft -f - <<'RULES'
        table ip old { chain n { type nat hook postrouting priority srcnat; ip saddr 172.18.0.0/16 masquerade; }; }
        RULES
        """
      try onHost(preparation) { (host) throws in
        try host.must(
          """
          nsrun create one --net br0; ip link add lab0 type bridge; ip addr add 172.19.0.1/16 dev lab0
          ip link set lab0 up; nsrun create two --net lab0
          nft -f - <<'RULES'
          table inet mine { chain f { type filter hook forward priority 0; iifname br0 accept; iifname lo accept; }; }
          RULES
          nsrun exec two -- ping -c 1 -W 1 8.8.8.8 > /dev/null; nsrun rm two; nsrun rm one; fails \(Self.isOn)
          ip link delete lab0; nft delete table inet mine
          """)
      }
    }

    /// Rules with counters and an anonymous set, the number in whose name may change.
    private static let rules = """
      table ip old {
        chain n { type nat hook postrouting priority srcnat; ip saddr { 172.18.0.0/16, 172.20.0.0/16 } counter masquerade; }
        chain f { type filter hook forward priority 0; iifname old0 counter accept; iifname br5 accept; }
      }
      """

    @Test("Earlier bridges and rules that are made or loaded again unchanged do not keep forwarding on")
    func again() throws {
      let old = "ip link add old0 type bridge; ip addr add 172.18.0.1/16 dev old0; ip link set old0 up"
      try onHost { (host) throws in
        try host.must("cat > /run/scratch/rules; nft -f /run/scratch/rules; \(old)", input: Self.rules)
        try host.must("ip link add br5 type bridge; ip addr add 10.55.0.1/24 dev br5; ip link set br5 up")
        try host.must(
          """
          nsrun create one --net br5; nsrun create two --net br0; nsrun exec one -- ping -c 1 -W 1 8.8.8.8
          nft delete table ip old; nft add table ip other '{ chain c { ip saddr { 1.1.1.1, 2.2.2.2 } accept; }; }'
          nft -f /run/scratch/rules; ip link del old0; \(old); shown=$(nsrun doctor); fails grep 'forwarded for others' <<< "$shown"
          nsrun reload; nsrun --net br0 -- true; nsrun rm one; nsrun rm two; fails \(Self.isOn)
          nft flush ruleset; ip link del old0; ip link del br5; rm /run/scratch/rules
          """)
      }
    }

    @Test("Rules that were saved while sandboxes existed neither turn forwarding off nor drop packets of others")
    func saved() throws {
      try onHost("sysctl -qw net.ipv4.ip_forward=1") { (host) throws in
        try host.must(
          """
          sysctl -qw net.ipv4.ip_forward=0; nsrun create one --net br0; nft list ruleset > /run/scratch/rules
          nsrun rm one; fails \(Self.isOn); sysctl -qw net.ipv4.ip_forward=1; nft -f /run/scratch/rules
          nsrun cleanup; \(Self.isOn); nft -f /run/scratch/rules
          """)
        try host.must(Self.stranger("out0"))
        try host.must(
          """
          nsrun create two --net br0; \(Self.ping); rm -r /run/nsrun/*; nsrun cleanup; \(Self.isOn)
          ip netns delete stranger; rm /run/scratch/rules
          """)
      }
    }

    @Test("cleanup without records turns forwarding off only if it finds the rule that nsrun made, not a copy of it")
    func records() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; rm -r /run/nsrun/*; nsrun cleanup; fails \(Self.isOn)")
        try host.must(
          """
          nsrun create one --net br0 --no-ip6; nft list ruleset > /run/scratch/rules; nft flush ruleset
          nft -f /run/scratch/rules; rm -r /run/nsrun/*; nsrun cleanup; \(Self.isOn)
          sysctl -qw net.ipv4.ip_forward=0; rm /run/scratch/rules
          """)
      }
    }

    @Test("A bridge of nsrun forwards whatever conf.default says, and launch and doctor report other links that do not")
    func links() throws {
      let preparation =
        "\(foreignBridge); sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.default.forwarding=0"
      try onHost(preparation) { (host) throws in
        let out = "ping -c 1 -W 1 8.8.8.8 > /dev/null"
        try host.must("nsrun create one --net br1; nsrun exec one -- \(out)")
        for (link, bridge) in [("up0", "br2"), ("br0", "br0")] {
          try host.must("sysctl -qw net.ipv4.conf.\(link).forwarding=0")
          let launch = try host.sh("nsrun create two --net \(bridge)")
          let command = "sysctl -w net.ipv4.conf.\(link).forwarding=1"
          #expect(launch.status == 0 && launch.errors.contains(command), "\(launch)")
          let doctor = try host.sh("nsrun doctor")
          #expect(doctor.status == 1 && doctor.output.contains("what to do: \(command)"), "\(doctor)")
          try host.must(
            "fails nsrun exec two -- \(out); \(command); nsrun exec two -- \(out); nsrun doctor; nsrun rm two")
        }
        try host.must("sysctl -qw net.ipv4.conf.br1.forwarding=0; fails nsrun exec one -- \(out)")
        #expect(try host.must("nsrun reload") == "restored IPv4 forwarding for br1")
        try host.must("nsrun exec one -- \(out); nsrun rm one")
      }
    }

    @Test("Packets that stay on a bridge of others pass with br_netfilter, on a new bridge after reload")
    func unrelated() throws {
      // Two hosts on a bridge.
      let functions = """
        lan() {
          ip link add $1 type bridge; ip link set $1 up
          for i in 1 2; do
            ip netns add $1-$i; ip link add $1-$i type veth peer name eth0 netns $1-$i; ip link set $1-$i master $1 up
            ip -n $1-$i addr add 10.98.$2.$i/24 dev eth0; ip -n $1-$i addr add fd00:98:$2::$i/64 dev eth0 nodad
            ip -n $1-$i link set eth0 up
          done
        }
        reach() {
          for to in 10.98.$2.2 fd00:98:$2::2; do ip netns exec $1-1 ping -c 1 -W $3 $to > /dev/null || return; done
        }
        """
      let preparation = """
        sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1
        \(functions); lan their0 1; lan lan0 2; ip addr add 10.98.2.9/24 dev lan0
        """
      try onHost(preparation) { (host) throws in
        try host.must("\(functions); nsrun create one --net br0; reach their0 1 5; reach lan0 2 5")
        // The last sandbox on a bridge leaves.
        try host.must("\(functions); nsrun --net lan0 -- true; reach lan0 2 5; nsrun doctor")
        try host.must("\(functions); lan late0 3; fails reach late0 3 1")
        let outcome = try host.sh("nsrun doctor")
        #expect(outcome.status == 0 && outcome.output.contains("bridge late0"), "\(outcome)")
        #expect(try host.must("nsrun reload").contains("late0"))
        try host.must("\(functions); reach late0 3 5; healthy")
        try host.must("\(functions); nsrun rm one; reach late0 3 5; reach their0 1 5")
        try host.must("ip netns del late0-1; ip netns del late0-2; ip link del late0")
      }
    }
  }
}
