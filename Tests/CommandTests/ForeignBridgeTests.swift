import Glibc
import TestHost
import Testing

extension CommandTests {
  @Suite("Foreign bridges")
  struct ForeignBridges {
    @Test("nsrun does not delete a foreign bridge whose MAC address looks like one of nsrun's")
    func address() throws {
      try onHost(
        "ip link add brf address 06:6e:11:22:33:44 type bridge; ip addr add 10.50.0.1/24 dev brf; ip link set brf up"
      ) { (host) throws in
        try host.must("nsrun --net brf -- ping -c 1 -W 1 8.8.8.8; nsrun cleanup --all")
        #expect(try host.must("ip -br link show brf").contains("06:6e:11:22:33:44"))
      }
    }

    @Test("nsrun refuses a foreign bridge whose subnet has no room for sandboxes", arguments: [31, 32, 0])
    func noRoom(length: Int) throws {
      try onHost("ip link add brp type bridge; ip addr add 10.51.0.1/\(length) dev brp; ip link set brp up") {
        (host) throws in
        let outcome = try host.sh("nsrun --net brp -- true")
        #expect(outcome.status == 125 && outcome.errors.contains("there is no room for sandboxes"), "\(outcome)")
      }
    }

    @Test("nsrun leases none of a foreign bridge's own addresses to a sandbox")
    func ownAddresses() throws {
      let preparation =
        "ip link add brs type bridge; ip addr add 10.52.0.1/24 dev brs; ip addr add 10.52.0.2/24 dev brs; ip link set brs up"
      try onHost(preparation) { (host) throws in
        #expect(try host.must("nsrun create one --net brs") == "10.52.0.3")
        #expect(try host.sh("nsrun --net brs --ip 10.52.0.2 -- true").status == 125)
        try host.must("nsrun rm one")
      }
    }

    @Test("A bridge or sandbox works with an MTU that is too small for IPv6")
    func smallMTU() throws {
      try onHost(
        "ip link add brm type bridge; ip link set brm mtu 600; ip addr add 10.53.0.1/24 dev brm; ip link set brm up"
      ) {
        (host) throws in
        try host.must("nsrun --net brm -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun --net br0 --mtu 68 -- ping -c 1 -W 1 -s 20 8.8.8.8")
      }
    }

    @Test("A launch by an alternative name of a foreign bridge uses the bridge, its leases and its main name")
    func alternativeName() throws {
      let preparation = """
        ip link add lan type bridge; ip addr add 10.54.0.1/24 dev lan; ip link set lan up
        ip link property add dev lan altname br0 altname a-name-that-is-too-long-for-a-link
        """
      try onHost(preparation) { (host) throws in
        #expect(try host.must("nsrun create one --net br0") == "10.54.0.2")
        #expect(try host.must("nsrun create two --net lan") == "10.54.0.3")
        #expect(
          try host.must("nsrun --net br0 -- sh -c 'echo $NSRUN_NET; getent hosts two; ping -c 1 -W 1 8.8.8.8 >&2'")
            == "lan\n10.54.0.3       two")
        #expect(!(try host.must("nsrun list; nsrun doctor").contains("br0")))
        #expect(try host.must("nsrun cleanup --net br0 --all").contains("removed one"))
        #expect(try host.must("ip -br link show type bridge").hasPrefix("lan"))
      }
    }

    @Test("nsrun refuses to make a bridge whose name is an alternative name of another link, and names that link")
    func takenName() throws {
      try onHost("ip link property add dev up0 altname br0") { (host) throws in
        let outcome = try host.sh("nsrun --net br0 -- true")
        #expect(outcome.status == 125 && outcome.errors.contains("is another name of up0"), "\(outcome)")
      }
    }

    @Test("nsrun neither uses nor replaces a bridge that was renamed, and doctor prints the command to rename it back")
    func renamed() throws {
      try onHost(foreignBridge) { (host) throws in
        for name in ["br0", "br1"] {
          try host.must("nsrun create one --net \(name); ip link set \(name) name lan")
          #expect(try host.sh("nsrun doctor").output.contains("ip link set lan name \(name)"))
          let outcome = try host.sh("nsrun --net lan -- true")
          #expect(outcome.status == 125 && outcome.errors.contains("was called \(name) when 'one' came"), "\(outcome)")
          #expect(try host.sh("nsrun --net br1 -- true; ip link set lan name \(name)").status == 0)
          try host.must("nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun doctor; nsrun rm one")
        }
        // nsrun deletes the bridge that it made, whatever its name is now.
        try host.must("nsrun create one --net br1; ip link set br1 name lan")
        let outcome = try host.sh("nsrun --net br1 -- true")
        #expect(outcome.status == 125 && outcome.errors.contains("br1 is called lan now"), "\(outcome)")
        try host.must("nsrun rm one; fails ip link show lan")
      }
    }

