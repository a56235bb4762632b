import TestHost
import Testing

extension CommandTests {
  @Suite("doctor and selftest")
  struct Doctor {
    @Test("doctor reports a host that meets all requirements as ok, in lines and in JSON, and changes nothing")
    func healthy() throws {
      try onHost { (host) throws in
        let shown = try host.must("nsrun doctor")
        #expect(shown.split(separator: "\n").allSatisfy { $0.hasPrefix("ok  ") }, "\(shown)")
        for check in [
          "privileges", "namespaces", "user namespaces", "veth pairs", "bridges", "nftables", "masquerade",
          "port guard", "forwarding", "way out", "DNS",
        ] {
          #expect(shown.contains(" \(check): "))
        }
        #expect(try host.must("nsrun doctor --json | jq -r '[.[].status] | unique | .[]'") == "ok")
      }
    }

    @Test("doctor reports that nsrun's table is missing, and the next launch restores it for all sandboxes")
    func flushed() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; nft flush ruleset")
        let outcome = try host.sh("nsrun doctor")
        #expect(outcome.status == 1 && outcome.output.contains("the table inet nsrun is missing"), "\(outcome)")
        try host.must("nsrun --net br0 -- true; nsrun doctor; nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun rm one")
      }
    }

    @Test(
      "doctor reports that other users can change the names of namespaces", arguments: ["chown 65534", "chmod 777"])
    func namesOfOthers(change: String) throws {
      try onHost { (host) throws in
        try host.must("mkdir -p /run/netns; \(change) /run/netns")
        let outcome = try host.sh("nsrun doctor")
        #expect(outcome.output.contains("can change /run/netns"), "\(outcome)")
        #expect(outcome.output.contains("chown root /run/netns; chmod go-w /run/netns"), "\(outcome)")
        try host.must("chown root /run/netns; chmod 755 /run/netns; nsrun doctor")
      }
    }

    @Test("doctor names the privileges that it lacks")
    func unprivileged() throws {
      try onHost { (host) throws in
        let outcome = try host.sh("setpriv --reuid 1000 --regid 1000 --clear-groups nsrun doctor")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("CAP_SYS_ADMIN") && outcome.output.contains("what to do: "), "\(outcome)")
      }
    }

    @Test(
      "nsrun inside a sandbox neither lists nor removes that sandbox, and doctor there gives no advice for a host",
      arguments: [
        "nsrun --net br0 --name me --", "nsrun --name me --no-pid --", "nsrun exec stays --", "nsrun --privileged --",
      ])
    func inside(entry: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create stays --net br1")
        let script = """
          nsrun list; nsrun cleanup; nsrun cleanup --all; nsrun doctor; nsrun doctor --json | jq -r ".[].remedy"
          nsrun rm "$NSRUN_NAME"; echo "rm: $?"
          """
        let outcome = try host.sh("\(entry) bash -c '\(script)'")
        #expect(outcome.output.hasSuffix("rm: 125\n"), "\(outcome)")
        #expect(
          outcome.errorLines.count == 1
            && outcome.errors.hasSuffix("is the sandbox you are in: remove it from the host\n"),
          "\(outcome)")
        for advice in ["docker", "make-shared", "nsrun rm", "rm -r"] {
          #expect(!outcome.output.contains(advice), "\(outcome)")
        }
        #expect(try host.must("nsrun list --json | jq -r '.[].name'") == "stays")
        // rm also refuses if only the network namespace is the sandbox's.
        let joined = try host.sh("ip netns exec stays nsrun rm stays")
        #expect(joined.status == 125 && joined.errors.contains("you are in"), "\(joined)")
        try host.must("nsrun rm stays")
      }
    }

    @Test(
      "doctor names the missing capabilities that nsrun needs, and no others",
      arguments: [
        ("net_admin,sys_admin,setuid,setgid,setfcap,net_raw", 0, ""),
        ("net_admin,sys_admin,setuid,setgid,setfcap", 0, "warning  privileges: CAP_NET_RAW missing"),
        ("net_admin,sys_admin,setgid,net_raw", 1, "(CAP_SETUID, CAP_SETFCAP)"),
        ("net_admin,setuid,setgid,setfcap,net_raw", 1, "problem  privileges: CAP_SYS_ADMIN missing"),
      ])
    func capabilities(names: String, status: Int32, text: String) throws {
      try onHost { (host) throws in
        let some = "setpriv --bounding-set -all,+\(names.split(separator: ",").joined(separator: ",+"))"
        let doctor = try host.sh("\(some) nsrun doctor")
        let shown = doctor.lines.filter { !$0.hasPrefix("ok ") }
        #expect(doctor.status == status && (text.isEmpty ? shown == [] : shown[0].contains(text)), "\(doctor)")
        let launch = try host.sh(
          """
          run="\(some) nsrun"
          $run --net br0 -- ping -c 1 -W 2 8.8.8.8 && $run --net br0 --user nobody --no-pid -- true &&
            $run create one --net br0 --internal && $run reload && $run list && $run exec one -- true && $run rm one
          """)
        #expect(launch.status == (status == 0 ? 0 : 125), "\(launch)")
      }
    }

    @Test("CAP_SYS_ADMIN and CAP_NET_ADMIN suffice for all but the user namespace of a new sandbox")
    func withoutUserNamespace() throws {
      try onHost { (host) throws in
        try host.must(
          """
          run="setpriv --bounding-set -all,+sys_admin,+net_admin nsrun"; nsrun create one --net br0
          # Not ping, whose file may have a capability.
          $run --net br0 --privileged -- ip route get 8.8.8.8; $run exec one -- ip route get 8.8.8.8
          $run list; $run inspect one; $run reload; $run rm one; $run create two --privileged; $run cleanup --all
          """)
      }
    }

    @Test("doctor warns if the host has no default route, and also finds one in a table that a rule selects")
    func wayOut() throws {
      try onHost("ip route delete default") { (host) throws in
        let outcome = try host.sh("nsrun doctor")
        let warning = "warning  way out: this host has no default route"
        #expect(outcome.status == 0 && outcome.output.contains(warning), "\(outcome)")
        try host.must(
          """
          ip route add default via 192.0.2.1 table 77; ip rule add table 77; healthy
          ip rule delete table 77; ip route flush table 77
          ip route add blackhole default; nsrun doctor | grep 'warning  way out'; ip route delete blackhole default
          """)
      }
    }

    @Test(
      "doctor shows which DNS server sandboxes ask, and warns if they can ask none",
      arguments: [
        ("nameserver 127.0.0.53", "warning  DNS: the DNS server of this host, 127.0.0.53, cannot be reached"),
        ("options ndots:1", "warning  DNS: /etc/resolv.conf names no DNS server"),
        ("nameserver ::1\nnameserver 192.0.2.1", "ok       DNS: sandboxes ask 192.0.2.1"),
      ])
    func resolvers(resolver: String, text: String) throws {
      let etc = "mount -t tmpfs none /mnt; cp -a /etc /mnt; rm -f /mnt/etc/resolv.conf; mount --bind /mnt/etc /etc"
      try onHost("\(etc); printf '\(resolver)\n' > /etc/resolv.conf") { (host) throws in
        let outcome = try host.sh("nsrun doctor")
        #expect(outcome.status == 0 && outcome.output.contains(text), "\(outcome)")
      }
    }

    @Test("selftest does the main job, prints each step with its time, and leaves the host unchanged")
    func selftest() throws {
      try onHost { (host) throws in
        let shown = try host.must("nsrun selftest")
        let lines = shown.split(separator: "\n")
        #expect(lines.count == 7 && lines.allSatisfy { $0.hasPrefix("ok  ") && $0.contains(" ms  ") }, "\(shown)")
        #expect(shown.contains("8.8.8.8"))
      }
    }

    @Test("selftest fails if a step fails, and names that step")
    func selftestFails() throws {
      try onHost { (host) throws in
        // No answers come, because the kernel refuses what the probe sends.
        let outcome = try host.sh(
          "strace -f -qq -o /dev/null -e trace=sendto -e inject=sendto:error=ENETUNREACH:when=40+ nsrun selftest")
        #expect(outcome.status == 1 && outcome.output.contains("failed  "), "\(outcome)")
      }
    }
  }
}
