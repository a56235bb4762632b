import TestHost
import Testing

extension CommandTests {
  @Suite("Arguments")
  struct Arguments {
    @Test("The command gets arguments that are not UTF-8 unchanged")
    func bytes() throws {
      try onHost { (host) throws in
        #expect(try host.must("nsrun -- printf '%s' $'\\xff\\xfe' é | od -An -tx1").contains("ff fe"))
      }
    }

    @Test("bash completes sandbox names, options, option values, and the command after --")
    func completion() throws {
      try onHost { (host) throws in
        try host.must("nsrun create web --net br7")
        func completed(_ words: String) throws -> String {
          try host.must(
            """
            eval "$(nsrun --completion-script bash)"; _command_offset() { COMPREPLY=("${COMP_WORDS[@]:$1}"); }
            cd /sys/class; COMP_WORDS=(\(words)); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _nsrun || true; echo "${COMPREPLY[@]}"
            """)
        }
        #expect(try completed("nsrun ex") == "exec")
        #expect(try completed("nsrun exec w") == "web")
        #expect(try completed("nsrun rm web ''") == "web")
        #expect(try completed("nsrun --net ''") == "br7")
        #expect(try completed("nsrun --net = b") == "br7")
        #expect(try completed("nsrun create x --no-f") == "--no-firewall-rules")
        #expect(try completed("nsrun exec web --workdir ne") == "net")
        #expect(try completed("nsrun --net br7 -- ping -c") == "ping -c")
        try host.must("nsrun rm web")
      }
    }

    /// Runs a command line that nsrun refuses, and returns the error.
    private func complaint(_ command: String) throws -> String {
      var complaint = ""
      try onHost { (host) throws in
        let outcome = try host.sh(command)
        #expect(outcome.status == 125 && outcome.output == "" && outcome.errorLines.count == 1, "\(outcome)")
        complaint = outcome.errorLines.first ?? ""
      }
      return complaint
    }

    @Test(
      "The error about a missing -- shows the whole command line with --",
      arguments: [
        ("nsrun ping -c1 8.8.8.8", "nsrun -- ping -c1 8.8.8.8"),
        ("nsrun --net br0 --no-nat ping -c 1 8.8.8.8", "nsrun --net br0 --no-nat -- ping -c 1 8.8.8.8"),
        ("nsrun run --net=br0 sh -c 'exit 3'", "nsrun run --net=br0 -- sh -c 'exit 3'"),
        ("nsrun exec web ip address", "nsrun exec web -- ip address"),
        ("nsrun exec web --user nobody id -u", "nsrun exec web --user nobody -- id -u"),
        ("nsrun --net br0 echo '' it\\'s a/b", "nsrun --net br0 -- echo '' 'it'\\''s' a/b"),
      ])
    func terminator(command: String, whole: String) throws {
      let complaint = try complaint(command)
      #expect(complaint.hasSuffix("a command comes after --, as in: \(whole)"), "\(complaint)")
    }

    @Test(
      "The error about an unknown command suggests the one with a similar name or with the same meaning",
      arguments: [
        ("nsrun lst", "list"), ("nsrun lsit", "list"), ("nsrun creat web --net br0", "create"),
        ("nsrun help clean-up", "cleanup"), ("nsrun delete web", "rm"), ("nsrun version", "--version"),
        ("nsrun LIST", "list"), ("nsrun stop web", "rm"),
      ])
    func mistyped(command: String, meant: String) throws {
      let complaint = try complaint(command)
      #expect(complaint.hasSuffix("did you mean nsrun \(meant)?"), "\(complaint)")
      try onHost { (host) throws in
        #expect(try host.sh("nsrun help nope").errors == "nsrun: there is no command 'nope': nsrun --help lists them\n")
      }
    }

    @Test("The error about an unknown command that is also a program suggests both")
    func ambiguous() throws {
      #expect(try complaint("nsrun ls -l").hasSuffix("did you mean nsrun list, or nsrun -- ls -l?"))
    }

    @Test(
      "nsrun reports every other mistake in a command line, and suggests only a likely correction",
      arguments: [
        ("nsrun exec web", "a command is missing: nsrun exec web [OPTIONS] -- COMMAND [ARG...]"),
        ("nsrun exec", "nsrun exec NAME [OPTIONS] -- COMMAND [ARG...]"),
        ("nsrun --json list", "options come after the name of the command: nsrun list --json"),
        ("nsrun --net br0 create web", "options come after the name of the command: nsrun create web --net br0"),
        ("nsrun rm --all", "Unknown option '--all': that is nsrun cleanup --all"),
        ("nsrun create web --keep", "Unknown option '--keep': that is nsrun run --keep"),
        ("nsrun rm web --user nobody", "Unknown option '--user': that is one of nsrun exec, nsrun run"),
        ("nsrun cleanup --force", "Unknown option '--force'\n"), ("nsrun -c1 -- true", "Unknown option '-c1'\n"),
        ("nsrun --subent 10.1.0.0/24 -- true", "Unknown option '--subent': did you mean --subnet?"),
        ("nsrun create web --net lab -- id", "nsrun create takes no command; when it is made: nsrun exec web -- id"),
        ("nsrun list -- true", "nsrun list takes no command\n"),
      ])
    func hint(command: String, text: String) throws {
      let complaint = try complaint(command) + "\n"
      #expect(complaint.contains(text), "\(complaint)")
    }
  }
}
