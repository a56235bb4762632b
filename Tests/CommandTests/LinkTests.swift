import TestHost
import Testing

extension CommandTests {
  @Suite("The link of a sandbox") struct LinkTests {
    @Test("A new bridge has the /24 around the address, or the gateway, that is asked for without a length")
    func subnet() throws {
      try onHost { (host) throws in
        #expect(
          try host.must("nsrun --net br0 --net br1:ip=10.2.0.5,ifname=lan1 -- ip -br -4 address show lan1")
            .contains(" 10.2.0.5/24"))
        #expect(
          try host.must("nsrun --net br1 --gateway 10.3.0.254 -- ip route show default")
            .hasPrefix("default via 10.3.0.254 "))
      }
    }

    @Test("A sandbox has the MTU, MAC, address and gateway that the options request")
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

    @Test("A sandbox has the MTU of the bridge, even of a foreign bridge with a large one")
    func mtuOfBridge() throws {
      try onHost(
        "\(foreignBridge); ip link add p0 type veth peer name p1; ip link set p0 mtu 9000 master br0 up; ip link set br0 mtu 9000"
      ) { (host) throws in
        #expect(try host.must("nsrun --net br0 -- cat /sys/class/net/eth0/mtu") == "9000")
        #expect(try host.must("cat /sys/class/net/br0/mtu") == "9000")
      }
    }

    @Test("A new bridge has the MTU of the way out, not that of its sandboxes, but never less than IPv6 needs")
    func mtuOfUplink() throws {
      try onHost("ip link add vpn0 type veth peer name vpn1; ip link set vpn0 mtu 1380 up; ip link set vpn1 up") {
        (host) throws in
        for (preparation, size) in [
          ("ip link set up0 mtu 1400", 1400), ("ip route replace default via 192.0.2.1 mtu 1300", 1300),
          // A VPN that leaves the default route alone adds such a route.
          ("ip route replace default via 192.0.2.1; ip route add 128.0.0.0/1 dev vpn0", 1380),
          ("ip route delete 128.0.0.0/1; ip route replace default via 192.0.2.1 mtu 600", 1280),
          ("ip route delete default; ip link set up0 mtu 1500", 1500), ("ip route add default via 192.0.2.1", 1500),
        ] {
          try host.must("\(preparation); nsrun create small --net br0 --mtu 600; nsrun create one --net br0")
          #expect(try host.must("cat /sys/class/net/br0/mtu") == "\(size)", "\(preparation)")
          #expect(try host.must("nsrun exec small -- cat /sys/class/net/eth0/mtu") == "600")
          #expect(try host.must("nsrun exec one -- cat /sys/class/net/eth0/mtu") == "\(size)")
          // reload makes the bridge again with the same MTU.
          try host.must("ip link delete br0; nsrun reload")
          #expect(try host.must("cat /sys/class/net/br0/mtu; nsrun cleanup --all > /dev/null") == "\(size)")
        }
      }
    }

    @Test("A sandbox with a smaller MTU does not change a foreign bridge, and sends by its own MTU")
    func smallMTU() throws {
      try onHost("\(foreignBridge); ip -6 addr add fd00:99::1/64 dev br0 nodad") { (host) throws in
        try host.must("nsrun create one --net br0")
        // The link-local address of the bridge is tentative for a while after its first port has come.
        try host.eventually("! ip address show br0 | grep -q tentative")
        let before = try host.must("ip link show br0; ip addr show br0")
        try host.must("nsrun create two --net br0 --mtu 1000")
        #expect(try host.must("ip link show br0; ip addr show br0") == before)
        #expect(try host.must("nsrun exec two -- cat /sys/class/net/eth0/mtu") == "1000")
        try host.must("nsrun exec two -- ping -c 1 -W 1 -s 972 -M do 8.8.8.8")
        try host.must("fails nsrun exec two -- ping -c 1 -W 1 -s 973 -M do 8.8.8.8; nsrun rm one two")
      }
    }

    @Test("The MAC is derived from the address, so neighbours that know an address reach the next sandbox with it")
    func derivedMAC() throws {
      try onHost { (host) throws in
        let command = "nsrun --net br0 --ip 10.64.5.9/24 -- cat /sys/class/net/eth0/address"
        #expect(try host.must(command) == "02:6e:0a:40:05:09")
        #expect(try host.must(command) == "02:6e:0a:40:05:09")
      }
    }
  }
}
