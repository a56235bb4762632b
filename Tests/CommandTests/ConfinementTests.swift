import TestHost
import Testing

extension CommandTests {
  /// What uid 0 may do in a sandbox, and what not. Attacks and permissions are tried on one host, with a sandbox
  /// `keep`.
  @Suite("Confinement") struct ConfinementTests {
    private static let host = Result {
      let host = try ThrowawayHost()
      try host.compile("attack")
      // Starts a process of the host as the victim, which ends with the host. A file gives $victim and $handle to the
      // attacks.
      try host.must(
        """
        nsrun create keep --net br0
        sleep infinity > /dev/null 2>&1 &
        echo "victim=$! handle='$(attack name-handle /proc/self/ns/net)'" > /run/scratch/facts
        mount -t bpf bpf /sys/fs/bpf && attack bpf-pin /sys/fs/bpf/map
        mkdir /run/bpf /run/proc /run/sys
        mount -t bpf bpf /run/bpf && attack bpf-pin /run/bpf/map
        mount -t proc proc /run/proc; mount -t sysfs sysfs /run/sys
        iptables -A INPUT -m recent --name LIST --set; true
        """)
      return host
    }

    private static func bash(_ entry: String, _ script: String) throws -> Outcome {
      try host.get().sh("\(entry) bash", input: ". /run/scratch/facts\n\(script)\n")
    }

    @Test("uid 0 cannot attack the host from a sandbox, whether by run or by exec", arguments: Attack.all)
    func refused(attack: Attack) throws {
      for entry in ["nsrun --no-pid --net br0 --", "nsrun exec keep --"] {
        let outcome = try Self.bash(entry, attack.script)
        #expect(outcome.status != 0, "\(entry) \(attack): \(outcome)")
        #expect(attack.refusals.contains { outcome.errors.contains($0) }, "\(entry) \(attack): \(outcome)")
      }
      // The host's processes have no ids in the sandbox's PID namespace, whose process 1 belongs to the sandbox.
      if attack.isOfProcess1 { return }
      let outcome = try Self.bash("nsrun --net br0 --", attack.script)
      #expect(outcome.status != 0, "\(attack): \(outcome)")
    }

    @Test("--privileged refuses none of the attacks", arguments: Attack.all.filter { $0.unconfined != .untried })
    func unconfined(attack: Attack) throws {
      let outcome = try Self.bash("nsrun --privileged --no-pid --net br0 --", attack.script)
      // The attack proves nothing if this kernel does not support it.
      if attack.mayLack.contains(where: { outcome.errors.contains($0) }) { return }
      switch attack.unconfined {
      case .works: #expect(outcome.status == 0, "\(attack): \(outcome)")
      case .fails(let error): #expect(outcome.errors.contains(error), "\(attack): \(outcome)")
      case .untried: break
      }
    }

    @Test("uid 0 can use its permissions in a sandbox, whether by run or by exec", arguments: Permission.all)
    func allowed(permission: Permission) throws {
      for entry in ["nsrun --net br0 --", "nsrun exec keep --"] {
        let outcome = try Self.bash(entry, "set -e\n\(permission.script)")
        #expect(outcome.status == 0, "\(entry) \(permission): \(outcome)")
      }
    }

    @Test("A command can enter no network namespace that it sees in /proc, except its own")
    func namespacesInProc() throws {
      let script = """
        own=$(readlink /proc/self/ns/net); seen=0
        for process in /proc/[0-9]*; do
          [ "$(readlink $process/ns/net)" != $own ] || { seen=1; continue; }
          ! nsenter --net=$process/ns/net true || echo "entered $process"
        done 2> /dev/null
        echo seen $seen
        """
      #expect(try Self.bash("nsrun --net br0 --", script).text == "seen 1")
      #expect(try Self.bash("nsrun exec keep --", script).text == "seen 1")
      #expect(try Self.bash("nsrun --privileged --no-pid --net br0 --", script).output.contains("entered /proc/1\n"))
    }

    @Test("A command sees none of the host's processes, and all of its sandbox's")
    func processes() throws {
      let script = "sleep 1000 & until grep -q sleep /proc/$!/comm; do :; done; ps -e -o comm=; kill $!"
      #expect(try Self.bash("nsrun --net br0 --", script).lines.sorted() == ["bash", "ps", "sleep"])
      // The sandbox also contains processes of other tests.
      #expect(try Self.bash("nsrun exec keep --", script).lines.contains("sleep"))
    }

