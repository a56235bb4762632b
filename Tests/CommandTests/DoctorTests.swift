import TestHost
import Testing

extension CommandTests {
  @Suite("doctor and selftest")
  struct Doctor {
    @Test("A host that can do it is told so, in lines and in JSON, and nothing is changed")
    func healthy() throws {
      try onHost { (host) throws in
        let shown = try host.must("nsrun doctor")
        #expect(shown.split(separator: "\n").allSatisfy { $0.hasPrefix("ok  ") }, "\(shown)")
        for check in [
          "privileges", "namespaces", "user namespaces", "veth pairs", "bridges", "nftables", "masquerade",
          "port guard", "forwarding",
        ] {
          #expect(shown.contains(" \(check): "))
        }
        #expect(try host.must("nsrun doctor --json | jq -r '[.[].status] | unique | .[]'") == "ok")
      }
    }

    @Test("Without nsrun's table sandboxes do not get out: doctor says so, and the next launch restores it for all")
    func flushed() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; nft flush ruleset")
        let outcome = try host.sh("nsrun doctor")
        #expect(outcome.status == 1 && outcome.output.contains("the table inet nsrun is missing"), "\(outcome)")
        try host.must("nsrun --net br0 -- true; nsrun doctor; nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun rm one")
      }
    }

    @Test("Without privileges it says what is missing")
    func unprivileged() throws {
      try onHost { (host) throws in
        let outcome = try host.sh("setpriv --reuid 1000 --regid 1000 --clear-groups nsrun doctor")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("CAP_SYS_ADMIN") && outcome.output.contains("what to do: "), "\(outcome)")
      }
    }

    @Test(
      "Inside a sandbox neither list, cleanup nor doctor speaks of that, rm refuses it, and doctor gives no advice for a host",
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
        // By its network alone, too.
        let joined = try host.sh("ip netns exec stays nsrun rm stays")
        #expect(joined.status == 125 && joined.errors.contains("you are in"), "\(joined)")
        try host.must("nsrun rm stays")
      }
    }

    @Test("selftest does the main job, tells each step with its time, and leaves the host alone")
    func selftest() throws {
      try onHost { (host) throws in
        let shown = try host.must("nsrun selftest")
        let lines = shown.split(separator: "\n")
        #expect(lines.count == 7 && lines.allSatisfy { $0.hasPrefix("ok  ") && $0.contains(" ms  ") }, "\(shown)")
        #expect(shown.contains("8.8.8.8"))
      }
    }

    @Test("selftest fails where a step does, and says which")
    func selftestFails() throws {
      try onHost { (host) throws in
        // The answers do not come: the probe's socket is refused.
        let outcome = try host.sh(
          "strace -f -qq -o /dev/null -e trace=sendto -e inject=sendto:error=ENETUNREACH:when=40+ nsrun selftest")
        #expect(outcome.status == 1 && outcome.output.contains("failed  "), "\(outcome)")
      }
    }
  }
}
