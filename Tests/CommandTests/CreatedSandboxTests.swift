import TestHost
import Testing

extension CommandTests {
  @Suite("Created sandboxes") struct CreatedSandboxTests {
    @Test("Two sandboxes on a bridge reach each other and the internet, whether nsrun or ip enters them")
    func two() throws {
      try onHost { (host) throws in
        let one = try host.must("nsrun create one --net br0")
        let two = try host.must("nsrun create two --net br0")
        #expect(one != two)
        try host.must("nsrun exec one -- ping -c 1 -W 1 \(two)")
        try host.must("ip netns exec two ping -c 1 -W 1 \(one)")
        try host.must("nsrun exec one -- ping -c 1 -W 1 8.8.8.8")
        try host.must("ip netns exec two ping -c 1 -W 1 8.8.8.8")
        // The host reaches the sandboxes too.
        try host.must("ping -c 1 -W 1 \(one)")
        #expect(try host.must("ip netns list | sort | cut -d' ' -f1") == "one\ntwo")
        try host.must("nsrun rm one two")
      }
    }

    @Test("Two sandboxes reach each other despite the FORWARD policy DROP, even if iptables sees bridged packets")
    func dropPolicy() throws {
      let preparation = "iptables -P FORWARD DROP; sysctl -qw net.bridge.bridge-nf-call-iptables=1"
      try onHost(preparation) { (host) throws in
        let one = try host.must("nsrun create one --net br0")
        try host.must("nsrun create two --net br0")
        try host.must("nsrun exec two -- ping -c 1 -W 1 \(one)")
        try host.must("nsrun exec two -- ping -c 1 -W 1 8.8.8.8")
        // iptables can still read the chain, and shows whose rules these are.
        #expect(
          try host.must("iptables -S FORWARD").contains(
            "-A FORWARD -i br0 -m comment --comment \"nsrun br0\" -j ACCEPT"))
        try host.must("nsrun rm one two")
      }
    }

    @Test("ip configures a created sandbox from outside, because the sandbox has a name as from ip netns")
    func configuredFromOutside() throws {
      try onHost { (host) throws in
        try host.must("nsrun create ns0 --net br0 --subnet 10.64.3.0/24 --ip 10.64.3.9")
        try host.must("ip -n ns0 addr add 10.64.3.77/24 dev eth0")
        let shown = try host.must("nsrun exec ns0 -- sh -c 'ip -br -4 addr show eth0'")
        #expect(shown.contains("10.64.3.9/24") && shown.contains("10.64.3.77/24"))
        #expect(try host.must("ip netns identify $$; nsrun exec ns0 -- sh -c 'ip netns identify $$'") == "ns0")
        try host.must("nsrun rm ns0")
      }
    }

