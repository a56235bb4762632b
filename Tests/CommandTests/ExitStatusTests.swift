import TestHost
import Testing

extension CommandTests {
  @Suite("Exit status and streams") struct ExitStatusTests {
    @Test(
      "nsrun exits with the exit status of the command",
      arguments: [
        ("nsrun -- true", 0), ("nsrun -- sh -c 'exit 7'", 7), ("nsrun --net br0 -- sh -c 'exit 255'", 255),
        ("nsrun -- sh -c 'kill -TERM $$'", 143), ("nsrun --net br0 -- sh -c 'kill -KILL $$'", 137),
        ("nsrun -- sh -c 'kill -SEGV $$'", 139), ("nsrun --net br0 -- sh -c 'exit 125'", 125),
        ("nsrun exec theirs -- sh -c 'exit 7'", 7),
      ])
    func ofCommand(command: String, status: Int32) throws {
      try onHost("ip netns add theirs") { (host) throws in
        let outcome = try host.sh(command)
        #expect(outcome.status == status, "\(outcome)")
        #expect(outcome.errors == "")
      }
    }

    @Test(
      "nsrun ends by SIGINT if the command does, so that a shell leaves its loop, and else exits with a status",
      arguments: ["", "--no-pid", "--net br0"])
    func interrupted(options: String) throws {
      try onHost { (host) throws in
        let program = "import subprocess, sys; print(subprocess.run(sys.argv[1:]).returncode)"
        for (end, status) in [("kill -INT $$", "-2"), ("exit 130", "130"), ("kill -TERM $$", "143")] {
          #expect(try host.must("python3 -c '\(program)' nsrun \(options) -- sh -c '\(end)'") == status)
        }
      }
    }

    @Test(
      "nsrun exits with 126 or 127 if the command does not start, and prints the reason in one line",
      arguments: [
        ("nsrun --net br0 -- /nonexistent", 127, "cannot execute /nonexistent: No such file or directory"),
        ("nsrun -- no-such-program", 127, "cannot execute no-such-program: No such file or directory"),
        ("nsrun --net br0 -- /usr", 126, "cannot execute /usr: Permission denied"),
        ("nsrun -- /proc/self/status", 126, "cannot execute /proc/self/status: Permission denied"),
        ("nsrun exec theirs -- /usr", 126, "cannot execute /usr: Permission denied"),
        ("nsrun exec theirs -- no-such-program", 127, "cannot execute no-such-program: No such file or directory"),
        ("nsrun --bogus -- true", 125, "Unknown option '--bogus'"),
      ])
    func notStarted(command: String, status: Int32, complaint: String) throws {
      try onHost("ip netns add theirs") { (host) throws in
        let outcome = try host.sh(command)
        #expect(outcome.status == status)
        #expect(outcome.output == "")
        #expect(outcome.errors == "nsrun: \(complaint)\n")
      }
    }

    @Test("A gigabyte passes through a pipe unchanged")
    func gigabyte() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          set -o pipefail
          head -c 1G /dev/zero | nsrun --net br0 -- cat | cksum
          head -c 1G /dev/zero | cksum
          """, seconds: 120)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.lines.count == 2 && outcome.lines.first == outcome.lines.last)
      }
    }

    @Test("Random bytes pass through a pipe unchanged, and the command sees the end of the pipe")
    func randomBytes() throws {
      try onHost { (host) throws in
        try host.must(
          """
          head -c 64M /dev/urandom > /run/scratch/data
          nsrun --net br0 -- cat < /run/scratch/data | cmp - /run/scratch/data
          rm /run/scratch/data
          """)
      }
    }

    @Test("The command has the caller's three standard streams, and no other open descriptors")
    func streams() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          "nsrun --net br0 -- sh -c 'echo out; echo err >&2; cat; ls /proc/self/fd | wc -l'", input: "in\n")
        // The fourth descriptor is the directory that ls reads.
        #expect(outcome.output == "out\nin\n4\n")
        #expect(outcome.errors == "err\n")
      }
    }

    @Test(
      "The command has the descriptors that the caller passes on, and none of nsrun's",
      arguments: [
        "nsrun", "nsrun --net br0", "nsrun --net br0 --name kept --keep", "nsrun exec one", "nsrun exec theirs",
      ])
    func descriptors(nsrun: String) throws {
      try onHost("ip netns add theirs") { (host) throws in
        try host.must("nsrun create one --net br0")
        let script = "exec 9< /etc/passwd 5> /dev/null < /dev/null 2> /dev/null"
        let list = "readlink /proc/self/fd/0 /proc/self/fd/9 /proc/self/fd/5; ls /proc/self/fd"
        let direct = try host.must("\(script); sh -c '\(list)'")
        #expect(direct.hasSuffix("0\n1\n2\n3\n5\n9"), "3 is the directory that ls reads: \(direct)")
        #expect(try host.must("\(script); \(nsrun) -- sh -c '\(list)'") == direct)
        try host.must("nsrun cleanup --all")
      }
    }

    @Test("Signals are blocked, ignored and handled as if the command had been started directly")
    func signalMask() throws {
      try onHost { (host) throws in
        let script = "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status"
        #expect(try host.must("nsrun --net br0 -- \(script)") == (try host.must(script)))
        #expect(try host.must("trap '' HUP; nsrun -- \(script)") == (try host.must("trap '' HUP; \(script)")))
      }
    }

    @Test("nsrun works if a standard stream is closed or its reader is gone")
    func closedStreams() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        for command in ["nsrun list", "nsrun list --json", "nsrun inspect one", "nsrun --help", "nsrun --version"] {
          let closed = try host.sh("\(command) >&-")
          #expect(closed.status < 128, "\(command) >&-: \(closed)")
          let unread = try host.sh("set -o pipefail; \(command) | head -n 0")
          #expect(unread.status == 0 || unread.status == 128 + 13, "\(command) | head -n 0: \(unread)")
          #expect(unread.errors == "")
        }
        #expect(try host.sh("nsrun --net br0 -- true <&- >&- 2>&-").status == 0)
        #expect(try host.sh("nsrun --net br0 -- sh -c 'exit 3' <&- >&- 2>&-").status == 3)
        #expect(try host.sh("nsrun --net br0 -- sh -c 'ls /proc/self/fd | wc -l' <&-").text == "3")
        // The reader is gone before nsrun starts, and SIGPIPE is ignored.
        let unread =
          "trap '' PIPE; mkfifo /run/scratch/p; exec 4<> /run/scratch/p 3> /run/scratch/p 4>&-; rm /run/scratch/p"
        let ignored = try host.sh("\(unread); nsrun list >&3")
        #expect(ignored.status == 0 && ignored.errors == "", "\(ignored)")
        try host.must("nsrun rm one")
      }
    }

    @Test(
      "nsrun fails if it cannot write its whole output",
      arguments: [
        "list", "list --json", "inspect one", "inspect one --json", "doctor", "doctor --json", "create two --net br0",
        "create two --net br0 --json", "cleanup --all", "cleanup --all --json", "reload", "--help", "--version",
      ])
    func fullOutput(command: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        if command == "reload" { try host.must("nft flush ruleset") }
        let outcome = try host.sh("nsrun \(command) > /dev/full")
        #expect(outcome.status == 125)
        #expect(outcome.errors == "nsrun: cannot write standard output: No space left on device\n")
        try host.must("nsrun cleanup --all")
      }
    }
  }
}
