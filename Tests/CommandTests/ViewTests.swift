import TestHost
import Testing

extension CommandTests {
  /// What a command sees of the host's files.
  @Suite("Files that a command sees") struct ViewTests {
    /// The tests change files in the host's /etc, so /etc is a copy.
    private static let etc =
      "mount -t tmpfs none /mnt; cp -a /etc /mnt; rm -f /mnt/etc/resolv.conf; mount --bind /mnt/etc /etc"
      + "; echo nameserver 8.8.8.8 > /etc/resolv.conf"

    @Test(
      "A command can neither read, write nor lock the records of nsrun",
      arguments: ["nsrun --net br0 --", "nsrun --", "nsrun exec keep --"])
    func state(entry: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create keep --net br0")
        let before = try host.must("md5sum /run/nsrun/*/created/keep; ls -A /run/nsrun /run/nsrun/*")
        let outcome = try host.sh(
          """
          \(entry) sh -c 'ls -A /run/nsrun; ! touch /run/nsrun/planted && ! mount -o remount,rw /run/nsrun &&
            ! umount /run/nsrun && ! mkdir /run/nsrun/1'
          """)
        #expect(outcome.status == 0 && outcome.output == "", "\(outcome)")
        #expect(try host.must("md5sum /run/nsrun/*/created/keep; ls -A /run/nsrun /run/nsrun/*") == before)
        try host.must("nsrun rm keep")
      }
    }

