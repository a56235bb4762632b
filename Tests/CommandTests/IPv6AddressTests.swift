import TestHost
import Testing

extension CommandTests {
  /// IPv6 addresses that are asked for with `--ip`, and sandboxes without IPv4.
  @Suite("IPv6 addresses") struct IPv6AddressTests {
    @Test("A sandbox has the IPv6 address that was asked for, which no other can have until it is gone")
    func chosen() throws {
      try onHost { (host) throws in
        let first = "--net br0:ip=10.2.0.5,ip=fd00:a::77"
        let text = try host.must("nsrun \(first) -- ip -br addr show eth0")
        #expect(text.split(separator: " ").dropFirst(2) == ["10.2.0.5/24", "fd00:a::77/64", "fe80::a02:5/64"])
        try host.must("nsrun create one \(first); nsrun create two --net br0:ip=fd00:a::a02:9")
        #expect(try host.must("nsrun exec two -- printenv NSRUN_ADDRESS NSRUN_ADDRESS6") == "10.2.0.9\nfd00:a::a02:9")
        try host.must("nsrun exec two -- ping -6 -c 1 -W 9 one > /dev/null; nsrun exec one -- \(IPv6Tests.ping)")
        for (other, reason) in [
          ("fd00:a::77", "leased to the sandbox 'one'"), ("fd00:a::a02:9", "leased to the sandbox 'two'"),
          ("fd00:a::1", "gateway"), ("fd00:a::", "gateway"), ("fd00:b::5", "outside the subnet"),
          ("fd00:a::5/80", "the subnet is fd00:a::/64"), ("fd00:a::a02:8,ip=10.2.0.7", "the sandbox with 10.2.0.8"),
          ("fd00:a::10.2.0.0", "network address"), ("fd00:a::10.2.0.255", "broadcast address"),
        ] {
          let refusal = try host.sh("nsrun --net br0:ip=\(other) -- true")
          #expect(refusal.status == 125 && refusal.errors.contains(reason), "\(refusal)")
        }
        // The next holder has another MAC address, which its neighbours know at once.
        try host.must("nsrun rm one; nsrun create three --net br0:ip=fd00:a::77")
        try host.must("nsrun exec two -- ping -6 -c 1 -W 1 fd00:a::77 > /dev/null")
        try host.must("nsrun create router --net br0:ip=fd00:a::99; nsrun rm two")
        try host.must("nsrun --net br0 --route fd00:9::/64=fd00:a::99 -- ip -6 route get fd00:9::1 | grep fd00:a::99")
        #expect(try host.must("ls /run/nsrun/*/leases/br0 | grep -c :") == "2")
        try host.must("nsrun rm three router")
      }
    }

    @Test("No two sandboxes have one IPv6 address, even if the bridge has another IPv4 subnet")
    func chosenFromAnotherSubnet() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0:ip=10.2.0.5,subnet6=fd00:a::/64; ip addr add 10.9.0.1/24 dev br0")
        for (first, second) in [("fd00:a::10.9.0.5", "10.9.0.5"), ("10.9.0.5", "fd00:a::10.9.0.5")] {
          try host.must("nsrun create two --net br0 --ip \(first)")
          let refusal = try host.sh("nsrun --net br0 --ip \(second) -- true")
          #expect(refusal.status == 125 && refusal.errors.contains("the sandbox 'two'"), "\(refusal)")
          try host.must("nsrun rm two")
        }
        try host.must("nsrun rm one")
      }
    }

    @Test("The lease of an IPv6 address whose record is lost is released, and a link with the sandbox's alias stays")
    func chosenAndLost() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create other --net br0:subnet6=fd00:a::/64
          nsrun create one --net br0:ip=fd00:a::77; rm /run/nsrun/*/created/one; ip netns del one
          ip link add v0 type veth peer name v1; ip link set v0 alias 'nsrun sandbox one'
          nsrun cleanup 2> /dev/null; ip link del v0; nsrun --net br0:ip=fd00:a::77 -- true; nsrun rm other
          """)
      }
    }

    @Test("A killed run's own IPv6 address is free again")
    func chosenAndKilled() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create other --net br0:subnet6=fd00:a::/64
          nsrun --no-pid --net br0:ip=fd00:a::77 -- sh -c 'kill -KILL $PPID' || [ $? = 137 ]
          nsrun --net br0:ip=fd00:a::77 -- \(IPv6Tests.ping); nsrun rm other
          """)
      }
    }

    @Test("A sandbox without IPv4 has IPv6 alone, and is shown and found by that")
    func ipv6Alone() throws {
      try onHost { (host) throws in
        let run = "nsrun --net br0:subnet6=fd00:a::/64 --no-ip4 --dns none --"
        #expect(try host.must("\(run) ip -4 -br addr show eth0; \(run) ip -4 route") == "")
        try host.must("\(run) \(IPv6Tests.ping); fails \(run) printenv NSRUN_ADDRESS > /dev/null")
        #expect(try host.must("\(run) printenv NSRUN_GATEWAY6") == "fd00:a::1")
        let address = try host.must("nsrun create one --net br0:subnet6=fd00:a::/64,no-ip4 --dns none")
        #expect(address.hasPrefix("fd00:a::"))
        #expect(try host.must("nsrun list").contains(" \(address)/64 "))
        #expect(try !host.must("nsrun inspect one").contains("10."))
        #expect(
          try host.must("nsrun inspect --json one | jq -r '.network | [.address, .gateway, .address6] | @csv'")
            == #",,"\#(address)""#)
        try host.must("nsrun --net br0 -- ping -c 1 -W 9 one > /dev/null")
        for route in ["default", "10.9.0.0/16"] {
          let refusal = try host.sh("nsrun --net br1 --no-ip4 --subnet 10.3.0.0/24 --route \(route)=10.3.0.9 -- true")
          #expect(refusal.status == 125 && refusal.errors.contains("in none of the sandbox's subnets"), "\(refusal)")
        }
        let routes = try host.must("nsrun --net br0:no-ip4 --net br1:internal --dns-search lan -- ip route")
        #expect(routes.contains("224.0.0.0/4 dev eth1"), "\(routes)")
        try host.must("nsrun rm one")
      }
    }

    @Test("A sandbox without IPv4 asks name servers by IPv6, and says if there are none")
    func ipv6Resolvers() throws {
      try onHost { (host) throws in
        let servers = "nsrun --net br0 --no-ip4 -- grep ^nameserver /etc/resolv.conf"
        let outcome = try host.sh(servers)
        #expect(outcome.errors.contains("8.8.8.8, cannot be reached from inside"), "\(outcome)")
        try host.must("echo nameserver 2001:4860:4860::8888 >> /etc/resolv.conf")
        #expect(try host.must("\(servers) | tail -n 1") == "nameserver 2001:4860:4860::8888")
      }
    }
  }
}
