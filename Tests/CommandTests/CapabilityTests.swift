import TestHost
import Testing

extension CommandTests {
  @Suite("Capabilities") struct CapabilityTests {
    /// The capability sets of a command, from /proc: inheritable, permitted, effective, bounding, ambient.
    private func sets(_ host: ThrowawayHost, _ nsrun: String) throws -> [String] {
      try host.must("\(nsrun) -- sed -n 's/^Cap...:.0*\\(.\\)/\\1/p' /proc/self/status").split(separator: "\n")
        .map(String.init)
    }

    /// All capabilities of this kernel, except those with the given numbers.
    private func all(_ host: ThrowawayHost, without numbers: Int...) throws -> String {
      let mask = numbers.map { " & ~(1 << \($0))" }.joined()
      return try host.must("printf %x $((((2 << $(cat /proc/sys/kernel/cap_last_cap)) - 1)\(mask)))")
    }

    // NET_BIND_SERVICE is 10, NET_RAW 13, SYS_ADMIN 21.

    @Test(
      "Root has all capabilities but dropped ones, in every set and every spelling", arguments: ["", "--privileged"])
    func root(power: String) throws {
      try onHost { (host) throws in
        // With --privileged, the command can get only the capabilities that root has on the machine.
        let full = try host.must("sed -n 's/^CapBnd:.0*//p' /proc/self/status")
        let all = power.isEmpty ? try self.all(host) : full
        #expect(try sets(host, "nsrun \(power)") == ["0", all, all, all, "0"])
        let rest = try host.must("printf %x $((0x\(all) & ~(1 << 13) & ~(1 << 21)))")
        for drop in ["--cap-drop net_raw,sys_admin", "--cap-drop CAP_NET_RAW --cap-drop=Sys_Admin"] {
          #expect(try sets(host, "nsrun \(power) \(drop)") == ["0", rest, rest, rest, "0"])
        }
        #expect(try sets(host, "nsrun \(power) --cap-drop all") == ["0", "0", "0", "0", "0"])
      }
    }

    @Test("--cap-add and --cap-drop, one of them with all, leave exactly the chosen capabilities in every set")
    func exactly() throws {
      try onHost { (host) throws in
        let some = ["2400", "2400", "2400", "2400", "2400"]
        #expect(try sets(host, "nsrun --cap-drop all --cap-add net_bind_service,NET_RAW") == some)
        #expect(try sets(host, "nsrun --cap-drop all --cap-add CAP_NET_RAW --cap-add net_bind_service") == some)
        let rest = try all(host, without: 13)
        #expect(try sets(host, "nsrun --cap-add all --cap-drop net_raw") == [rest, rest, rest, rest, rest])
      }
    }

    @Test("A user other than root with --cap-drop all and --no-new-privs has no capabilities and can gain none")
    func nothing() throws {
      try onHost { (host) throws in
        let status = try host.must(
          "nsrun --net br0 --user nobody --cap-drop all --no-new-privs -- cat /proc/self/status")
        for set in ["Inh", "Prm", "Eff", "Bnd", "Amb"] {
          #expect(status.contains("Cap\(set):\t0000000000000000\n"), "\(status)")
        }
        let (user, group) = (try host.must("id -u nobody"), try host.must("id -g nobody"))
        #expect(status.contains("NoNewPrivs:\t1\n"))
        #expect(status.contains("Uid:\t\(user)\t\(user)\t\(user)\t\(user)\n"))
        #expect(status.contains("Gid:\t\(group)\t\(group)\t\(group)\t\(group)\n"))
        #expect(status.contains("Groups:\t\(group) \n"))
      }
    }

    @Test("A user other than root has exactly the added capabilities, ambient and effective, whatever it executes")
    func ambient() throws {
      try onHost { (host) throws in
        let all = try self.all(host)
        let nsrun = "nsrun --user nobody --cap-add net_bind_service,net_raw"
        #expect(try sets(host, nsrun) == ["2400", "2400", "2400", all, "2400"])
        #expect(try sets(host, "\(nsrun) -- sh -c 'shift; \"$@\"' sh") == ["2400", "2400", "2400", all, "2400"])
        #expect(try sets(host, "\(nsrun) --cap-drop all") == ["2400", "2400", "2400", "2400", "2400"])
        #expect(try sets(host, "nsrun --user nobody") == ["0", "0", "0", all, "0"])
        #expect(
          try sets(host, "nsrun --user nobody --cap-drop net_raw").suffix(2) == [try self.all(host, without: 13), "0"])
      }
    }

