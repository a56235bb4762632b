import TestHost
import Testing

extension CommandTests {
  /// script(1) is the terminal: what a test sends to script is typed there.
  @Suite("Terminals") struct TerminalTests {
    /// Options of run: with a PID namespace of its own, and without.
    private static let ways = ["", "--no-pid"]
    private static let controlC = "\u{3}"
    private static let controlZ = "\u{1a}"

    /// Starts a shell with job control on a terminal.
    private static func interactiveShell(
      on host: ThrowawayHost, tellingStopsAtOnce: Bool = false
    ) throws -> HostCommand {
      let terminal = try host.start("exec script -qec 'bash --norc --noprofile -i' /dev/null")
      terminal.send("PS1='prompt> '; stty -echo\(tellingStopsAtOnce ? "; set -b" : "")\n")
      return terminal
    }

    @Test("Ctrl-C reaches the command once, and nsrun exits with the command's status", arguments: ways)
    func interrupt(way: String) throws {
      try onHost { (host) throws in
        try host.compile("answer")
        let terminal = try host.start("exec script -qec 'exec nsrun --net br0 \(way) -- answer INT' /dev/null")
        try terminal.wait(for: "ready")
        terminal.send(Self.controlC)
        try terminal.wait(for: "caught")
        try host.must("kill -RTMAX $(pgrep -o -x nsrun)")
        let outcome = try terminal.finish()
        #expect(outcome.status == 5, "\(outcome)")
        #expect(outcome.output.occurrences(of: "caught") == 1, "\(outcome)")
      }
    }

    @Test("Ctrl-C ends a command that does not catch it, with status 130", arguments: ways)
    func interruptDeadly(way: String) throws {
      try onHost { (host) throws in
        let terminal = try host.start(
          "exec script -qec \"exec nsrun --net br0 \(way) -- sh -c 'echo ready; exec sleep 1000'\" /dev/null")
        try terminal.wait(for: "ready")
        terminal.send(Self.controlC)
        #expect(try terminal.finish().status == 130)
      }
    }

    @Test("Ctrl-Backslash ends a command that does not catch it, with status 131")
    func quit() throws {
      try onHost { (host) throws in
        let terminal = try host.start(
          "ulimit -c 0; exec script -qec \"exec nsrun --net br0 -- sh -c 'echo ready; exec sleep 1000'\" /dev/null")
        try terminal.wait(for: "ready")
        terminal.send("\u{1c}")
        #expect(try terminal.finish().status == 131)
      }
    }

