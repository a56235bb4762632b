import TestHost
import Testing

extension CommandTests {
  @Suite("Routers") struct RouterTests {
    /// Two sandboxes on two bridges, and one on both that forwards for them.
    private static let row = """
      nsrun create router --net br1:ip=10.1.0.9/24 --net br2:ip=10.2.0.9/24 --forward
      nsrun create left --net br1:ip=10.1.0.5 --route 10.2.0.0/24=10.1.0.9
      nsrun create right --net br2:ip=10.2.0.5 --route 10.1.0.0/24=10.2.0.9
      """

    @Test("Two sandboxes on two bridges reach each other by one on both, with br_netfilter too", arguments: [0, 1])
    func row(filter: Int) throws {
      try onHost("sysctl -qw net.bridge.bridge-nf-call-iptables=\(filter)") {
        (host) throws in
        try host.must(Self.row)
        for (from, to) in [("left", "10.2.0.5"), ("right", "10.1.0.5")] {
          // Two hops: the router takes one from the time to live.
          #expect(try host.must("nsrun exec \(from) -- ping -c 1 -W 1 \(to)").contains("ttl=63"))
          try host.must("nsrun exec \(from) -- ping -c 1 -W 1 8.8.8.8")
        }
        try host.must("nsrun rm router")
        #expect(try host.sh("nsrun exec left -- ping -c 1 -W 1 10.2.0.5").status == 1)
        try host.must("nsrun rm left right")
      }
    }

    @Test("A chain of two routers leads from --internal networks by the default routes of both")
    func chain() throws {
      try onHost("sysctl -qw net.bridge.bridge-nf-call-iptables=1") { (host) throws in
        try host.must(
          """
          nsrun create first --net br1:ip=10.1.0.9/24,internal --net br2:ip=10.2.0.8/24,internal --forward \
            --route default=10.2.0.9
          nsrun create second --net br2:ip=10.2.0.9,internal --net br3:ip=10.3.0.9/24,internal --forward \
            --route default=10.2.0.8
          nsrun create left --net br1:ip=10.1.0.5,internal --route default=10.1.0.9
          nsrun create right --net br3:ip=10.3.0.5,internal --route default=10.3.0.9
          """)
        for (from, to) in [("left", "10.3.0.5"), ("right", "10.1.0.5")] {
          #expect(try host.must("nsrun exec \(from) -- ping -c 1 -W 1 \(to)").contains("ttl=62"))
          #expect(try host.sh("nsrun exec \(from) -- ping -c 1 -W 1 8.8.8.8").status == 1)
        }
        try host.must("nsrun rm first second left right")
      }
    }

    @Test(
      "With an address of another bridge a sandbox makes nobody send anything there, the host included",
      arguments: [0, 1])
    func spoofed(filter: Int) throws {
      let preparation = """
        sysctl -qw net.bridge.bridge-nf-call-iptables=\(filter); ip route add unreachable 198.51.100.0/24
        """
      try onHost(preparation) { (host) throws in
        try host.must(
          """
          nsrun create victim --net br1:ip=10.1.0.5/24; nsrun create evil --net br2:ip=10.2.0.5/24
          nsrun create open --net br2:ip=10.2.0.6/24,no-nat; nsrun create peer --net br2:ip=10.2.0.7/24
          nsrun exec evil -- ip address add 10.1.0.5/32 dev eth0
          """)
        // The gateway by its own address, and by that of the sandbox's own port, which the host's stack gets as well: the
        // host would answer a packet that ends there, and one that has no way.
        for mac in ["06:6e:0a:02:00:01", "fe:6e:0a:02:00:05"] {
          try host.must("nsrun exec evil -- ip neighbour replace 10.2.0.1 lladdr \(mac) dev eth0")
          for target in ["10.2.0.6", "10.2.0.7", "10.2.0.1", "10.1.0.1", "8.8.8.8", "-t 1 8.8.8.8", "198.51.100.9"] {
            let outcome = try host.sh("nsrun exec evil -- ping -c 2 -i 0.2 -W 1 -I 10.1.0.5 \(target)")
            #expect(outcome.status == 1, "\(mac) \(target)")
          }
        }
        let received = "nsrun exec victim -- awk '/^Ip:/ { count = $4 } END { print count }' /proc/net/snmp"
        #expect(try host.must(received) == "0")
        try host.must("ping -c 1 -W 1 10.1.0.5")
        #expect(try host.must(received) == "1")
        try host.must("nsrun rm victim evil open peer")
      }
    }

    @Test("A default route that is asked for takes the place of the networks', whichever network it is on")
    func defaultRoute() throws {
      try onHost { (host) throws in
        let routes = try host.must(
          """
          nsrun --net br0 --net br1:ip=10.2.0.5/24 --route default=10.2.0.77 --route 10.9.0.7=10.2.0.78 -- sh -c '
            ip route show default; ip route get 10.9.0.7; env | grep ^NSRUN_GATEWAY'
          """)
        #expect(routes.hasPrefix("default via 10.2.0.77 dev eth1"))
        #expect(routes.contains("10.9.0.7 via 10.2.0.78 dev eth1"))
        #expect(routes.contains("NSRUN_GATEWAY_2=10.2.0.77") && !routes.contains("NSRUN_GATEWAY="))
        #expect(routes.contains("NSRUN_GATEWAY6=fd"), "that of IPv6 stays")
      }
    }

    @Test("A route that leads nowhere is refused before anything is made")
    func refused() throws {
      try onHost { (host) throws in
        for (options, reason) in [
          ("--net br0 --route 10.9.0.0/24=10.8.0.1", "is in none of the sandbox's subnets"),
          ("--net br0:ip=10.1.0.5/24 --route 10.9.0.0/24=10.1.0.0", "is the network address of 10.1.0.0/24"),
          ("--net br0:ip=10.1.0.5/24 --route default=10.1.0.8 --route 0.0.0.0/0=10.1.0.9", "two routes to default"),
          ("--net br0 --route 10.9.0.1/24=10.1.0.1", "the subnet is 10.9.0.0/24"),
          ("--net br0 --route 10.9.0.0/24", "is not DESTINATION=GATEWAY"),
          ("--route 10.9.0.0/24=10.1.0.1", "--route needs a network"), ("--forward", "--forward needs a network"),
          ("--net br0:ip=10.1.0.5/24 --route default=10.1.0.5", "is the sandbox's own address"),
          ("--net br0:ip=10.1.0.5/24 --route 10.1.0.0/24=10.1.0.9", "needs no route"),
        ] {
          let outcome = try host.sh("nsrun -v \(options) -- true")
          #expect(outcome.status == 125 && outcome.errors.contains(reason), "\(options): \(outcome)")
          #expect(!outcome.errors.contains("create the bridge"))
        }
      }
    }
  }
}
