import TestHost
import Testing

extension CommandTests {
  /// The directory in which nsrun keeps its records.
  @Suite("The state directory") struct StateTests {
    /// What a command tries to do with the state directory, by each path.
    private static let attack = """
      for d in /run/nsrun /run/chroot/run/nsrun /run/parts/created /run/again; do
        ls -A $d; touch $d/planted && echo written; umount $d && echo uncovered
      done 2> /dev/null
      setpriv --reuid 65534 --clear-groups flock -n /run/nsrun echo locked 2> /dev/null
      true
      """
    /// Mounts elsewhere: /run in a chroot, a part of the state directory, and the whole state directory.
    private static let elsewhere = """
      mkdir -p /run/chroot/run /run/parts /run/again; nsrun create keep --net br0 > /dev/null
      mount --bind /run /run/chroot/run; mount --bind /run/nsrun/* /run/parts; mount --bind /run/nsrun /run/again
      """
    private static let nowhere =
      "umount /run/chroot/run /run/parts /run/again; rmdir /run/chroot/run /run/chroot /run/parts /run/again"

    @Test(
      "A command reaches neither the state directory nor its locks by any path of the host",
      arguments: ["nsrun --net br0 --", "nsrun --", "nsrun exec keep --", "nsrun --net br0 -- nsrun --"])
    func elsewhere(entry: String) throws {
      try onHost { (host) throws in
        try host.must(Self.elsewhere + "; printf '\(Self.attack)' > /run/attack")
        let before = try host.must("find /run/nsrun | sort")
        #expect(try host.must("\(entry) sh /run/attack") == "")
        #expect(try host.must("find /run/nsrun | sort") == before)
        try host.must("\(Self.nowhere); rm /run/attack; nsrun rm keep")
      }
    }

    @Test("A deleted state directory stays hidden from running commands, and the next launch or list makes it again")
    func deleted() throws {
      try onHost { (host) throws in
        for (net, next) in [("--net br0", "nsrun create next --net br0"), ("", "nsrun list; nsrun create next")] {
          let run = try host.start("exec nsrun \(net) --name web -- sh -c 'echo ready; read x; \(Self.attack)'")
          try run.wait(for: "ready\n")
          let other = try host.start("exec nsrun -- sh -c 'echo ready; read x'")
          try other.wait(for: "ready\n")
          #expect(try host.sh("rm -rf /run/nsrun").errors.contains("busy"))
          #expect(try host.must("ls -A /run/nsrun") == "")
          other.send("\n")
          #expect(try other.finish().status == 0)
          try host.must(next)
          run.send("\n")
          let outcome = try run.finish()
          #expect(outcome.status == 0 && outcome.output == "ready\n", "\(outcome)")
          try host.must("nsrun rm next")
        }
        try host.must("[ ! -e /run/nsrun ]; fails grep /run/nsrun /proc/self/mountinfo")
      }
    }

    @Test("nsrun removes the state directory with the last sandbox, even if it is mounted several times or not at all")
    func unpinned() throws {
      let hands = ["true", "mount --bind /run/nsrun /run/nsrun", "umount /run/nsrun"]
      for hand in hands {
        try onHost { (host) throws in
          try host.must("nsrun create one; \(hand); nsrun list | grep -q one; nsrun create two; nsrun rm one two")
          try host.must("[ ! -e /run/nsrun ]; fails grep /run/nsrun /proc/self/mountinfo")
        }
      }
    }

    @Test("nsrun leaves a foreign mount on the state directory")
    func foreignMount() throws {
      try onHost("mkdir /run/disk /run/nsrun; mount --bind /run/disk /run/nsrun") { (host) throws in
        try host.must("nsrun --net br0 -- true; nsrun create one; nsrun rm one")
        try host.must("findmnt /run/nsrun; [ -z \"$(ls -A /run/disk)\" ]")
      }
    }

    @Test("nsrun does not take the state of a namespace that is gone for that of the next with its inode number")
    func reused() throws {
      try onHost { (host) throws in
        // The kernel may reuse an inode number at any time. Here the test renames the state to the next namespace's
        // number.
        let outcome = try host.sh(
          """
          net() { stat -Lc %i /proc/$1/ns/net; }
          new() { unshare -n sleep 1000 & new=$!; until [ $(net $new) != $(net self) ]; do :; done; }
          new; first=$new; number=$(net $new); nsenter -t $new -n nsrun create zombie --net br1 > /dev/null
          new; kill $first; wait $first 2> /dev/null; [ -e /run/nsrun/$number/namespace ] || exit 77
          mv /run/nsrun/$number /run/nsrun/$(net $new)
          nsenter -t $new -n sh -c '
            echo 1 > /proc/sys/net/ipv4/ip_forward
            nsrun list; nsrun --net br9 -- true; cat /proc/sys/net/ipv4/ip_forward; nft list tables; nsrun rm zombie
            cat /proc/sys/net/ipv4/ip_forward; ls /run/netns; nsrun cleanup'
          kill $new; wait $new 2> /dev/null; true
          """)
        // Before Linux 6.18, nothing tells the two namespaces apart.
        guard outcome.status != 77 else {
          try host.must("ip netns delete zombie; rm -r /run/nsrun/*; nsrun cleanup")
          return
        }
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        #expect(outcome.lines.count == 3 && outcome.lines.prefix(2) == ["1", "1"], "\(outcome)")
        #expect(outcome.output.contains(".gone.1 (damaged)"), "\(outcome)")
      }
    }

    @Test("rm leaves a network namespace whose owner it cannot find out, whatever the record says")
    func unknownOwner() throws {
      try onHost { (host) throws in
        let script = """
          nsrun create real > /dev/null; touch /run/netns/up; mount -c --bind /proc/self/fd/9 /run/netns/up || exit 77
          cd /run/nsrun/*/created; id=$(stat -Lc %d:%i /run/netns/up)
          sed "s/^name .*/name up/; s/^namespace .*/namespace $id/" real > up; nsrun rm up; stat -Lc %d:%i /run/netns/up
          """
        let outcome = try host.sh("nsrun -- bash -c '\(script)' 9< /proc/self/ns/net")
        #expect(outcome.errors.contains("'up' was not made by nsrun, whatever its record says"), "\(outcome)")
        #expect(try outcome.text == host.must("stat -Lc %d:%i /proc/self/ns/net"), "\(outcome)")
      }
    }
  }
}
