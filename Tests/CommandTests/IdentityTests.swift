import TestHost
import Testing

extension CommandTests {
  @Suite("Identity") struct IdentityTests {
    /// Adds users and groups to the host only. Those of the machine stay unchanged.
    private static let users = """
      cp /etc/passwd /etc/group /run; mkdir /run/ann; chown 7001 /run/ann; chmod 700 /run/ann; chmod 755 /run/scratch
      echo 'ann:x:7001:7002:Ann:/run/ann:/bin/bash' >> /run/passwd
      printf '%s\\n' ann:x:7002: first:x:7003:ann,nobody second:x:7004:root,ann other:x:7005: >> /run/group
      mount --bind /run/passwd /etc/passwd; mount --bind /run/group /etc/group
      """

    @Test(
      "The command has its user's groups, given by name or id, alone or with another group, in run and in exec",
      arguments: [
        ("--user ann", "7001 7002 7002,7003,7004"), ("--user 7001", "7001 7002 7002,7003,7004"),
        ("--user ann:other", "7001 7005 7005,7003,7004"), ("--user ann:7009", "7001 7009 7009,7003,7004"),
        ("--user ann --group other", "7001 7005 7005,7003,7004"), ("--user 7100", "7100 7100 7100"),
        ("--user 7100:first", "7100 7003 7003"),
      ])
    func groups(options: String, ids: String) throws {
      try onHost("\(Self.users); ip netns add theirs") { (host) throws in
        for nsrun in ["nsrun", "nsrun --privileged", "nsrun --no-pid", "nsrun exec theirs"] {
          #expect(
            try host.must("\(nsrun) \(options) -- sh -c 'echo $(id -u) $(id -g) $(id -G | tr \" \" ,)'") == ids,
            "\(nsrun)")
        }
      }
    }

    @Test("--group alone changes the primary group, and nothing else")
    func groupOnly() throws {
      try onHost(Self.users) { (host) throws in
        let script = "--group other -- sh -c 'echo $(id -u) $(id -g) $HOME'"
        #expect(try host.must("nsrun \(script)") == "0 7005 /run/scratch")
      }
    }

    @Test("The environment has the user's home directory, name and shell, and --env takes precedence")
    func variables() throws {
      try onHost(Self.users) { (host) throws in
        let show = "sh -c 'echo $HOME $USER $LOGNAME $SHELL'"
        #expect(try host.must("nsrun --user ann -- \(show)") == "/run/ann ann ann /bin/bash")
        #expect(try host.must("nsrun --user 7100 -- \(show)") == "/ 7100 7100 /bin/sh")
        #expect(try host.must("nsrun --user ann --env HOME=/x -- \(show)") == "/x ann ann /bin/bash")
      }
    }

    @Test("The command has the user's rights on the working directory, on the program and on files that it writes")
    func rights() throws {
      let preparation = """
        \(Self.users); mkdir -m 700 /run/secret; cp /bin/true /run/secret/program; cp /bin/true /run/ann/own
        chown -R ann /run/ann
        """
      try onHost(preparation) { (host) throws in
        let directory = try host.sh("nsrun --user ann --workdir /run/secret -- true")
        #expect(directory.status == 125)
        #expect(directory.errors == "nsrun: cannot change to directory /run/secret: Permission denied\n")
        let program = try host.sh("nsrun --user ann -- /run/secret/program")
        #expect(program.status == 126)
        #expect(program.errors == "nsrun: cannot execute /run/secret/program: Permission denied\n")
        #expect(try host.must("nsrun --user ann --workdir /run/ann -- sh -c 'pwd; touch new; ./own'") == "/run/ann")
        #expect(try host.must("stat -c '%u %g' /run/ann/new") == "7001 7002")
        // Only the owner of the directory finds this program in PATH.
        #expect(try host.sh("PATH=/run/ann:$PATH nsrun --user nobody -- own").status == 127)
        #expect(try host.sh("PATH=/run/ann:$PATH nsrun --user ann -- own").status == 0)
        #expect(try host.sh("nsrun --user ann -- sh -c 'echo > /etc/nsrun-test'").status != 0)
      }
    }

