import TestHost
import Testing

extension CommandTests {
  /// Sandboxes whose name, link or record was deleted.
  @Suite("Broken sandboxes") struct BrokenSandboxTests {
    /// Starts a command that keeps running inside after the name of its namespace is deleted.
    private static func leaveInside(_ host: ThrowawayHost, _ script: String) throws -> (
      command: HostCommand, pid: String
    ) {
      let command = try host.start(script)
      return (command, try command.wait(for: "\n"))
    }

    @Test(
      "rm and cleanup end processes inside, even if the namespace's name, or also the record, was deleted",
      arguments: [
        ("ip netns delete web", "nsrun rm web"), ("ip netns delete web", "nsrun cleanup --all"),
        ("rm -r /run/nsrun/*; ip netns delete web", "nsrun cleanup --all"),
      ])
    func created(hand: String, remedy: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create web --net br0")
        let inside = try Self.leaveInside(host, "exec nsrun exec web -- sh -c 'echo $$; exec sleep 1000'")
        try host.must(hand)
        let outcome = try host.sh(remedy)
        #expect(outcome.status == 0 && outcome.errors.contains("\(inside.pid) (sleep)"), "\(outcome)")
        #expect(try inside.command.finish().status == 128 + 15)
      }
    }

    @Test(
      "exec and reload call a sandbox whose name was deleted broken, and print the command that removes it",
      arguments: ["web", "a b"])
    func joined(name: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create '\(name)' --net br0; ip netns delete '\(name)'")
        let remedy = name == "web" ? "nsrun rm web" : "nsrun rm '\(name)'"
        for command in ["exec '\(name)' -- true", "reload"] {
          let outcome = try host.sh("nsrun \(command)")
          #expect(outcome.status == 125 && outcome.errorLines.count == 1, "\(outcome)")
          #expect(outcome.errors.hasPrefix("nsrun: '\(name)' is broken"), "\(outcome)")
          #expect(outcome.errors.hasSuffix(": \(remedy)\n"), "\(outcome)")
        }
        try host.must("\(remedy); nsrun reload")
      }
    }

    @Test("cleanup ends processes that a killed run left inside, even if the namespace's name was deleted")
    func killed() throws {
      try onHost { (host) throws in
        let script =
          "echo $$; exec nsrun --no-pid --net br0 --name web -- sh -c 'setsid -f sh -c \"echo \\$\\$; exec sleep 1000\"; read x'"
        let run = try host.start(script)
        let nsrun = try run.wait(for: "\n")
        let inside = try run.wait(for: "\n")
        try host.must("ip netns delete web; kill -KILL \(nsrun)")
        _ = try run.finish()
        let outcome = try host.sh("nsrun cleanup")
        #expect(outcome.status == 0 && outcome.errors.contains("\(inside) (sleep)"), "\(outcome)")
        try host.eventually("[ ! -e /proc/\(inside) ]")
      }
    }

    @Test(
      "list and inspect show a running sandbox without name or link as broken, with its processes",
      arguments: ["ip netns delete web", "ip link delete $(ls /sys/class/net | grep ^nsrun-)"])
    func running(hand: String) throws {
      try onHost { (host) throws in
        let run = try host.start("exec nsrun --no-pid --net br0 --name web -- sh -c 'echo $$; read x'")
        let pid = try run.wait(for: "\n")
        let show = "jq -c '[.state, .processes[].pid]'"
        #expect(try host.must("nsrun inspect web --json | \(show)") == "[\"running\",\(pid)]")
        try host.must(hand)
        let broken = "[\"broken\",\(pid)]"
        #expect(try host.must("nsrun inspect web --json | \(show)") == broken)
        #expect(try host.must("nsrun list --json | jq '.[]' | \(show)") == broken)
        run.send("\n")
        #expect(try run.finish().status == 0)
      }
    }

    @Test(
      "cleanup removes a broken created sandbox, unless a process runs inside",
      arguments: ["ip netns delete web", "ip link delete $(cut -d' ' -f2 < /run/scratch/link)"])
    func broken(hand: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create web --net br0; nsrun create whole --net br0")
        try host.must("grep host-link /run/nsrun/*/created/web > /run/scratch/link")
        let inside = try Self.leaveInside(host, "exec nsrun exec web -- sh -c 'echo $$; exec sleep 1000'")
        try host.must("\(hand); rm /run/scratch/link")
        let left = try host.sh("nsrun cleanup")
        #expect(left.status == 0 && left.output == "", "\(left)")
        #expect(left.errors.contains("'web' is broken") && left.errors.contains("\(inside.pid) (sleep)"), "\(left)")
        try host.must("kill \(inside.pid)")
        _ = try inside.command.finish()
        #expect(try host.must("nsrun cleanup --dry-run") == "would remove web (broken)")
        #expect(try host.must("nsrun cleanup --net br1") == "")
        #expect(try host.must("nsrun cleanup") == "removed web (broken)")
        #expect(try host.must("nsrun list --json | jq -r '.[].name'") == "whole")
        try host.must("nsrun rm whole")
      }
    }
  }
}
