import TestHost
import Testing

extension CommandTests {
  @Suite("The way out") struct EgressTests {
    /// Runs a command, and gives the sources of the ICMP requests that the internet sees meanwhile.
    private func sources(_ host: ThrowawayHost, _ command: String) throws -> [Substring] {
      let watcher = try host.start(
        "exec nsenter -t $ISP -n tcpdump -l -n --immediate-mode -i isp0 -c 1 'icmp[icmptype] == icmp-echo' 2>&1")
      try watcher.wait(for: "listening")
      _ = try host.sh(command)
      try watcher.wait(for: "IP ")
      return [try watcher.wait(for: " > ")[...]]
    }

    @Test("Packets leave with the host's address")
    func masquerade() throws {
      try onHost { (host) throws in
        #expect(try sources(host, "nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8") == ["192.0.2.2"])
      }
    }

    @Test("--no-nat lets them leave with the sandbox's own")
    func noNAT() throws {
      try onHost { (host) throws in
        #expect(
          try sources(host, "nsrun --net br0 --no-nat --ip 10.64.5.9/24 -- ping -c 1 -W 1 8.8.8.8") == ["10.64.5.9"])
        // With a way back it is a connection.
        try host.must("nsenter -t $ISP -n ip route add 10.64.5.0/24 via 192.0.2.2")
        try host.must("nsrun --net br0 --no-nat --ip 10.64.5.9/24 -- ping -c 1 -W 1 8.8.8.8")
      }
    }

    @Test("--internal has no way out, not even by a route that the command adds; neighbours and host are reached")
    func internalOnly() throws {
      try onHost("sysctl -qw net.ipv4.ip_forward=1") { (host) throws in
        let one = try host.must("nsrun create one --net br0 --internal --ip 10.64.5.9/24")
        try host.must("nsrun create two --net br0")
        try host.must("nsrun exec two -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun exec two -- ping -c 1 -W 1 \(one)")
        try host.must("nsrun exec one -- ping -c 1 -W 1 10.64.5.1")
        #expect(try host.must("nsrun exec one -- ip route").contains("default") == false)
        try host.must("nsrun exec one -- ip route add default via 10.64.5.1")
        #expect(try host.sh("nsrun exec one -- ping -c 1 -W 1 8.8.8.8").status == 1)
        // Nor does anybody come in from there.
        try host.must("nsenter -t $ISP -n ip route add 10.64.5.0/24 via 192.0.2.2")
        #expect(try host.sh("nsrun exec one -- ping -c 1 -W 1 8.8.8.8").status == 1)
        #expect(try host.sh("nsenter -t $ISP -n ping -c 1 -W 1 \(one)").status == 1)
        try host.must("nsrun rm one two")
      }
    }

    @Test("--internal has no way out by another address that the command gives itself")
    func internalOtherAddress() throws {
      try onHost("sysctl -qw net.ipv4.ip_forward=1") { (host) throws in
        try host.must("nsenter -t $ISP -n ip route add 10.64.5.0/24 via 192.0.2.2")
        let outcome = try host.sh(
          """
          nsrun --net br0 --internal --ip 10.64.5.9/24 -- sh -c '
            ip addr add 10.64.5.77/24 dev eth0; ip route add default via 10.64.5.1 src 10.64.5.77
            ping -c 1 -W 1 10.64.5.1 || exit 2; ping -c 1 -W 1 192.0.2.2 && exit 3; ping -c 1 -W 1 8.8.8.8'
          """)
        #expect(outcome.status == 1, "\(outcome)")
      }
    }