    @Test("An nsrun inside keeps its records inside, and they disappear with the command")
    func nestedState() throws {
      try onHost { (host) throws in
        try host.must("nsrun create keep --net br0; find /run/nsrun | sort > /run/scratch/before")
        let inner =
          "nsrun create one --net br1 > /dev/null; nsrun create two --net br1 > /dev/null & nsrun --net br1 -- true; wait"
        let outcome = try host.must(
          "nsrun exec keep -- sh -c '\(inner); nsrun list --json | jq -r .[].name; nsrun rm one'")
        #expect(outcome == "one\ntwo")
        #expect(
          try host.must("nsrun list --json | jq -r .[].name; find /run/nsrun | sort | diff - /run/scratch/before")
            == "keep")
        try host.must("nsrun rm keep")
      }
    }

    @Test("A command that locks all files that it can open blocks no nsrun", arguments: ["", "--privileged"])
    func locks(option: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create keep --net br0 \(option)")
        let user = "--user nobody --cap-drop all --no-new-privs"
        let holder = try host.start(
          "nsrun --net br0 \(option) \(user) -- python3 -c 'import fcntl, sys"
            + "\nfiles = [open(f) for f in (\"/etc/hosts\", \"/etc/resolv.conf\")]"
            + "\nfor f in files: fcntl.flock(f, fcntl.LOCK_EX)\nprint(\"locked\", flush=True)\nsys.stdin.readline()'")
        try holder.wait(for: "locked")
        try host.must("timeout 20 nsrun --net br0 -- true && timeout 20 nsrun list && timeout 20 nsrun rm keep")
        holder.send("\n")
        #expect(try holder.finish().status == 0)
      }
    }

    @Test(
      "Only the command itself sees what it writes to /etc/hosts and /etc/resolv.conf",
      arguments: ["--net br0", "--net br0 --internal", "", "--net br0 --privileged", "--net br0 --dns 192.0.2.7"])
    func written(options: String) throws {
      try onHost(Self.etc + "; mkdir -p /etc/netns/given; echo nameserver 192.0.2.8 > /etc/netns/given/resolv.conf") {
        (host) throws in
        let before = try host.must("cat /etc/hosts /etc/resolv.conf /etc/netns/given/resolv.conf")
        for name in ["me", "given"] {
          let outcome = try host.must(
            """
            nsrun \(options) --name \(name) -- sh -c '
              echo nameserver 10.1.1.1 > /etc/resolv.conf && echo 192.0.2.9 mine >> /etc/hosts || exit
              cat /etc/resolv.conf; getent hosts mine'
            """)
          #expect(outcome.hasPrefix("nameserver 10.1.1.1\n192.0.2.9 "), "\(outcome)")
        }
        #expect(try host.must("cat /etc/hosts /etc/resolv.conf /etc/netns/given/resolv.conf") == before)
      }
    }

    @Test("A command that wrote to /etc/hosts finds earlier sandboxes there, and other commands find later ones")
    func writtenAndShared() throws {
      try onHost { (host) throws in
        let script = "while read -r line; do eval \"$line\"; echo done; done"
        let commands = try (0..<2).map { _ in try host.start("exec nsrun --net br0 -- sh -c '\(script)'") }
        func run(_ line: String, in command: HostCommand) throws -> String {
          command.send(line + "\n")
          return try command.wait(for: "done\n")
        }
        try host.must("nsrun create early --net br0")
        _ = try run("echo 192.0.2.9 mine >> /etc/hosts", in: commands[0])
        try host.must("nsrun create late --net br0")
        let look = "grep -oE \"(early|mine|late)\" /etc/hosts | uniq | xargs"
        #expect(try run(look, in: commands[0]).hasPrefix("early mine"))
        #expect(try run(look, in: commands[1]).hasPrefix("early late"))
        for command in commands {
          command.closeInput()
          #expect(try command.finish().status == 0)
        }
        try host.must("nsrun rm early late")
      }
    }

    @Test(
      "nsrun mounts over a link itself if its target may change", arguments: ["run/systemd/resolve", "run/elsewhere"])
    func replaced(directory: String) throws {
      let file = "/\(directory)/stub.conf"
      let preparation = "; mkdir -p /\(directory); mv /etc/resolv.conf \(file); ln -s ../\(file) /etc/resolv.conf"
      try onHost(Self.etc + preparation) { (host) throws in
        let running = try host.start(
          """
          exec nsrun --net br0 --dns 192.0.2.7 -- sh -c 'echo ready; read x; grep nameserver /etc/resolv.conf
            echo inside > /etc/resolv.conf; mv -f /etc/hosts /etc/resolv.conf && echo moved; cat /etc/resolv.conf'
          """)
        try running.wait(for: "ready\n")
        try host.must("echo nameserver 8.8.4.4 > \(file).new; mv \(file).new \(file)")
        running.send("\n")
        let outcome = try running.finish()
        #expect(outcome.output.hasSuffix("nameserver 192.0.2.7\ninside\n"), "\(outcome)")
        #expect(try host.must("cat /etc/resolv.conf") == "nameserver 8.8.4.4")
      }
    }

    @Test("nsrun also mounts over a link without a target")
    func danglingLink() throws {
      try onHost(Self.etc + "; rm /etc/resolv.conf; ln -s /run/none/resolv.conf /etc/resolv.conf") { (host) throws in
        #expect(
          try host.must("nsrun --net br0 --dns 192.0.2.7 -- tail -n 1 /etc/resolv.conf") == "nameserver 192.0.2.7")
      }
    }

    @Test("A command cannot reach daemons of the host that resolve names", arguments: ["nscd", "systemd/resolve"])
    func daemons(directory: String) throws {
      try onHost("mkdir -p /run/\(directory)") { (host) throws in
        let path = "/run/\(directory)/socket"
        let server = try host.start(
          "exec python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(\"\(path)\"); s.listen()"
            + "; print(\"ready\", flush=True); sys.stdin.readline()'")
        try server.wait(for: "ready\n")
        let connect = "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"\(path)\")'"
        try host.must(connect)
        for options in ["", "--net br0", "--net br0 --dns none"] {
          let outcome = try host.sh("nsrun \(options) -- \(connect)")
          #expect(outcome.status == 1 && outcome.errors.contains("No such file"), "\(outcome)")
        }
        server.send("\n")
        _ = try server.finish()
      }
    }

    @Test(
      "nsrun does not wait for a FIFO, a device or a directory in the place of a file",
      arguments: ["mkfifo", "ln -s /dev/zero", "mkdir", "truncate -s 1T"])
    func noFile(make: String) throws {
      try onHost(Self.etc + "; mkdir -p /etc/netns/me") { (host) throws in
        for file in ["/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/hosts", "/etc/netns/me/hosts"] {
          let outcome = try host.sh(
            """
            [ ! -e \(file) ] || mv \(file) /etc/kept; \(make) \(file); timeout 20 nsrun --net br0 --name me -- true; s=$?
            rm -r \(file); [ ! -e /etc/kept ] || mv /etc/kept \(file); exit $s
            """)
          #expect(outcome.status == 0, "\(file): \(outcome)")
        }
        for file in ["/etc/passwd", "/etc/group"] {
          let outcome = try host.sh(
            """
            mv \(file) /etc/kept; \(make) \(file); timeout 20 nsrun --user nobody -- true; s=$?
            rm -r \(file); mv /etc/kept \(file); exit $s
            """)
          #expect(outcome.status == 125 && outcome.errors.contains(file), "\(outcome)")
        }
      }
    }
  }
}
