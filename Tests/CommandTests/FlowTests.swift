import TestHost
import Testing

extension CommandTests {
  /// The entries of sandboxes in connection tracking.
  @Suite("Connection tracking flows") struct FlowTests {
    /// Counts the flows with an address in a direction.
    private static func count(_ what: String) -> String { "conntrack -L 2> /dev/null | grep -c '\(what)' || true" }

    /// Sends packets from inside, UDP and TCP from port 4444: ICMP, UDP, and TCP to a port without a listener.
    private static let talk = """
      ping -c 1 -W 2 8.8.8.8 > /dev/null; echo hi | nc -u -w 0 -p 4444 8.8.8.8 9; nc -w 1 -p 4444 8.8.8.8 9 || true
      """

    @Test(
      "The flows of a sandbox disappear with it, whichever command removes it",
      arguments: ["nsrun rm one", "nsrun cleanup --all", "umount /run/netns/one; rm /run/netns/one; nsrun cleanup"])
    func removal(command: String) throws {
      try onHost { (host) throws in
        let address = try host.must("nsrun create one --net br0; nsrun create two --net br0 > /dev/null")
        try host.must("nsrun exec one -- sh -c '\(Self.talk)'; nsrun exec two -- ping -c 1 -W 2 8.8.8.8 > /dev/null")
        #expect(try host.must(Self.count("src=\(address) ")) != "0")
        try host.must(command)
        #expect(try host.must(Self.count("src=\(address) ")) == "0")
        if command == "nsrun rm one" {
          // The flows of another sandbox stay.
          #expect(try host.must(Self.count("dst=8.8.8.8 ")) == "1")
        }
        try host.must("nsrun cleanup --all")
        #expect(try host.must("cat /proc/sys/net/netfilter/nf_conntrack_count") == "0")
      }
    }

    @Test("The flows of a run disappear with it, and those of a killed run with the next nsrun")
    func run() throws {
      try onHost { (host) throws in
        try host.must("nsrun --net br0 -- sh -c '\(Self.talk)'")
        #expect(try host.must("cat /proc/sys/net/netfilter/nf_conntrack_count") == "0")
        let running = try host.start(
          "echo $$; exec nsrun --net br0 -- sh -c '\(Self.talk); echo ready; exec sleep 1000'")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -KILL \(pid)")
        _ = try running.finish()
        #expect(try host.must(Self.count("dst=8.8.8.8 ")) != "0")
        try host.must("nsrun cleanup")
        #expect(try host.must("cat /proc/sys/net/netfilter/nf_conntrack_count") == "0")
      }
    }

    @Test("Flows that began outside disappear with the sandbox that they lead to")
    func inbound() throws {
      try onHost { (host) throws in
        let address = try host.must(
          "nsrun create one --net br0 --subnet 10.64.9.0/24 --no-nat; nsenter -t $ISP -n ip route add 10.64.9.0/24 via 192.0.2.2"
        )
        try host.must("nsenter -t $ISP -n ping -c 1 -W 2 \(address)")
        #expect(try host.must(Self.count("dst=\(address) ")) == "1")
        try host.must("nsrun rm one")
        #expect(try host.must("cat /proc/sys/net/netfilter/nf_conntrack_count") == "0")
        try host.must("nsenter -t $ISP -n ip route del 10.64.9.0/24")
      }
    }

