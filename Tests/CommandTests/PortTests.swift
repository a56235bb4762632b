import TestHost
import Testing

extension CommandTests {
  @Suite("The filter of a sandbox's port") struct Port {
    /// A port of the bridge br0 with the namespace `lan` behind it. `frames` sends from there and from sandboxes.
    private static let lan =
      "ip netns add lan; ip link add nic0 type veth peer name lan0 netns lan; ip link set nic0 master br0 up; "
      + "ip -n lan link set lan0 up"

    /// Sends frames of given names on the link that the first argument names, then a broadcast that marks the end. All
    /// come from 02:00:00:00:00:99, fe80::99 and 10.99.0.99, and go to all machines, unless their definition says
    /// otherwise.
    private static let sender = #"""
      #!/usr/bin/python3
      import socket, struct, sys
      me, all4, all6 = bytes.fromhex("020000000099"), b"\xff" * 6, bytes.fromhex("333300000001")
      ip = lambda text: socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
      def check(data):
          data += b"\0" * (len(data) % 2)
          total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
          while total >> 16: total = (total & 0xffff) + (total >> 16)
          return ~total & 0xffff
      def ether(kind, payload, to=all4, tags=()):
          return to + me + b"".join(struct.pack("!HH", tag, 7) for tag in tags) + struct.pack("!H", kind) + payload
      def ip4(number, payload, to="255.255.255.255", options=b"", source="10.99.0.99"):
          header = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 1, 0, 64, number, 0)
          header += ip(source) + ip(to) + options
          return header[:10] + struct.pack("!H", check(header)) + header[12:] + payload
      def ip6(number, payload, before=(), to="ff02::1", source="fe80::99"):
          pseudo = ip(source) + ip(to) + struct.pack("!II", len(payload), number)
          at = {58: 2, 17: 6}[number]
          payload = payload[:at] + struct.pack("!H", check(pseudo + payload)) + payload[at + 2:]
          kinds = [kind for kind, _ in before] + [number]
          body = b"".join(bytes([kinds[i + 1]]) + rest for i, (_, rest) in enumerate(before)) + payload
          return struct.pack("!IHBB", 6 << 28, len(body), kinds[0], 255) + ip(source) + ip(to) + body
      def udp(source, to, payload): return struct.pack("!HHHH", source, to, 8 + len(payload), 0) + payload
      def v6(packet, tags=()): return ether(0x86dd, packet, all6, tags)
      def llc(payload, to): return ether(len(payload), payload, bytes.fromhex(to))
      advertisement = struct.pack("!BBHBBHII", 134, 0, 0, 64, 8, 1800, 0, 0)
      redirect = struct.pack("!BBHI", 137, 0, 0, 0) + ip("fe80::99") + ip("2001:db8::7")
      pad = bytes([0, 1, 4, 0, 0, 0, 0])
      bridge = b"\0\0" + me
      bpdu = b"\x42\x42\x03" + struct.pack("!HBBB", 0, 0, 0, 0) + bridge + struct.pack("!I", 0) + bridge + struct.pack(
          "!HHHHH", 0x8001, 0, 5120, 512, 512)
      offer = bytes([2, 1, 6, 0]) + bytes(232) + bytes.fromhex("63825363350102ff")
      frames = {
          "advertisement": v6(ip6(58, advertisement)),
          "advertisement-options": v6(ip6(58, advertisement, [(0, pad), (60, pad)])),
          "advertisement-routing": v6(ip6(58, advertisement, [(43, bytes([0, 4, 0, 0, 0, 0, 0]))])),
          "advertisement-fragment": v6(ip6(58, advertisement, [(44, bytes([0, 0, 0, 0, 0, 0, 1]))])),
          "advertisement-tagged": v6(ip6(58, advertisement), [0x8100]),
          "advertisement-two-tags": v6(ip6(58, advertisement, [(60, pad)]), [0x88a8, 0x8100]),
          "redirect": v6(ip6(58, redirect)),
          "redirect4": ether(0x0800, ip4(1, struct.pack("!BBHI", 5, 1, 0, 0) + bytes(28))),
          "query": v6(ip6(58, struct.pack("!BBHHH", 130, 0, 0, 0, 0) + bytes(16), [(0, bytes([0, 5, 2, 0, 0, 1, 0]))])),
          "bpdu": llc(bpdu, "0180c2000000"), "lldp": ether(0x88cc, bytes(40), bytes.fromhex("0180c200000e")),
          "pvst": llc(b"\xaa\xaa\x03\0\0\x0c\x01\x0b" + bpdu[3:], "01000ccccccd"),
          "offer": ether(0x0800, ip4(17, udp(67, 68, offer))),
          "offer-options": ether(0x0800, ip4(17, udp(1067, 68, offer), options=bytes([1, 1, 1, 0]))),
          "pim": ether(0x0800, ip4(103, bytes.fromhex("2000deff0001000200690014000400000000"), to="224.0.0.13"),
              bytes.fromhex("01005e00000d")),
          "ospf": ether(0x0800, ip4(89, bytes(24), to="224.0.0.5"), bytes.fromhex("01005e000005")),
          "vrrp": ether(0x0800, ip4(112, bytes(20), to="224.0.0.18"), bytes.fromhex("01005e000012")),
          "offer6": v6(ip6(17, udp(547, 546, bytes(20)), [(60, pad)])),
          "loopback": ether(0x0800, ip4(17, udp(9, 5000, b"hello"), to="127.0.0.1")),
          "loopback-source": ether(0x0800, ip4(17, udp(9, 5000, b"hello"), source="127.0.0.1")),
          "loopback6": v6(ip6(17, udp(9, 5000, b"hello"), to="::1")),
          "discover": ether(0x0800, ip4(17, udp(68, 67, bytes([1]) + offer[1:]))),
          "solicit": v6(ip6(17, udp(546, 547, bytes([1, 0, 0, 1])))),
          "router-solicitation": v6(ip6(58, struct.pack("!BBHI", 133, 0, 0, 0))),
          "neighbour-solicitation": v6(ip6(58, struct.pack("!BBHI", 135, 0, 0, 0) + ip("fe80::1"))),
          "tagged": ether(0x0800, ip4(17, udp(9, 9, b"hello")), tags=[0x8100]),
          "two-tags": ether(0x0800, ip4(17, udp(9, 9, b"hello")), tags=[0x88a8, 0x8100]),
          "over": ether(0x0800, ip4(17, udp(9, 7777, b"over"))),
      }
      link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
      link.bind((sys.argv[1], 0))
      for name in sys.argv[2:] + ["over"]: link.send(frames[name])
      """#

    private static let hostile = [
      "advertisement", "advertisement-options", "advertisement-routing", "advertisement-fragment",
      "advertisement-tagged",
      "advertisement-two-tags", "redirect", "redirect4", "query", "bpdu", "lldp", "pvst", "offer", "offer-options",
      "offer6", "loopback", "loopback-source", "loopback6",
    ].joined(separator: " ")
    private static let harmless = [
      "discover", "solicit", "router-solicitation", "neighbour-solicitation", "tagged", "two-tags", "pim", "ospf",
      "vrrp",
    ]

    private func install(on host: ThrowawayHost) throws {
      try host.must("cat > /run/bin/frames; chmod +x /run/bin/frames", input: Self.sender)
    }

    /// What three witnesses see of the frames that a command sends: the host, a sandbox, and the other side of the port
    /// nic0.
    /// - Parameter count: the number of frames to wait for.
    private func seen(_ host: ThrowawayHost, _ command: String, count: Int) throws -> [String] {
      let watch = "exec tcpdump -l -n -t --immediate-mode -c \(count) 2>&1 ether src 02:00:00:00:00:99 -i"
      let witnesses = try [
        "\(watch) br0", "exec nsrun exec neighbour -- sh -c '\(watch) eth0'",
        "exec ip netns exec lan sh -c '\(watch) lan0'",
      ].map { try host.start($0) }
      for witness in witnesses { try witness.wait(for: "listening") }
      try host.must(command)
      return try witnesses.map { try $0.finish().text }
    }

    @Test(
      "A sandbox's port drops messages of routers, switches and DHCP servers, and packets with loopback addresses",
      arguments: [foreignBridge, "nsrun create first --net br0"])
    func hostileFrames(bridge: String) throws {
      try onHost { (host) throws in
        try host.must("\(bridge); \(Self.lan); nsrun create neighbour --net br0; nsrun create bad --net br0")
        try install(on: host)
        for seen in try seen(host, "nsrun exec bad -- frames eth0 \(Self.hostile)", count: 1) {
          #expect(seen.contains("255.255.255.255.7777"), "\(seen)")
        }
        // The same frames get through from a port that is not a sandbox's.
        let seen = try seen(host, "ip netns exec lan frames lan0 advertisement offer", count: 3)
        #expect(seen[1].contains("router advertisement") && seen[1].contains("BOOTP/DHCP, Reply"), "\(seen)")
        let passing = try self.seen(
          host, "nsrun exec bad -- frames eth0 \(Self.harmless.joined(separator: " "))", count: Self.harmless.count + 1)
        for seen in passing {
          #expect(seen.contains("BOOTP/DHCP, Request") && seen.contains("neighbor solicitation"), "\(seen)")
        }
        try host.must("nsrun rm $(nsrun list --json | jq -r '.[].name'); ip link del nic0; ip netns del lan")
        try host.must("ip link del br0 2> /dev/null || ! ip link show br0 2> /dev/null")
      }
    }

    /// Sends frames with the mark of ifb: filters of traffic control skip them, also at the host's end of the link. The
    /// frames wait at ifb until eth0 has no qdisc that would remove the mark.
    private static let unfiltered = #"""
      #!/bin/bash
      ip link add ifb7 type ifb; ip link set ifb7 up; tc qdisc add dev ifb7 root tbf rate 16kbit burst 400 latency 20s
      tc qdisc add dev eth0 root handle 1: htb
      tc filter add dev eth0 parent 1: protocol all u32 match u32 0 0 action mirred egress redirect dev ifb7
      frames eth0 $(yes tagged | head -n 20) "$@"; tc qdisc del dev eth0 root
      until tc -s qdisc show dev ifb7 | grep -q 'backlog 0b 0p'; do sleep 0.1; done; ip link del ifb7
      """#

    @Test(
      "Rules of the bridge drop frames that bypass the filter of a port, if nsrun has rules there",
      arguments: ["", "--internal"])
    func passedBy(options: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create neighbour --net br0 \(options); nsrun create bad --net br0; \(Self.lan)")
        try install(on: host)
        try host.must("cat > /run/bin/unfiltered; chmod +x /run/bin/unfiltered", input: Self.unfiltered)
        let frames = "ether src 02:00:00:00:00:99 and not udp dst port 9"
        let watch = "exec tcpdump -l -n -t --immediate-mode -c 2 2>&1 \(frames) -i"
        let witnesses = try ["\(watch) br0", "exec ip netns exec lan sh -c '\(watch) lan0'"].map { try host.start($0) }
        for witness in witnesses { try witness.wait(for: "listening") }
        // These rules see only the first of several tags.
        let hostile = Self.hostile.replacing("advertisement-two-tags ", with: "")
        try host.must("nsrun exec bad -- unfiltered \(hostile); nsrun exec bad -- frames eth0")
        for seen in try witnesses.map({ try $0.finish().text }) {
          for word in ["advertisement", "redirect", "127.0.0.1", "BOOTP", "STP", "dhcp6", "LLDP"] {
            #expect(!seen.contains(word), "\(seen)")
          }
        }
        // Without the rules, the advertisement gets through.
        try host.must("nft flush chain bridge nsrun ports")
        let watcher = try host.start("exec tcpdump -l -n --immediate-mode -c 1 -i br0 'icmp6 and ip6[40] = 134' 2>&1")
        try watcher.wait(for: "listening")
        try host.must("nsrun exec bad -- unfiltered advertisement; nsrun exec bad -- unfiltered advertisement")
        #expect(try watcher.finish().text.contains("router advertisement"))
        try host.must("nsrun reload; nsrun rm neighbour bad; ip netns del lan")
      }
    }

    @Test("Neither the host nor a neighbour that listens gets a route from router advertisements of a sandbox")
    func routerAdvertisement() throws {
      let listening =
        "sysctl -qw net.ipv6.conf.br0.accept_ra=2; until ! ip -6 a show dev br0 | grep tentative; do :; done"
      try onHost("\(foreignBridge); \(Self.lan)") { (host) throws in
        try install(on: host)
        try host.must("\(listening); nsrun create neighbour --net br0; nsrun create bad --net br0")
        try host.must(
          "nsrun exec neighbour -- sh -c 'sysctl -qw net.ipv6.conf.eth0.accept_ra=2; ip addr add fe80::8/64 dev eth0 nodad'"
        )
        let routes = "ip -6 route show default dev br0; nsrun exec neighbour -- ip -6 route show default"
        // Once they have the route of a real router, they have also heard the sandbox.
        try host.must("nsrun exec bad -- frames eth0 advertisement advertisement-options advertisement-routing")
        #expect(try host.must(routes) == "")
        try host.must("ip netns exec lan frames lan0 advertisement")
        try host.eventually("[ $({ \(routes); } | grep -c 'via fe80::99') = 2 ]")
        try host.must(
          "nsrun rm neighbour bad; ip -6 route flush dev br0 proto ra; sysctl -qw net.ipv6.conf.br0.accept_ra=1")
      }
    }

    @Test("A sandbox's port on a bridge with a spanning tree neither becomes the root port nor is disabled")
    func spanningTree() throws {
      try onHost { (host) throws in
        try host.must("\(foreignBridge); ip link set br0 type bridge stp_state 1 forward_delay 200; \(Self.lan)")
        try install(on: host)
        try host.must("nsrun create bad --net br0")
        try host.eventually("[ $(bridge link show | grep -c 'state forwarding') = 2 ]", seconds: 30)
        let watcher = try host.start("exec tcpdump -l -n --immediate-mode -c 1 -i br0 udp port 7777 2>&1")
        try watcher.wait(for: "listening")
        try host.must("nsrun exec bad -- frames eth0 bpdu pvst bpdu")
        _ = try watcher.finish()
        let root = "ip -d -j link show br0 | jq '.[0].linkinfo.info_data.root_port'"
        #expect(try host.must(root) == "0")
        #expect(try host.must("bridge link show | grep -c 'state forwarding'") == "2")
        try host.must("ip netns exec lan frames lan0 bpdu")
        try host.eventually("[ $(\(root)) != 0 ]")
        try host.must("nsrun rm bad; ip link del nic0; ip link del br0; ip netns del lan")
      }
    }

    @Test("A sandbox can be a DHCP client, but not a DHCP server")
    func dhcp() throws {
      try onHost(foreignBridge) { (host) throws in
        let server = "dnsmasq -p 0 --bind-interfaces --no-ping --leasefile-ro --log-dhcp --log-facility=-"
        try host.must(
          "cat > /run/bin/ask; chmod +x /run/bin/ask",
          input: #"""
            #!/usr/bin/python3
            # Asks for an address by broadcast, and prints the first that is offered.
            import socket, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for option in socket.SO_REUSEADDR, socket.SO_BROADCAST: s.setsockopt(socket.SOL_SOCKET, option, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
            s.bind(("", 68))
            mac = bytes.fromhex(open("/sys/class/net/%s/address" % sys.argv[1]).read().replace(":", ""))
            ask = bytes([1, 1, 6, 0]) + bytes(4) + b"\0\0\x80\0" + bytes(16) + mac + bytes(202)
            s.sendto(ask + bytes.fromhex("63825363350101ff"), ("255.255.255.255", 67))
            print(socket.inet_ntoa(s.recv(2000)[16:20]))
            """#)
        try host.must("nsrun create client --net br0; nsrun create server --net br0")
        // A DHCP server in a sandbox and one on the host both answer, and the sandbox's answers first.
        let rogue = try host.start(
          "echo $$; exec nsrun exec server -- \(server) -k -i eth0 --dhcp-range=10.99.0.200,10.99.0.210 2>&1")
        let roguePID = try rogue.wait(for: "\n")
        try rogue.wait(for: "started")
        let asked = try host.start("exec nsrun exec client -- ask eth0")
        try rogue.wait(for: "DHCPOFFER")
        let right = try host.start("echo $$; exec \(server) -k -i br0 --dhcp-range=10.99.0.100,10.99.0.110 2>&1")
        let rightPID = try right.wait(for: "\n")
        try right.wait(for: "started")
        let again = try host.start("exec nsrun exec client -- ask eth0")
        #expect(try again.finish().text.hasPrefix("10.99.0.1"))
        #expect(try asked.finish().text.hasPrefix("10.99.0.1"))
        try host.must("kill \(roguePID) \(rightPID); nsrun rm client server")
        _ = try (rogue.finish(), right.finish())
      }
    }

    @Test("Other traffic between sandboxes arrives: IPv6 with neighbour discovery, multicast, fragments")
    func ordinary() throws {
      try onHost { (host) throws in
        try host.must("\(foreignBridge); ip link set br0 mtu 9000")
        try host.must("nsrun create one --net br0; nsrun create two --net br0")
        try host.must("nsrun exec one -- ip addr add 2001:db8:5::1/64 dev eth0 nodad")
        try host.must("nsrun exec two -- ip addr add 2001:db8:5::2/64 dev eth0 nodad")
        try host.must("nsrun exec two -- sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0")
        for size in [56, 8900, 20_000] {
          // With bridge netfilter, Linux 6.18 loses IPv4 fragments of more than 1500 bytes from port to port.
          let other = size > 9000 ? "10.99.0.1" : "two"
          try host.must("nsrun exec one -- ping -c 1 -W 2 -s \(size) \(other)")
          try host.must("nsrun exec one -- ping -c 1 -W 2 -s \(size) 2001:db8:5::2")
        }
        try host.must(
          "nsrun exec one -- ping -c 1 -W 2 -I eth0 224.0.0.1; nsrun exec one -- ping -c 1 -W 2 -I eth0 ff02::1")
        try host.must("nsrun rm one two; ip link del br0")
      }
    }

    @Test("doctor reports a port filter that somebody removed, and reload restores it")
    func restoration() throws {
      try onHost(foreignBridge) { (host) throws in
        try host.must("nsrun create one --net br0; nsrun create two --net br0; nsrun doctor")
        let ports = "ls /sys/class/net | grep ^nsrun-"
        let filters = "for p in $(\(ports)); do tc filter show dev $p ingress | grep -c direct-action; done"
        let losses = [
          "for p in $(\(ports)); do tc qdisc del dev $p ingress; done",
          // All ports share this block.
          "tc filter del block $(tc qdisc show | grep -o 'ingress_block [0-9]*' | head -n 1 | cut -d' ' -f2)",
          // This qdisc is not nsrun's.
          "for p in $(\(ports)); do tc qdisc del dev $p ingress; tc qdisc add dev $p ingress; done",
        ]
        for loss in losses {
          try host.must(loss)
          let outcome = try host.sh("nsrun doctor")
          #expect(outcome.status == 1 && outcome.output.contains("the filter of its link"), "\(outcome)")
          #expect(try host.must("nsrun reload").contains("the filter of the link of 'two'"))
          #expect(try host.must(filters) == "1\n1")
        }
        // The guard against spanning tree messages, which the port has anyway, is not the filter.
        try host.must("for p in $(\(ports)); do tc qdisc del dev $p ingress; bridge link set dev $p guard on; done")
        #expect(try host.sh("nsrun doctor").output.contains("the filter of its link"))
        try host.must("nsrun reload")
        for option in ["guard off", "mcast_router 1"] {
          try host.must("bridge link set dev $(\(ports) | head -n 1) \(option)")
          #expect(try host.sh("nsrun doctor").output.contains("was set otherwise"), "\(option)")
          #expect(try host.must("nsrun reload").contains("the port of '"), "\(option)")
        }
        #expect(try host.must("nsrun reload; nsrun doctor > /dev/null") == "")
        // A bridge that is made again has new ports.
        try host.must("nsrun create three --net br7; ip link del br7")
        try host.must("nsrun reload > /dev/null; nsrun doctor > /dev/null")
        #expect(try host.must("bridge -d link show | grep -c 'guard on'") == "3")
        try host.must("nsrun rm one two three")
      }
    }

    @Test("A sandbox that claims to be a multicast router gets no packets that other ports do not get")
    func multicastRouter() throws {
      try onHost { (host) throws in
        try host.must("\(foreignBridge); ip link set br0 type bridge mcast_snooping 1; \(Self.lan)")
        try install(on: host)
        try host.must("nsrun create bad --net br0; nsrun create neighbour --net br0")
        _ = try seen(host, "nsrun exec bad -- frames eth0 pim", count: 2)
        #expect(try host.must("bridge -d mdb show dev br0 | grep 'router port' || echo none") == "none")
        // Another port does become a router port.
        try host.must("ip netns exec lan frames lan0 pim")
        try host.eventually("bridge -d mdb show dev br0 | grep 'router port.*nic0'")
        try host.must("nsrun rm bad neighbour; ip link del nic0; ip netns del lan; ip link del br0")
      }
    }
  }
}
