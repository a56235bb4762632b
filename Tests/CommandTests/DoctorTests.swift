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
