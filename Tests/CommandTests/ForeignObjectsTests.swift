import TestHost
import Testing

extension CommandTests {
  @Suite("Foreign objects") struct ForeignObjectsTests {
    /// A bridge as `ip -d -j link` shows it, without what the kernel itself changes when ports come and go.
    private static let bridge = """
      ip -d -j link show br0 | jq -S '.[] | .flags -= ["NO-CARRIER", "LOWER_UP"] | del(.operstate, .tso_max_size,
        .tso_max_segs, .gso_max_size, .gso_max_segs, .gro_max_size, .gso_ipv4_max_size, .gro_ipv4_max_size)
        | .linkinfo.info_data |= with_entries(select(.key | endswith("_timer") | not))'
      ip -j addr show br0 | jq -S '.[].addr_info | map(del(.tentative))'
      """

    @Test("cleanup does not fail if hundreds of links disappear while it removes them")
    func vanishing() throws {
      try onHost { (host) throws in
        // nsrun has listed the links before it sends the third message.
        let outcome = try host.sh(
          """
          for i in $(seq 400); do
            echo "link add nsrun-t$i address fe:6e:0a:4d:$(printf %02x:%02x $((i / 256)) $((i % 256))) group 77 type veth peer name p$i"
            echo "link set nsrun-t$i alias \\"nsrun sandbox t$i\\""
          done | ip -batch - || exit
          strace -qq -o /run/scratch/trace -e trace=sendto -e inject=sendto:delay_enter=3000000:when=3 nsrun cleanup &
          sleep 1; ip link delete group 77; wait $!
          """)
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        try host.must("rm /run/scratch/trace")
      }
    }

