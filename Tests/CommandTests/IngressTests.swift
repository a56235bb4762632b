import TestHost
import Testing

extension CommandTests {
  /// Packets that the host forwards to a bridge of nsrun from elsewhere.
  @Suite("Ingress to sandboxes") struct IngressTests {
    /// Makes the internet send packets for sandboxes to the host.
    private static let routed = "nsenter -t $ISP -n ip route add 10.64.0.0/16 via 192.0.2.2"

    @Test("Only the host and answers reach the addresses of a sandbox, including those that it adds itself")
    func outside() throws {
      try onHost { (host) throws in
        try host.must(Self.routed)
        try host.must(
          "nsrun create web --net br0 --ip 10.64.5.9/24; nsrun exec web -- ip addr add 10.64.5.77/24 dev eth0")
        for address in ["10.64.5.9", "10.64.5.77"] {
          #expect(try host.sh("nsenter -t $ISP -n ping -c 1 -W 1 \(address)").status == 1)
          try host.must("ping -c 1 -W 1 \(address); nsrun exec web -- ping -c 1 -W 1 -I \(address) 8.8.8.8")
        }
        try host.must("nsrun exec web -- ping -c 1 -W 1 192.0.2.2; nsrun rm web")
      }
    }

    /// Sends an ICMP echo request whose source address is not the sender's.
    private static let spoofer = """
      import socket, struct, sys
      def sum16(b): n = sum(struct.unpack("!%dH" % (len(b) // 2), b)); n = (n >> 16) + (n & 0xffff); return ~(n + (n >> 16)) & 0xffff
      echo = struct.pack("!BBHHH8s", 8, 0, 0, 1, 1, b"smuggled"); echo = echo[:2] + struct.pack("!H", sum16(echo)) + echo[4:]
      source, target = map(socket.inet_aton, sys.argv[1:])
      head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, 1, 0, source, target)
      socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW).sendto(head + echo, (sys.argv[2], 0))
      """

    @Test(
      "A packet from elsewhere with a sandbox's source address lets in neither its answer nor its connection",
      arguments: ["nsenter -t $ISP -n", "nsrun exec other --", "nsrun exec guest --"], ["10.64.5.1", "192.0.2.2"])
    func reflected(from place: String, target: String) throws {
      let lax = "for link in all default br0 up0; do echo 0 > /proc/sys/net/ipv4/conf/$link/rp_filter; done"
      try onHost("\(foreignBridge); \(Self.routed); \(lax)") { (host) throws in
        try host.must(
          """
          nsrun create victim --net br5 --ip 10.64.5.9/24; nsrun create other --net br6; nsrun create guest --net br0
          nsrun exec victim -- nft 'add table ip t; add chain ip t c { type filter hook input priority 0; }
            add rule ip t c counter'
          """)
        func arrived() throws -> String {
          try host.must("nsrun exec victim -- nft reset counters > /dev/null; nsrun exec victim -- nft list table ip t")
        }
        let send = "\(place) python3 -c '\(Self.spoofer)' 10.64.5.9 \(target); ping -c 1 -W 1 10.64.5.9"
        try host.must(send)
        // This is the packet of ping.
        #expect(try arrived().contains("counter packets 1 "))
        try host.must("nsrun rm victim other guest")
      }
    }

    @Test("A sandbox gets UDP only as an answer, and no other packets to the same port")
    func datagrams() throws {
      try onHost { (host) throws in
        try host.must(Self.routed)
        let answer = try host.start(
          """
          exec nsenter -t $ISP -n python3 -c '
          import socket
          s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("8.8.8.8", 7000)); print("bound", flush=True)
          _, peer = s.recvfrom(100); t = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
          t.sendto(b"unasked", ("10.64.5.9", 5000)); s.sendto(b"unasked", ("10.64.5.9", 5000)); s.sendto(b"answer", peer)'
          """)
        try answer.wait(for: "bound")
        let receiver = try host.start(
          """
          exec nsrun --net br0 --ip 10.64.5.9/24 -- python3 -c '
          import socket
          s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 5000))
          s.sendto(b"x", ("8.8.8.8", 7000))
          print("got", s.recv(100).decode(), flush=True)'
          """)
        try receiver.wait(for: "got answer")
        #expect(try receiver.finish().status == 0)
        #expect(try answer.finish().status == 0)
      }
    }