    @Test(
      "Flows of addresses that root inside has made up disappear with the sandbox",
      arguments: ["true", "\(foreignBridge); sysctl -qw net.ipv4.ip_forward=1"])
    func madeUp(preparation: String) throws {
      try onHost(preparation) { (host) throws in
        try host.must(
          """
          nsrun create one --net br0 --ip 10.99.0.9/24; nsrun create two --net br0 --ip 10.99.0.10
          nsrun exec one -- sh -c 'ip addr add 10.99.0.77/24 dev eth0
            ping -c 1 -W 1 -I 10.99.0.77 8.8.8.8; echo hi | nc -u -w 0 -s 10.99.0.77 8.8.8.8 9; true'
          nsrun exec two -- ping -c 1 -W 1 8.8.8.8
          """)
        // Adds flows whose destination was translated: to an address of the bridge's subnet, and to one elsewhere.
        try host.must(
          """
          for address in 10.99.0.78 198.51.100.7; do
            conntrack -I -p udp --src 192.0.2.1 --dst 192.0.2.2 --sport 9 --dport ${address##*.} --timeout 100 \
              --dst-nat $address 2> /dev/null
          done
          """)
        for address in ["10.99.0.77", "10.99.0.78"] { #expect(try host.must(Self.count("src=\(address) ")) != "0") }
        try host.must("nsrun rm one")
        for address in ["10.99.0.77", "10.99.0.78"] { #expect(try host.must(Self.count("src=\(address) ")) == "0") }
        for address in ["10.99.0.10", "198.51.100.7"] { #expect(try host.must(Self.count("src=\(address) ")) == "1") }
        try host.must("nsrun rm two")
        #expect(try host.must("conntrack -D -p udp 2> /dev/null | grep -c src=") == "1")
      }
    }

    @Test("Flows of made-up addresses disappear with a run, and machines on the bridge keep their flows")
    func madeUpAmongMachines() throws {
      let preparation = """
        \(foreignBridge); sysctl -qw net.ipv4.ip_forward=1
        ip link add nic0 type veth peer name lan0 netns $ISP; ip link set nic0 master br0 up
        nsenter -t $ISP -n sh -c 'ip addr add 10.99.0.254/24 dev lan0; ip link set lan0 up'
        """
      try onHost(preparation) { (host) throws in
        try host.must(
          """
          ping -c 1 -W 2 10.99.0.254; nsrun create two --net br0
          conntrack -I -p udp --src 10.99.0.254 --dst 8.8.8.8 --sport 9 --dport 9 --timeout 100 2> /dev/null
          nsrun --net br0 -- sh -c 'ip addr add 10.99.0.77/24 dev eth0; ping -c 1 -W 1 -I 10.99.0.77 10.99.0.1
            ping -c 1 -W 1 -I 10.99.0.77 8.8.8.8; ip link set eth0 down'
          """)
        #expect(try host.must(Self.count("src=10.99.0.77 ")) == "0")
        #expect(try host.must(Self.count("src=10.99.0.254 ")) == "1")
        try host.must("nsrun rm two; conntrack -D 2> /dev/null")
      }
    }

    @Test("The flows of a sandbox without a record disappear with its lease")
    func unrecorded() throws {
      try onHost { (host) throws in
        try host.must(
          "nsrun create one --net br0; nsrun exec one -- ping -c 1 -W 2 8.8.8.8; rm /run/nsrun/*/created/one")
        try host.must("nsrun cleanup --all")
        #expect(try host.must("cat /proc/sys/net/netfilter/nf_conntrack_count") == "0")
      }
    }

    @Test(
      "Flows that began without rules are masqueraded once reload or the next launch restores the rules",
      arguments: ["nsrun reload", "nsrun --net br0 -- true", "nsrun --net br1 -- true"])
    func restoration(command: String) throws {
      try onHost { (host) throws in
        let address = try host.must("nsrun create one --net br0; nft delete table inet nsrun")
        // This chain keeps connection tracking on without nsrun's table.
        try host.must(
          "nft 'add table ip other; add chain ip other c { type filter hook input priority 0; }; add rule ip other c ct state new'"
        )
        try host.must("nsrun exec one -- sh -c '\(Self.talk)'")
        // This flow needs no translation, and keeps its entry.
        try host.must("nsrun exec one -- ping -c 1 -W 2 $(ip -4 -o address show br0 | grep -o '10[0-9.]*' | head -1)")
        #expect(try host.must(Self.count("src=8.8.8.8 dst=\(address) ")) != "0")
        let local = try host.must(Self.count("src=\(address) dst=10"))
        #expect(local == "1")
        try host.must(command)
        #expect(try host.must(Self.count("src=8.8.8.8 dst=\(address) ")) == "0")
        #expect(try host.must(Self.count("src=\(address) dst=10")) == local)
        try host.must("nsrun exec one -- ping -c 1 -W 2 8.8.8.8; nsrun rm one; nft delete table ip other")
      }
    }

    @Test("Flows of a --no-nat sandbox that were masqueraded leave with its own address again after reload")
    func routed() throws {
      try onHost { (host) throws in
        let address = try host.must(
          "nsrun create one --net br0 --no-nat; nft flush set inet nsrun routed; nsrun exec one -- ping -c 1 8.8.8.8 > /dev/null"
        )
        #expect(try host.must(Self.count("src=8.8.8.8 dst=192.0.2.2 ")) == "1")
        try host.must("nsrun reload")
        #expect(try host.must(Self.count("src=\(address) ")) == "0")
        try host.must("nsrun rm one")
      }
    }

    @Test("nsrun does not search the flows of others for a sandbox that has sent nothing")
    func quiet() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; nsrun exec one -- ping -c 1 -W 2 8.8.8.8")
        // With IPv6, the kernel inside sends reports to multicast routers by itself.
        let outcome = try host.sh("nsrun --trace --net br0 --no-ip6 -- true")
        #expect(outcome.status == 0 && !outcome.errors.contains("IPCTNL"), "\(outcome)")
        #expect(
          try host.sh("nsrun --trace --net br0 -- ping -c 1 -W 2 8.8.8.8").errors.contains("IPCTNL_MSG_CT_DELETE"))
        try host.must("nsrun rm one")
      }
    }

    @Test("nsrun does not fail on a kernel that cannot delete flows")
    func missing() throws {
      try onHost { (host) throws in
        // gdb changes the type of the messages on the way into the kernel to one that no kernel knows.
        try host.must(
          """
          cat > /run/scratch/gdb <<'END'
          set pagination off
          handle all nostop noprint pass
          catch syscall sendto
          commands
          silent
          set $at = (unsigned char *)$rsi
          if $at[5] == 1 && $at[4] < 3
            set var $at[5] = 200
          end
          continue
          end
          run
          END
          """)
        let outcome = try host.sh(
          "gdb -q -batch -x /run/scratch/gdb --args $(command -v nsrun) --net br0 -- ping -c 1 8.8.8.8 2>&1 | grep ^nsrun:"
        )
        #expect(outcome.text == "", "\(outcome)")
      }
    }
  }
}