    @Test(
      "exec enters a network namespace of a foreign user namespace only with --privileged, and never the latter",
      arguments: [
        "setpriv --reuid 12345 --regid 12345 --clear-groups unshare --user --map-root-user --net",
        "unshare --user --map-root-user --net", "unshare --user --map-root-user unshare --user --map-root-user --net",
        // Without id maps, as a user namespace is that nsrun is just making.
        "unshare --user --net",
      ])
    func foreignOwner(unshare: String) throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          \(unshare) sleep 1000 > /dev/null 2>&1 & pid=$!
          until [ "$(cat /proc/$pid/comm)" = sleep ]; do :; done
          ip netns attach theirs $pid
          nsrun exec theirs -- true; echo $?
          [ "$(nsrun exec theirs --privileged -- readlink /proc/self/ns/net)" = "$(readlink /proc/$pid/ns/net)" ] && echo net
          nsrun exec theirs --privileged -- readlink /proc/self/ns/user; readlink /proc/self/ns/user
          ip netns delete theirs; kill $pid
          """)
        let lines = outcome.lines
        #expect(lines.count == 4 && lines[0] == "125" && lines[1] == "net" && lines[2] == lines[3], "\(outcome)")
        #expect(outcome.errors.hasPrefix("nsrun: the network 'theirs' belongs to a user namespace"), "\(outcome)")
      }
    }

    @Test("A foreign network namespace stays foreign even if its lo carries nsrun's tag")
    func foreignTag() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          setpriv --reuid 12345 --regid 12345 --clear-groups unshare --user --map-root-user --net \
            sh -c 'ip link set lo alias "nsrun sandbox theirs"; exec sleep 1000' > /dev/null 2>&1 & pid=$!
          until [ "$(cat /proc/$pid/comm)" = sleep ]; do :; done
          ip netns attach theirs $pid; nsrun cleanup --all; nsrun rm theirs; ls /run/netns
          ip netns delete theirs; kill $pid
          """)
        #expect(outcome.output == "theirs\n" && outcome.errors.contains("was not made by nsrun"), "\(outcome)")
      }
    }

    @Test("exec enters a network namespace that the caller's own user namespace owns")
    func iproute() throws {
      try onHost { (host) throws in
        #expect(try host.must("ip netns add mine; nsrun exec mine -- ls /sys/class/net; ip netns delete mine") == "lo")
      }
    }

    @Test("Foreign bridges and tables are the same after a run and after cleanup --all")
    func unchanged() throws {
      let preparation = """
        ip link add br0 type bridge; ip addr add 10.99.0.1/24 dev br0; ip link set br0 up
        nft add table inet mine; nft add chain inet mine c '{ type filter hook forward priority 0; }'
        nft add rule inet mine c counter accept; nft add table ip nsrunish
        """
      try onHost(preparation) { (host) throws in
        let bridge = try host.must(Self.bridge)
        let rules = try host.must("nft -a list table inet mine; nft -a list table ip nsrunish; nft list tables").split(
          separator: "\n")
        try host.must("nsrun --net br0 -- true")
        #expect(ThrowawayHost.difference(bridge, try host.must(Self.bridge)) == "")
        let after = try host.must("nft -a list table inet mine; nft -a list table ip nsrunish; nft list tables").split(
          separator: "\n")
        #expect(after == rules)
        try host.must("nsrun create one --net br0")
        // The bridge is the same while a sandbox exists, too.
        #expect(ThrowawayHost.difference(bridge, try host.must(Self.bridge)) == "")
        try host.must("nsrun exec one -- true")
        try host.must("nsrun cleanup --all")
        #expect(ThrowawayHost.difference(bridge, try host.must(Self.bridge)) == "")
      }
    }

    @Test("nsrun leaves a foreign bridge down if it is down, and warns")
    func down() throws {
      try onHost("ip link add br0 type bridge; ip addr add 10.99.0.1/24 dev br0") { (host) throws in
        let outcome = try host.sh("nsrun --net br0 -- ping -c 1 -W 1 10.99.0.1")
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("nsrun: the bridge br0 is down"), "\(outcome)")
        #expect(outcome.errorLines.count == 1)
      }
    }

    @Test("The first address of a foreign bridge is the gateway, and its subnet is that of the sandboxes")
    func subnet() throws {
      let preparation = "\(foreignBridge); ip addr add 10.98.0.1/16 dev br0"
      try onHost(preparation) { (host) throws in
        let shown = try host.must("nsrun --net br0 -- sh -c 'ip -br -4 addr show eth0; ip route'")
        #expect(shown.contains("10.99.0.") && shown.contains("/24") && shown.contains("default via 10.99.0.1 dev eth0"))
      }
    }

    @Test("A bridge without an address needs --ip and --gateway, and works with them")
    func noAddress() throws {
      let preparation = """
        ip link add br0 type bridge; ip link set br0 up
        ip link add gw0 type veth peer name gw1 netns $ISP; ip link set gw0 master br0 up
        nsenter -t $ISP -n sh -c 'ip addr add 10.5.0.1/24 dev gw1; ip link set gw1 up'
        """
      try onHost(preparation) { (host) throws in
        // The way out is another router on the bridge, not this host.
        try host.must("nsrun --net br0 --ip 10.5.0.2/24 --gateway 10.5.0.1 -- ping -c 1 -W 1 8.8.8.8")
        let outcome = try host.sh("nsrun --net br0 -- true")
        #expect(outcome.status == 125)
        #expect(outcome.errors.contains("--gateway"))
      }
    }

    @Test("A foreign bridge keeps its MAC address when ports come and go, so that neighbours still find it")
    func macStays() throws {
      try onHost(foreignBridge) { (host) throws in
        let mac = try host.must("cat /sys/class/net/br0/address")
        for _ in 1...5 {
          #expect(
            try host.must("nsrun --net br0 -- sh -c 'ping -c 1 -W 1 10.99.0.1 > /dev/null; ip neigh'").contains(
              "lladdr \(mac)"))
          #expect(try host.must("cat /sys/class/net/br0/address") == mac)
        }
      }
    }

    @Test("The next launch restores a flushed table inet nsrun for all sandboxes, and rm works without the table")
    func flushed() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        try host.must("nft flush ruleset")
        // The next launch restores what all sandboxes need.
        try host.must("nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun exec one -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nft flush ruleset; nsrun rm one")
      }
    }

    @Test(
      "nsrun neither replaces nor removes a foreign table that has the name of nsrun's",
      arguments: ["inet", "bridge"])
    func namesake(family: String) throws {
      let table =
        "nft add table \(family) nsrun; nft add chain \(family) nsrun mine; nft add rule \(family) nsrun mine counter"
      try onHost(table) { (host) throws in
        let before = try host.must("nft list ruleset")
        for command in ["nsrun --net br0 -- true", "nsrun create web --net br0 --internal"] {
          let outcome = try host.sh(command)
          #expect(outcome.status == 125 && outcome.errorLines.count == 1, "\(outcome)")
          #expect(outcome.errors.contains("nft delete table \(family) nsrun"), "\(outcome)")
        }
        #expect(try host.must("nsrun cleanup; nsrun cleanup --all") == "")
        #expect(try host.must("nft list ruleset") == before)
      }
    }

    @Test("nsrun does not replace a foreign table that took the place of nsrun's while sandboxes exist")
    func laterNamesake() throws {
      try onHost { (host) throws in
        try host.must("nsrun create web --net br0; nft delete table bridge nsrun; nft add table bridge nsrun")
        try host.must("nft add chain bridge nsrun mine; nft add rule bridge nsrun mine counter")
        let before = try host.must("nft list table bridge nsrun")
        let outcome = try host.sh("nsrun --net br1 -- true")
        #expect(outcome.status == 125 && outcome.errors.contains("nft delete table bridge nsrun"), "\(outcome)")
        #expect(try host.must("nft list table bridge nsrun") == before)
        try host.must("nsrun rm web; nft delete table bridge nsrun")
      }
    }

    @Test("cleanup leaves and reports a veth pair with only nsrun's alias, and removes one with its MAC address too")
    func aliased() throws {
      try onHost { (host) throws in
        try host.must("ip link add v0 type veth peer name v1; ip link set v0 alias 'nsrun sandbox foo'")
        let outcome = try host.sh("nsrun cleanup --dry-run; nsrun cleanup; ls -d /sys/class/net/v?/ | wc -l")
        #expect(outcome.output == "2\n", "\(outcome)")
        #expect(outcome.errorLines.count == 2 && outcome.errorLines.allSatisfy { $0.contains("link v0") }, "\(outcome)")
        // With nsrun's alias and MAC address, the link counts as nsrun's.
        try host.must("ip link set v0 address fe:6e:0a:4d:00:02")
        #expect(
          try host.must("nsrun cleanup --dry-run") == "would remove link v0 (unrecorded)")
        #expect(try host.must("nsrun cleanup") == "removed link v0 (unrecorded)")
      }
    }

    @Test("nft can load the ruleset that it printed while sandboxes existed, and NAT still works")
    func reload() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        try host.must("nsrun create two --net br0 --internal")
        let rules = try host.must("nft list ruleset")
        #expect(!rules.contains("unknown"))
        try host.must("nft list ruleset > /run/scratch/rules; nft flush ruleset; nft -f /run/scratch/rules")
        #expect(try host.must("nft list ruleset") == rules)
        try host.must("nsrun exec one -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun --net br0 -- ping -c 1 -W 1 8.8.8.8")
        #expect(try host.must("nft list ruleset") == rules)
        try host.must("nsrun rm one two; rm /run/scratch/rules")
      }
    }

    @Test("rm does not remove a name that somebody deleted and gave to another network namespace")
    func renamed() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        try host.must("ip netns delete one; ip netns add one")
        #expect(try host.must("nsrun inspect one --json | jq -r .state") == "broken")
        try host.must("nsrun rm one")
        #expect(try host.must("ip netns list") == "one")
        try host.must("ip netns delete one")
      }
    }

    @Test("rm deletes a bridge of nsrun with its last sandbox, even if another program added a port")
    func foreignPort() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        try host.must("ip link add port0 type veth peer name port1; ip link set port0 master br0 up")
        try host.must("nsrun rm one")
        try host.must("ip link show port0 && ip link del port0")
      }
    }
  }
}