    @Test("--as-caller runs the command as the user who called sudo, with the group that sudo gives")
    func asCaller() throws {
      try onHost(Self.users) { (host) throws in
        let sudo = "SUDO_UID=7001 SUDO_GID=7005 SUDO_USER=ann nsrun"
        let show = "-- sh -c 'echo $(id -u) $(id -G | tr \" \" ,) $USER $HOME'"
        #expect(try host.must("\(sudo) --as-caller \(show)") == "7001 7005,7003,7004 ann /run/ann")
        #expect(try host.must("\(sudo) --as-caller --group first \(show)") == "7001 7003,7004 ann /run/ann")
        #expect(
          try host.must("SUDO_UID=7200 SUDO_GID=7201 SUDO_USER=far nsrun --as-caller \(show)") == "7200 7201 far /")
      }
    }

    @Test(
      "A user other than root can ping and bind to port 80 without a capability",
      arguments: ["", "--privileged", "--no-pid", "--user nobody", "--user nobody --cap-drop all --no-new-privs"])
    func unprivileged(options: String) throws {
      try onHost { (host) throws in
        let user = options.contains("--user") ? "" : "--user nobody"
        // The copy lacks the capabilities of ping's file.
        try host.must(
          "cp $(command -v ping) /run/scratch/ping; nsrun --net br0 \(options) \(user) -- /run/scratch/ping -c 1 8.8.8.8"
        )
        let bind = "import socket; s = socket.create_server((\"0.0.0.0\", 80)); print(s.getsockname()[1])"
        #expect(try host.must("nsrun --net br0 \(options) \(user) -- python3 -c '\(bind)'") == "80")
      }
    }

    @Test("The groups of a user namespace with few groups, as in a container, can ping")
    func fewGroups() throws {
      try onHost { (host) throws in
        let nsrun = "unshare --user --map-root-user --net --mount nsrun"
        let outcome = try host.sh("\(nsrun) -- cat /proc/sys/net/ipv4/ping_group_range")
        #expect(outcome.status == 0 && outcome.lines == ["0\t0"], "\(outcome)")
      }
    }

    @Test("The environment has the sandbox's name, bridge, address and gateway, as far as it has these")
    func sandbox() throws {
      try onHost("ip netns add theirs") { (host) throws in
        let show = "sh -c 'echo $NSRUN_NAME,$NSRUN_NET,$NSRUN_ADDRESS,$NSRUN_GATEWAY'"
        let outer = "NSRUN_NAME=o NSRUN_NET=o NSRUN_ADDRESS=o NSRUN_GATEWAY=o"
        let options = "--net br0 --ip 10.64.5.9/24"
        #expect(try host.must("\(outer) nsrun --name a \(options) -- \(show)") == "a,br0,10.64.5.9,10.64.5.1")
        #expect(try host.must("nsrun --name a \(options) --internal -- \(show)") == "a,br0,10.64.5.9,")
        #expect(try host.must("\(outer) nsrun --name a -- \(show)") == "a,,,")
        #expect(try host.must("nsrun --name a --env NSRUN_NAME=b -- \(show)") == "b,,,")
        #expect(try host.must("\(outer) nsrun exec theirs -- \(show)") == "theirs,,,")
        try host.must("nsrun create one \(options)")
        #expect(try host.must("\(outer) nsrun exec one --user nobody -- \(show)") == "one,br0,10.64.5.9,10.64.5.1")
        #expect(try host.must("nsrun exec one -- sh -c 'env -0 | tr \"\\0\" \"\\n\" | grep -c ^NSRUN_'") == "6")
        try host.must("nsrun rm one")
      }
    }

    @Test("--env-clear leaves only the variables that nsrun itself and --env set")
    func cleared() throws {
      try onHost("ip netns add theirs") { (host) throws in
        #expect(
          try host.must("nsrun exec theirs --env A=1 --env-clear --env B=2 -- env") == "NSRUN_NAME=theirs\nA=1\nB=2")
        #expect(
          try host.must("nsrun --name a --env-clear --user root -- env | sort")
            == "HOME=/root\nLOGNAME=root\nNSRUN_NAME=a\nSHELL=/bin/bash\nUSER=root")
        #expect(
          try host.must("nsrun --env-clear --env PATH=/nowhere:/usr/bin -- env | grep ^PATH")
            == "PATH=/nowhere:/usr/bin")
        #expect(try host.sh("nsrun --env-clear --env PATH=/nowhere -- env").status == 127)
      }
    }

    @Test(
      "kill -9 of nsrun also ends a command that runs as another user",
      arguments: ["--user nobody", "--user nobody --cap-add net_raw", "--cap-drop all", "--no-pid --user nobody"])
    func killed(options: String) throws {
      try onHost { (host) throws in
        let running = try host.start(
          "echo $$; exec nsrun --net br0 \(options) -- sh -c 'echo ready; exec sleep 1000'")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        let commands = try host.must("pgrep -P \(pid); pgrep -P $(pgrep -P \(pid)) || true").split(separator: "\n")
        try host.must("kill -KILL \(pid)")
        #expect(try running.finish().status == 137)
        for command in commands { try host.eventually("! kill -0 \(command) 2> /dev/null") }
        try host.must("nsrun cleanup")
      }
    }

    @Test("Signals reach a command that runs as another user, and nsrun exits with its status")
    func signals() throws {
      try onHost { (host) throws in
        try host.compile("answer")
        let running = try host.start("echo $$; exec nsrun --user nobody -- answer TERM")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -TERM \(pid)")
        try running.wait(for: "caught")
        try host.must("kill -RTMAX \(pid)")
        #expect(try running.finish().status == 5)
      }
    }
  }
}
