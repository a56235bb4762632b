import TestHost
import Testing

extension CommandTests {
  @Suite("Signals") struct SignalTests {
    /// Options of run: with a PID namespace of its own, and without.
    private static let ways = ["", "--no-pid"]

    @Test(
      "A signal to nsrun reaches the command once",
      arguments: ["TERM", "INT", "HUP", "USR1", "USR2", "QUIT", "IO", "ABRT", "SYS"], ways)
    func forwarded(signal: String, way: String) throws {
      try onHost { (host) throws in
        try host.compile("answer")
        let running = try host.start("echo $$; exec nsrun --net br0 \(way) -- answer \(signal)")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready\n")
        try host.must("kill -\(signal) \(pid)")
        try running.wait(for: "caught\n")
        try host.must("kill -RTMAX \(pid)")
        let outcome = try running.finish()
        #expect(outcome.output.hasSuffix("ready\ncaught\nend 1\n"), "\(outcome)")
        #expect(outcome.status == 5)
      }
    }

    @Test(
      "nsrun exits with 128+N if the forwarded signal N ends the command",
      // Process 1 would lose a signal that is not blocked.
      arguments: [("TERM", 15), ("INT", 2), ("HUP", 1), ("ABRT", 6), ("TRAP", 5), ("RTMAX", 64)], ways)
    func deadly(signal: (name: String, number: Int32), way: String) throws {
      try onHost { (host) throws in
        let running = try host.start(
          "ulimit -c 0; echo $$; exec nsrun --net br0 \(way) -- sh -c 'echo ready; exec sleep 1000'")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -\(signal.name) \(pid)")
        let outcome = try running.finish()
        #expect(outcome.status == 128 + signal.number)
        #expect(outcome.errors == "")
      }
    }

