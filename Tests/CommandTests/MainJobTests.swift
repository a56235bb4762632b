import TestHost
import Testing

extension CommandTests {
  @Suite("The main job") struct MainJobTests {
    @Test("The first ping of each of many runs gets through, and nothing is left")
    func pings() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          for i in {1..\(rounds)}; do
            nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8 > /run/scratch/ping 2>&1 || { echo round $i; cat /run/scratch/ping; exit 1; }
          done
          """, seconds: 60 + rounds)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.errors == "")
      }
    }

    @Test("The first ping of each of many runs gets through while another sandbox keeps the bridge")
    func pingsOnStandingBridge() throws {
      try onHost { (host) throws in
        try host.must("nsrun create other --net br0")
        let outcome = try host.sh(
          "for i in {1..\(rounds)}; do nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8 > /dev/null || { echo round $i; exit 1; }; done",
          seconds: 60 + rounds)
        #expect(outcome.status == 0, "\(outcome)")
        try host.must("nsrun rm other")
      }
    }

    @Test("The first ping gets through on a foreign bridge, with and without another port")
    func pingsOnForeignBridge() throws {
      try onHost(foreignBridge) { (host) throws in
        for _ in 1...5 {
          let outcome = try host.sh("nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8")
          #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        }
        try host.must(
          "ip link add port0 type veth peer name port1; ip link set port0 master br0 up; ip link set port1 up")
        for _ in 1...5 {
          let outcome = try host.sh("nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8")
          #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        }
        try host.must("ip link del port0")
      }
    }

    @Test("A sandbox without a bridge has only loopback")
    func loopbackOnly() throws {
      try onHost { (host) throws in
        #expect(
          try host.must("nsrun -- ip -br link").split(separator: "\n").map { $0.split(separator: " ")[0] } == ["lo"])
        try host.must("nsrun -- ping -c 1 -W 1 127.0.0.1")
        try host.must("nsrun -- ping -c 1 -W 1 ::1")
        #expect(try host.sh("nsrun -- ping -c 1 -W 1 8.8.8.8").status == 2)
        #expect(try host.must("nsrun --net none -- cat /sys/class/net/lo/operstate") == "unknown")
      }
    }

    @Test("nsrun executes the command and no other program")
    func startsNothing() throws {
      try onHost { (host) throws in
        try host.must("strace -f -qq -o /run/scratch/trace -e trace=execve nsrun --net br0 -- true")
        // strace also prints system calls that it does not know.
        let executed = try host.must("grep execve /run/scratch/trace").split(separator: "\n")
        #expect(executed.count == 2, "\(executed)")
        #expect(executed.first?.contains(#"/nsrun""#) == true)
        #expect(executed.last?.contains(#"/true", ["true"]"#) == true)
      }
    }

    @Test("Root inside has raw sockets, a firewall and routes in its own network")
    func rootInside() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          nsrun --net br0 -- sh -ec 'ip link add d0 type veth peer name d1; nft add table inet t
            ip route add 203.0.113.0/24 dev lo; sysctl -qw net.ipv4.ip_default_ttl=61; tcpdump -D > /dev/null'
          """)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try host.must("cat /proc/sys/net/ipv4/ip_default_ttl") == "64")
      }
    }
  }

  @Suite("Netlink trace") struct TraceTests {
    @Test("--trace shows the veth request as nested attributes, by name")
    func veth() throws {
      try onHost { (host) throws in
        let outcome = try host.sh("nsrun --net br0 --trace -- true")
        #expect(outcome.status == 0)
        #expect(outcome.output == "")
        let request = try #require(message(outcome.errorLines, "RTM_NEWLINK", with: "VETH_INFO_PEER"))
        #expect(request[0].contains("NLM_F_EXCL|NLM_F_CREATE"))
        #expect(request[1].hasPrefix("  ifinfomsg ifi_family=AF_UNSPEC"))
        #expect(depth(of: "IFLA_LINKINFO", in: request) == 1)
        #expect(depth(of: "IFLA_INFO_KIND \"veth\"", in: request) == 2)
        #expect(depth(of: "IFLA_INFO_DATA", in: request) == 2)
        #expect(depth(of: "VETH_INFO_PEER", in: request) == 3)
        #expect(depth(of: "IFLA_IFNAME \"eth0\"", in: request) == 4)
        let order = ["IFLA_LINKINFO", "IFLA_INFO_DATA", "VETH_INFO_PEER", "IFLA_IFNAME \"eth0\""]
          .map { attribute in request.firstIndex { $0.hasSuffix(attribute) } ?? -1 }
        #expect(order == order.sorted() && !order.contains(-1))
        #expect(outcome.errors.contains("RTM_NEWLINK succeeded"))
      }
    }

    @Test("--trace shows the expressions of the masquerade rule, by name")
    func masquerade() throws {
      try onHost { (host) throws in
        let outcome = try host.sh("nsrun --net br0 --trace -- true")
        let rule = try #require(message(outcome.errorLines, "NFT_MSG_NEWRULE", with: "\"masq\""))
        let expressions = rule.compactMap { line -> String? in
          line.contains("NFTA_EXPR_NAME") ? line.split(separator: "\"").last.map(String.init) : nil
        }
        #expect(expressions == ["meta", "lookup", "masq"], "packets of both families")
        #expect(rule.contains { $0.hasSuffix("NFTA_RULE_CHAIN \"postrouting\"") })
        #expect(rule.contains { $0.contains("NFTA_META_KEY NFT_META_IIFNAME") })
        #expect(rule.contains { $0.contains("NFTA_LOOKUP_SET \"networks\"") })
      }
    }

    @Test("--trace knows the name of every attribute that nsrun sends")
    func names() throws {
      try onHost { (host) throws in
        let lines = try host.sh("nsrun --net br0 --trace -- true").errorLines
        var isSent = false
        for line in lines {
          if line.hasPrefix(">>>") || line.hasPrefix("<<<") { isSent = line.hasPrefix(">>>") }
          if isSent { #expect(!line.lowercased().contains("unknown"), "\(line)") }
        }
        #expect(lines.filter { $0.hasPrefix(">>>") }.count > 10)
      }
    }

    /// The lines of the first sent message of a type that has the text in one of its lines.
    private func message(_ lines: [String], _ type: String, with text: String) -> [String]? {
      var found: [[String]] = []
      for line in lines {
        if line.hasPrefix(">>>") || line.hasPrefix("<<<") { found.append([]) }
        if !found.isEmpty { found[found.count - 1].append(line) }
      }
      return found.first {
        $0[0].hasPrefix(">>>") && $0[0].contains(type) && $0.contains { $0.contains(text) }
      }
    }

    /// The nesting depth of the first line that ends with the text.
    private func depth(of text: String, in lines: [String]) -> Int? {
      lines.first { $0.hasSuffix(text) }.map { $0.prefix { $0 == " " }.count / 2 }
    }
  }
}
