import TestHost
import Testing

extension CommandTests {
  @Suite("Macvlans") struct MacvlanTests {
    /// A network beyond lan0, with a host at 172.20.0.9.
    private static let network = """
      ip netns add lan; ip link add lan0 type veth peer name far0 netns lan; ip link set lan0 up
      ip address add 172.20.0.1/24 dev lan0
      ip -n lan address add 172.20.0.9/24 dev far0; ip -n lan link set far0 up
      until ip link show lan0 | grep -q LOWER_UP; do sleep 0.1; done
      """

    @Test("A macvlan is on the network beyond the link with an address of its own, and the host is out of reach")
    func address() throws {
      try onHost(Self.network) { (host) throws in
        let shown = try host.must(
          """
          nsrun --net macvlan@lan0:ip=172.20.0.50/24,gateway=172.20.0.9 --mac 02:00:00:00:00:07 --mtu 1400 \
            --ifname lan -- sh -c '
            ip -d link show lan; ip route show default; ping -c 1 -W 1 172.20.0.9 && echo reached
            ping -c 1 -W 1 172.20.0.1 || echo unreached; env | grep ^NSRUN_NET='
          """)
        for part in [
          "lan@if", "02:00:00:00:00:07", "mtu 1400", "macvlan mode bridge", "default via 172.20.0.9 dev lan",
          "\nreached",
          "\nunreached", "NSRUN_NET=macvlan@lan0",
        ] {
          #expect(shown.contains(part), "\(part): \(shown)")
        }
      }
    }

    @Test("The first packet gets through, run after run, also where another sandbox had the address before")
    func first() throws {
      try onHost(Self.network) { (host) throws in
        for number in 1...20 {
          let mac = number % 2 == 0 ? ",mac=02:00:00:00:00:07" : ""
          let outcome = try host.sh(
            "nsrun --net macvlan@lan0:ip=172.20.0.50/24\(mac) -- ping -c 1 -W 1 172.20.0.9")
          #expect(outcome.status == 0, "\(number): \(outcome)")
        }
      }
    }

    @Test(
      "Two macvlans on a link reach each other in the mode bridge, and not in the mode private",
      arguments: [("bridge", 0), ("private", 1)])
    func mode(mode: String, status: Int32) throws {
      try onHost(Self.network) { (host) throws in
        try host.must("nsrun create peer --net macvlan@lan0:ip=172.20.0.51/24,mode=\(mode)")
        let outcome = try host.sh(
          "nsrun --net macvlan@lan0:ip=172.20.0.52/24,mode=\(mode) -- ping -c 1 -W 1 172.20.0.51")
        #expect(outcome.status == status, "\(outcome)")
        try host.must("nsrun rm peer")
      }
    }

    @Test("With a bridge beside it, list, inspect and their JSON show both, and each has its packets")
    func both() throws {
      try onHost(Self.network) { (host) throws in
        #expect(
          try host.must("nsrun create web --net macvlan@lan0:ip=172.20.0.51/24 --net br0:ip=10.1.0.5/24")
            == "172.20.0.51\n10.1.0.5")
        #expect(try host.must("nsrun list").contains("macvlan@lan0,br0  172.20.0.51/24,10.1.0.5/24"))
        #expect(try host.must("nsrun inspect web").contains("Network    macvlan@lan0"))
        #expect(
          try host.must("nsrun inspect web --json | jq -c '.networks[] | [.kind, .bridge, .link, .mode, .egress]'")
            == #"["macvlan",null,"lan0","bridge","routed"]"# + "\n" + #"["bridge","br0",null,null,"masquerade"]"#)
        for target in ["172.20.0.9", "8.8.8.8", "10.1.0.1"] {
          #expect(try host.sh("nsrun exec web -- ping -c 1 -W 1 \(target)").status == 0, "\(target)")
        }
        #expect(try host.must("nsrun doctor --json | jq -r '.[] | select(.status == \"problem\") | .message'") == "")
        try host.must("nsrun rm web")
      }
    }

