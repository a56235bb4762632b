import TestHost
import Testing

extension CommandTests {
  @Suite("Several networks") struct SeveralNetworksTests {
    @Test("A sandbox is on each bridge with an address of its subnet, and the first gives the default route")
    func addresses() throws {
      try onHost { (host) throws in
        let shown = try host.must(
          """
          nsrun --net br0 --net br1:ip=10.2.0.5/24,ifname=lan1 -- sh -c '
            ip -br -4 addr show eth0; ip -br -4 addr show lan1; ip route; ping -c 1 -W 1 8.8.8.8
            ping -c 1 -W 1 10.2.0.1; env | grep ^NSRUN_'
          """)
        let lines = shown.split(separator: "\n")
        #expect(lines[0].hasPrefix("eth0@") && lines[1].hasPrefix("lan1@") && lines[1].contains("10.2.0.5/24"))
        #expect(lines.filter { $0.hasPrefix("default ") }.count == 1)
        #expect(lines.contains { $0.hasPrefix("default ") && $0.contains(" dev eth0") })
        #expect(lines.filter { $0.contains("1 received") }.count == 2)
        for variable in ["NSRUN_NET=br0", "NSRUN_NET_2=br1", "NSRUN_ADDRESS_2=10.2.0.5", "NSRUN_INTERFACE_2=lan1"] {
          #expect(lines.contains(Substring(variable)), "\(variable)")
        }
      }
    }

    @Test("Each bridge's sandboxes reach it by its address there, and find it by name")
    func peers() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create left --net br0; nsrun create right --net br1
          nsrun create both --net br0 --net br1; nsrun create later --net br1
          """)
        for (from, to) in [
          ("left", "both"), ("right", "both"), ("both", "left"), ("both", "right"), ("both", "later"),
          ("later", "both"),
        ] {
          let outcome = try host.sh("nsrun exec \(from) -- ping -c 1 -W 1 \(to)")
          #expect(outcome.status == 0, "\(from) to \(to): \(outcome)")
        }
        // They have no way to each other but by it.
        #expect(try host.sh("nsrun exec left -- getent hosts right").status == 2)
        try host.must("nsrun rm later")
        #expect(try host.sh("nsrun exec both -- getent hosts later").status == 2)
        try host.must("nsrun rm left right both")
      }
    }

    @Test("list, inspect and their JSON show all of them, and the first where only one is asked for")
    func shown() throws {
      try onHost { (host) throws in
        #expect(
          try host.must(
            "nsrun create web --net br0:ip=10.1.0.5/24,subnet6=fd00:a::/64 --net br1:ip=10.2.0.5/24,mtu=1400,internal,no-ip6"
          )
            == "10.1.0.5\n10.2.0.5")
        #expect(try host.must("nsrun list").contains("br0,br1  10.1.0.5/24,10.2.0.5/24"))
        #expect(
          try host.must(
            "nsrun inspect web --json | jq -c '[.network.bridge, (.networks[] | .interface, .bridge, .mtu, .egress)]'")
            == #"["br0","eth0","br0",1500,"masquerade","eth1","br1",1400,"internal"]"#)
        let words = try host.must("nsrun inspect web").split { " \n".contains($0) }.joined(separator: " ")
        for line in ["Interface eth0 Bridge br0", "Interface eth1 Bridge br1 Address 10.2.0.5/24"] {
          #expect(words.contains(line), "\(words)")
        }
        try host.must("nsrun rm web")
      }
    }

    @Test("The default route follows the first network that has a gateway, or none")
    func gateways() throws {
      try onHost { (host) throws in
        func route(_ nets: String) throws -> String { try host.must("nsrun \(nets) -- ip route show default") }
        #expect(try route("--net br0:internal --net br1").contains(" dev eth1"))
        #expect(try route("--net br0:gateway=none --net br1").contains(" dev eth1"))
        #expect(try route("--net br0:gateway=none --net br1:gateway=none") == "")
        #expect(try route("--net br0 --gateway none") == "")
      }
    }

    @Test("What each egress allows holds for each network by itself")
    func egress() throws {
      try onHost { (host) throws in
        try host.must(
          "nsrun --net br0:internal --net br1 -- sh -c '! ping -c 1 -W 1 -I eth0 8.8.8.8 && ping -c 1 -W 1 8.8.8.8'")
        try host.must("nsrun --net br0 --net br1:no-nat,ip=10.2.0.5/24 -- ping -c 1 -W 1 8.8.8.8")
      }
    }

    @Test("kill -9 leaves nothing for good of either, and a step that fails on the second nothing at all")
    func left() throws {
      try onHost { (host) throws in
        let running = try host.start(
          "echo $$; exec nsrun --net br0 --net br1 --name web -- sh -c 'echo ready; exec sleep 1000'")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -KILL \(pid)")
        #expect(try running.finish().status == 137)
        #expect(try host.must("nsrun cleanup") == "removed web (stale)")
        let outcome = try host.sh("nsrun --net br0 --net br1:mtu=1400,ip=10.9.0.0/24 -- true")
        #expect(outcome.status == 125 && outcome.errorLines.count == 1, "\(outcome)")
        #expect(try host.must("ls /run/nsrun 2> /dev/null || ip -br link show type bridge") == "")
      }
    }

    @Test("cleanup of one bridge takes a sandbox of both; reload restores both bridges")
    func restored() throws {
      try onHost { (host) throws in
        try host.must("nsrun create web --net br0 --net br1; ip link delete br1; nsrun reload")
        try host.must("nsrun exec web -- sh -c 'ping -c 1 -W 1 8.8.8.8; ping -c 1 -W 1 -I eth1 $NSRUN_ADDRESS_2'")
        #expect(try host.must("bridge link show | grep -c nsrun-") == "2")
        #expect(
          try host.must("nsrun doctor --json | jq -c '[.[] | select(.check == \"bridge\" or .check == \"link\")]'")
            == "[]")
        #expect(try host.must("nsrun cleanup --net br1 --all") == "removed web (created)")
      }
    }

    @Test("An attached network's names end with it; a second sandbox on the same bridges shares their file")
    func hostsFiles() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0 --net br1; nsrun create two --net br1 --net br0")
        #expect(
          try host.must("ls /run/nsrun/*/hosts | tr '\\n' ' '").split(separator: " ") == ["br0", "br0:br1", "br1"])
        #expect(try host.must("nsrun exec one -- grep -c ' two' /etc/hosts") == "4", "of two networks and two families")
        try host.must("nsrun rm two")
        #expect(try host.sh("nsrun exec one -- grep -c '^[^#].* two' /etc/hosts").output == "0\n")
        try host.must("nsrun rm one")
      }
    }
  }
}
