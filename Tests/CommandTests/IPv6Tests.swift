import TestHost
import Testing

extension CommandTests {
  @Suite("IPv6") struct IPv6Tests {
    /// Waits long for a busy machine.
    static let ping = "ping -6 -c 1 -W 9 2001:4860:4860::8888 > /dev/null"

    @Test("The first IPv6 packet gets through, time after time from nothing")
    func first() throws {
      try onHost { (host) throws in
        try host.must("for i in {1..20}; do nsrun --net br0 -- \(Self.ping) || { echo $i; exit 1; }; done")
      }
    }

    @Test("The first IPv6 packets of concurrent launches on several bridges get through")
    func concurrent() throws {
      try onHost { (host) throws in
        try host.must(
          """
          for i in {1..24}; do nsrun --net br$((i % 3)) -- \(Self.ping) & jobs+=($!); done
          for job in ${jobs[@]}; do wait $job || exit 1; done
          """)
      }
    }

    @Test("The IPv6 address is the IPv4 address in the subnet of the bridge, with both families on each network")
    func addresses() throws {
      try onHost { (host) throws in
        let text = try host.must(
          "nsrun --net br0:subnet6=fd00:a::/64,ip=10.2.0.5 --net br1:ifname=lan1,ip=10.3.0.6 -- ip -br addr")
        let links = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(links[1].dropFirst(2) == ["10.2.0.5/24", "fd00:a::a02:5/64", "fe80::a02:5/64"])
        #expect(links[2][0].hasPrefix("lan1@") && links[2][3].hasPrefix("fd") && links[2][3].hasSuffix("::a03:6/64"))
        // The same on the same machine, for the same bridge.
        let address = "nsrun --net br1:ip=10.3.0.6 -- printenv NSRUN_ADDRESS6"
        #expect(try host.must(address) == links[2][3].dropLast(3))
        #expect(try host.must("nsrun --net br1:ip=10.3.0.6 -- printenv NSRUN_GATEWAY6").hasSuffix("::1"))
      }
    }

    @Test("Sandboxes find each other's IPv6 address by name, and tools show it")
    func names() throws {
      try onHost { (host) throws in
        let printed = try host.must("nsrun create one --net br0:ip=10.2.0.5,subnet6=fd00:a::/64")
        #expect(printed == "10.2.0.5")
        try host.must("nsrun --net br0 -- ping -6 -c 1 -W 1 one > /dev/null")
        #expect(try host.must("nsrun inspect one").contains("fd00:a::a02:5/64"))
        let query = ".network | [.address6, .prefixLength6, .gateway6] | @csv"
        #expect(try host.must("nsrun inspect --json one | jq -r '\(query)'") == #""fd00:a::a02:5",64,"fd00:a::1""#)
        try host.must("nsrun rm one")
      }
    }

