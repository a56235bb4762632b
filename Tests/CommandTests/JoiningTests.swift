import TestHost
import Testing

extension CommandTests {
  /// What root inside can do to nsrun itself: to an nsrun that comes in, and to process 1.
  @Suite("nsrun inside a sandbox") struct JoiningTests {
    /// A directory that no automounter serves: a process that changes to it waits forever. autofs lets its own process
    /// group pass.
    private static let slow = """
      mkdir /run/slow; exec 9> >(exec sleep 1000 > /dev/null 2>&1); sleeper=$!
      mount -t autofs -o fd=9,pgrp=$$,minproto=5,maxproto=5,direct none /run/slow

      """

    @Test(
      "A process inside can neither trace nor inspect a process that comes in before that executes its command",
      arguments: [
        "exec keep --workdir /run/slow", "run --no-pid --name keep --workdir /run/slow",
        "exec keep --user nobody --workdir /run/slow", "run --no-pid --name keep --env-clear --workdir /run/slow",
      ])
    func comingIn(launch: String) throws {
      try onHost { (host) throws in
        try host.compile("attack")
        if launch.hasPrefix("exec") { try host.must("nsrun create keep") }
        let outcome = try host.sh(
          Self.slow + """
            SECRET=1 setsid nsrun \(launch) -- true 8< /run/scratch & pid=$!
            end=$((SECONDS + 20))
            until grep -q autofs_wait /proc/$pid/stack /proc/$(pgrep -P $pid)/stack 2> /dev/null; do
              [ $SECONDS -lt $end ] || exit 1
            done
            inside=$(pgrep -P $pid) || inside=$pid
            grep Seccomp: /proc/$inside/status
            [ $(readlink /proc/$inside/ns/user) != $(readlink /proc/self/ns/user) ] && echo moved
            stack=$(awk '/stack/ { split($1, ends, "-"); print "0x" ends[1] }' /proc/$inside/maps)
            for attack in "attack ptrace $inside" "attack pidfd_getfd $inside" "attack read-memory $inside $stack"; do
              nsrun exec keep -- $attack
            done
            nsrun exec keep -- ls -d /proc/$inside
            kill -KILL $pid $sleeper; wait $pid $sleeper
            # Whoever asks for a directory that another one waits for waits with it, and asks nobody.
            end=$((SECONDS + 20))
            while grep -q autofs_wait /proc/$inside/stack 2> /dev/null; do [ $SECONDS -lt $end ] || exit 1; done
            umount /run/slow; rmdir /run/slow; nsrun cleanup --all > /run/scratch/log
            """)
        #expect(outcome.output == "Seccomp:\t2\nmoved\n", "\(outcome)")
        #expect(outcome.errors.hasPrefix("EPERM\nEPERM\nEPERM\nls: "), "\(outcome)")
      }
    }

    @Test("A command can neither trace, inspect nor end process 1, nor see its environment")
    func process1() throws {
      try onHost { (host) throws in
        try host.compile("attack")
        let outcome = try host.sh(
          "nsrun -- bash -c 'attack ptrace 1; attack pidfd_getfd 1; attack open /proc/1/exe; kill -KILL 1; kill -STOP 1; cat /proc/1/environ; exit 6'"
        )
        #expect(outcome.status == 6 && outcome.output == "", "\(outcome)")
        // A hidden file does not exist. If the kernel still has its name in memory, access is refused instead.
        #expect(
          outcome.errorLines.count == 4 && outcome.errors.hasPrefix("EPERM\nEPERM\nE")
            && ["ENOENT", "EPERM"].contains(outcome.errorLines[2]), "\(outcome)")
        for options in ["--privileged", "--privileged --env-clear"] {
          let shown = try host.must("SECRET=1 nsrun \(options) -- /bin/cat /proc/1/environ")
          #expect(!shown.contains("SECRET") && !shown.contains("PATH"), "\(shown)")
        }
      }
    }

    @Test(
      "A command can be traced, can inspect itself, and has only the descriptors that it was given",
      arguments: ["", "--no-pid", "exec"])
    func command(way: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create keep")
        let entry = way == "exec" ? "nsrun exec keep --" : "nsrun \(way) --"
        let seen = try host.must(
          "\(entry) bash -c 'ls /proc/$$/fd; readlink /proc/self/exe > /dev/null; cat /proc/self/maps > /dev/null' 7< /run/scratch"
        )
        #expect(seen.split(separator: "\n") == ["0", "1", "2", "7"])
        try host.must("\(entry) strace -f -o /dev/null sh -c true")
        try host.must("nsrun rm keep")
      }
    }
  }
}
