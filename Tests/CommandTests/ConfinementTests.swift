import TestHost
import Testing

extension CommandTests {
  /// What uid 0 may not do in a sandbox, and what it may. All but the keys is tried on one host, with a sandbox `keep`.
  @Suite("Confinement") struct ConfinementTests {
    private static let host = Result {
      let host = try ThrowawayHost()
      try host.compile("attack")
      // A process of the host to attack, which ends with it; $victim and $handle are told to the attacks in a file.
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

    @Test("uid 0 in a sandbox cannot do it, whether it came by run or by exec", arguments: Attack.all)
    func refused(attack: Attack) throws {
      for entry in ["nsrun --no-pid --net br0 --", "nsrun exec keep --"] {
        let outcome = try Self.bash(entry, attack.script)
        #expect(outcome.status != 0, "\(entry) \(attack): \(outcome)")
        #expect(attack.refusals.contains { outcome.errors.contains($0) }, "\(entry) \(attack): \(outcome)")
      }
      // The host's processes have no numbers there; number 1 is one of the sandbox's.
      if attack.isOfProcess1 { return }
      let outcome = try Self.bash("nsrun --net br0 --", attack.script)
      #expect(outcome.status != 0, "\(attack): \(outcome)")
    }

    @Test("The same is not refused without the confinement", arguments: Attack.all.filter { $0.unconfined != .untried })
    func unconfined(attack: Attack) throws {
      let outcome = try Self.bash("nsrun --privileged --no-pid --net br0 --", attack.script)
      // What this kernel lacks proves nothing.
      if attack.mayLack.contains(where: { outcome.errors.contains($0) }) { return }
      switch attack.unconfined {
      case .works: #expect(outcome.status == 0, "\(attack): \(outcome)")
      case .fails(let error): #expect(outcome.errors.contains(error), "\(attack): \(outcome)")
      case .untried: break
      }
    }

    @Test("uid 0 in a sandbox can do it, whether it came by run or by exec", arguments: Permission.all)
    func allowed(permission: Permission) throws {
      for entry in ["nsrun --net br0 --", "nsrun exec keep --"] {
        let outcome = try Self.bash(entry, "set -e\n\(permission.script)")
        #expect(outcome.status == 0, "\(entry) \(permission): \(outcome)")
      }
    }

    @Test("No namespace of a network that is seen in /proc can be entered, but its own")
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

    @Test("Of the host's processes none is seen, and of the sandbox's all")
    func processes() throws {
      let script = "sleep 1000 & until grep -q sleep /proc/$!/comm; do :; done; ps -e -o comm=; kill $!"
      #expect(try Self.bash("nsrun --net br0 --", script).lines.sorted() == ["bash", "ps", "sleep"])
      // Those of other tests as well.
      #expect(try Self.bash("nsrun exec keep --", script).lines.contains("sleep"))
    }

    @Test("sysfs, mounted anew, shows the sandbox's links only, and cannot be written to")
    func sysfs() throws {
      let outcome = try Self.bash(
        "nsrun --net br0 --",
        """
        mount -t sysfs -o ro sysfs /mnt && ls /mnt/class/net && mount -o remount,rw /mnt
        attack open /mnt/class/net/lo/mtu
        """)
      #expect(outcome.output == "eth0\nlo\n" && outcome.errors.hasSuffix("EROFS\n"), "\(outcome)")
    }

    @Test("The host keeps its rules, its name and its links, whatever is done to those inside")
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

    @Test("Keys of the host's root are out of reach: those of its session, by id, and by a link to its keyring")
    func keys() throws {
      try onHost { (host) throws in
        try host.compile("attack")
        // Its keyring is the machine's, whose user namespace this is.
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
          // i386 may not be there.
          #expect(unconfined.status == 0 || attack.contains("i386"), "\(attack): \(unconfined)")
        }
        #expect(try host.sh("nsrun -- attack keyctl-x32 \(key)").errors == "ENOSYS\n")
      }
    }

    @Test(
      "Nobody inside types into the terminal for the shell that reads there next", arguments: ["", "--user nobody"])
    func terminal(options: String) throws {
      try onHost { (host) throws in
        try host.compile("attack")
        try host.must("chmod 755 /run /run/bin")
        let outcome = try host.sh("script -qec 'nsrun \(options) -- attack type' /dev/null")
        #expect(outcome.status == 1 && outcome.text == "EPERM", "\(outcome)")
      }
    }

    @Test(
      "The kernel's files are out of reach wherever they are mounted, also where the kernel cannot list mounts",
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
      "The control groups and what hides files of /proc are mounted inside as on the host, the former to look at only",
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

    @Test("What cannot be kept of /proc costs a warning, not the confinement")
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

    @Test("Kernel parameters of the network that the host does not let be written cannot be written inside")
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

    @Test("What the host mounts on demand stays as it is, and is not waited for")
    func automount() throws {
      try onHost { (host) throws in
        // Nobody answers: who asks for it waits for ever.
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

    @Test("What the host mounts below /proc and /sys does not arrive inside")
    func laterMounts() throws {
      try onHost("mount --make-rshared /") { (host) throws in
        let running = try host.start("nsrun -- sh -c 'echo ready; read x; cat /proc/sys/fs/binfmt_misc/file'")
        try running.wait(for: "ready")
        let place = "/proc/sys/fs/binfmt_misc"
        try host.must("mount -t tmpfs tmpfs \(place); echo of the host > \(place)/file")
        running.send("\n")
        let outcome = try running.finish()
        #expect(outcome.status == 1 && outcome.errors.contains("No such file"), "\(outcome)")
        try host.must("umount \(place)")
      }
    }

    @Test("The working directory is one of the view", arguments: ["nsrun --net br0 --", "nsrun exec keep --"])
    func workingDirectory(entry: String) throws {
      let host = try Self.host.get()
      #expect(try host.sh("cd /proc/sys/kernel; \(entry) test -w core_pattern").status == 1)
      #expect(try host.must("cd /sys/class/net; \(entry) ls") == "eth0\nlo")
      #expect(try host.must("mkdir /run/gone; cd /run/gone; rmdir /run/gone; \(entry) echo on") == "on")
    }

    // On a host of its own: bwrap changes every mount that it copies, and fails if one of /run/netns is gone meanwhile.
    @Test("bwrap and nsrun go together, either inside the other")
    func bubblewrap() throws {
      try onHost { (host) throws in
        try host.must("nsrun create keep --net br0")
        let files = "bwrap --ro-bind / / --dev-bind /dev /dev --bind /run /run"
        try host.must("\(files) nsrun exec keep -- ping -c 1 -W 1 8.8.8.8")
        try host.must("\(files) --proc /proc --tmpfs /tmp nsrun exec keep -- ip link set lo mtu 60000")
        try host.must(
          "nsrun --net br0 -- bwrap --unshare-user --unshare-ipc --unshare-uts --ro-bind / / ping -c 1 -W 1 8.8.8.8"
        )
        // A fresh /proc would have a /proc/sys that root can write to: as in any container that masks its own.
        let outcome = try host.sh("nsrun --net br0 -- bwrap --ro-bind / / --unshare-pid --proc /proc true")
        #expect(outcome.status == 1 && outcome.errors.contains("Operation not permitted"), "\(outcome)")
        try host.must("nsrun rm keep")
      }
    }

    @Test("bwrap inside a sandbox is not disturbed by sandboxes that come and go")
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