    @Test("Packets leave with the host's IPv6 address, and only answers come in")
    func translation() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create one --net br0:subnet6=fd00:a::/64; nsrun create open --net br0:ip=10.77.95.9,no-nat
          nsenter -t $ISP -n ip -6 route add fd00:a::/64 via 2001:db8::2
          for at in one open; do
            nsenter -t $ISP -n timeout 20 tcpdump -l -n -c 1 -i isp0 'icmp6[0] == 128' > /run/scratch/$at 2> /run/scratch/up &
            until grep -q listening /run/scratch/up; do sleep 0.02; done
            nsrun exec $at -- \(Self.ping); wait $!
          done
          grep -q 'IP6 2001:db8::2 >' /run/scratch/one; grep -q 'IP6 fd00:a::' /run/scratch/open
          nsenter -t $ISP -n ping -6 -c 1 -W 1 fd00:a::10.77.95.9 > /dev/null
          """)
        let inside = try host.must("nsrun inspect --json one | jq -r .network.address6")
        #expect(try host.sh("nsenter -t $ISP -n ping -6 -c 1 -W 1 \(inside)").status == 1, "nothing comes in unasked")
        try host.must("nsrun rm one open")
      }
    }

    @Test("A sandbox sends nothing out with an IPv6 address of another bridge, and --no-ip6 has none")
    func spoofed() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create victim --net br1:ip=10.3.0.5,subnet6=fd00:b::/64
          nsrun create evil --net br0:ip=10.2.0.5,subnet6=fd00:a::/64
          nsrun create plain --net br2 --no-ip6
          nsrun exec evil -- ip -6 addr add fd00:b::77/128 dev eth0 nodad
          nsrun exec plain -- ip -6 addr add fd00:c::5/64 dev eth0 nodad
          """)
        #expect(try host.must("nsrun exec plain -- ip -6 addr show dev eth0 scope link") == "")
        for (name, source) in [("evil", "fd00:b::77"), ("plain", "fd00:c::5")] {
          let ping = "nsrun exec \(name) -- ping -6 -c 1 -W 1 -I \(source)"
          #expect(try host.sh("\(ping) 2001:4860:4860::8888").status != 0)
        }
        // Two bridges do not reach each other.
        #expect(try host.sh("nsrun exec evil -- ping -6 -c 1 -W 1 fd00:b::10.3.0.5").status == 1)
        try host.must("nsrun rm victim evil plain")
      }
    }

    @Test("The host gets nothing from a sandbox that claims to be the host, and sends no answers of others to itself")
    func impostor() throws {
      try onHost { (host) throws in
        try host.must("nsrun create evil --net br0:subnet6=fd00:a::/64")
        for (source, destination) in [
          ("fd00:a::1", "2001:4860:4860::8888"), ("2001:db8::2", "fd00:a::1"), ("2001:db8:7::7", "fd00:a::1"),
        ] {
          let echoes = "awk '/^Icmp6InEchos / { print $2 }' /proc/net/snmp6"
          let before = try host.must(echoes)
          try host.must(
            """
            nsrun exec evil -- ip -6 addr add \(source)/128 dev eth0 nodad
            fails nsrun exec evil -- ping -6 -c 1 -W 1 -I \(source) \(destination)
            nsrun exec evil -- ip -6 addr del \(source)/128 dev eth0
            shown=$(conntrack -L -f ipv6 2> /dev/null); fails grep icmpv6 <<< "$shown"
            """)
          #expect(try host.must(echoes) == before, "\(source)")
        }
        try host.must("nsrun exec evil -- ping -6 -c 1 -W 1 fd00:a::1; nsrun rm evil")
      }
    }

    @Test("IPv6 of a bridge that somebody else made is not forwarded because sandboxes on another one have IPv6")
    func foreign() throws {
      let preparation = """
        \(foreignBridge); ip -6 addr add 2001:db8:9::1/64 dev br0 nodad
        ip netns add vm; ip link add vm0 type veth peer name eth0 netns vm; ip link set vm0 master br0 up
        ip -n vm -6 addr add 2001:db8:9::2/64 dev eth0 nodad; ip -n vm link set eth0 up
        ip -n vm -6 route add default via 2001:db8:9::1; ip netns exec vm ping -6 -c 1 -W 5 2001:db8:9::1
        nsenter -t $ISP -n ip -6 route add 2001:db8:9::/64 via 2001:db8::2
        """
      try onHost(preparation) { (host) throws in
        try host.must("nsrun create one --net br0; nsrun create two --net br1; nsrun exec two -- \(Self.ping)")
        #expect(try host.sh("ip netns exec vm \(Self.ping)").status == 1)
        #expect(try host.sh("nsenter -t $ISP -n ping -6 -c 1 -W 1 2001:db8:9::2").status == 1)
        try host.must("nsrun rm one two")
      }
    }

    @Test("The host keeps the default route that it has learned, and its parameters are as before afterwards")
    func advertisements() throws {
      let preparation = """
        ip -6 route del default; ip -6 route add default via 2001:db8::1 dev up0 proto ra expires 1000
        ip link add wan0 type veth peer name wan1; sysctl -qw net.ipv6.conf.wan0.accept_ra=2
        sysctl -qw net.ipv6.conf.wan1.accept_ra=0
        """
      try onHost(preparation) { (host) throws in
        try host.must(
          "nsrun create one --net br0; nsrun exec one -- \(Self.ping); ip -6 route | grep -q 'default.* ra '")
        #expect(
          try host.must("cd /proc/sys/net/ipv6/conf; cat {up0,wan0,wan1,default,br0}/accept_ra | tr -d '\\n'")
            == "22020")
        // A link that comes meanwhile accepts them too, and is as usual afterwards.
        try host.must("ip link add late0 type veth peer name late1; nsrun rm one")
        #expect(try host.must("cat /proc/sys/net/ipv6/conf/late0/accept_ra") == "1")
        try host.must("ip link delete late0; ip -6 route | grep -q 'default.* ra '")
      }
    }

    @Test(
      "What others take from IPv6 is reported by doctor and comes back with reload",
      arguments: [
        "ip -6 addr flush dev br0", "ip link set br0 down", "ip -6 route del table local fd00:a::1 dev br0",
        "sysctl -qw net.ipv6.conf.all.forwarding=0",
        "nft delete element inet nsrun inside6 { fd00:a::/64 }",
        "nft delete element inet nsrun subnets6 { br0 . fd00:a::2-fd00:a::ffff:ffff:ffff:ffff }",
        "ip -6 route del fd00:a::/64 dev br0",
        "nft flush ruleset", "ip link delete br0",
      ])
    func restored(deed: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0:subnet6=fd00:a::/64; nsrun exec one -- \(Self.ping); \(deed)")
        #expect(try host.must("nsrun doctor | grep -v ^ok || true") != "", "doctor sees it")
        try host.must(
          "nsrun reload > /dev/null; healthy; nsrun exec one -- \(Self.ping); nsrun rm one")
      }
    }

    @Test("The last sandbox gives IPv6 forwarding back even if the record of it was deleted or damaged")
    func lost() throws {
      try onHost { (host) throws in
        for deed in ["rm $record", "echo x > $record"] {
          try host.must(
            "nsrun create one --net br0; record=$(echo /run/nsrun/*/host6); \(deed); nsrun rm one 2> /dev/null")
        }
      }
    }

    @Test("A chain of ip6tables that drops by its policy lets sandboxes through, until the last has gone")
    func dropping() throws {
      try onHost("ip6tables -P FORWARD DROP") { (host) throws in
        try host.must("nsrun --net br0 -- \(Self.ping); nsrun create one --net br0; nsrun exec one -- \(Self.ping)")
        try host.must(
          """
          ip6tables -F FORWARD; fails nsrun exec one -- ping -6 -c 1 -W 1 2001:4860:4860::8888 > /dev/null
          nsrun reload > /dev/null
          """)
        try host.must("nsrun exec one -- \(Self.ping); nsrun rm one")
      }
    }

    @Test("Others' IPv6 is forwarded while nsrun forwards IPv4 only, and not while it turned IPv6 forwarding on")
    func others() throws {
      let preparation = """
        sysctl -qw net.ipv6.conf.all.forwarding=1
        ip netns add stranger; ip link add out0 type veth peer name eth0 netns stranger
        ip -6 addr add fd00:9::1/64 dev out0 nodad; ip link set out0 up
        ip -n stranger -6 addr add fd00:9::2/64 dev eth0 nodad; ip -n stranger link set eth0 up
        ip -n stranger -6 route add default via fd00:9::1; nsenter -t $ISP -n ip -6 route add fd00:9::/64 via 2001:db8::2
        ip netns exec stranger ping -6 -c 1 -W 5 fd00:9::1 > /dev/null
        """
      try onHost(preparation) { (host) throws in
        let theirs = "ip netns exec stranger \(Self.ping)"
        try host.must("\(theirs); nsrun create one --net br0; \(theirs); nsrun rm one; \(theirs)")
        try host.must(
          "sysctl -qw net.ipv6.conf.all.forwarding=0; nsrun create one --net br0; fails \(theirs); nsrun rm one")
        try host.must("sysctl -qw net.ipv6.conf.all.forwarding=1")
      }
    }

    @Test("Where IPv6 is impossible a sandbox has IPv4 alone, and --ip6 refuses with the reason")
    func impossible() throws {
      try onHost(foreignBridge) { (host) throws in
        func inside(_ arguments: String) throws -> String {
          try host.must("nsrun \(arguments) -- sh -c 'ip -o -6 addr show dev eth0; ping -c 1 -W 1 8.8.8.8 > /dev/null'")
        }
        #expect(try inside("--net br0") == "")
        #expect(try host.sh("nsrun --net br0 --ip6 -- true").errors.contains("on bridges of nsrun's only"))
        #expect(try inside("--net br1 --mtu 1000") == "")
        #expect(try host.sh("nsrun --net br1 --mtu 1000 --ip6 -- true").errors.contains("needs at least 1280"))
        try host.must("nsrun create four --net br1 --no-ip6; sysctl -qw net.ipv6.conf.default.disable_ipv6=1")
        #expect(try inside("--net br1") != "", "this bridge exists, and its parameter decides")
        #expect(try inside("--net br2") == "")
        #expect(try host.sh("nsrun --net br2 --ip6 -- true").errors.contains("IPv6 is turned off on this host"))
        #expect(try host.must("nsrun doctor | grep IPv6:").contains("sandboxes have none"))
        try host.must("nsrun rm four; sysctl -qw net.ipv6.conf.default.disable_ipv6=0")
      }
    }

    @Test("Where IPv6 becomes impossible later, launches and reload go on with IPv4, and no loss is reported")
    func later() throws {
      try onHost { (host) throws in
        for deed in ["sysctl -qw net.ipv6.conf.br0.disable_ipv6=1", "ip link set br0 mtu 1000"] {
          try host.must("nsrun create one --net br0; \(deed)")
          let launch = try host.sh(
            "nsrun --net br0 -- sh -c 'ip -o -6 addr show dev eth0; ping -c 1 -W 1 8.8.8.8 > /dev/null'")
          #expect(launch.status == 0 && launch.output == "" && launch.errors == "", "\(launch)")
          #expect(try host.must("nsrun reload; nsrun doctor | grep -v ^ok || true") == "")
          try host.must("nsrun rm one")
        }
      }
    }

    @Test("A bridge that others have made again in the place of nsrun's gets no IPv6 address")
    func remade() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create one --net br0:ip=10.3.0.5/24; ip link delete br0
          ip link add br0 type bridge; ip addr add 10.3.0.1/24 dev br0; ip link set br0 up
          nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8 > /dev/null
          """)
        #expect(try host.must("ip -6 addr show dev br0 scope global") == "")
        try host.must("nsrun rm one; ip link delete br0")
      }
    }

    @Test("A sandbox whose --sysctl turns IPv6 off has none, and does not wait for it")
    func sysctl() throws {
      try onHost { (host) throws in
        let option = "--sysctl net.ipv6.conf.all.disable_ipv6=1"
        let launch = try host.sh("nsrun --net br0 \(option) -- sh -c 'ip -o -6 addr; printenv NSRUN_ADDRESS6'")
        #expect(launch.output == "" && launch.errors == "", "\(launch)")
      }
    }

    @Test("What somebody sets accept_ra to while there are sandboxes stays")
    func changed() throws {
      try onHost("ip link add wan0 type veth peer name wan1") { (host) throws in
        try host.must("nsrun create one --net br0; sysctl -qw net.ipv6.conf.wan0.accept_ra=0; nsrun rm one")
        #expect(try host.must("cat /proc/sys/net/ipv6/conf/wan{0,1}/accept_ra") == "0\n1")
        // A router ignores advertisements with 1, and goes on to do so.
        try host.must(
          "sysctl -qw net.ipv6.conf.wan0.forwarding=1 net.ipv6.conf.wan0.accept_ra=1; nsrun create one --net br0")
        #expect(try host.must("cat /proc/sys/net/ipv6/conf/wan{0,1}/accept_ra") == "1\n2")
        try host.must("nsrun rm one; sysctl -qw net.ipv6.conf.wan0.forwarding=0")
      }
    }

    @Test("Forwarding of one family is given back even if its record is deleted before the other is turned on")
    func lostBefore() throws {
      try onHost { (host) throws in
        try host.must(
          "nsrun create one --net br0 --no-ip6; rm /run/nsrun/*/host; nsrun create two --net br0; nsrun rm one two")
      }
    }

    @Test("Sandboxes without a way out reach each other by IPv6, and nothing beyond")
    func `internal`() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create one --net br0:internal,subnet6=fd00:a::/64; nsrun create two --net br0:internal
          nsrun exec one -- ping -6 -c 1 -W 1 two > /dev/null
          shown=$(nsrun exec one -- ip -6 route show default); fails grep . <<< "$shown"
          nsrun exec one -- ip -6 route add default via fd00:a::1; fails nsrun exec one -- ping -6 -c 1 -W 1 2001:4860:4860::8888 > /dev/null
          nsrun rm one two
          """)
      }
    }

    @Test("A router forwards IPv6 between two bridges, with br_netfilter too", arguments: [0, 1])
    func router(filter: Int) throws {
      try onHost("sysctl -qw net.bridge.bridge-nf-call-ip6tables=\(filter)") { (host) throws in
        try host.must(
          """
          nsrun create router --net br1:ip=10.1.0.9,subnet6=fd00:a::/64 --net br2:ip=10.2.0.9,subnet6=fd00:b::/64 --forward
          nsrun create left --net br1:ip=10.1.0.5 --route fd00:b::/64=fd00:a::10.1.0.9
          nsrun create right --net br2:ip=10.2.0.5 --route fd00:a::/64=fd00:b::10.2.0.9
          """)
        for (from, to) in [("left", "fd00:b::10.2.0.5"), ("right", "fd00:a::10.1.0.5")] {
          #expect(try host.must("nsrun exec \(from) -- ping -6 -c 1 -W 1 \(to)").contains("ttl=63"))
          try host.must("nsrun exec \(from) -- \(Self.ping)")
        }
        try host.must("nsrun rm router left right")
      }
    }

    @Test("An address that had another link-layer address is announced by IPv6 too")
    func announced() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create peer --net br0
          for mac in 02:00:00:00:00:01 02:00:00:00:00:02; do
            nsrun create one --net br0 --ip 10.77.95.9 --mac $mac
            nsrun exec one -- \(Self.ping); nsrun exec peer -- ping -6 -c 1 -W 1 one > /dev/null
            nsrun rm one
          done
          nsrun rm peer
          """)
      }
    }

    @Test(
      "Reports of a group of the link wake up no other sandbox on a bridge of nsrun, those of other groups do",
      arguments: [("", "gaddr ff05::1234"), (foreignBridge, "gaddr ff02::")])
    func listenerReports(bridge: String, first: String) throws {
      try onHost(bridge) { (host) throws in
        let gateway = bridge.isEmpty ? ",gateway=10.99.0.254" : ""
        let seen = try host.must(
          """
          nsrun create one --net br0:ip=10.99.0.5\(gateway); nsrun create two --net br0:ip=10.99.0.6
          # The host reports the groups of its bridge too, a second after the bridge is up.
          others="ip6[6] = 0 and ip6[48] = 143 and not ether src $(cat /sys/class/net/br0/address)"
          nsrun exec one -- timeout 60 tcpdump -v -l -n -c 1 --immediate-mode -Q in -i eth0 "$others" \\
            > /run/scratch/seen 2> /run/scratch/log &
          until grep -q listening /run/scratch/log; do sleep 0.02; done
          # The kernel of a new sandbox sends such reports.
          reports='until grep -q "Icmp6OutMLDv2Reports.*[1-9]" /proc/net/snmp6; do sleep 0.02; done'
          [ -n "\(bridge)" ] || nsrun --net br0 -- sh -c "$reports"
          nsrun exec two -- ip addr replace fe80::a63:6/64 dev eth0 nodad
          nsrun exec two -- python3 -c '
          import socket
          s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
          s.setsockopt(socket.IPPROTO_IPV6, 54, bytes([58, 0, 5, 2, 0, 0, 1, 0]))  # IPV6_HOPOPTS: router alert
          for group in "ff02::1234", "ff05::1234":
            record = bytes([4, 0, 0, 0]) + socket.inet_pton(socket.AF_INET6, group)
            s.sendto(bytes([143, 0, 0, 0, 0, 0, 0, 1]) + record, ("ff02::16", 0, 0, socket.if_nametoindex("eth0")))'
          wait $!; cat /run/scratch/seen; nsrun rm one two
          """)
        #expect(seen.contains(first), "\(seen)")
      }
    }

    @Test("The flows of an IPv6 address end with its sandbox")
    func flows() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create one --net br0; nsrun create two --net br0
          for name in one two; do nsrun exec $name -- \(Self.ping); done
          [ $(grep -c 'icmpv6' /proc/net/nf_conntrack || conntrack -L -f ipv6 2> /dev/null | grep -c icmpv6) = 2 ]
          nsrun rm one; [ $(conntrack -L -f ipv6 2> /dev/null | grep -c icmpv6) = 1 ]; nsrun rm two
          shown=$(conntrack -L -f ipv6 2> /dev/null); fails grep icmpv6 <<< "$shown"
          """)
      }
    }

    @Test("A DNS server of the host with an IPv6 address is asked by sandboxes with IPv6")
    func resolver() throws {
      try onHost("echo 'nameserver 2001:4860:4860::8888' > /run/scratch/resolv.conf") { (host) throws in
        let show = "-- grep nameserver /etc/resolv.conf"
        let with = try host.sh("nsrun --net br0 \(show)")
        #expect(with.text == "nameserver 2001:4860:4860::8888" && with.errors == "")
        #expect(try host.sh("nsrun --net br0 --no-ip6 \(show)").errors.contains("cannot be reached from inside"))
      }
    }
  }
}