    @Test("A new mount of sysfs shows only the sandbox's links, and is not writable")
    func sysfs() throws {
      let outcome = try Self.bash(
        "nsrun --net br0 --",
        """
        mount -t sysfs -o ro sysfs /mnt && ls /mnt/class/net && mount -o remount,rw /mnt
        attack open /mnt/class/net/lo/mtu
        """)
      #expect(outcome.output == "eth0\nlo\n" && outcome.errors.hasSuffix("EROFS\n"), "\(outcome)")
    }

    @Test("Changes inside to rules, hostname and links do not change those of the host")
    func effects() throws {
      try onHost("nft add table ip mine; nft add chain ip mine c") { (host) throws in
        let look = "nft list ruleset; ip -br link | cut -d@ -f1; uname -n"
        let outcome = try host.sh(
          """
          exec unshare --uts bash -c '
            hostname outside; nsrun create one --net br0; \(look) > /run/scratch/before
            nsrun exec one -- bash -c "nft flush ruleset; hostname attacked; ip link set eth0 down; ip link del up0"
            \(look) > /run/scratch/after; diff /run/scratch/before /run/scratch/after'
          """)
        #expect(outcome.status == 0, "\(outcome)")
        try host.must("nsrun rm one")
      }
    }

    @Test("A command cannot reach keys of the host's root by the session, by id, or by a link to the keyring")
    func keys() throws {
      try onHost { (host) throws in
        try host.compile("attack")
        // The keyring is that of the machine, because the throwaway host is in the machine's user namespace.
        let ids = try host.must("attack make-key")
        let key = ids.split(separator: " ")[1]
        defer { _ = try? host.sh("attack unlink-key \(ids)") }
        for attack in [
          "describe-key \(key)", "search-key -3", "search-key -4", "request_key", "link-keyring \(ids)",
          "keyctl-i386 \(key)",
        ] {
          for entry in ["", "--user 0 ", "--no-pid "] {
            let outcome = try host.sh("attack in-session nsrun \(entry)-- attack \(attack)")
            #expect(outcome.status == 1 && outcome.errors == "ENOSYS\n", "\(entry)\(attack): \(outcome)")
          }
          let unconfined = try host.sh("attack in-session nsrun --privileged -- attack \(attack)")
          // The kernel may not support i386 system calls.
          #expect(unconfined.status == 0 || attack.contains("i386"), "\(attack): \(unconfined)")
        }
        #expect(try host.sh("nsrun -- attack keyctl-x32 \(key)").errors == "ENOSYS\n")
      }
    }

    @Test(
      "A command cannot type into its terminal for the shell that reads there next", arguments: ["", "--user nobody"])
    func terminal(options: String) throws {
      try onHost { (host) throws in
        try host.compile("attack")
        try host.must("chmod 755 /run /run/bin")
        let outcome = try host.sh("script -qec 'nsrun \(options) -- attack type' /dev/null")
        #expect(outcome.status == 1 && outcome.text == "EPERM", "\(outcome)")
      }
    }

    @Test(
      "A command cannot reach kernel files at any mount point, even if the kernel cannot list mounts",
      arguments: ["", "oldkernel"])
    func mountedElsewhere(kernel: String) throws {
      try onHost("mkdir /run/proc /run/sys; mount -t proc proc /run/proc; mount -t sysfs sysfs /run/sys") {
        (host) throws in
        try host.compile("oldkernel")
        let find = "find /run/proc /run/sys -mindepth 1 -maxdepth 1 -name sys -o -name kernel"
        #expect(try host.must("nsrun --privileged -- \(find)") == "/run/proc/sys\n/run/sys/kernel")
        #expect(try host.must("\(kernel) nsrun -- \(find)") == "")
      }
    }

    @Test(
      "A sandbox keeps the host's mounts of control groups, read-only, and those that hide files of /proc",
      arguments: ["nsrun --", "oldkernel nsrun --", "nsrun -- nsrun --"])
    func kept(entry: String) throws {
      let mounts = """
        mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/below; mount -t tmpfs none /sys/fs/cgroup/below
        touch /sys/fs/cgroup/below/kept; mount --bind /dev/null /proc/version
        """
      try onHost(mounts) { (host) throws in
        try host.compile("oldkernel")
        let outcome = try host.sh(
          "\(entry) sh -c 'ls /sys/fs/cgroup /sys/fs/cgroup/below; cat /proc/version; touch /sys/fs/cgroup/below/new'")
        #expect(outcome.output == "/sys/fs/cgroup:\nbelow\n\n/sys/fs/cgroup/below:\nkept\n", "\(outcome)")
        #expect(outcome.errors.contains("Read-only file system"), "\(outcome)")
        #expect(try host.must("ls /sys/fs/cgroup/below") == "kept")
        #expect(try host.must("nsrun --privileged -- cat /sys/fs/cgroup/below/kept /proc/version") == "")
      }
    }