    @Test(
      "The end of the terminal ends the command, and a command that survives it keeps its sandbox",
      arguments: ways)
    func hangup(way: String) throws {
      for survives in [false, true] {
        try onHost { (host) throws in
          let ignoring = survives ? "trap true HUP;" : ""
          let terminal = try host.start(
            """
            echo $$; exec script -qec "exec nsrun --net br0 \(way) --name web -- bash -c '\(ignoring) mkfifo /run/scratch/p
              echo ready.; until read x < /run/scratch/p; do :; done; ping -c 1 -W 2 8.8.8.8 > /run/scratch/ping'" /dev/null
            """)
          let pid = try terminal.wait(for: "\n")
          try terminal.wait(for: "ready.")
          let command = try host.must("pgrep -P $(pgrep -n -x nsrun)")
          try host.must("kill -KILL \(pid)")
          if survives {
            // The command keeps its sandbox also after it has handled the signal.
            try host.eventually("! [ -e /proc/\(pid) ]; grep -q 'SigPnd:\t0*$' /proc/\(command)/status")
            try host.must("timeout 20 sh -c 'echo > /run/scratch/p'")
          }
          try host.eventually("! kill -0 \(command) 2> /dev/null; ! pgrep -x nsrun > /dev/null")
          if survives { #expect(try host.must("cat /run/scratch/ping").contains(" 1 received")) }
          try host.must("rm -f /run/scratch/p /run/scratch/ping")
        }
      }
    }

    @Test("Ctrl-Z stops the job, and fg continues it, in a shell with job control", arguments: ways)
    func jobControl(way: String) throws {
      try onHost { (host) throws in
        let terminal = try Self.interactiveShell(on: host)
        terminal.send("nsrun --net br0 \(way) -- bash -c 'echo rea''dy; read -r x; echo got $x; exit 6'\n")
        try terminal.wait(for: "ready")
        terminal.send(Self.controlZ)
        try terminal.wait(for: "Stopped")
        try terminal.wait(for: "prompt> ")
        terminal.send("echo job status $?.; jobs -s | wc -l; fg > /dev/null\n")
        #expect(try terminal.wait(for: ".").contains("job status 148"))
        // The command has the terminal again.
        terminal.send("typed\n")
        try terminal.wait(for: "got typed")
        terminal.send("echo end status $?.\n")
        try terminal.wait(for: "end status ")
        #expect(try terminal.wait(for: ".") == "6")
        terminal.send("exit 0\n")
        #expect(try terminal.finish().status == 0)
      }
    }

    @Test(
      "A command that stops itself, as an editor does on Ctrl-Z, stops the job, and continues in the foreground",
      arguments: ways, ["kill -TSTP 0", "kill -STOP $$", "kill -TSTP $$", "kill -CONT 0; kill -STOP $$"])
    func stopsItself(way: String, stop: String) throws {
      try onHost { (host) throws in
        let terminal = try Self.interactiveShell(on: host)
        terminal.send("nsrun \(way) -- sh -c '\(stop); echo a''gain; exit 6'\n")
        try terminal.wait(for: "Stopped")
        terminal.send("fg > /dev/null; echo end status $?.\n")
        try terminal.wait(for: "again")
        try terminal.wait(for: "end status ")
        #expect(try terminal.wait(for: ".") == "6")
        terminal.send("exit 0\n")
        #expect(try terminal.finish().status == 0)
      }
    }

    @Test("A job that repeatedly reads the terminal in the background continues in the foreground", arguments: ways)
    func backgroundAgain(way: String) throws {
      try onHost { (host) throws in
        let terminal = try Self.interactiveShell(on: host, tellingStopsAtOnce: true)
        terminal.send("nsrun \(way) -- sh -c 'echo rea''dy; read x; echo got $x'\n")
        try terminal.wait(for: "ready")
        terminal.send(Self.controlZ)
        try terminal.wait(for: "Stopped")
        for _ in 1...4 {
          terminal.send("bg > /dev/null\n")
          try terminal.wait(for: "Stopped")
        }
        // An nsrun that believes that the command has stopped once more leaves the line to the shell.
        terminal.send("fg > /dev/null\n")
        terminal.send("typed\n")
        try terminal.wait(for: "got typed")
        terminal.send("exit 0\n")
        #expect(try terminal.finish().status == 0)
      }
    }

    @Test(
      "A job in the background that reads the terminal stops, and continues in the foreground", arguments: ways)
    func background(way: String) throws {
      try onHost { (host) throws in
        let terminal = try Self.interactiveShell(on: host, tellingStopsAtOnce: true)
        terminal.send("nsrun --net br0 \(way) -- bash -c 'read -r x; echo got $x' &\n")
        try terminal.wait(for: "Stopped")
        terminal.send("fg > /dev/null\n")
        terminal.send("typed\n")
        try terminal.wait(for: "got typed")
        terminal.send("exit 0\n")
        #expect(try terminal.finish().status == 0)
      }
    }

    @Test("A full-screen program has the terminal in raw mode, and gets the window size and its changes")
    func rawMode() throws {
      try onHost { (host) throws in
        let terminal = try host.start(
          """
          exec script -qec "exec nsrun --net br0 -- bash -c 'stty raw -echo; tty; trap \\"stty size\\" WINCH
            echo ready; dd bs=1 count=1 2> /dev/null | od -An -tx1; stty -F \\$(tty) rows 50 cols 132; stty size; stty sane'" /dev/null
          """)
        #expect(try terminal.wait(for: "ready").contains("/dev/pts/"))
        // In raw mode, Ctrl-C is a byte.
        terminal.send(Self.controlC)
        try terminal.wait(for: "03")
        try terminal.wait(for: "50 132")
        #expect(try terminal.finish().status == 0)
      }
    }

    @Test("A change of the window size reaches the command once", arguments: ways)
    func windowChange(way: String) throws {
      try onHost { (host) throws in
        try host.compile("answer")
        let terminal = try host.start(
          "exec script -qec 'exec nsrun --net br0 \(way) -- sh -c \"tty; exec answer WINCH\"' /dev/null")
        let tty = try terminal.wait(for: "ready").split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
        // This is one change: stty makes one for rows and another for columns.
        try host.must("stty -F \(tty) rows 44")
        try terminal.wait(for: "caught")
        try host.must("kill -RTMAX $(pgrep -o -x nsrun)")
        let outcome = try terminal.finish()
        #expect(outcome.status == 5)
        #expect(outcome.output.occurrences(of: "caught") == 1, "\(outcome)")
      }
    }
  }
}

extension String {
  /// The number of occurrences of a text.
  fileprivate func occurrences(of text: String) -> Int {
    indices.count { self[$0...].hasPrefix(text) }
  }
}