    @Test("A sandbox on a bridge with several subnets gets the requested one, or that of the first address with room")
    func severalSubnets() throws {
      let preparation = """
        ip link add brs type bridge; ip addr add 169.254.7.7/16 dev brs scope link; ip addr add 10.55.9.9/32 dev brs
        ip addr add 10.55.8.1/24 dev brs preferred_lft 0; ip addr add 10.55.7.1 peer 10.55.7.2/24 dev brs
        ip addr add 10.55.0.1/16 dev brs; ip addr add 10.56.1.1/24 dev brs; ip link set brs up
        nft add table ip theirs; nft add chain ip theirs post '{ type nat hook postrouting priority srcnat; }'
        nft add rule ip theirs post ip saddr 10.55.0.0/16 oifname != brs masquerade
        """
      try onHost(preparation) { (host) throws in
        let show = "sh -c 'ip -br -4 addr show eth0; ip route show default; ping -c 1 -W 1 8.8.8.8 >&2'"
        for (options, address, gateway) in [
          ("", "10.55.0.", "10.55.0.1"), ("--ip 10.56.1.77", "10.56.1.77/24", "10.56.1.1"),
          ("--subnet 10.56.1.0/24", "10.56.1.", "10.56.1.1"), ("--gateway 10.56.1.1", "10.56.1.", "10.56.1.1"),
          // The most specific subnet wins, as in routing.
          ("--ip 10.55.8.77", "10.55.8.77/24", "10.55.8.1"), ("--ip 10.55.8.77/16", "10.55.8.77/16", "10.55.0.1"),
        ] {
          let outcome = try host.must("nsrun --net brs \(options) -- \(show)")
          #expect(outcome.contains(" \(address)") && outcome.contains("via \(gateway) "), "\(options): \(outcome)")
        }
        let outcome = try host.sh("nsrun --net brs --ip 10.57.0.5 -- true")
        #expect(outcome.status == 125 && outcome.errors.contains("outside the subnet 10.55.0.0/16"), "\(outcome)")
        try host.must("nsrun create one --net brs --ip 10.56.1.9; nsrun doctor; nsrun rm one")
      }
    }

    @Test("-v and inspect show whether nsrun or the host masquerades a foreign bridge, also after a change")
    func masquerading() throws {
      let rules = """
        nft add table ip theirs; nft add chain ip theirs post '{ type nat hook postrouting priority srcnat; }'
        nft add rule ip theirs post ip saddr 10.99.0.0/24 oifname != br0 masquerade
        """
      try onHost(foreignBridge) { (host) throws in
        let show = "nsrun inspect one | grep '^Way out'; nsrun inspect one --json | jq -r .network.masqueradedBy"
        let way = "Way out    with the host's address (masquerade"
        try host.must("\(rules); nsrun create one --net br0 -v 2> /run/scratch/said")
        try host.must("grep 'leave it to rules of this host to masquerade 10.99.0.2 from br0' /run/scratch/said")
        #expect(try host.must(show) == "\(way) by rules of this host)\nhost")
        try host.must("nft flush ruleset; nsrun reload; rm /run/scratch/said")
        #expect(try host.must(show) == "\(way))\nnsrun")
        try host.must("nsrun rm one")
      }
    }

    @Test("A foreign bridge without a usable address needs --ip and --gateway")
    func noUsableAddress() throws {
      try onHost("ip link add brl type bridge; ip addr add 169.254.7.7/16 dev brl scope link; ip link set brl up") {
        (host) throws in
        let outcome = try host.sh("nsrun --net brl -- true")
        #expect(outcome.status == 125 && outcome.errors.contains("169.254.7.7/16: in such a subnet"), "\(outcome)")
        let wanted = "--ip 10.58.0.2/24 --gateway 10.58.0.1"
        #expect(try host.must("nsrun --net brl \(wanted) -- ip route show default").contains("via 10.58.0.1 "))
      }
    }

    @Test("The first packet gets through on a bridge with a spanning tree, and a signal ends the wait for that")
    func spanningTree() throws {
      let preparation = """
        ip link add brt type bridge stp_state 1 forward_delay 200; ip addr add 10.59.0.1/24 dev brt; ip link set brt up
        ip link add brw type bridge stp_state 1 forward_delay 3000; ip addr add 10.60.0.1/24 dev brw; ip link set brw up
        """
      try onHost(preparation) { (host) throws in
        let outcome = try host.sh("nsrun --net brt -- ping -c 1 -W 1 8.8.8.8 > /dev/null")
        #expect(outcome.status == 0 && outcome.errors.contains("waiting until the spanning tree of brt"), "\(outcome)")
        let waiting = try host.start("echo $$; exec nsrun --net brw -- true")
        let pid = try waiting.wait(for: "\n")
        try host.eventually("ls /sys/class/net/brw/brif | grep -q nsrun-")
        try host.must("kill \(pid)")
        #expect(try waiting.finish().status == 128 + SIGTERM)
      }
    }

