import TestHost
import Testing

extension CommandTests {
  @Suite("Own processes and kernel parameters") struct IsolationTests {
    @Test("The command sees only its own processes, and process 1 waits for orphans")
    func ownProcesses() throws {
      try onHost { (host) throws in
        // Process 1 is nsrun, which the command sees only with --privileged.
        let look = "sh -c 'echo $$; ps -e -o comm='"
        #expect(try host.must("nsrun --net br0 -- \(look)").split(separator: "\n") == ["3", "sh", "ps"])
        #expect(
          try host.must("nsrun --privileged -- \(look)").split(separator: "\n").dropFirst() == ["nsrun", "sh", "ps"])
        let outcome = try host.sh(
          """
          nsrun --net br0 -- sh -c '
            sh -c "sleep 0 & exec true"; while grep -q "^State:.Z" /proc/[0-9]*/status; do :; done
            ping -c 1 -W 2 8.8.8.8 > /run/scratch/ping && exit 7'
          """)
        #expect(outcome.status == 7 && outcome.output == "", "\(outcome)")
      }
    }

    @Test("All processes that the command started end with it, and nsrun exits with its status")
    func ends() throws {
      try onHost { (host) throws in
        #expect(try host.sh("nsrun -- sh -c 'setsid sleep 87654 & exit 3'").status == 3)
        #expect(try host.sh("pgrep -f 'sleep 8765[4]'").status == 1)
        #expect(try host.sh("nsrun -- sh -c 'kill -9 $$'").status == 137)
        #expect(try host.sh("nsrun -- nosuch").status == 127)
        #expect(try host.sh("nsrun -- /etc/passwd").status == 126)
        #expect(try host.sh("nsrun --workdir /nonexistent -- true").status == 125)
      }
    }

    @Test("--no-pid runs the command in the host's PID namespace")
    func sharedProcesses() throws {
      try onHost { (host) throws in
        let look = "echo $$; readlink /proc/self/ns/pid"
        let (own, shared) = (
          try host.must("nsrun -- sh -c '\(look)'"), try host.sh("nsrun --no-pid -- sh -c '\(look)'")
        )
        #expect(try shared.lines.last == host.must("readlink /proc/self/ns/pid") && shared.lines.first != "3")
        #expect(own.split(separator: "\n").last.map(String.init) != shared.lines.last)
        #expect(try host.must("nsrun --no-pid --pid -- sh -c 'echo $$'") == "3")
      }
    }

    @Test("nsrun reports that it cannot make a PID namespace, and what to do")
    func noProcessNamespace() throws {
      try onHost { (host) throws in
        // Children of this nsrun already go to another PID namespace, and then clone(2) makes none below it.
        let outcome = try host.sh("unshare --pid nsrun --net br0 -- true")
        #expect(outcome.status == 125 && outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errors.hasPrefix("nsrun: cannot make a PID namespace: ") && outcome.errors.contains("--no-pid"))
      }
    }

    @Test(
      "Sandboxes can be nested, and each nsrun exits with the status of its command",
      arguments: ["", "--pid", "--no-pid", "--privileged"])
    func nested(option: String) throws {
      try onHost { (host) throws in
        for outer in ["--net br0", "--net br0 --no-pid", "--privileged"] {
          let outcome = try host.sh("nsrun \(outer) -- nsrun \(option) -- sh -c 'sleep 1000 & exit 7'")
          #expect(outcome.status == 7, "\(outer) \(option): \(outcome)")
        }
        #expect(try host.sh("nsrun --net br0 -- nsrun --net br1 --no-pid -- nsrun -- sh -c 'exit 4'").status == 4)
        // A nested sandbox can only get a read-only /proc (mount_too_revealing in fs/namespace.c).
        let third = try host.sh("nsrun --net br0 -- nsrun --net br1 -- nsrun -- true")
        #expect(third.status == 125 && third.errors.contains("give the nsrun that made this one --no-pid"), "\(third)")
      }
    }

