import TestHost
import Testing

extension CommandTests {
  /// What users and other programs do to nsrun's objects and records while sandboxes exist.
  @Suite("Changes by users and other programs") struct OtherHandsTests {
    /// Whether a sandbox reaches the internet.
    private static func isOut(_ name: String) -> String { "nsrun exec \(name) -- ping -c 1 -W 2 8.8.8.8 > /dev/null" }

    @Test(
      "doctor reports what nft flush ruleset removed, and reload or the next launch restores NAT for all sandboxes",
      arguments: ["nsrun reload", "nsrun --net br0 -- true"])
    func flushed(remedy: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; nsrun create two --net br0 --internal; \(Self.isOut("one"))")
        let before = try host.must("nft list ruleset")
        try host.must("nft flush ruleset")
        #expect(try host.sh(Self.isOut("one")).status == 1)
        let doctor = try host.sh("nsrun doctor")
        #expect(doctor.status == 1 && doctor.output.contains("table inet nsrun is missing"), "\(doctor)")
        #expect(doctor.output.contains("what to do: nsrun reload"))
        let outcome = try host.sh(remedy)
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        if remedy == "nsrun reload" {
          #expect(outcome.lines == ["restored the table inet nsrun", "restored the table bridge nsrun"])
        }
        #expect(try host.must("nft list ruleset") == before)
        try host.must("\(Self.isOut("one")); fails \(Self.isOut("two")); nsrun doctor > /dev/null")
        try host.must("nsrun cleanup --all")
      }
    }