    @Test("--internal alone does not switch forwarding on")
    func internalNoForwarding() throws {
      try onHost { (host) throws in
        #expect(
          try host.must(
            "nsrun --net br0 --internal -- cat /proc/sys/net/ipv4/ip_forward; nsrun create one --net br0 --internal > /dev/null; cat /proc/sys/net/ipv4/ip_forward; nsrun rm one"
          ).hasSuffix("0"))
      }
    }

    @Test("MTU, MAC, address and gateway are what was asked for")
    func options() throws {
      try onHost { (host) throws in
        let command = """
          nsrun --net br0 --subnet 10.64.5.0/24 --ip 10.64.5.9 --gateway 10.64.5.254 --mac 02:00:00:00:00:17 --mtu 1400 -- sh -c '
            cat /sys/class/net/eth0/mtu /sys/class/net/eth0/address; ip -4 -br addr show eth0; ip route show default
            ping -c 1 -W 1 -s 1372 -M do 8.8.8.8 > /dev/null && echo through'
          """
        let lines = try host.must(command).split(separator: "\n")
        #expect(lines[0...1] == ["1400", "02:00:00:00:00:17"])
        #expect(lines[2].contains("10.64.5.9/24"))
        #expect(lines[3].hasPrefix("default via 10.64.5.254 dev eth0"))
        #expect(lines.last == "through")
      }
    }

    @Test("The MTU is the bridge's, also of a foreign bridge with a large one")
    func mtuOfBridge() throws {
      try onHost(
        "\(foreignBridge); ip link add p0 type veth peer name p1; ip link set p0 mtu 9000 master br0 up; ip link set br0 mtu 9000"
      ) { (host) throws in
        #expect(try host.must("nsrun --net br0 -- cat /sys/class/net/eth0/mtu") == "9000")
        #expect(try host.must("cat /sys/class/net/br0/mtu") == "9000")
      }
    }

    @Test("The MAC follows from the address: who gets an address again is found by neighbours that know it")
    func derivedMAC() throws {
      try onHost { (host) throws in
        let command = "nsrun --net br0 --ip 10.64.5.9/24 -- cat /sys/class/net/eth0/address"
        #expect(try host.must(command) == "02:6e:0a:40:05:09")
        #expect(try host.must(command) == "02:6e:0a:40:05:09")
      }
    }

    @Test("Two ways out on one bridge: each sandbox its own gateway, without a rule")
    func twoGateways() throws {
      let preparation = """
        \(foreignBridge)
        for n in 1 2; do
          ip link add gw$n type veth peer name in$n netns $ISP; ip link set gw$n master br0 up
          nsenter -t $ISP -n sh -c "ip addr add 10.99.0.25$n/24 dev in$n; ip link set in$n up"
        done
        """
      try onHost(preparation) { (host) throws in
        for gateway in ["10.99.0.251", "10.99.0.252"] {
          #expect(
            try host.must("nsrun --net br0 --gateway \(gateway) -- ip route get 8.8.8.8").contains("via \(gateway) "))
        }
      }
    }

    @Test("Forwarding is switched on for sandboxes only, and everything it touched is put back")
    func forwarding() throws {
      let preparation = """
        sysctl -qw net.ipv4.conf.all.accept_redirects=1 net.ipv4.conf.default.accept_redirects=1
        ip link add other0 type veth peer name other1; ip link set other0 up; ip link set other1 up
        sysctl -qw net.ipv4.conf.other0.forwarding=1
        """
      try onHost(preparation) { (host) throws in
        try host.must("nsrun create one --net br0")
        #expect(try host.must("cat /proc/sys/net/ipv4/ip_forward") == "1")
        // A neighbour that uses this host as its router gets nothing through.
        try host.must(
          """
          ip netns add stranger; ip link set other1 netns stranger; ip addr add 203.0.113.1/24 dev other0
          ip -n stranger addr add 203.0.113.2/24 dev other1; ip -n stranger link set other1 up
          ip -n stranger route add default via 203.0.113.1
          nsenter -t $ISP -n ip route add 203.0.113.0/24 via 192.0.2.2
          """)
        #expect(try host.sh("ip netns exec stranger ping -c 1 -W 1 8.8.8.8").status == 1)
        try host.must("nsrun exec one -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun rm one")
        try host.must(
          """
          ip -n stranger link set other1 netns $$; ip netns del stranger; ip addr del 203.0.113.1/24 dev other0
          ip link set other1 up
          """)
      }
    }

    @Test("Forwarding that was on already is left alone, and nobody else's packets are dropped")
    func forwardingAlreadyOn() throws {
      let preparation = """
        sysctl -qw net.ipv4.ip_forward=1
        ip link add other0 type veth peer name other1; ip addr add 203.0.113.1/24 dev other0; ip link set other0 up
        ip netns add stranger; ip link set other1 netns stranger
        ip -n stranger addr add 203.0.113.2/24 dev other1; ip -n stranger link set other1 up
        ip -n stranger route add default via 203.0.113.1; nsenter -t $ISP -n ip route add 203.0.113.0/24 via 192.0.2.2
        ping -c 1 -W 5 203.0.113.2 > /dev/null
        """
      try onHost(preparation) { (host) throws in
        try host.must("nsrun create one --net br0")
        try host.must("ip netns exec stranger ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun rm one")
        #expect(try host.must("cat /proc/sys/net/ipv4/ip_forward") == "1")
      }
    }

    @Test("The subnet of a bridge name is always the same, and moves away from what is in use")
    func subnetChoice() throws {
      try onHost { (host) throws in
        let command =
          "nsrun --net br0 -- sh -c 'ip -j -4 addr show eth0 | jq -r .[0].addr_info[0].local' | cut -d. -f1-3"
        let first = try host.must(command)
        #expect(try host.must(command) == first)
        #expect(try host.must(command.replacing("br0", with: "br1")) != first)
        try host.must("ip route add \(first).128/25 via 192.0.2.1")
        let second = try host.must(command)
        #expect(second != first && second.hasPrefix("10."))
        try host.must("ip route del \(first).128/25")
      }
    }
  }
}
