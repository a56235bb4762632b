import TestHost
import Testing

extension CommandTests {
  /// State that a process inherits from its caller. nsrun does not depend on it, and the command gets it as without
  /// nsrun.
  @Suite("State inherited from the caller") struct InheritedStateTests {
    private static let ways = ["", "--no-pid"]

    @Test("nsrun sees the command's end even if the caller ignores SIGCHLD", arguments: ways)
    func ignoredChildren(way: String) throws {
      try onHost { (host) throws in
        let ignoring = "env --ignore-signal=CHLD"
        #expect(try host.sh("\(ignoring) nsrun --net br0 \(way) -- sh -c 'exit 3'", seconds: 20).status == 3)
        let look = "grep SigIgn /proc/self/status"
        #expect(try host.must("\(ignoring) nsrun \(way) -- \(look)") == host.must("\(ignoring) \(look)"))
        try host.must("\(ignoring) nsrun create web --net br0; \(ignoring) nsrun rm web", seconds: 20)
      }
    }

    @Test("A timer that the caller armed runs for the command", arguments: ways)
    func timer(way: String) throws {
      try onHost { (host) throws in
        func launch(_ seconds: String, _ command: String) -> String {
          "exec python3 -c \"import os, signal; signal.setitimer(signal.ITIMER_REAL, \(seconds)); "
            + "os.execvp('nsrun', 'nsrun --net br0 \(way) --'.split() + \(command))\""
        }
        let look = "['python3', '-c', 'import signal; print(signal.getitimer(signal.ITIMER_REAL)[0] > 0)']"
        #expect(try host.must(launch("1000", look)) == "True")
        #expect(try host.sh(launch("0.01", "['sleep', '1000']")).status == 142)
      }
    }

    @Test("The caller's umask and soft limits do not restrict what nsrun makes", arguments: ways)
    func limits(way: String) throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          umask 0277
          prlimit --fsize=0:unlimited --nofile=8:1024 nsrun --net br0 \(way) -- sh -c '
            umask; ulimit -S -n; prlimit --fsize --output SOFT --noheadings --raw; ip link show eth0 | grep -c LOWER_UP'
          """)
        #expect(outcome.status == 0 && outcome.lines == ["0277", "8", "0", "1"], "\(outcome)")
      }
    }

    @Test("A small stack limit suffices for nsrun, and the command has the same limit", arguments: ways)
    func stack(way: String) throws {
      try onHost { (host) throws in
        #expect(try host.must("prlimit --stack=16384: nsrun --net br0 \(way) -- sh -c 'ulimit -S -s'") == "16")
      }
    }

    @Test(
      "The command may use the processors that the caller may use: all, or one",
      arguments: ["run --net br0", "run --net br0 --no-pid", "exec web"])
    func processors(way: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create web --net br0")
        let look = "grep Cpus_allowed: /proc/self/status"
        #expect(try host.must("nsrun \(way) -- \(look)") == host.must(look))
        let one = "taskset -c $(taskset -cp $$ | grep -o '[0-9]*$')"
        #expect(try host.must("\(one) nsrun \(way) -- \(look)") == host.must("\(one) \(look)"))
        try host.must("nsrun rm web")
      }
    }

    @Test("exec passes on the state that it inherits from the caller, and does not depend on it")
    func joining() throws {
      try onHost { (host) throws in
        try host.must("nsrun create web --net br0")
        let outcome = try host.sh(
          """
          umask 0277
          env --ignore-signal=CHLD prlimit --fsize=0:unlimited --nofile=8:1024 --cpu=1:60 nsrun exec web -- sh -c '
            umask; ulimit -S -n; prlimit --fsize --output SOFT --noheadings --raw; prlimit --cpu --output SOFT --noheadings --raw
            grep -cw web /etc/hosts'
          """)
        #expect(outcome.status == 0 && outcome.lines == ["0277", "8", "0", "1", "2"], "\(outcome)")
        let (ignoring, look) = ("env --ignore-signal=CHLD", "grep SigIgn /proc/self/status")
        #expect(try host.must("\(ignoring) nsrun exec web -- \(look)") == host.must("\(ignoring) \(look)"))
        // The timer ends the command, however early it expires.
        let timer = """
          exec python3 -c "import os, signal; signal.setitimer(signal.ITIMER_REAL, WHEN); os.execvp('nsrun', 'nsrun exec web --'.split() + COMMAND)"
          """
        func launch(_ time: String, _ command: String) -> String {
          timer.replacing("WHEN", with: time).replacing("COMMAND", with: command)
        }
        let armed = "['python3', '-c', 'import signal; print(signal.getitimer(signal.ITIMER_REAL)[0] > 0)']"
        #expect(try host.must(launch("1000", armed)) == "True")
        #expect(try host.sh(launch("0.01", "['sleep', '1000']")).status == 142)
        try host.must("nsrun rm web")
      }
    }

    @Test("list and inspect show everything with a low limit on open files", arguments: ["list", "inspect web"])
    func fewFiles(command: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create web --net br0")
        // What changes by itself is left out.
        let stable = "sed '/^Age/d; /^Received/d; /^Sent/d; /^Neighbour/d; s/ [0-9]*s$//'"
        #expect(
          try host.must("prlimit --nofile=4:1024 nsrun \(command) | \(stable)")
            == host.must("nsrun \(command) | \(stable)"))
        try host.must("nsrun rm web")
      }
    }

    @Test("list removes what a killed run left, whatever the limits and umask, and even if SIGCHLD is ignored")
    func sweeping() throws {
      try onHost { (host) throws in
        let run = try host.start(
          "echo $$; exec nsrun --net br0 --no-pid -- sh -c 'setsid sleep 1000 & echo ready; wait'")
        let pid = try run.wait(for: "\n")
        try run.wait(for: "ready")
        try host.must("kill -KILL \(pid)")
        _ = try run.finish()
        let outcome = try host.sh("umask 0777; env --ignore-signal=CHLD prlimit --fsize=0:unlimited nsrun list | cat")
        #expect(outcome.status == 0 && outcome.output == "", "\(outcome)")
        try host.must("fails pgrep -xf 'sleep 1000'; [ ! -e /run/nsrun ]")
      }
    }

    @Test("nsrun neither waits for nor ends a child that the caller had", arguments: ways)
    func strangers(way: String) throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          sh -c 'sleep 1000 > /dev/null 2>&1 & echo $!; exec nsrun --net br0 \(way) -- sh -c "exit 3"' > /run/scratch/pid
          status=$?; kill $(cat /run/scratch/pid) && rm /run/scratch/pid; exit $status
          """)
        #expect(outcome.status == 3 && outcome.errors == "", "\(outcome)")
      }
    }
  }
}
