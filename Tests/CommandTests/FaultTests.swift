import TestHost
import Testing

extension CommandTests {
  @Suite("System faults") struct FaultTests {
    @Test(
      "A launch on a full disk fails cleanly, and leaves nothing",
      arguments: ["nsrun --net br0 -- true", "nsrun create one --net br0", "nsrun -- true"])
    func fullDisk(command: String) throws {
      // tmpfs limits pages and inodes. If it has no free ones of either, nsrun cannot write a record.
      for limit in ["size=4k", "nr_inodes=2"] {
        try onHost("mkdir /run/nsrun-disk; mkdir -p /run/netns") { (host) throws in
          let outcome = try host.sh(
            """
            mkdir /run/nsrun; mount -t tmpfs -o mode=755,\(limit) full /run/nsrun
            [ \(limit) = size=4k ] && head -c 1M /dev/zero > /run/nsrun/fill 2> /dev/null
            \(command); s=$?
            umount /run/nsrun; rmdir /run/nsrun; exit $s
            """)
          #expect(outcome.status == 125, "\(outcome)")
          #expect(outcome.errors.contains("No space left on device"), "\(outcome)")
          #expect(outcome.errorLines.allSatisfy { $0.hasPrefix("nsrun: ") })
        }
      }
    }

    @Test("run --keep fails cleanly, and leaves nothing, if the command has filled the disk")
    func fullDiskKeep() throws {
      try onHost("mkdir -p /run/netns") { (host) throws in
        let outcome = try host.sh(
          """
          mkdir /run/nsrun; mount -t tmpfs -o mode=755,nr_inodes=50 full /run/nsrun
          nsrun --net br0 --name web --keep --privileged -- bash -c 'for i in {1..50}; do : > /run/nsrun/fill$i; done 2> /dev/null; exit 3'
          s=$?
          rm /run/nsrun/fill*; ls -A /run/nsrun /run/netns; umount /run/nsrun; rmdir /run/nsrun; exit $s
          """)
        #expect(outcome.status == 125)
        #expect(outcome.output == "/run/netns:\n\n/run/nsrun:\n", "\(outcome)")
        #expect(outcome.errorLines.count == 1 && outcome.errors.hasPrefix("nsrun: "), "\(outcome)")
        #expect(outcome.errors.hasSuffix(": No space left on device\n"), "\(outcome)")
      }
    }