    @Test("nsrun neither leases nor accepts by --ip an address that is in use on the bridge's LAN")
    func strangers() throws {
      let preparation = """
        \(foreignBridge); ip link add p0 type veth peer name lan0 netns $ISP; ip link set p0 master br0 up
        nsenter -t $ISP -n sh -ec 'ip addr add 10.99.0.2/24 dev lan0; ip addr add 10.99.0.4/24 dev lan0; ip link set lan0 up'
        ip route add 10.200.0.0/16 via 10.99.0.3; ip addr add 10.99.0.5/32 dev lo
        ip neigh add 10.99.0.6 lladdr 02:00:00:00:00:06 dev br0
        """
      try onHost(preparation) { (host) throws in
        try host.eventually(
          "ping -c 1 -W 1 10.99.0.2 > /dev/null; ip neigh flush dev br0 nud reachable nud stale nud delay; true")
        #expect(try host.must("nsrun create one --net br0") == "10.99.0.7")
        for (address, holder) in [
          (2, "the host "), (3, "the next hop of the route to 10.200.0.0/16"), (4, "the host "), (5, "this host"),
          (6, "the neighbour 02:00:00:00:00:06"),
        ] {
          let outcome = try host.sh("nsrun --net br0 --ip 10.99.0.\(address) -- true")
          #expect(outcome.status == 125 && outcome.errors.contains("belongs to \(holder)"), "\(outcome)")
        }
        // nsrun announces the new MAC address to machines that still know the address by another MAC address.
        let stale = "ip neigh replace 10.99.0.9 lladdr 02:00:00:00:00:09 dev lan0 nud stale"
        try host.must(
          "nsenter -t $ISP -n \(stale); nsrun create two --net br0 --ip 10.99.0.9; nsrun create three --net br0")
        for address in ["10.99.0.9", "10.99.0.8"] {
          try host.must("nsenter -t $ISP -n ping -c 1 -W 1 -I 10.99.0.2 \(address)")
        }
        try host.must("nsrun rm one two three")
      }
    }

    @Test("A sandbox that claims every address, under any MAC address, does not prevent launches")
    func everyAddress() throws {
      let preparation = """
        \(foreignBridge); ip link add p0 type veth peer name lan0 netns $ISP; ip link set p0 master br0 up
        nsenter -t $ISP -n sh -ec 'ip addr add 10.99.0.9/24 dev lan0; ip link set lan0 up'
        """
      let claims = #"""
        #!/usr/bin/python3
        # Says at once, for all addresses, that it has them, and then answers every question so; under the MAC address given.
        import socket, sys
        mac = bytes.fromhex(sys.argv[1].replace(":", ""))
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)); link.bind(("eth0", 0x0806))
        def say(address, to, their):
            link.send(to + mac + bytes.fromhex("08060001080006040002") + mac + address + their)
        for last in list(range(2, 9)) + list(range(10, 255)):
            address = bytes([10, 99, 0, last]); say(address, bytes([255]) * 6, bytes([255]) * 6 + address)
            # A question by which the host learns it.
            link.send(bytes([255]) * 6 + mac + bytes.fromhex("08060001080006040001") + mac + address + bytes(6) + bytes([10, 99, 0, 1]))
        print("said", flush=True)
        while True:
            frame = link.recv(100)
            if frame[21] == 1: say(frame[38:42], frame[6:12], frame[22:32])
        """#
      try onHost(preparation) { (host) throws in
        try host.must("cat > /run/bin/claims; chmod +x /run/bin/claims", input: claims)
        try host.eventually("ping -c 1 -W 1 10.99.0.9 > /dev/null")
        let neighbour = try host.must("nsenter -t $ISP -n ip -j link show lan0 | jq -r '.[0].address'")
        try host.must("nsrun create bad --net br0 --ip 10.99.0.2")
        for mac in ["02:00:00:00:00:66", neighbour] {
          let claiming = try host.start("echo $$; exec nsrun exec bad -- claims \(mac)")
          let pid = try claiming.wait(for: "\n")
          try claiming.wait(for: "said")
          let launch = try host.sh("nsrun --net br0 -- true && nsrun --net br0 --ip 10.99.0.77 -- true")
          #expect(launch.status == 0, "\(mac): \(launch)")
          let taken = try host.sh("nsrun --net br0 --ip 10.99.0.9 -- true")
          #expect(taken.status == 125 && taken.errors.contains("belongs to the host \(neighbour)"), "\(taken)")
          try host.must("kill \(pid)")
          _ = try claiming.finish()
        }
        try host.must("nsrun rm bad")
      }
    }

    @Test("An address that another program adds to a bridge of nsrun changes nothing for its sandboxes")
    func addedAddress() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0 --subnet 10.64.7.0/24")
        try host.must("ip addr flush dev br0; ip addr add 10.64.9.1/24 dev br0; ip addr add 10.64.7.1/24 dev br0")
        let show = "sh -c 'ip -br -4 addr show eth0'"
        #expect(try host.must("nsrun --net br0 -- \(show)").contains(" 10.64.7."))
        #expect(try host.must("nsrun --net br0 --subnet 10.64.9.0/24 -- \(show)").contains(" 10.64.9."))
        // The same holds without records.
        try host.must("rm -r /run/nsrun/*")
        #expect(try host.must("nsrun --net br0 -- \(show)").contains(" 10.64.7."))
        try host.must("nsrun cleanup --all; ip link delete br0 || true")
      }
    }
  }
}