    @Test("exec gives the same capabilities as run, and enters foreign network namespaces with the host's power")
    func exec() throws {
      try onHost("ip netns add theirs") { (host) throws in
        try host.must("nsrun create one")
        let all = try self.all(host)
        #expect(try sets(host, "nsrun exec one") == ["0", all, all, all, "0"])
        for name in ["one", "theirs"] {
          let nsrun = "nsrun exec \(name) --user nobody"
          #expect(try sets(host, "\(nsrun) --cap-drop all") == ["0", "0", "0", "0", "0"])
          #expect(
            try sets(host, "\(nsrun) --cap-drop all --cap-add net_raw") == ["2000", "2000", "2000", "2000", "2000"])
        }
        #expect(try host.must("nsrun exec one --no-new-privs -- grep NoNewPrivs /proc/self/status") == "NoNewPrivs:\t1")
        try host.must("nsrun rm one")
      }
    }

    @Test("File capabilities and set-user-ID bits take effect for users other than root, except with --no-new-privs")
    func files() throws {
      let preparation = """
        cp $(command -v sed) /run/scratch/raw; setcap cap_net_raw=ep /run/scratch/raw
        cp $(command -v sed) /run/scratch/suid; chmod 4755 /run/scratch/suid; chmod 755 /run/scratch
        """
      try onHost(preparation) { (host) throws in
        func effective(_ options: String, _ program: String) throws -> String {
          try host.must(
            "nsrun --user nobody \(options) -- /run/scratch/\(program) -n 's/^CapEff:.0*\\(.\\)/\\1/p' /proc/self/status"
          )
        }
        #expect(try effective("", "raw") == "2000")
        #expect(try effective("", "suid") == all(host))
        #expect(try effective("--no-new-privs", "raw") == "0")
        #expect(try effective("--no-new-privs", "suid") == "0")
        #expect(try effective("--cap-drop all", "suid") == "0")
        let outcome = try host.sh("nsrun --user nobody --cap-drop all -- /run/scratch/raw")
        #expect(outcome.status == 126)
        #expect(
          outcome.errors.contains("/run/scratch/raw, whose file has capabilities that the command may not have: "))
      }
    }

    @Test("A command cannot use a dropped capability, and can use an added one")
    func use() throws {
      try onHost { (host) throws in
        let raw = "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)'"
        #expect(try host.sh("nsrun -- \(raw)").status == 0)
        #expect(try host.sh("nsrun --cap-drop net_raw -- \(raw)").errors.contains("Operation not permitted"))
        #expect(try host.sh("nsrun --user nobody -- \(raw)").errors.contains("Operation not permitted"))
        #expect(try host.sh("nsrun --user nobody --cap-add net_raw -- \(raw)").status == 0)
        #expect(try host.sh("nsrun --user nobody --cap-add net_admin -- ip link set lo mtu 1400").status == 0)
      }
    }

    @Test("inspect shows user and capabilities of each process, and whether the sandbox has power over the host")
    func inspect() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one; nsrun create two --privileged")
        let processes = try [
          "", "--cap-drop net_raw", "--user nobody", "--user 4711 --cap-add net_raw,kill",
        ].map { options in
          let process = try host.start("exec nsrun exec one \(options) -- sh -c 'echo ready; read x'")
          try process.wait(for: "ready")
          return process
        }
        let people = try host.must("nsrun inspect one")
        for text in [
          "user root, capabilities: all)", "user root, capabilities: all but cap_net_raw)",
          "user nobody, capabilities: none)", "user 4711, capabilities: cap_kill,cap_net_raw)",
        ] { #expect(people.contains(" sh (\(text)\n") || people.hasSuffix(" sh (\(text)"), "\(text): \(people)") }
        #expect(people.contains("Power      over its own network\n"))
        #expect(try host.must("nsrun inspect two").contains("Power      over the host (privileged)\n"))
        let json = try host.must("nsrun inspect one --json | jq -c '.processes[] | [.uid, .user, .capabilities]'")
        #expect(
          Set(json.split(separator: "\n")) == [
            #"[0,"root","all"]"#, #"[0,"root","all but cap_net_raw"]"#, #"[65534,"nobody","none"]"#,
            #"[4711,null,"cap_kill,cap_net_raw"]"#,
          ])
        #expect(try host.must("nsrun list --json | jq -c '[.[] | .privileged]'") == "[false,true]")
        for process in processes {
          process.closeInput()
          _ = try process.finish()
        }
        try host.must("nsrun rm one two")
      }
    }
  }
}