    @Test(
      "Sandboxes on one bridge reach each other, with br_netfilter too, but not those on another, even by answers")
    func bridges() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create a --net br1 --ip 10.64.1.9/24; nsrun create b --net br2 --ip 10.64.2.9/24
          nsrun create c --net br2 --ip 10.64.2.10/24
          """)
        for (from, to) in [("a", "10.64.2.9"), ("b", "10.64.1.9")] {
          #expect(try host.sh("nsrun exec \(from) -- ping -c 1 -W 1 \(to)").status == 1)
          try host.must("nsrun exec \(from) -- ping -c 1 -W 1 8.8.8.8")
        }
        for value in ["0", "1"] {
          try host.must(
            """
            [ ! -e /proc/sys/net/bridge ] || sysctl -qw net.bridge.bridge-nf-call-iptables=\(value)
            nsrun exec c -- ping -c 1 -W 1 10.64.2.9
            """)
        }
        try host.must("nsrun cleanup --all")
      }
    }

    @Test("The outside and other bridges reach a --no-nat sandbox, but not another sandbox on its bridge")
    func withoutNAT() throws {
      try onHost { (host) throws in
        try host.must(Self.routed)
        try host.must(
          """
          nsrun create server --net br0 --no-nat --ip 10.64.5.9/24; nsrun create other --net br0 --ip 10.64.5.10/24
          nsrun create client --net br1 --ip 10.64.6.9/24
          """)
        try host.must(
          "nsenter -t $ISP -n ping -c 1 -W 1 10.64.5.9; nsrun exec client -- ping -c 1 -W 1 10.64.5.9")
        try host.must("nsrun exec server -- ping -c 1 -W 1 8.8.8.8")
        #expect(try host.sh("nsenter -t $ISP -n ping -c 1 -W 1 10.64.5.10").status == 1)
        #expect(try host.sh("nsrun exec server -- ping -c 1 -W 1 10.64.6.9").status == 1)
        try host.must("nsrun cleanup --all")
      }
    }

    @Test("The outside reaches a --no-nat sandbox past a drop policy, but not another sandbox on its bridge")
    func pastPolicy() throws {
      let policy = "table ip theirs { chain f { type filter hook forward priority 0; policy drop; }; }"
      let reach = "nsenter -t $ISP -n ping -c 1 -W 1"
      try onHost { (host) throws in
        try host.must("\(Self.routed); nft -f -", input: policy)
        // The --no-nat sandbox comes second, so the bridge already exists.
        try host.must(
          """
          nsrun create other --net br0 --ip 10.64.5.10/24; nsrun create server --net br0 --no-nat --ip 10.64.5.9
          \(reach) 10.64.5.9; fails \(reach) 10.64.5.10; nsrun exec server -- ping -c 1 -W 1 8.8.8.8; nsrun doctor
          nsrun create third --net br0 --no-nat --ip 10.64.5.11; \(reach) 10.64.5.11
          [ $(nft list chain ip theirs f | grep -c 'nsrun br0') = 3 ]
          handle=$(nft -a list chain ip theirs f | grep 'oifname "br0" counter' | sed 's/.*handle //')
          nft delete rule ip theirs f handle $handle; fails \(reach) 10.64.5.9
          """)
        #expect(try host.sh("nsrun doctor").output.contains("packets from outside for sandboxes without NAT on br0"))
        try host.must("nsrun reload; \(reach) 10.64.5.9; nsrun doctor; nsrun rm other server third")
        #expect(!(try host.must("nft list ruleset").contains("nsrun")))
        try host.must("nft delete table ip theirs")
      }
    }

    @Test("Launch and doctor report a drop policy on a foreign bridge that keeps packets from a --no-nat sandbox")
    func ownersPolicy() throws {
      try onHost("\(foreignBridge); sysctl -qw net.ipv4.ip_forward=1; iptables -P FORWARD DROP") { (host) throws in
        let launch = try host.sh("nsrun create server --net br0 --no-nat")
        let command = "iptables -I FORWARD -o br0 -j ACCEPT"
        #expect(launch.status == 0 && launch.errors.contains(command), "\(launch)")
        let doctor = try host.sh("nsrun doctor")
        #expect(doctor.status == 1 && doctor.output.contains(command), "\(doctor)")
        try host.must("\(command); nsrun doctor; iptables -D FORWARD -o br0 -j ACCEPT; nsrun rm server")
      }
    }

    @Test("A sandbox on a foreign bridge gets the packets that the bridge's owner lets in")
    func foreign() throws {
      let preparation = """
        \(foreignBridge); sysctl -qw net.ipv4.ip_forward=1; nsenter -t $ISP -n ip route add 10.99.0.0/24 via 192.0.2.2
        """
      try onHost(preparation) { (host) throws in
        try host.must("nsrun create a --net br0 --ip 10.99.0.9; nsrun create b --net br1 --ip 10.64.1.9/24")
        try host.must("nsenter -t $ISP -n ping -c 1 -W 1 10.99.0.9; nsrun exec b -- ping -c 1 -W 1 10.99.0.9")
        #expect(try host.sh("nsrun exec a -- ping -c 1 -W 1 10.64.1.9").status == 1)
        try host.must("nsrun cleanup --all")
      }
    }

    @Test("No packet of a sandbox reaches the host's loopback, whatever the host translates or accepts")
    func loopback() throws {
      let preparation = """
        sysctl -qw net.ipv4.conf.all.route_localnet=1
        nft -f - <<'RULES'
        table ip theirs { chain p { type nat hook prerouting priority dstnat; udp dport 5001 dnat to 127.0.0.1:5000; }; }
        RULES
        """
      try onHost(preparation) { (host) throws in
        for options in ["", "--internal"] {
          let service = try host.start(
            """
            exec python3 -c '
            import socket
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 5000)); print("bound", flush=True)
            print("got", s.recv(100).decode(), flush=True)'
            """)
          try service.wait(for: "bound")
          try host.must(
            """
            nsrun --net br0 \(options) -- python3 -c '
            import os, socket
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); address = os.popen("ip -4 route").read()
            gateway = address.split("src ")[1].split()[0].rsplit(".", 1)[0] + ".1"
            s.sendto(b"from inside", (gateway, 5001))'
            echo -n host > /dev/udp/127.0.0.1/5000
            """)
          // The service receives packets in the order in which they came.
          #expect(try service.finish().output.contains("got host"))
        }
      }
    }
  }
}