    @Test("A mount over a file of /proc that nsrun cannot keep causes a warning, and confinement still works")
    func notKept() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          "mount --bind /dev/null /proc/$$/environ; nsrun -- sh -c 'echo 1 > /proc/sys/vm/drop_caches'")
        #expect(outcome.errors.contains("/environ is not seen inside: "), "\(outcome)")
        #expect(outcome.errors.contains("cannot create /proc/sys/vm/drop_caches: Read-only file system"), "\(outcome)")
        let warnings = outcome.errorLines.filter { $0.hasPrefix("nsrun: ") }
        #expect(warnings.count == 1, "\(outcome)")
      }
    }

    @Test("Network parameters that are read-only on the host are read-only inside")
    func readOnlyParameters() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys
          nsrun -- sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
          mount -o remount,bind,rw /proc/sys && umount /proc/sys
          """)
        #expect(outcome.errors.contains("cannot create /proc/sys/net/ipv4/ip_forward: Read-only"), "\(outcome)")
      }
    }

    @Test("nsrun leaves an automount of the host as it is, and does not wait for it")
    func automount() throws {
      try onHost { (host) throws in
        // No process answers requests for this automount, so a process that accesses it would wait forever.
        let outcome = try host.sh(
          """
          exec 9> >(exec sleep 1000 > /dev/null 2>&1); sleeper=$!
          mount -t autofs -o fd=9,pgrp=$$,minproto=5,maxproto=5,direct none /proc/fs || exit 77
          setsid --wait timeout --kill-after=1 20 nsrun -- sh -c 'echo 1 > /proc/sys/vm/drop_caches'
          status=$?; umount /proc/fs; kill $sleeper; exit $status
          """)
        #expect(outcome.status == 2 && outcome.errors.contains("Read-only file system"), "\(outcome)")
      }
    }

    @Test("Mounts that the host makes while a command runs do not appear inside, above all no kernel file systems")
    func laterMounts() throws {
      try onHost("mount --make-rshared /; mkdir -p /run/late/proc /run/late/data") { (host) throws in
        try host.must("nsrun create keep")
        let place = "/proc/sys/fs/binfmt_misc"
        let look = "ls -A /run/late/proc /run/late/data; cat \(place)/file"
        let commands = try ["nsrun --", "nsrun exec keep --"].map { entry in
          let running = try host.start("exec \(entry) sh -c 'echo ready; read x; \(look)'")
          try running.wait(for: "ready\n")
          return running
        }
        try host.must("mount -t tmpfs tmpfs \(place); echo of the host > \(place)/file")
        try host.must("mount -t proc proc /run/late/proc; mount -t tmpfs t /run/late/data; touch /run/late/data/file")
        for running in commands {
          running.send("\n")
          let outcome = try running.finish()
          #expect(outcome.status == 1 && outcome.errors.contains("No such file"), "\(outcome)")
          #expect(outcome.output.hasSuffix("/run/late/data:\n\n/run/late/proc:\n"), "\(outcome)")
        }
        try host.must("umount \(place) /run/late/proc /run/late/data; nsrun rm keep")
      }
    }

    @Test("A file system that the host automounts while a command runs appears inside")
    func laterAutomount() throws {
      try onHost("mount --make-rshared /; mkdir -p /run/auto /run/other") { (host) throws in
        // The shell and its process group are the automounter, so they do not wait there.
        let script = """
          exec 9> >(exec sleep 1000 > /dev/null 2>&1); sleeper=$!
          mount -t autofs -o fd=9,pgrp=$$,minproto=5,maxproto=5,direct none /run/auto || exit 77
          mkfifo /run/go /run/up; nsrun -- sh -c "echo > /run/up; read x < /run/go; ls /run/auto /run/other" & w=$!
          read x < /run/up
          for d in auto other; do mount -t tmpfs t /run/$d; touch /run/$d/file; done; echo > /run/go; wait $w
          umount /run/auto /run/other; umount /run/auto; kill $sleeper
          """
        let outcome = try host.sh("exec setsid --wait bash -c '\(script)'")
        #expect(outcome.output == "/run/auto:\nfile\n\n/run/other:\n", "\(outcome)")
      }
    }

    @Test("Kernel file systems are absent inside, wherever the host mounts them")
    func elsewhere() throws {
      try onHost("mkdir -p /run/k/proc /run/k/subtree; touch /run/k/file") { (host) throws in
        try host.must(
          """
          for t in binfmt_misc configfs fusectl debugfs tracefs securityfs mqueue; do
            mkdir /run/k/$t; mount -t $t $t /run/k/$t || rmdir /run/k/$t
          done 2> /dev/null
          mount -t proc proc /run/k/proc; mount --bind /proc/sys /run/k/subtree; mount --bind /proc/version /run/k/file
          """)
        let seen = try host.must("nsrun -- grep -oE ' /run/k/[^ ]* ' /proc/self/mountinfo | sort -u | xargs")
        #expect(seen == "/run/k/mqueue" || seen == "")
        try host.must("umount /run/k/*")
      }
    }

    @Test("A sandbox in a sandbox has its own processes, and gives no more power over the kernel")
    func nestedProcesses() throws {
      let script = """
        nsrun --net br1 --pid -- bash -c '
          echo $(ps -e -o comm=); echo 1 > /proc/sys/net/ipv4/ip_forward && cat /proc/sys/net/ipv4/ip_forward
          for f in sys/vm/swappiness sysrq-trigger self/oom_score_adj; do ! echo 1 > /proc/$f || echo "wrote $f"; done
          mount -o remount,rw /proc; mount -o remount,bind,rw /proc; mount -t proc proc /mnt && echo mounted
          true' 2> /dev/null
        unshare --pid --fork --mount bash -c 'mount -t proc -o ro proc /mnt && ls -d /mnt/[0-9]* | xargs -n 1 basename | head -n 1
          mount -o remount,rw /mnt; mount -o remount,bind,rw /mnt; echo 1 > /mnt/sys/vm/swappiness && echo wrote' 2> /dev/null
        true
        """
      for entry in ["nsrun --net br0 --", "nsrun exec keep --"] {
        #expect(try Self.bash(entry, script).output == "bash ps\n1\n1\n", "\(entry)")
      }
    }

    @Test("The working directory is resolved inside, or is /", arguments: ["nsrun --net br0 --", "nsrun exec keep --"])
    func workingDirectory(entry: String) throws {
      let host = try Self.host.get()
      #expect(try host.sh("cd /proc/sys/kernel; \(entry) test -w core_pattern").status == 1)
      #expect(try host.must("cd /sys/class/net; \(entry) ls") == "eth0\nlo")
      // The two run at the same time on one host.
      let own = "$(mktemp -d /run/XXXXXX)"
      let gone = "d=\(own); cd $d; rmdir $d"
      // A deleted directory, one of names, two in kernel file systems, and one in a file system that was unmounted.
      let unmounted = "d=\(own); mount -t tmpfs t $d; cd $d; umount -l $d; rmdir $d"
      for directory in [gone, "cd /run/netns", "cd /run/proc/sys/vm", "cd /run/bpf", unmounted] {
        let outcome = try host.sh("\(directory); \(entry) pwd")
        #expect(outcome.status == 0 && outcome.output == "/\n", "\(outcome)")
        #expect(outcome.errors.contains("starts in /"), "\(outcome)")
      }
    }

    // This test has its own host: bwrap changes every mount that it copies, and fails if one in /run/netns disappears
    // meanwhile.
    @Test("bwrap works inside nsrun, and nsrun works inside bwrap")
    func bubblewrap() throws {
      try onHost { (host) throws in
        try host.must("nsrun create keep --net br0")
        let files = "bwrap --ro-bind / / --dev-bind /dev /dev --bind /run /run"
        try host.must("\(files) nsrun exec keep -- ping -c 1 -W 1 8.8.8.8")
        try host.must("\(files) --proc /proc --tmpfs /tmp nsrun exec keep -- ip link set lo mtu 60000")
        try host.must(
          "nsrun --net br0 -- bwrap --unshare-user --unshare-ipc --unshare-uts --ro-bind / / ping -c 1 -W 1 8.8.8.8"
        )
        // A new /proc would have a /proc/sys that root can write to. The kernel refuses it, as in any container that
        // masks its /proc.
        let outcome = try host.sh("nsrun --net br0 -- bwrap --ro-bind / / --unshare-pid --proc /proc true")
        #expect(outcome.status == 1 && outcome.errors.contains("Operation not permitted"), "\(outcome)")
        try host.must("nsrun rm keep")
      }
    }

    @Test("Sandboxes that come and go do not disturb bwrap inside a sandbox")
    func bubblewrapAmongOthers() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create keep --net br0
          while [ ! -e /run/scratch/enough ]; do nsrun --net br0 -- true || exit; done & others=$!
          for i in $(seq 100); do nsrun exec keep -- bwrap --ro-bind / / true || exit; done
          touch /run/scratch/enough; wait $others || exit
          nsrun rm keep
          """)
      }
    }
  }
}
