import TestHost
import Testing

extension CommandTests {
  @Suite("Processes and kernel parameters of its own") struct IsolationTests {
    @Test("--pid: the command sees its own processes only, and what loses its parent is waited for")
    func ownProcesses() throws {
      try onHost { (host) throws in
        let seen = try host.must(
          "nsrun --net br0 --pid -- sh -c 'ps -e -o pid=,comm= | grep -v \" \\(sh\\|ps\\|grep\\)$\"'")
        #expect(seen.split(separator: " ") == ["1", "nsrun"])
        let outcome = try host.sh(
          """
          nsrun --net br0 --pid -- sh -c '
            sh -c "sleep 0 & exec true"; while grep -q "^State:.Z" /proc/[0-9]*/status; do :; done
            ping -c 1 -W 2 8.8.8.8 > /run/scratch/ping && exit 7'
          """)
        #expect(outcome.status == 7 && outcome.output == "", "\(outcome)")
      }
    }

    @Test("--pid: with the command, everything it has started is gone at once; its end is nsrun's")
    func ends() throws {
      try onHost { (host) throws in
        #expect(try host.sh("nsrun --pid -- sh -c 'setsid sleep 87654 & exit 3'").status == 3)
        #expect(try host.sh("pgrep -f 'sleep 8765[4]'").status == 1)
        #expect(try host.sh("nsrun --pid -- sh -c 'kill -9 $$'").status == 137)
        #expect(try host.sh("nsrun --pid -- nosuch").status == 127)
        #expect(try host.sh("nsrun --pid -- /etc/passwd").status == 126)
        #expect(try host.sh("nsrun --pid --workdir /nonexistent -- true").status == 125)
      }
    }

    @Test("--pid: signals reach the command; kill -9 of nsrun ends all of it")
    func signals() throws {
      try onHost { (host) throws in
        var running = try host.start(
          "echo $$; exec nsrun --pid -- sh -c 'trap \"echo caught; exit 9\" TERM; echo ready; while :; do read -r x; done'"
        )
        var pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -TERM \(pid)")
        try running.wait(for: "caught")
        #expect(try running.finish().status == 9)
        running = try host.start("echo $$; exec nsrun --net br0 --pid -- sh -c 'echo ready; sleep 87653; true'")
        pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -KILL \(pid)")
        #expect(try running.finish().status == 137)
        try host.eventually("! pgrep -f 'sleep 8765[3]' && nsrun list")
      }
    }

    @Test("--pid: Ctrl-Z stops the job, fg continues it")
    func jobControl() throws {
      try onHost { (host) throws in
        let terminal = try host.start("exec script -qec 'bash --norc --noprofile -i' /dev/null")
        terminal.send("PS1='prompt> '; stty -echo\n")
        terminal.send("nsrun --pid -- sh -c 'echo rea''dy; read -r x; echo got $x; exit 6'\n")
        try terminal.wait(for: "ready")
        terminal.send("\u{1a}")
        try terminal.wait(for: "Stopped")
        try terminal.wait(for: "prompt> ")
        terminal.send("echo foreground.; fg\n")
        try terminal.wait(for: "foreground.")
        // What fg says when the terminal is the job's.
        try terminal.wait(for: "exit 6'")
        terminal.send("typed\n")
        try terminal.wait(for: "got typed")
        terminal.send("echo end status $?.\n")
        try terminal.wait(for: "end status ")
        #expect(try terminal.wait(for: ".") == "6")
        terminal.send("exit 0\n")
        #expect(try terminal.finish().status == 0)
      }
    }

    @Test("--sysctl sets parameters of the sandbox, those of its link too, and none of the host")
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

    @Test("A parameter that there is none of, or that the kernel refuses, fails the launch and leaves nothing")
    func refusedParameters() throws {
      try onHost { (host) throws in
        let missing = try host.sh("nsrun --net br0 --sysctl net.ipv4.nosuch=1 -- true")
        #expect(missing.status == 125)
        #expect(missing.errors == "nsrun: a network namespace of this kernel has no parameter net.ipv4.nosuch\n")
        let refused = try host.sh("nsrun --net br0 --sysctl net.ipv4.ip_forward=x -- true")
        #expect(refused.status == 125 && refused.errors.contains("Invalid argument"), "\(refused)")
      }
    }

    @Test(
      "The parameters of IPv4 are the kernel's own defaults, whatever the machine's are", arguments: ["none", "br0"])
    func baseline(net: String) throws {
      try onHost { (host) throws in
        // As in net/ipv4/devinet.c.
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
