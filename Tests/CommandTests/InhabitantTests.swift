import TestHost
import Testing

extension CommandTests {
  /// What keeps a sandbox's network namespace: threads of any process, and open files and mounts elsewhere.
  @Suite("Processes and references that keep a network namespace") struct InhabitantTests {
    private static let noStray = "! pgrep -x strays"

    @Test(
      "list shows a process whose main thread has ended, and the process ends with the sandbox",
      arguments: ["nsrun rm web", "nsrun cleanup --all"])
    func leaderless(removal: String) throws {
      try onHost { (host) throws in
        try host.compile("strays")
        try host.must("nsrun create web --net br0; nsrun exec web -- setsid strays thread > /run/scratch/out 2>&1 &")
        try host.eventually("grep -qs '^State:.Z' /proc/$(pgrep -x strays)/status")
        #expect(try host.must("nsrun list --json | jq '.[0].processes | length'") == "1")
        let outcome = try host.sh(removal)
        #expect(outcome.status == 0 && outcome.errors.contains("ending what still runs in web: "), "\(outcome)")
        try host.eventually(Self.noStray)
      }
    }

    @Test(
      "nsrun leaves a host process of which only a thread is inside, as of a network plugin, and deletes the link")
    func visitor() throws {
      try onHost { (host) throws in
        try host.compile("strays")
        let running = try host.start("nsrun --net br0 --name web -- sh -c 'echo ready; read -r _'")
        try running.wait(for: "ready")
        let stray = try host.start("exec strays visitor /run/netns/web")
        try stray.wait(for: "ready")
        #expect(
          try host.must("nsrun list --json | jq \".[0].processes | map(.pid) | index($(pgrep -x strays))\"") == "null")
        running.closeInput()
        #expect(try running.finish().errors == "")
        try host.must(
          "pgrep -x strays; shown=$(ip -o link show type veth); fails grep nsrun- <<< \"$shown\"; pkill -KILL -x strays"
        )
        _ = try stray.finish()
      }
    }

    @Test(
      "An unseen reference to the network namespace lets no packet through, and no link stays after the next cleanup",
      arguments: ["true", "sleep 1"], ["table", "datagram"])
    func unseen(command: String, thing: String) throws {
      try onHost { (host) throws in
        try host.compile("strays")
        let taker = try host.start("exec strays take /run/scratch/way")
        try taker.wait(for: "ready")
        try host.must("nsrun create other --net br0 --subnet 10.64.9.0/24")
        let run = "nsrun --net br0 --ip 10.64.9.9 -- sh -c"
        #expect(try host.must("\(run) '\(command); strays hand /run/scratch/way \(thing)'") == "")
        try host.must("fails ping -c 1 -W 1 10.64.9.9; \(run) 'ping -c 1 10.64.9.1'; nsrun cleanup")
        try host.must("ip -o link show type veth | grep -c nsrun- | grep -x 1; pkill -KILL -x strays; nsrun rm other")
        try host.must("rm /run/scratch/way")
        _ = try taker.finish()
      }
    }

    @Test(
      "The end of a run ends processes that came in by other tools",
      arguments: ["ip netns exec web", "nsenter --net=/run/netns/web", "nsenter --net --target $(pgrep -x -n cat)"])
    func joined(by tool: String) throws {
      try onHost { (host) throws in
        let running = try host.start("nsrun --net br0 --name web -- cat")
        try host.eventually("pgrep -x cat && ip netns exec web true")
        let other = try host.start("exec \(tool) sh -c 'echo ready; exec sleep 1000'")
        try other.wait(for: "ready")
        try host.eventually("pgrep -xf 'sleep 1000'")
        running.closeInput()
        let outcome = try running.finish()
        #expect(outcome.status == 0 && outcome.errors.contains("(sleep)"), "\(outcome)")
        #expect(try other.finish().status == 128 + 15)
        #expect(try host.must("bridge link show") == "")
      }
    }

    @Test("A short run ends a process that waited for its name and joined")
    func raced() throws {
      try onHost { (host) throws in
        let other = try host.start(
          "until ip netns exec web sh -c 'echo ready; exec sleep 1000' 2> /dev/null; do [ ! -e /run/netns/stop ] || exit; done"
        )
        while try host.sh("nsrun --net br0 --name web -- sleep 0.01").errors == "" {}
        try host.must("touch /run/netns/stop")
        _ = try other.finish()
        try host.must("rm /run/netns/stop; fails pgrep -xf 'sleep 1000'")
      }
    }

    @Test(
      "An open file or a mount of the network namespace elsewhere does not keep the link",
      arguments: [
        "exec sleep 1000 9< /run/netns/web", "exec unshare --mount --propagation private sleep 1000",
        "touch /run/netns/other; mount --bind /run/netns/web /run/netns/other; exec sleep 1000",
      ])
    func held(by command: String) throws {
      try onHost { (host) throws in
        let running = try host.start("nsrun --net br0 --name web -- cat")
        try host.eventually("pgrep -x cat && ip netns exec web true")
        let holder = try host.start(command)
        try host.eventually("pgrep -xf 'sleep 1000'")
        running.closeInput()
        #expect(try running.finish().errors == "")
        // A mount in another mount namespace disappears with the file that it is on. The kernel frees the network
        // namespace some time later.
        try host.eventually("! ip -o link show type veth | grep nsrun-")
        try host.must("pkill -xf 'sleep 1000'; umount /run/netns/other || true; rm -f /run/netns/other")
        _ = try holder.finish()
      }
    }

    @Test("A packet socket that was passed out of the sandbox does not keep the link")
    func passed() throws {
      try onHost { (host) throws in
        try host.compile("strays")
        let taker = try host.start("exec strays take /run/scratch/way")
        try taker.wait(for: "ready")
        #expect(try host.must("nsrun --net br0 -- strays hand /run/scratch/way packet") == "")
        #expect(try host.must("ip -o link show type veth | grep nsrun- || true") == "")
        try host.must("pkill -KILL -x strays; rm /run/scratch/way")
        _ = try taker.finish()
      }
    }

    @Test("A chain of forks ends with its sandbox", arguments: ["", "--privileged"], ["", "unshare --net"])
    func chain(option: String, around: String) throws {
      // In a network namespace nested in a privileged one, only descent tells which sandbox a process belongs to.
      if option != "" && around != "" { return }
      try onHost { (host) throws in
        try host.compile("strays")
        try host.must("nsrun create web --net br0 \(option); nsrun exec web -- \(around) strays chain")
        try host.eventually("nsrun list --json | jq -e '.[0].processes | length > 0' || pgrep -x strays")
        let outcome = try host.sh("nsrun rm web")
        #expect(outcome.status == 0, "\(outcome)")
        try host.must("for i in $(seq 20); do \(Self.noStray) || exit; done")
      }
    }

    @Test("list counts processes in a network namespace that was made inside, and those only in the user namespace")
    func nested() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create web
          nsrun exec web -- sh -c 'unshare --net sleep 1000 > /dev/null 2>&1 & unshare --user sleep 1000 > /dev/null 2>&1 &'
          """)
        try host.eventually("[ $(nsrun list --json | jq '.[0].processes | length') = 2 ]")
        #expect(try host.sh("nsrun rm web").errors.contains("(sleep), "))
        try host.must("fails pgrep -xf 'sleep 1000'")
      }
    }
  }
}