    @Test(
      "The first nested sandbox finds names as all others do, without any message",
      arguments: ["", "--net br0 --no-pid", "--privileged"])
    func firstNested(outer: String) throws {
      try onHost { (host) throws in
        let nested = "nsrun --net inner --name me -- getent hosts me"
        // The nested nsrun makes a directory for its state. Its command must see it too, whichever of the two is
        // faster.
        for _ in 1...10 {
          let outcome = try host.sh("nsrun \(outer) -- \(nested)")
          #expect(outcome.lines.count == 1 && outcome.errors.isEmpty, "\(outcome)")
        }
        let named = "sh -c 'nsrun create o --net inner; nsrun exec o -- ps -e -o comm=; nsrun rm o'"
        let joining = try host.sh("nsrun \(outer) -- \(named)")
        if outer != "--privileged" { #expect(joining.lines.dropFirst() == ["ps"], "\(joining)") }
        #expect(joining.errors.isEmpty, "\(joining)")
      }
    }

    @Test("Signals reach the command, and kill -9 of nsrun ends all processes of the sandbox")
    func signals() throws {
      try onHost { (host) throws in
        try host.compile("answer")
        var running = try host.start("echo $$; exec nsrun -- answer TERM")
        var pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -TERM \(pid)")
        try running.wait(for: "caught")
        try host.must("kill -RTMAX \(pid)")
        #expect(try running.finish().status == 5)
        running = try host.start("echo $$; exec nsrun --net br0 -- sh -c 'echo ready; sleep 87653; true'")
        pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -KILL \(pid)")
        #expect(try running.finish().status == 137)
        try host.eventually("! pgrep -f 'sleep 8765[3]' && nsrun list")
      }
    }

    @Test("--sysctl sets parameters of the sandbox, including those of its link, and none of the host")
    func parameters() throws {
      try onHost { (host) throws in
        let files =
          "/proc/sys/net/ipv4/conf/eth0/rp_filter /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_local_port_range"
        let options =
          "--sysctl net.ipv4.conf.eth0.rp_filter=2 --sysctl net/ipv4/ip_forward=1 "
          + "--sysctl 'net.ipv4.ip_local_port_range=4000 5000'"
        let before = try host.must("cat /proc/sys/net/ipv4/ip_local_port_range")
        #expect(try host.must("nsrun --net br0 \(options) -- cat \(files)") == "2\n1\n4000\t5000")
        try host.must("nsrun create web --net br0 \(options)")
        #expect(try host.must("nsrun exec web -- cat \(files)") == "2\n1\n4000\t5000")
        #expect(try host.must("cat /proc/sys/net/ipv4/ip_local_port_range") == before)
        try host.must("nsrun rm web")
      }
    }

    @Test("A launch with a parameter that does not exist, or that the kernel refuses, fails and leaves nothing")
    func refusedParameters() throws {
      try onHost { (host) throws in
        let missing = try host.sh("nsrun --net br0 --sysctl net.ipv4.nosuch=1 -- true")
        #expect(missing.status == 125)
        #expect(missing.errors == "nsrun: a network namespace of this kernel has no parameter net.ipv4.nosuch\n")
        let refused = try host.sh("nsrun --net br0 --sysctl net.ipv4.ip_forward=x -- true")
        #expect(refused.status == 125 && refused.errors.contains("Invalid argument"), "\(refused)")
        let unknown = try host.sh("nsrun --sysctl net.ipv4.tcp_congestion_control=nope -- true")
        #expect(unknown.status == 125 && unknown.errors.contains("does not take net.ipv4.tcp_congestion_control=nope"))
      }
    }

    @Test(
      "IPv4 parameters have the kernel's defaults, whatever the machine's values", arguments: ["none", "br0"])
    func baseline(net: String) throws {
      try onHost { (host) throws in
        // These are the defaults of net/ipv4/devinet.c.
        let ones = ["accept_redirects", "secure_redirects", "send_redirects", "shared_media"]
        for link in ["all", "default", "lo"] + (net == "none" ? [] : ["eth0"]) {
          let values = try host.must("nsrun --net \(net) -- grep . -r /proc/sys/net/ipv4/conf/\(link)")
          for name in ones + [
            "forwarding", "rp_filter", "arp_ignore", "arp_announce", "arp_filter", "log_martians",
            "accept_local", "route_localnet", "promote_secondaries", "src_valid_mark", "proxy_arp",
            "accept_source_route",
          ] {
            let isOne = ones.contains(name) || name == "accept_source_route" && link != "all"
            #expect(
              values.contains("/\(link)/\(name):\(isOne ? 1 : 0)\n") || values.hasSuffix("/\(name):\(isOne ? 1 : 0)"))
          }
        }
      }
    }
  }
}
