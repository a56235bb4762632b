import TestHost
import Testing

extension CommandTests {
  @Suite("The way out of a sandbox") struct EgressTests {
    /// Runs a command, and returns the source of the first ICMP request that the internet sees meanwhile.
    private func sources(_ host: ThrowawayHost, _ command: String) throws -> [Substring] {
      let watcher = try host.start(
        "exec nsenter -t $ISP -n tcpdump -l -n --immediate-mode -i isp0 -c 1 'icmp[icmptype] == icmp-echo' 2>&1")
      try watcher.wait(for: "listening")
      _ = try host.sh(command)
      try watcher.wait(for: "IP ")
      return [try watcher.wait(for: " > ")[...]]
    }

    @Test("Packets leave with the host's address as their source")
    func masquerade() throws {
      try onHost { (host) throws in
        #expect(try sources(host, "nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8") == ["192.0.2.2"])
      }
    }

    @Test("Packets of a --no-nat sandbox leave with the sandbox's own address")
    func noNAT() throws {
      try onHost { (host) throws in
        #expect(
          try sources(host, "nsrun --net br0 --no-nat --ip 10.64.5.9/24 -- ping -c 1 -W 1 8.8.8.8") == ["10.64.5.9"])
        // With a route back, answers arrive.
        try host.must("nsenter -t $ISP -n ip route add 10.64.5.0/24 via 192.0.2.2")
        try host.must("nsrun --net br0 --no-nat --ip 10.64.5.9/24 -- ping -c 1 -W 1 8.8.8.8")
      }
    }