    @Test(
      "The end of a sandbox clears one table even if the other is gone, and the next launch restores the other",
      arguments: ["inet", "bridge"])
    func oneTable(family: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create two --net br0 --internal --ip 10.64.5.9/24; nsrun create one --net br0")
        let lists = "nft list ruleset | grep -c '\"nsrun two\"'"
        #expect(try host.must(lists) != "0")
        try host.must("nft delete table \(family) nsrun; nsrun rm two")
        #expect(try host.sh(lists).text == "0")
        try host.must("nsrun create two --net br0 --ip 10.64.5.9; \(Self.isOut("two")); \(Self.isOut("one"))")
        try host.must("nft delete table \(family) nsrun; nsrun --net br0 -- true; nft list table \(family) nsrun")
        try host.must("nsrun doctor > /dev/null; nft delete table \(family) nsrun; nsrun rm one two")
        #expect(try host.must("nft list tables") == "")
      }
    }

    @Test("The next launch masquerades existing sandboxes if the bridge's owner no longer does")
    func foreignNAT() throws {
      let preparation = """
        ip link add br0 type bridge; ip addr add 10.99.0.1/24 dev br0; ip link set br0 up; sysctl -qw net.ipv4.ip_forward=1
        """
      try onHost(preparation) { (host) throws in
        try host.must(
          "nft -f -",
          input:
            "table ip theirs { chain n { type nat hook postrouting priority 100; ip saddr 10.99.0.0/24 masquerade; }; }"
        )
        try host.must("nsrun create one --net br0; \(Self.isOut("one"))")
        #expect(try host.must("nft list tables") == "table ip theirs")
        try host.must("nft flush ruleset; nsrun --net br0 -- ping -c 1 -W 2 8.8.8.8; \(Self.isOut("one"))")
        try host.must("nsrun rm one")
      }
    }

    @Test(
      "reload or the next launch makes a deleted bridge again, with its address and its ports",
      arguments: ["nsrun reload", "nsrun --net br0 -- true"])
    func bridge(remedy: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0 --subnet 10.64.9.0/24; nsrun create two --net br0")
        let show = "ip -o -4 addr show br0 | cut -d' ' -f 2-9; ip -br link show br0 | cut -d' ' -f 1-"
        let before = try host.must(show)
        try host.must("ip link delete br0")
        #expect(try host.sh(Self.isOut("one")).status == 1)
        try host.must(remedy)
        #expect(try host.must(show).prefix(40) == before.prefix(40))
        // The kernel inside may still wait for the answer to its last ARP request, before it loses the first packet.
        try host.eventually(Self.isOut("one"))
        try host.must("\(Self.isOut("two")); nsrun exec one -- ping -c 1 -W 2 10.64.9.3; nsrun rm one two")
      }
    }

    @Test("rm and cleanup remove the rest of a sandbox whose bridge was deleted")
    func bridgeGone() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; nsrun create two --net br0; ip link delete br0")
        try host.must("nsrun rm one")
        #expect(try host.must("nsrun cleanup --all") == "removed two (created)")
      }
    }

    @Test(
      "rm and cleanup remove the rest of a sandbox whose name or link was deleted",
      arguments: ["ip netns delete one", "ip link delete $(ls /sys/class/net | grep ^nsrun-)"],
      ["nsrun rm one", "nsrun cleanup --all"])
    func objectGone(hand: String, remedy: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; \(hand)")
        try host.eventually("nsrun list --json | jq -e '.[0].state == \"broken\"' > /dev/null")
        let outcome = try host.sh(remedy)
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
      }
    }

    @Test(
      "A run ends normally even if its objects or records are deleted meanwhile",
      arguments: [
        "ip netns delete web", "ip link delete $(ls /sys/class/net | grep ^nsrun-)", "ip link delete br0",
        "nft flush ruleset", "rm -r /run/nsrun/*", ": > /run/nsrun/*/running/web", "rm /run/nsrun/*/networks/br0",
        "rm -r /run/nsrun/*/leases",
      ])
    func underRun(hand: String) throws {
      try onHost { (host) throws in
        let run = try host.start("exec nsrun --net br0 --name web -- sh -c 'echo ready; read x; exit 7'")
        try run.wait(for: "ready")
        try host.must(hand)
        run.send("\n")
        let outcome = try run.finish()
        #expect(outcome.status == 7 && outcome.errors == "", "\(outcome)")
      }
    }

    @Test("Leases that were deleted end no network that sandboxes are on, and reload makes them again")
    func leasesGone() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0:ip=10.77.3.5; nsrun create two --net br1")
        for damage in ["rm -r /run/nsrun/*/leases", "rm -r /run/nsrun/*/leases/br0", "rm /run/nsrun/*/leases/br0/*"] {
          try host.must(
            """
            \(damage)
            [ "$(nsrun cleanup --dry-run)" = "" ]
            nsrun list > /dev/null; nsrun --net br2 -- true; nsrun exec one -- ping -c 1 -W 1 8.8.8.8 > /dev/null
            shown=$(nsrun doctor || true); grep "the lease of 10.77.3.5 of 'one' on br0 is gone" <<< "$shown"
            shown=$(nsrun reload); grep "the lease of 10.77.3.5 of 'one'" <<< "$shown"
            healthy
            """)
          #expect(try host.sh("nsrun --net br0 --ip 10.77.3.5 -- true").errors.contains("already leased"))
        }
        try host.must("nsrun rm one two")
      }
    }

    @Test(
      "rm and cleanup find existing sandboxes by their tags after /run/nsrun was deleted",
      arguments: ["nsrun cleanup", "nsrun rm one two three && nsrun cleanup"])
    func stateGone(remedy: String) throws {
      // A policy of drop, so that nsrun also has rules in a foreign chain.
      let theirs =
        "nft add table ip theirs; nft add chain ip theirs f '{ type filter hook forward priority 0; policy drop; }'"
      try onHost(theirs) { (host) throws in
        try host.must(
          "nsrun create one --net br0; nsrun create two --net br1 --internal; nsrun create three; rm -r /run/nsrun/*")
        let planned = try host.must(
          "nsrun cleanup --dry-run --json | jq -r '.[] | \"\\(.kind) \\(.name) \\(.reason)\"'")
        for wanted in [
          "sandbox one unrecorded", "sandbox two unrecorded",
          "forwarding net.ipv4.ip_forward unrecorded", "rules table inet nsrun unrecorded",
        ] {
          #expect(planned.contains(wanted), "\(planned)")
        }
        try host.must("ip netns exec one true; ip link show br0")
        let outcome = try host.sh(remedy)
        #expect(outcome.status == 0, "\(outcome)")
        // Without a link, nothing shows that the sandbox was made in this network namespace.
        if remedy == "nsrun cleanup" {
          #expect(outcome.errors.hasSuffix("; left: nsrun rm three removes it\n") && outcome.errorLines.count == 1)
          try host.must("nsrun rm three")
        } else {
          #expect(outcome.errors == "")
        }
      }
    }

    @Test("cleanup does not disturb a run whose records were deleted, and a launch beside it has another address")
    func stateGoneUnderRun() throws {
      try onHost { (host) throws in
        let run = try host.start(
          "exec nsrun --net br0 --name web -- sh -c 'ip -o -4 addr show eth0 | cut -d\" \" -f7; read x; ping -c 1 -W 2 8.8.8.8'"
        )
        let address = try run.wait(for: "\n")
        try host.must("rm -r /run/nsrun/*")
        let cleaned = try host.sh("nsrun cleanup")
        #expect(cleaned.status == 0 && cleaned.output == "", "\(cleaned)")
        #expect(cleaned.errors.contains("'web' carries nsrun's tag but is in no record; left"), "\(cleaned)")
        // The launch asks for the address of the run: a sandbox that got it would break the run's connection.
        let taken = try host.sh("nsrun --net br0 --ip \(address.prefix { $0 != "/" }) -- true")
        #expect(taken.status == 125 && taken.errors.contains("already leased to the sandbox 'web'"), "\(taken)")
        try host.must("nsrun --net br0 -- ping -c 1 -W 2 8.8.8.8")
        run.send("\n")
        let outcome = try run.finish()
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
      }
    }

    @Test("cleanup --all ends the processes of a sandbox whose record was deleted, and says so")
    func unrecordedProcesses() throws {
      try onHost { (host) throws in
        let run = try host.start("exec nsrun --net br0 --name web -- sh -c 'echo ready; exec sleep 1000'")
        try run.wait(for: "ready")
        try host.must("rm -r /run/nsrun/*")
        let cleaned = try host.sh("nsrun cleanup --all")
        #expect(cleaned.status == 0 && cleaned.output.hasPrefix("removed web (unrecorded, ending 2 processes inside)"))
        #expect(cleaned.errors.contains("(sleep)"), "\(cleaned)")
        #expect(try run.finish().status == 128 + 15)
      }
    }

    static let damages = [
      ": > R", "head -c 7 R > /run/scratch/r; cat /run/scratch/r > R", "head -c 300 /dev/urandom > R", "rm R; mkdir R",
      "rm R; ln -s /etc/passwd R", "umount -l /run/nsrun; ln R /run/scratch/second", "rm R; mkfifo R",
    ]

    @Test(
      "nsrun moves a damaged record aside, reports it, and removes what it named", arguments: damages,
      ["created", "running"])
    func damaged(damage: String, lifetime: String) throws {
      try onHost { (host) throws in
        if lifetime == "created" {
          try host.must("nsrun create bad --net br0")
        } else {
          let run = try host.start("echo $$; exec nsrun --net br0 --name bad -- sh -c 'echo ready; exec sleep 1000'")
          let pid = try run.wait(for: "\n")
          try run.wait(for: "ready")
          try host.must("kill -KILL \(pid)")
          _ = try run.finish()
        }
        try host.must("nsrun create good --net br1 --no-firewall-rules || true")  // removes what the killed run left
        if lifetime == "created" {
          try host.must(damage.replacing("R", with: "$(ls -d /run/nsrun/*/created)/bad"))
          let inspected = try host.sh("nsrun inspect bad")
          #expect(inspected.status == 125 && inspected.errors.contains("/created/bad is damaged"), "\(inspected)")
          #expect(try host.must("nsrun list --json | jq -r '.[].name'") == "good")
          let cleaned = try host.sh("nsrun rm bad")
          #expect(
            cleaned.status == 0 && cleaned.errors.contains("the record of 'bad' was damaged: moved to"), "\(cleaned)")
        }
        try host.must("nsrun cleanup --all; rm -f /run/scratch/second /run/scratch/r")
      }
    }

    @Test(
      "list and doctor report a damaged record of a created sandbox, and cleanup lists and removes what it named",
      arguments: damages + ["sed -i '/^namespace/,$d' R", "sed -i /^host-link/d R"])
    func damagedCreated(damage: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create bad --net br0; nsrun create good --net br1")
        try host.must(damage.replacing("R", with: "$(ls -d /run/nsrun/*/created)/bad"))
        let text = "/created/bad is damaged: nsrun cleanup moves it aside, and removes what it spoke of"
        let listed = try host.sh("nsrun list --json | jq -r '.[].name'")
        #expect(listed.output == "good\n" && listed.errors.contains(text), "\(listed)")
        #expect(try host.must("nsrun doctor").contains(text))
        let others = try host.sh("nsrun cleanup --net br1")
        #expect(others.status == 0 && others.errors == "" && others.output == "", "\(others)")
        let planned = try host.must("nsrun cleanup --dry-run")
        #expect(planned.hasPrefix("would remove bad (unrecorded)\n"), "\(planned)")
        let cleaned = try host.sh("nsrun cleanup")
        #expect(
          cleaned.status == 0 && cleaned.errors.contains("the record of 'bad' was damaged: moved to"), "\(cleaned)")
        #expect(cleaned.text == planned.replacing("would remove", with: "removed"))
        #expect(try host.must("nsrun cleanup --all") == "removed good (created)")
        try host.must("rm -f /run/scratch/second /run/scratch/r")
      }
    }

    @Test(
      "nsrun does not wait for what was put in the place of a state file or of a name",
      arguments: [
        "mkfifo F", "mkdir F", "ln -s /run/scratch/nothing F",
        "python3 -c 'import socket; socket.socket(1).bind(\"F\")'",
      ])
    func planted(plant: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; \(plant.replacing("F", with: "/run/netns/odd"))")
        for file in ["cursors/br0", "generations/br0", "hosts/br0", "attendance"] {
          try host.must("cd /run/nsrun/*/; rm \(file); \(plant.replacing("F", with: file))")
          // The rules have changed: a launch reads them, and records that it did.
          try host.must("nft add table ip theirs")
          let launch = try host.sh("nsrun --net br0 -- true", seconds: 20)
          #expect(launch.status == 0 && launch.errors == "", "\(file): \(launch)")
          try host.must("cd /run/nsrun/*/; test -f \(file); test ! -L \(file); nft delete table ip theirs")
        }
        try host.must("nsrun doctor; nsrun cleanup; nsrun list", seconds: 20)
        let joined = try host.sh("nsrun exec odd -- true", seconds: 20)
        #expect(joined.status == 125, "\(joined)")
        try host.must("nsrun rm one; rm -r /run/netns/odd")
      }
    }

    @Test("list reports the damaged record of a sandbox whose command still runs")
    func damagedRunning() throws {
      try onHost { (host) throws in
        let run = try host.start("exec nsrun --net br0 --name web -- sh -c 'echo ready; read x'")
        try run.wait(for: "ready")
        try host.must("echo garbage > $(ls /run/nsrun/*/running/web)")
        let listed = try host.sh("nsrun list")
        #expect(listed.status == 0 && listed.errors.contains("/running/web is damaged"), "\(listed)")
        run.send("\n")
        #expect(try run.finish().status == 0)
      }
    }

    @Test("nsrun moves a damaged record of a bridge aside, and the bridge's sandboxes stay connected")
    func damagedNetwork() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; for f in /run/nsrun/*/networks/br0; do echo garbage > $f; done")
        let next = try host.sh("nsrun --net br0 -- ping -c 1 -W 2 8.8.8.8")
        #expect(next.status == 0 && next.errors.contains("damaged"), "\(next)")
        try host.must("\(Self.isOut("one")); nsrun rm one; nsrun cleanup")
      }
    }

    @Test("rm and cleanup leave a record of a newer version alone and say so, and cleanup removes the rest")
    func newer() throws {
      try onHost { (host) throws in
        try host.must("nsrun create new --net br0; nsrun create old --net br0")
        let record = try host.must("ls /run/nsrun/*/created/new")
        try host.must("sed -i 1s/3/9/ \(record)")
        let cleaned = try host.sh("nsrun cleanup --all")
        #expect(cleaned.status == 0 && cleaned.output == "removed old (created)\n", "\(cleaned)")
        #expect(cleaned.errors.contains("has version 9: a newer nsrun wrote it"))
        #expect(try host.sh("nsrun rm new").errors.contains("has version 9"))
        try host.must("\(Self.isOut("new")); sed -i 1s/9/3/ \(record); nsrun rm new")
      }
    }

    @Test("rm and cleanup leave a bridge's record of a newer version alone, and say so")
    func newerNetwork() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; sed -i 1s/3/9/ /run/nsrun/*/networks/br0")
        for command in ["nsrun rm one", "nsrun cleanup"] {
          let outcome = try host.sh(command)
          #expect(outcome.status == 125 && outcome.errorLines.count == 1, "\(outcome)")
          #expect(outcome.errors.contains("/networks/br0 has version 9: a newer nsrun wrote it"), "\(outcome)")
        }
        try host.must("ip link show br0; sed -i 1s/9/3/ /run/nsrun/*/networks/br0; nsrun cleanup")
      }
    }

    @Test("The last sandbox turns forwarding off, even if the record of the host's parameters was deleted")
    func hostRecordGone() throws {
      try onHost("sysctl -qw net.ipv4.ip_forward=0") { (host) throws in
        try host.must("nsrun create one --net br0; rm /run/nsrun/*/host; nsrun rm one")
        #expect(try host.must("cat /proc/sys/net/ipv4/ip_forward") == "0")
      }
    }

    @Test("cleanup removes a lease whose sandbox is gone, and so does a launch that finds no other address")
    func lostLeases() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0 --subnet 10.64.9.0/29")
        let lose = "for i in 3 4 5 6; do ln -s gone$i $(ls -d /run/nsrun/*/leases/br0)/10.64.9.$i; done"
        try host.must("\(lose); nsrun --net br0 -- true")
        try host.must(lose)
        #expect(try host.must("nsrun cleanup | grep -c '^removed lease 10.64.9.* (unrecorded)'") == "4")
        try host.must("nsrun rm one")
      }
    }

    @Test(
      "nsrun refuses every command if something else is in the place of the state directory",
      arguments: [
        ("ln -s /run/scratch/elsewhere /run/nsrun", "is a symbolic link"), ("touch /run/nsrun", "is no directory"),
        ("mkdir -m 777 /run/nsrun", "can be written to by others"),
        ("mkdir /run/nsrun; chown 1000 /run/nsrun", "belongs to the user with id 1000"),
      ])
    func planted(hand: String, flaw: String) throws {
      try onHost("mkdir /run/scratch/elsewhere; \(hand)") { (host) throws in
        let commands = [
          "--net br0 -- true", "create one", "list", "inspect one", "rm one", "cleanup", "reload", "doctor",
        ]
        for command in commands {
          let outcome = try host.sh("nsrun \(command)")
          #expect(outcome.status == 125 && outcome.output == "", "\(command): \(outcome)")
          #expect(
            outcome.errors
              == "nsrun: /run/nsrun \(flaw): nsrun trusts nothing below; remove it, then run nsrun cleanup\n",
            "\(command): \(outcome)")
        }
        #expect(try host.must("ls -A /run/scratch/elsewhere") == "")
      }
    }

    @Test("cleanup removes a network whose last sandbox was removed only in part, and its dry run lists the same")
    func unusedNetwork() throws {
      let theirs =
        "nft add table ip theirs; nft add chain ip theirs f '{ type filter hook forward priority 0; policy drop; }'"
      try onHost("sysctl -qw net.ipv4.ip_forward=0; \(theirs)") { (host) throws in
        try host.must("nsrun create one --net br0; rm -r /run/nsrun/*/created /run/nsrun/*/leases; ip netns delete one")
        try host.eventually("! ls /sys/class/net | grep -q ^nsrun-")
        let wanted = [
          "bridge br0", "rules 2 rules of the chain ip theirs f", "forwarding net.ipv4.ip_forward",
          "forwarding net.ipv6.conf.all.forwarding", "rules table inet nsrun", "rules table bridge nsrun",
        ].map { "\($0) (stale)" }
        #expect(try host.must("nsrun cleanup --dry-run").split(separator: "\n") == wanted.map { "would remove \($0)" })
        #expect(try host.must("nsrun cleanup").split(separator: "\n") == wanted.map { "removed \($0)" })
      }
    }

    @Test("cleanup removes the state of a network namespace that is gone")
    func forsaken() throws {
      try onHost("ip netns add other") { (host) throws in
        try host.must("nsrun exec other -- nsrun create nested --net br0; ip netns delete other")
        try host.eventually("[ -z \"$(nsrun cleanup --dry-run)\" ] || nsrun cleanup > /dev/null; [ ! -e /run/nsrun ]")
        try host.must("ip netns add other")
      }
    }
  }
}