    @Test("What cannot be is refused before anything is made, and the reason is said")
    func refused() throws {
      let port = "ip link add br0 type bridge; ip link add port0 master br0 type veth peer name port1"
      try onHost("\(Self.network)\n\(port)") { (host) throws in
        try host.must(
          """
          ip link property add dev lan0 altname other0
          nsrun create web --net macvlan@lan0:ip=172.20.0.51/24; nsrun create five --net br5
          """)
        for (network, reason) in [
          ("lan0:ip=172.20.0.51/24", "is the address of the sandbox 'web'"),
          ("lan0:ip=172.20.0.9/24", "belongs to the host "), ("lan0:ip=172.20.0.1/24", "is an address of this host"),
          ("lan0:ip=172.20.0.52/24,mtu=9000", "passes at most 1500 bytes"),
          ("lo:ip=172.20.0.52/24", "carries no macvlan"),
          ("port0:ip=172.20.0.52/24", "use --net br0"),
          ("lan0:ip=172.20.0.52/24 --net macvlan@lan0:ip=172.20.0.53/24", "is given twice"),
          ("other0:ip=172.20.0.51/24,mac=02:00:00:00:00:09", "is the address of the sandbox 'web'"),
          ("lan0:ip=172.20.0.52/24,mac=02:6e:ac:14:00:33", "is the address of the sandbox 'web'"),
          ("lan0:ip=172.20.0.52/24,gateway=172.20.0.1", "no macvlan reaches"),
          ("br5:ip=172.20.0.52/24", "use --net br5"), ("lan0:ip=172.20.0.52/24,ifname=all", "the name is taken"),
          ("none0:ip=172.20.0.52/24", "there is no link"),
          ("lan0:ip=172.20.0.255/24", "broadcast address"),
        ] {
          for option in ["", "--dry-run"] {
            let outcome = try host.sh("nsrun run \(option) -v --net macvlan@\(network) -- true")
            #expect(outcome.status == 125 && outcome.errors.contains(reason), "\(network): \(outcome)")
          }
        }
        #expect(try host.must("nsrun cleanup --net macvlan@lan0 2>&1 || true").contains("only a bridge"))
        try host.must("nsrun rm web five; ip link property del dev lan0 altname other0")
      }
    }

    @Test("A sandbox whose macvlan has gone with its link is broken, and rm removes it")
    func broken() throws {
      try onHost {
        (host) throws in
        try host.must("ip link add lan0 type veth peer name lan1; ip link set lan0 up; ip link set lan1 up")
        try host.must("nsrun create web --net macvlan@lan0:ip=172.20.0.51/24")
        #expect(try host.must("nsrun list").contains("web   created"))
        try host.must("ip link delete lan0")
        #expect(try host.must("nsrun list").contains("web   broken"))
        try host.must("nsrun rm web")
      }
    }

    @Test("A macvlan goes with its sandbox: at the end, after a kill, and though the host holds the network")
    func end() throws {
      try onHost(Self.network) { (host) throws in
        let holder = try host.start(
          """
          nsrun --name web --net macvlan@lan0:ip=172.20.0.50/24,ifname=lan -- sh -c '
            ip link set lan down; ip link set lan name other; ip link set other up
            ip link add link other name more up type macvlan; echo ready; read line'
          """)
        try holder.wait(for: "ready")
        // The host keeps the namespace, and with it what is inside.
        let keeper = try host.start(
          "exec 7< /run/netns/web; echo held; read line; nsenter --net=/proc/self/fd/7 ip -d -o link")
        try keeper.wait(for: "held")
        holder.send("\n")
        holder.closeInput()
        _ = try holder.finish()
        keeper.send("\n")
        let links = try keeper.finish().text
        #expect(links.contains("lo:") && !links.contains("macvlan"), "\(links)")

        try host.must(
          "nsrun --no-pid --name web --net macvlan@lan0:ip=172.20.0.50/24 -- sh -c 'kill -KILL $PPID' || [ $? = 137 ]; ls /run/nsrun"
        )
        #expect(try host.must("nsrun cleanup") == "removed web (stale)")
        #expect(try host.must("nsrun list; ls /run/netns") == "lan")
        try host.must("nsrun --net macvlan@lan0:ip=172.20.0.50/24 -- true")
      }
    }
  }
}