    @Test("A launch on a bridge without a free port fails with an error that says so, and leaves nothing")
    func noPort() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        try host.must(
          """
          seq 511 | sed 's/.*/link add v& group 7 master br0 type veth peer name w&\\nlink set w& group 7 master br0/' \
            | ip -batch -
          """)
        // To read the kernel parameters of a thousand links would take a minute.
        let look = "ls /sys/class/net /run/netns; find /run/nsrun | sort; nft list ruleset"
        let before = try host.must(look)
        for command in ["nsrun --net br0 -- true", "nsrun create two --net br0"] {
          let outcome = try host.sh(command)
          #expect(outcome.status == 125)
          #expect(
            outcome.errors
              == "nsrun: the bridge br0 has no port left: the kernel allows 1,023; use another bridge\n", "\(outcome)")
        }
        // The kernel deletes the links of a namespace a moment after the namespace.
        try host.eventually("[ $(ls /sys/class/net | grep -c ^nsrun-) = 1 ]")
        #expect(ThrowawayHost.difference(before, try host.must(look)) == "")
        try host.must("ip link delete w511; nsrun --net br0 -- ping -c 1 -W 2 8.8.8.8")
        try host.must("ip link delete group 7; nsrun rm one")
      }
    }

    @Test("The error on a kernel without nf_tables names the missing kernel option")
    func noNFTables() throws {
      try onHost { (host) throws in
        // The NETLINK_NETFILTER socket is the second one.
        let outcome = try host.sh(
          "strace -qq -o /dev/null -e inject=socket:error=EPROTONOSUPPORT:when=2+ nsrun --net br0 -- true")
        #expect(outcome.status == 125)
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains("CONFIG_NF_TABLES"), "\(outcome)")
      }
    }

    @Test(
      "The error on a kernel without bridges or veth pairs names the missing kernel option",
      arguments: [("bridge", "CONFIG_BRIDGE"), ("veth", "CONFIG_VETH")])
    func noKind(kind: String, option: String) throws {
      try onHost { (host) throws in
        try lack(kind, host)
        let outcome = try host.sh("\(Self.lacking) $(command -v nsrun) --net br0 -- true 2>&1 | grep ^nsrun:")
        #expect(!outcome.text.contains("\n"), "\(outcome)")
        #expect(outcome.output.contains("Unknown device type: this kernel lacks \(option)"), "\(outcome)")
      }
    }

    @Test(
      "A first launch on a bridge warns if the kernel lacks ingress filters, and spanning tree messages disable ports",
      arguments: ["ingress", "bpf"])
    func noPortGuard(kind: String) throws {
      try onHost { (host) throws in
        try lack(kind, host)
        let create = "\(Self.lacking) $(command -v nsrun) create"
        let first = try host.sh("\(create) one --net br0 2>&1 | grep ^nsrun:")
        #expect(first.lines.count == 1 && first.text.contains("is not held back"), "\(first)")
        #expect(try host.must("bridge -d link show | grep -c 'guard on'") == "1")
        let second = try host.sh("\(create) two --net br0 2>&1 | grep ^nsrun:")
        #expect(second.text == "", "\(second)")
        try host.must("nsrun exec two -- ping -c 1 -W 2 8.8.8.8; nsrun rm one two")
      }
    }

    /// Makes the kernel lack a kind of link, qdisc or filter: gdb changes the first letter of the name in the messages
    /// that a command under ``lacking`` sends.
    private func lack(_ kind: String, _ host: ThrowawayHost) throws {
      // A loop over the bytes in gdb's own language takes a minute on a busy machine.
      let find = "find /b $rsi, +$rdx, " + kind.map { "'\($0)'" }.joined(separator: ", ")
      try host.must(
        """
        cat > /run/scratch/gdb <<'END'
        set pagination off
        handle all nostop noprint pass
        catch syscall sendto
        commands
        silent
        \(find)
        while $numfound > 0
          set var *(char *)$_ = 'x'
          \(find)
        end
        continue
        end
        run
        END
        """)
    }

    private static let lacking = "gdb -q -batch -x /run/scratch/gdb --args"

    @Test("nsrun in another network namespace leaves alone the objects that the host's records name")
    func nested() throws {
      try onHost("ip netns add other") { (host) throws in
        let running = try host.start(
          "echo $$; exec nsrun --net br0 --name victim -- sh -c 'echo ready; exec sleep 1000'")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "ready")
        try host.must("kill -KILL \(pid)")
        _ = try running.finish()
        // That nsrun can neither remove the bridge and the table nor turn forwarding off.
        try host.must("nsrun exec other -- nsrun -- true")
        try host.must("nsrun cleanup")
        let left =
          "shown=$(ip -br link); fails grep br0 <<< \"$shown\"; nft list tables; cat /proc/sys/net/ipv4/ip_forward"
        let shown = try host.must(left)
        #expect(shown == "0")
      }
    }

    @Test("nsrun does not trust a state directory that other users can write to")
    func untrusted() throws {
      try onHost("mkdir -m 777 /run/nsrun") { (host) throws in
        let outcome = try host.sh("nsrun --net br0 -- true")
        #expect(outcome.status == 125)
        #expect(outcome.errors.contains("/run/nsrun"))
      }
    }

    @Test("A signal during the copy of a mount does not disturb a launch")
    func interruptedCopy() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          strace -f -qq -o /run/scratch/trace -e trace=open_tree -e inject=open_tree:error=EINTR:when=1 nsrun -- true
          s=$?; cat /run/scratch/trace; exit $s
          """)
        #expect(outcome.output.contains("EINTR") && outcome.output.contains("INJECTED"), "\(outcome)")
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
      }
    }

    /// Runs a command in a sandbox while strace makes a system call fail.
    private func run(_ command: String, where refusal: String, on host: ThrowawayHost) throws -> Outcome {
      try host.sh(
        "strace -f -qq -o /run/scratch/trace \(refusal) nsrun -- \(command); s=$?; cat /run/scratch/trace; exit $s")
    }

    @Test("A launch in a container that forbids mounting sysfs only warns, and still protects /sys")
    func noSysfs() throws {
      try onHost { (host) throws in
        try host.must("[ -w /sys/class/net/up0/mtu ]; mkdir /sys/fs/cgroup/nsrun-test; rmdir /sys/fs/cgroup/nsrun-test")
        let outcome = try run(
          "sh -c '[ ! -w /sys/class/net/up0/mtu ] && ! mkdir /sys/fs/cgroup/nsrun-test 2> /dev/null'",
          where: "-P /sys -e inject=mount:error=EPERM", on: host)
        #expect(outcome.output.contains("\"sysfs\"") && outcome.output.contains("INJECTED"), "\(outcome)")
        #expect(outcome.status == 0)
        #expect(outcome.errors == "nsrun: /sys shows the host's links: cannot mount /sys: Operation not permitted\n")
      }
    }

    @Test("nsrun hides the control groups and warns of each limit if mounts cannot be made read-only")
    func noReadOnlyMounts() throws {
      try onHost { (host) throws in
        let outcome = try run(
          "sh -c '[ ! -w /sys/class/net/up0/mtu ] && ! mkdir /sys/fs/cgroup/nsrun-test 2> /dev/null'",
          where: "-e trace=mount_setattr -e inject=mount_setattr:error=ENOSYS", on: host)
        #expect(outcome.output.contains("INJECTED") && outcome.status == 0, "\(outcome)")
        for lack in ["the command may change this kernel by /proc: ", "what is mounted on /sys/fs/cgroup"] {
          #expect(outcome.errors.contains("nsrun: \(lack)"), "\(outcome)")
        }
      }
    }
  }
}