    @Test("An --internal sandbox reaches its neighbours and the host, but nothing else, even by a route of its own")
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
        // No packet comes in from there either.
        try host.must("nsenter -t $ISP -n ip route add 10.64.5.0/24 via 192.0.2.2")
        #expect(try host.sh("nsrun exec one -- ping -c 1 -W 1 8.8.8.8").status == 1)
        #expect(try host.sh("nsenter -t $ISP -n ping -c 1 -W 1 \(one)").status == 1)
        try host.must("nsrun rm one two")
      }
    }

    @Test("An --internal sandbox has no way out by another address that the command adds")
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

    @Test("nsrun drops packets of no connection, IPv6 packets, and packets with a source outside the bridge's subnet")
    func untranslated() throws {
      try onHost("sysctl -qw net.ipv6.conf.all.forwarding=1") { (host) throws in
        let watcher = try host.start(
          """
          exec nsenter -t $ISP -n tcpdump -l -n --immediate-mode -i isp0 \
            'ip6 proto 58 and ip6 dst 2001:4860:4860::8888 or ip and not (src host 192.0.2.2 or src host 192.0.2.1 or src host 8.8.8.8) or udp port 9' 2>&1
          """)
        try watcher.wait(for: "listening")
        try host.must(
          """
          ip -6 addr show dev up0 > /dev/null
          nsrun create web --net br0; ip addr add 2001:db8:1::1/64 dev br0 nodad
          nsrun exec web -- sh -ec 'ip addr add 203.0.113.7/32 dev lo
            sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0; ip addr add 2001:db8:1::2/64 dev eth0 nodad
            ip -6 route replace default via 2001:db8:1::1
            if ping -c 1 -W 1 2001:4860:4860::8888 || ping -c 1 -W 1 -I 203.0.113.7 8.8.8.8; then exit 1; fi' > /dev/null
          nsrun exec web -- python3 -c '
          import os, socket, struct
          source, target = socket.inet_aton(os.environ["NSRUN_ADDRESS"].split("/")[0]), socket.inet_aton("8.8.8.8")
          def checksum(data):
            total = sum(struct.unpack("!%dH" % (len(data) // 2), data)); total = (total >> 16) + (total & 0xffff)
            return ~(total + (total >> 16)) & 0xffff
          s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 6)
          for flags in (2, 4, 16, 17, 18, 20, 41):
            head = struct.pack("!HHIIBBH", 41000 + flags, 81, 1, 2, 0x50, flags, 1000)
            pseudo = source + target + struct.pack("!BBH", 0, 6, 20)
            s.sendto(head + struct.pack("!HH", checksum(pseudo + head + bytes(4)), 0), ("8.8.8.8", 0))
          socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"last", ("8.8.8.8", 9))'
          """)
        // A packet that comes before the last one has escaped NAT.
        let seen = try watcher.wait(for: "192.0.2.2.")
        #expect(seen.split(separator: "\n").dropLast().filter { $0.contains(" > ") } == [], "\(seen)")
        try host.must("nsrun rm web")
      }
    }

    @Test("TCP works in both directions across a smaller path MTU that no ICMP reports", arguments: ["", "--no-nat"])
    func narrowWay(options: String) throws {
      let preparation = """
        ip link set up0 mtu 1400; nsenter -t $ISP -n ip link set isp0 mtu 1400
        nsenter -t $ISP -n nft -f - <<'RULES'
        table inet narrow { chain o { type filter hook output priority 0; icmp type destination-unreachable drop; }; }
        RULES
        nft -f - <<'RULES'
        table inet narrow { chain o { type filter hook output priority 0; icmp type destination-unreachable drop; }; }
        RULES
        nsenter -t $ISP -n ip route add 10.64.5.0/24 via 192.0.2.2 mtu 1500
        """
      try onHost(preparation) { (host) throws in
        let server = try host.start(
          """
          exec nsenter -t $ISP -n python3 -c '
          import socket
          s = socket.create_server(("8.8.8.8", 80)); print("listening", flush=True)
          c, _ = s.accept(); c.sendall(b"x" * 100000)
          size = 0
          while size < 100000: size += len(c.recv(65536))
          print("segments of", c.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), flush=True)'
          """)
        try server.wait(for: "listening")
        let client = try host.sh(
          """
          nsrun --net br0 --ip 10.64.5.9/24 \(options) -- python3 -c '
          import socket
          s = socket.create_connection(("8.8.8.8", 80), 5); size = 0
          while size < 100000: size += len(s.recv(65536))
          s.sendall(b"y" * 100000); s.shutdown(socket.SHUT_WR); s.recv(1)
          print("segments of", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))'
          """)
        // 1400 minus the headers of IP and TCP and the time stamp option.
        #expect(client.output == "segments of 1348\n", "\(client)")
        let outcome = try server.finish()
        #expect(outcome.output.contains("segments of 1348"), "\(outcome)")
      }
    }

    @Test("An --internal sandbox and another port of the bridge cannot reach each other, but sandboxes can")
    func internalPort() throws {
      let preparation = """
        \(foreignBridge); sysctl -qw net.ipv4.ip_forward=1
        ip link add nic0 type veth peer name lan0 netns $ISP; ip link set nic0 master br0 up
        nsenter -t $ISP -n sh -c 'ip addr add 10.99.0.254/24 dev lan0; ip link set lan0 up'
        """
      try onHost(preparation) { (host) throws in
        try host.must(
          """
          nsrun create one --net br0 --internal --ip 10.99.0.9; nsrun create two --net br0 --ip 10.99.0.10
          nsrun exec one -- sh -ec 'ip route add default via 10.99.0.254; ip addr add 10.99.0.77/24 dev eth0'
          """)
        // ARP does not get through to that port either.
        for target in ["8.8.8.8", "10.99.0.254"] {
          #expect(try host.sh("nsrun exec one -- ping -c 1 -W 1 \(target)").status == 1)
        }
        for address in ["10.99.0.9", "10.99.0.77"] {
          #expect(try host.sh("nsenter -t $ISP -n ping -c 1 -W 1 -I lan0 \(address)").status == 1)
          try host.must("nsrun exec two -- ping -c 1 -W 1 \(address)")
        }
        try host.must("nsrun exec one -- ping -c 1 -W 1 10.99.0.1; ping -c 1 -W 1 10.99.0.9")
        try host.must("nsrun exec two -- ping -c 1 -W 1 10.99.0.254; nsrun cleanup --all")
      }
    }

    @Test("The host learns only an --internal sandbox's own address by ARP, and still answers the sandbox's requests")
    func internalARP() throws {
      let preparation = """
        \(foreignBridge); sysctl -qw net.ipv4.neigh.br0.locktime=0
        ip link add nic0 type veth peer name lan0 netns $ISP; ip link set nic0 master br0 up
        nsenter -t $ISP -n sh -c 'ip addr add 10.99.0.254/24 dev lan0; ip link set lan0 up'
        """
      try onHost(preparation) { (host) throws in
        try host.must(
          """
          nsrun create one --net br0 --internal --ip 10.99.0.9; nsrun create two --net br0 --ip 10.99.0.10
          ping -c 1 -W 2 10.99.0.254; ping -c 1 -W 2 10.99.0.10
          """)
        let neighbours = "ip neigh show dev br0 | grep -e 254 -e '[.]10 ' | cut -d' ' -f1-3 | sort"
        let before = try host.must(neighbours)
        #expect(before.split(separator: "\n").count == 2)
        // The last requests arrive after all others, and their answers show that the host has seen them.
        let outcome = try host.must(
          """
          nsrun exec one -- timeout 20 python3 -c '
          import socket, struct
          mac = bytes.fromhex(open("/sys/class/net/eth0/address").read().strip().replace(":", ""))
          s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x806)); s.bind(("eth0", 0x806))
          def say(operation, sender):
            s.send(bytes([255] * 6) + mac + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, operation) + mac
              + socket.inet_aton(sender) + bytes(6) + socket.inet_aton("10.99.0.1"))
          for operation in (1, 2):
            for sender in ("10.99.0.254", "10.99.0.10"): say(operation, sender)
          for sender in ("0.0.0.0", "10.99.0.9"):
            say(1, sender)
            while True:
              frame = s.recv(100)
              if frame[21] == 2 and frame[28:32] == socket.inet_aton("10.99.0.1"): break
            print("answered", sender)'
          """)
        #expect(outcome == "answered 0.0.0.0\nanswered 10.99.0.9", "\(outcome)")
        #expect(try host.must(neighbours) == before)
        try host.must("nsrun cleanup --all")
      }
    }

    @Test(
      "An --internal sandbox gets no packet out by DNAT of the host, and none in by its routes, at any address",
      arguments: [foreignBridge, "true"])
    func internalTranslated(bridge: String) throws {
      let preparation = """
        \(bridge); sysctl -qw net.ipv4.ip_forward=1; nsenter -t $ISP -n ip route add 10.99.0.0/24 via 192.0.2.2
        nft -f - <<'RULES'
        table ip theirs {
          chain p { type nat hook prerouting priority dstnat; ip daddr 10.99.0.1 icmp type echo-request dnat to 8.8.8.8; }
          chain q { type nat hook postrouting priority srcnat; oifname "up0" masquerade; }
        }
        RULES
        """
      try onHost(preparation) { (host) throws in
        try host.must(
          """
          nsrun create one --net br0 --internal --ip 10.99.0.9/24; nsrun exec one -- ip addr add 10.99.0.77/24 dev eth0
          """)
        let receiver = try host.start(
          """
          exec nsrun exec one -- python3 -c '
          import socket
          s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 5000)); print("bound", flush=True)
          print("got", s.recv(100).decode(), flush=True)'
          """)
        try receiver.wait(for: "bound")
        for address in ["10.99.0.9", "10.99.0.77"] {
          #expect(try host.sh("nsrun exec one -- ping -c 1 -W 1 -I \(address) 10.99.0.1").status == 1)
          try host.must("nsenter -t $ISP -n bash -c 'echo -n outside > /dev/udp/\(address)/5000'")
        }
        try host.must("echo -n host > /dev/udp/10.99.0.9/5000")
        #expect(try receiver.finish().output.contains("got host"))
        try host.must("nsrun rm one")
      }
    }

    @Test("--internal alone does not turn forwarding on")
    func internalNoForwarding() throws {
      try onHost { (host) throws in
        #expect(
          try host.must(
            "nsrun --net br0 --internal -- cat /proc/sys/net/ipv4/ip_forward; nsrun create one --net br0 --internal > /dev/null; cat /proc/sys/net/ipv4/ip_forward; nsrun rm one"
          ).hasSuffix("0"))
      }
    }

    @Test("nsrun takes a subnet beside a VPN that routes all private ranges, but refuses one that collides")
    func routedRanges() throws {
      try onHost(
        """
        for range in 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16; do ip route add $range via 192.0.2.1; done
        ip route add unreachable 10.64.0.0/12 table 99; ip route add 10.64.9.0/24 via 192.0.2.1
        ip addr add 10.65.0.1/16 dev lo
        """
      ) { (host) throws in
        for options in ["", "--subnet 10.64.5.0/24", "--subnet 192.168.0.0/20", "--subnet 172.20.0.0/16"] {
          try host.must("nsrun --net br0 \(options) -- ping -c 1 -W 1 8.8.8.8")
        }
        for (subnet, use) in [
          ("10.65.5.0/24", "the address 10.65.0.1/16 of lo"), ("10.64.9.0/24", "the route to 10.64.9.0/24"),
          ("10.64.8.0/23", "the route to 10.64.9.0/24"), ("10.64.0.0/12", ""),
        ] {
          let outcome = try host.sh("nsrun --net br0 --subnet \(subnet) -- true")
          #expect(outcome.status == 125 && outcome.errors.contains("collides with \(use)"), "\(outcome)")
        }
      }
    }

    @Test("Multicast and broadcast packets stay on an --internal bridge, where other sandboxes get them")
    func internalGroups() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0 --internal")
        let watch = try host.start(
          "echo ready; exec nsrun exec one -- tcpdump -i eth0 -n -l -c 2 --immediate-mode udp port 9999")
        try host.eventually("nsrun exec one -- cat /proc/net/packet | awk 'NR > 1 && $5 > 0' | grep -q .")
        let send = "import socket\ns = socket.socket(2, 2); s.setsockopt(1, 6, 1)\n"
        for group in ["239.1.2.3", "255.255.255.255"] {
          try host.must("nsrun --net br0 --internal -- python3 -c '\(send)s.sendto(b\"x\", (\"\(group)\", 9999))'")
        }
        let heard = try watch.finish().output
        #expect(heard.contains("> 239.1.2.3.9999") && heard.contains("> 255.255.255.255.9999"), "\(heard)")
        #expect(try host.must("nsrun exec one -- ip route show default; nsrun rm one") == "")
      }
    }

    @Test("Two sandboxes on one bridge use different gateways without a rule")
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

    @Test("nsrun turns forwarding on for sandboxes only, and restores all parameters that it changed")
    func forwarding() throws {
      let preparation = """
        sysctl -qw net.ipv4.conf.all.accept_redirects=1 net.ipv4.conf.default.accept_redirects=1
        ip link add other0 type veth peer name other1; ip link set other0 up; ip link set other1 up
        sysctl -qw net.ipv4.conf.other0.forwarding=1
        """
      try onHost(preparation) { (host) throws in
        try host.must("nsrun create one --net br0")
        #expect(try host.must("cat /proc/sys/net/ipv4/ip_forward") == "1")
        // Another machine that uses this host as its router gets nothing through.
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

    @Test("nsrun leaves forwarding alone if it is already on, and drops no packets of others")
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

    @Test("A bridge name always gets the same subnet, or another one if that is in use")
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

    @Test("The rules, and those of them that a packet meets, do not grow with the number of sandboxes and networks")
    func constantTime() throws {
      let tracer = """
        nft 'add table bridge tracer; add chain bridge tracer c { type filter hook prerouting priority -400; }
          add rule bridge tracer c icmp type echo-request meta nftrace set 1
          add rule bridge tracer c icmpv6 type echo-request meta nftrace set 1'
        """
      try onHost(tracer) { (host) throws in
        // Each packet has a number. That of the second one is complete once there is a third.
        func met(on way: String) throws -> String {
          try host.must(
            """
            stdbuf -oL nft monitor trace > /run/scratch/trace & monitor=$!
            numbers() { cut -d' ' -f3 /run/scratch/trace | uniq; }
            until [ $(numbers | wc -l) -ge 3 ]; do nsrun exec one -- ping -c 1 -W 1 \(way) > /dev/null || true; done
            kill $monitor; number=$(numbers | sed -n 2p)
            sed -n "s/^trace id $number .* rule /rule /p" /run/scratch/trace; rm /run/scratch/trace
            """)
        }
        func all() throws -> [String] {
          try [
            host.must("nft -a list ruleset | grep -c '# handle'"), met(on: "8.8.8.8"), met(on: "2001:4860:4860::8888"),
          ]
        }
        try host.must("nsrun create one --net br0")
        let before = try all()
        #expect(before[1].contains("masquerade") && before[2].contains("masquerade"), "\(before)")
        try host.must(
          """
          for i in {2..13}; do
            case $((i % 3)) in 0) way=--no-nat ;; 1) way=--internal ;; 2) way= ;; esac
            nsrun create s$i --net br$((i % 4)) $way
          done
          """)
        #expect(try all() == before)
        try host.must("nsrun cleanup --all")
      }
    }
  }
}