    @Test("rm ends the processes inside, and names them")
    func removeEnds() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        let inside = try host.start("exec nsrun exec one -- sh -c 'echo started; exec sleep 1000'")
        try inside.wait(for: "started")
        try host.eventually("pgrep -x sleep -a | grep -q 1000")
        let outcome = try host.sh("nsrun rm one")
        #expect(outcome.status == 0)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.hasPrefix("nsrun: ending what still runs in one: "))
        #expect(outcome.errors.contains("(sleep)"))
        #expect(try inside.finish().status == 128 + 15)
      }
    }

    @Test("rm tries every name, and reports each that it cannot remove")
    func removeSeveral() throws {
      try onHost("ip netns add ipname") { (host) throws in
        try host.must("nsrun create one; nsrun create two --net br0")
        let outcome = try host.sh("nsrun rm one nobody ipname two")
        #expect(outcome.status == 125)
        #expect(outcome.errorLines.count == 2, "\(outcome)")
        #expect(try host.must("ip netns list") == "ipname")
      }
    }

    @Test("rm and cleanup do not remove a sandbox whose command runs")
    func removeRunning() throws {
      try onHost { (host) throws in
        let running = try host.start("nsrun --name web --net br0 -- sh -c 'echo started; cat'")
        try running.wait(for: "started")
        let outcome = try host.sh("nsrun rm web; nsrun cleanup --all")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.hasPrefix("nsrun: 'web' is in use by its command"))
        running.closeInput()
        #expect(try running.finish().status == 0)
      }
    }

    @Test("nsrun keeps a bridge until the last sandbox is removed, whichever launch made the bridge")
    func bridgeStays() throws {
      try onHost { (host) throws in
        let running = try host.start("nsrun --net br0 -- sh -c 'echo started; cat'")
        try running.wait(for: "started")
        try host.must("nsrun create web --net br0")
        running.closeInput()
        #expect(try running.finish().status == 0)
        try host.must("nsrun exec web -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun --net br0 -- true")
        try host.must("ip link show br0")
        try host.must("nsrun rm web")
        #expect(try host.sh("ip link show br0").status != 0)
      }
    }

    @Test("run --keep leaves a created sandbox")
    func keep() throws {
      try onHost { (host) throws in
        try host.must("nsrun --net br0 --name kept --keep -- true")
        try host.must("nsrun exec kept -- ping -c 1 -W 1 8.8.8.8")
        #expect(try host.must("nsrun list --json | jq -r '.[] | .name + \" \" + .state'") == "kept created")
        try host.must("nsrun rm kept")
      }
    }

    @Test("cleanup removes created sandboxes only with --all, and only lists them with --dry-run")
    func cleanup() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; nsrun create two --net br1; nsrun create three")
        #expect(try host.must("nsrun cleanup") == "")
        #expect(try host.must("nsrun cleanup --all --dry-run --json | jq -r '.[].name'") == "one\nthree\ntwo")
        #expect(try host.must("ip netns list | wc -l") == "3")
        #expect(try host.must("nsrun cleanup --all --net br1") == "removed two (created)")
        #expect(
          try host.must("nsrun cleanup --all --json | jq -c '.[] | [.name, .reason, .bridge]'")
            == "[\"one\",\"created\",\"br0\"]\n[\"three\",\"created\",null]")
      }
    }
  }

  @Suite("exec") struct ExecTests {
    @Test("exec enters network namespaces that ip netns add made")
    func ipNames() throws {
      try onHost("ip netns add theirs; ip -n theirs link set lo up") { (host) throws in
        #expect(try host.must("nsrun exec theirs -- ip -o link | wc -l") == "1")
        try host.must("nsrun exec theirs -- ping -c 1 -W 1 127.0.0.1")
        #expect(try host.must("ip netns list") == "theirs")
      }
    }

    @Test("exec replaces its own process by the command")
    func replaces() throws {
      try onHost("ip netns add theirs") { (host) throws in
        let pids = try host.must("echo $$; exec nsrun exec theirs -- sh -c 'echo $$'").split(separator: "\n")
        #expect(pids.count == 2 && pids[0] == pids[1])
      }
    }

    @Test("/sys inside shows the links of the network namespace, and mounts below /sys stay")
    func mountView() throws {
      try onHost("ip netns add theirs") { (host) throws in
        let cgroup = try host.must("stat -f -c %T /sys/fs/cgroup; ls /sys/fs/cgroup | sort")
        try host.must("nsrun create one --net br0")
        #expect(try host.must("nsrun exec one -- ls /sys/class/net") == "eth0\nlo")
        #expect(try host.must("nsrun exec theirs -- ls /sys/class/net") == "lo")
        #expect(try host.must("nsrun -- ls /sys/class/net") == "lo")
        for command in ["nsrun exec one", "nsrun exec theirs", "nsrun"] {
          #expect(
            try host.must("\(command) -- sh -c 'stat -f -c %T /sys/fs/cgroup; ls /sys/fs/cgroup | sort'") == cgroup)
        }
        try host.must("nsrun rm one")
      }
    }

    @Test("Files of /etc/netns/NAME take precedence over those of /etc")
    func configuration() throws {
      let preparation = """
        mkdir /run/etc; cp -a /etc/. /run/etc; mount --bind /run/etc /etc; ip netns add theirs
        mkdir -p /etc/netns/theirs /etc/netns/web; echo theirs > /etc/netns/theirs/hostname
        echo web > /etc/netns/web/hostname; echo x > /etc/netns/web/nowhere
        """
      try onHost(preparation) { (host) throws in
        #expect(try host.must("nsrun exec theirs -- cat /etc/hostname") == "theirs")
        let outcome = try host.sh("nsrun --name web -- cat /etc/hostname")
        #expect(outcome.output == "web\n")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.hasPrefix("nsrun: /etc/netns/web/nowhere has no effect: "))
        #expect(try host.must("cat /etc/hostname") == (try host.must("cat /run/etc/hostname")))
      }
    }

    @Test("Mounts of the command do not appear on the host, and mounts of the host do not appear inside")
    func propagation() throws {
      try onHost("mkdir /run/scratch/m /run/scratch/h; mount --make-rshared /") { (host) throws in
        let running = try host.start(
          "nsrun -- sh -c 'mount -t tmpfs t /run/scratch/m; echo mounted; read x; ! mountpoint /run/scratch/h'")
        try running.wait(for: "mounted")
        #expect(try host.sh("mountpoint -q /run/scratch/m").status != 0)
        try host.must("mount -t tmpfs t /run/scratch/h")
        running.send("\n")
        let outcome = try running.finish()
        #expect(outcome.status == 0, "\(outcome)")
        try host.must("umount /run/scratch/h")
      }
    }

    @Test("The command has the caller's working directory and environment, and what --workdir and --env set")
    func surroundings() throws {
      try onHost("ip netns add theirs") { (host) throws in
        #expect(try host.must("cd /usr; A=1 nsrun -- sh -c 'pwd; echo $A'") == "/usr\n1")
        #expect(try host.must("cd /usr; nsrun exec theirs -- pwd") == "/usr")
        #expect(
          try host.must("nsrun --workdir /usr --env A=b=c --env B= -- sh -c 'pwd; echo $A,${B-unset}'") == "/usr\nb=c,")
        #expect(try host.must("nsrun exec theirs --workdir /usr --env A=1 -- sh -c 'pwd; echo $A'") == "/usr\n1")
      }
    }
  }
}