    @Test("The command gets a signal that it sends to its process group once", arguments: ways)
    func ownGroup(way: String) throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          "exec setsid -w nsrun \(way) -- bash -c 'trap \"echo caught\" USR1; kill -USR1 0; trap exit USR2; kill -USR2 0'"
        )
        #expect(outcome.output == "caught\n" && outcome.errors == "", "\(outcome)")
      }
    }

    @Test("The command gets a signal that its descendant sends to the process group once, every time")
    func descendantsGroup() throws {
      try onHost { (host) throws in
        // The command answers each signal before the next is sent, because pending signals merge.
        let outcome = try host.sh(
          """
          exec setsid -w nsrun -- bash -c 'mkfifo /tmp/$$; exec 3<> /tmp/$$; rm /tmp/$$
            trap "echo caught; echo >&3" USR1
            for i in 1 2 3; do bash -c "trap : USR1; kill -USR1 0; sleep 0.2"; read x <&3; done; trap exit USR2; kill -USR2 0'
          """)
        #expect(outcome.output == "caught\ncaught\ncaught\n" && outcome.errors == "", "\(outcome)")
      }
    }

    @Test("nsrun forwards a signal from outside to the whole process group once", arguments: ways)
    func handedOnOnce(way: String) throws {
      try onHost { (host) throws in
        // Queued signals do not merge: each comes from outside, and once more from nsrun.
        try host.must(
          """
          cat > /run/scratch/count <<'END'
          import signal
          signal.pthread_sigmask(signal.SIG_BLOCK, [40, 41])
          print('ready', flush=True)
          print(sum(1 for _ in iter(lambda: signal.sigwaitinfo([40, 41]).si_signo, 41)))
          END
          """)
        let running = try host.start(
          "exec setsid -w sh -c 'echo $$; exec nsrun \(way) -- python3 /run/scratch/count'")
        let group = try running.wait(for: "\n")
        try running.wait(for: "ready")
        for _ in 1...3 { try host.must("kill -40 -- -\(group)") }
        // The command takes a queued signal with a higher number after all that came before.
        try host.must("sleep 0.3; kill -41 \(group)")
        let outcome = try running.finish()
        #expect(outcome.output.hasSuffix("ready\n6\n"), "\(outcome)")
        try host.must("rm /run/scratch/count")
      }
    }

    @Test(
      "The command gets a signal once that nsrun and process 1 get one after the other, as from pkill",
      arguments: [["nsrun", "init"], ["init", "nsrun"]])
    func sentToBoth(order: [String]) throws {
      try onHost { (host) throws in
        try host.compile("answer")
        let running = try host.start("echo $$; exec nsrun -- answer USR1")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        let pids = ["nsrun": pid, "init": try host.must("pgrep -P \(pid)")]
        for _ in 1...3 {
          try host.must("kill -USR1 \(pids[order[0]]!); kill -USR1 \(pids[order[1]]!); sleep 0.1")
        }
        try host.must("kill -RTMAX \(pid)")
        let outcome = try running.finish()
        #expect(outcome.output.hasSuffix("\nend 3\n"), "\(outcome)")
      }
    }

    @Test("A signal to process 1 alone reaches the command, even while children end all the time")
    func toInit() throws {
      try onHost { (host) throws in
        let running = try host.start(
          """
          echo $$; exec nsrun -- bash -c 'trap "echo caught; exit 5" USR1; echo ready
            (while :; do (setsid true &); done) & while :; do wait; done'
          """)
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -USR1 $(pgrep -P \(pid))")
        try running.wait(for: "caught")
        #expect(try running.finish().status == 5)
      }
    }

    @Test(
      "A signal to the whole process group ends the command and nsrun, as a signal to nsrun does",
      arguments: [("TERM", 15), ("INT", 2), ("HUP", 1), ("QUIT", 3)], ways)
    func group(signal: (name: String, number: Int32), way: String) throws {
      try onHost { (host) throws in
        let running = try host.start(
          "exec setsid -w sh -c 'echo $$; exec nsrun --net br0 \(way) -- sh -c \"echo ready; exec sleep 1000\"'")
        let group = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -\(signal.name) -- -\(group)")
        let outcome = try running.finish()
        #expect(outcome.status == 128 + signal.number && outcome.errors == "", "\(outcome)")
      }
    }

    @Test(
      "Repeated signals do not interrupt the removal of a sandbox",
      arguments: ["TERM", "INT", "HUP", "QUIT"],
      ["nsrun --net br0 -- true", "nsrun rm one", "nsrun cleanup --all", "nsrun cleanup"])
    func again(signal: String, command: String) throws {
      try onHost { (host) throws in
        switch command {
        case "nsrun rm one", "nsrun cleanup --all": try host.must("nsrun create one --net br0")
        case "nsrun cleanup": try kill(host, "nsrun --net br0 --name victim")
        default: break
        }
        // strace sends a signal with each name, lease and record that is removed. A launch makes none of these calls in
        // the parent.
        let outcome = try host.sh(
          """
          strace -qq -o /run/scratch/trace -e trace=unlink,umount2 -e inject=unlink,umount2:signal=\(signal) \(command)
          s=$?; grep -c '^--- SIG\(signal)' /run/scratch/trace; grep -c '(.*= 0' /run/scratch/trace; exit $s
          """)
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        let left = try host.must(
          "find /run/netns /run/nsrun -mindepth 1 2> /dev/null || true; ip -br link show type bridge; nft list tables")
        #expect(left == "")
      }
    }

    @Test("kill -9 of nsrun ends its sleeping command within a second, and the next list shows nothing")
    func killedList() throws {
      try onHost { (host) throws in
        let running = try host.start(
          "echo $$; exec nsrun --net br0 --name victim -- sh -c 'echo ready; exec sleep 1000'")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        let command = try host.must("pgrep -P \(pid)")
        try host.must(
          """
          kill -KILL \(pid); end=$((${EPOCHREALTIME/./} + 1000000))
          while kill -0 \(command) 2> /dev/null; do [ ${EPOCHREALTIME/./} -lt $end ] || exit 1; done
          """)
        #expect(try host.must("nsrun list; nsrun list --json") == "[]")
        #expect(try host.must("ip netns list; nft list tables; ip -br link show type bridge") == "")
      }
    }

    @Test("kill -9 of nsrun ends the command, and the next nsrun leaves nothing", arguments: ways)
    func killed(way: String) throws {
      try onHost { (host) throws in
        let running = try host.start(
          "echo $$; exec nsrun --net br0 \(way) --name victim -- sh -c 'echo ready; exec sleep 1000'")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        let command = try host.must("pgrep -n -x sleep")
        try host.must("kill -KILL \(pid)")
        #expect(try running.finish().status == 137)
        try host.eventually("! kill -0 \(command) 2> /dev/null")
        #expect(try host.must("ls /run/netns") == "victim")
        // Another run removes everything, though it does not use that bridge.
        let next = try host.sh("nsrun -- true")
        #expect(next.status == 0 && next.errors == "", "\(next)")
      }
    }

    @Test("Only root sees what a killed nsrun left, and cleanup removes it and says so")
    func cleanup() throws {
      try onHost { (host) throws in
        try kill(host, "nsrun --net br0 --name victim")
        let look = try host.sh("setpriv --reuid 1000 --regid 1000 --clear-groups nsrun list")
        #expect(look.status == 125 && look.errors.contains("only root"), "\(look)")
        #expect(try host.must("nsrun cleanup --dry-run") == "would remove victim (stale)")
        #expect(
          try host.must("nsrun cleanup --json | jq -c '.[] | [.name, .reason, .bridge]'")
            == #"["victim","stale","br0"]"#)
      }
    }

    @Test("A killed nsrun does not keep others from its bridge, its name and its address")
    func reuse() throws {
      try onHost { (host) throws in
        try host.must("nsrun create other --net br0 --ip 10.64.9.9/24")
        try kill(host, "nsrun --net br0 --name victim --ip 10.64.9.20")
        try host.must("nsrun --net br0 --name victim --ip 10.64.9.20 -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun exec other -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun rm other")
      }
    }

    @Test("A signal before the start of the command ends nsrun, and nothing is left")
    func early() throws {
      try onHost { (host) throws in
        // The signal ends each run at another system call.
        for call in ["mount", "symlink", "linkat", "sendto"] {
          for number in [1, 2] {
            let outcome = try host.sh(
              "strace -f -qq -o /dev/null -e inject=\(call):signal=TERM:when=\(number) nsrun --net br0 -- sleep 1000")
            #expect(outcome.status == 143, "\(call) \(number): \(outcome)")
          }
        }
      }
    }

    private func kill(_ host: ThrowawayHost, _ nsrun: String) throws {
      let running = try host.start("echo $$; exec \(nsrun) -- sh -c 'echo ready; exec sleep 1000'")
      let pid = try running.wait(for: "\n")
      try running.wait(for: "ready")
      try host.must("kill -KILL \(pid)")
      _ = try running.finish()
    }
  }

  @Suite("Processes that the command leaves") struct LeftoverTests {
    @Test(
      "run --no-pid ends and names what still runs inside when the command ends, however it hides",
      arguments: [
        "sleep 1000 &", "setsid sleep 1000 &", "(setsid sleep 1000 &) &", "unshare --net sleep 1000 &",
        "unshare --user --map-root-user unshare --net setsid sleep 1000 &",
      ])
    func ended(background: String) throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          "nsrun --no-pid --net br0 --name web -- sh -c '\(background) until pgrep -x sleep > /dev/null; do :; done; exit 3'"
        )
        #expect(outcome.status == 3)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.hasPrefix("nsrun: ending what still runs in web: "), "\(outcome)")
        #expect(outcome.errors.contains("(sleep)"))
        #expect(
          try host.sh("pgrep sleep | xargs -r -n 1 sh -c 'readlink /proc/$0/cwd; cat /proc/$0/cmdline' | grep -q 1000")
            .status != 0)
      }
    }

    @Test(
      "Processes that the command leaves in its own PID namespace end with it, whatever they are, without a message",
      arguments: [
        "sleep 1000 &", "setsid sleep 1000 &", "unshare --net setsid sleep 1000 &",
        "nohup sh -c \"while :; do sleep 1000; done\" > /dev/null &",
        "perl -e \"\\$SIG{TERM} = q(IGNORE); sleep 1000\" &", "perl -e \"while (1) { fork and exit }\" &",
      ])
    func gone(background: String) throws {
      try onHost { (host) throws in
        let outcome = try host.sh("nsrun --net br0 --name web -- sh -c '\(background) exit 3'")
        #expect(outcome.status == 3 && outcome.errors == "", "\(outcome)")
        #expect(try host.sh("ps -e -o args= | grep '[s]leep 1000'; pgrep -x perl").status == 1)
      }
    }

    @Test("kill -9 of nsrun ends a command that has become a set-user-ID program, another user or another session")
    func killed() throws {
      try onHost { (host) throws in
        // None of these processes has the parent-death signal any more (PR_SET_PDEATHSIG).
        try host.must(
          "cp \"$(command -v sleep)\" /run/bin/setuid-sleep; chown 1000 /run/bin/setuid-sleep; chmod u+s /run/bin/setuid-sleep"
        )
        for program in ["setuid-sleep 1000", "setpriv --reuid 1000 --clear-groups sleep 1000", "setsid -w sleep 1000"] {
          let running = try host.start("echo $$; exec nsrun -- sh -c 'echo ready; exec \(program)'")
          let pid = try running.wait(for: "\n")
          try running.wait(for: "ready")
          try host.eventually("pgrep -f '[s]leep 1000' > /dev/null")
          try host.must("kill -KILL \(pid)")
          _ = try running.finish()
          try host.eventually("! pgrep -f '[s]leep 1000'")
        }
        try host.must("nsrun cleanup")
      }
    }

    @Test("rm also ends processes in a network namespace that was made inside")
    func nested() throws {
      try onHost { (host) throws in
        try host.must(
          "nsrun create web; nsrun exec web -- sh -c 'unshare --net sleep 1000 > /dev/null 2>&1 & sleep 0.2'")
        let outcome = try host.sh("nsrun rm web")
        #expect(outcome.status == 0 && outcome.errors.hasPrefix("nsrun: ending what still runs in web: "), "\(outcome)")
        #expect(try host.sh("pgrep -f '[s]leep 1000'").status == 1)
      }
    }

    @Test("Records of an nsrun inside disappear with the sandbox")
    func nestedState() throws {
      try onHost { (host) throws in
        let outcome = try host.sh("nsrun --net br0 -- nsrun create inner --net br1; ls /run/nsrun")
        #expect(outcome.errors.hasPrefix("ls: "), "\(outcome)")
        try host.must(
          "nsrun create web; nsrun exec web -- nsrun create inner --net br1; ls -d /run/nsrun/*; nsrun rm web")
      }
    }

    @Test("A program's name cannot send control characters to the terminal")
    func programName() throws {
      try onHost { (host) throws in
        let script =
          #"import ctypes, os, time; ctypes.CDLL(None).prctl(15, b"\x1b[31m\nnsrun: x"); os.fork() or time.sleep(1000)"#
        let outcome = try host.sh("nsrun --no-pid -- python3 -c '\(script)'")
        #expect(outcome.errors.hasSuffix(" (?[31m?nsrun: x)\n") && outcome.errorLines.count == 1, "\(outcome)")
      }
    }

    @Test("nsrun ends a process that ignores SIGTERM by SIGKILL a moment later")
    func stubborn() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          "nsrun --no-pid --net br0 -- bash -c 'bash -c \"trap true TERM; echo on; while :; do sleep 1; done\" > /run/scratch/on & until [ -s /run/scratch/on ]; do sleep 0.01; done'"
        )
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("(bash)"))
        #expect(!outcome.errors.contains("after SIGKILL"))
      }
    }

    @Test("The end of a run also ends processes that joined by exec")
    func joined() throws {
      try onHost { (host) throws in
        let running = try host.start("nsrun --net br0 --name web -- sh -c 'echo started; cat'")
        try running.wait(for: "started")
        let joined = try host.start("nsrun exec web -- sh -c 'echo joined; exec sleep 1000'")
        try joined.wait(for: "joined")
        running.closeInput()
        let outcome = try running.finish()
        #expect(outcome.status == 0)
        #expect(outcome.errors.hasPrefix("nsrun: ending what still runs in web: "), "\(outcome)")
        #expect(try joined.finish().status == 143)
      }
    }

    @Test("nsrun leaves alone a process of the host that only runs at the same time")
    func others() throws {
      try onHost { (host) throws in
        let other = try host.start("echo $$; exec sleep 1000")
        let pid = try other.wait(for: "\n")
        try host.must("nsrun --net br0 -- sh -c 'sleep 1000 & true'")
        try host.must("kill -0 \(pid); kill \(pid)")
        _ = try other.finish()
      }
    }
  }
}
