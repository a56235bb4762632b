import TestHost
import Testing

extension CommandTests {
  /// nsrun treats a record only as a hint, whatever wrote it.
  @Suite("Records as hints") struct HintTests {
    @Test("rm by a record that names a foreign network namespace removes neither the namespace nor its processes")
    func namespace() throws {
      try onHost("ip netns add theirs") { (host) throws in
        try host.must("nsrun create web")
        let inside = try host.start("exec ip netns exec theirs sh -c 'echo ready; exec cat'")
        try inside.wait(for: "ready")
        let planting = """
          cd /run/nsrun/*/created; sed -e 's/^name .*/name theirs/' \
            -e "s/^namespace.*/namespace $(stat -L -c %d:%i /run/netns/theirs)/" web > theirs
          """
        try host.must(planting)
        let outcome = try host.sh("nsrun rm theirs")
        #expect(outcome.status == 1 || outcome.status == 125, "\(outcome)")
        #expect(outcome.errors.contains("'theirs' was not made by nsrun"), "\(outcome)")
        try host.must("ip netns exec theirs true; rm /run/nsrun/*/created/theirs")
        inside.closeInput()
        #expect(try inside.finish().status == 0)
        try host.must("nsrun rm web")
      }
    }

    @Test("rm by a record that names another sandbox's link does not remove that link")
    func link() throws {
      try onHost { (host) throws in
        try host.must("nsrun create web --net br0; nsrun create other --net br0")
        try host.must(
          """
          cd /run/nsrun/*/created; link=$(sed -n 's/^host-link //p' web)
          sed -i "s/^host-link .*/host-link $link/" other; nsrun rm other; ip link show $link
          """)
        try host.must("nsrun cleanup --all")
      }
    }

    @Test("rm by a record that names other kernel parameters changes none of them")
    func parameters() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create web --net br0
          echo 'sysctl net.ipv4.conf.all.rp_filter 2' >> /run/nsrun/*/host
          echo 'sysctl net.ipv4.conf./../../../../run/scratch/planted.forwarding 1' >> /run/nsrun/*/host
          echo 0 > /run/scratch/planted; nsrun rm web; grep 0 /run/scratch/planted; rm /run/scratch/planted
          """)
      }
    }

    @Test(
      "A namespace id in a record that is a path removes no directory", arguments: ["4:../../scratch/kept", "x"])
    func path(identity: String) throws {
      try onHost { (host) throws in
        try host.must(
          """
          mkdir -p /run/scratch/kept/in; nsrun create web
          sed -i 's|^namespace .*|namespace \(identity)|' /run/nsrun/*/created/web; nsrun rm web; nsrun cleanup
          ls /run/scratch/kept/in; rm -r /run/scratch/kept
          """)
      }
    }
  }

  /// State of a network namespace that nsrun cannot see.
  @Suite("State of other network namespaces") struct OthersStateTests {
    @Test(
      "cleanup in another network namespace leaves the host's sandboxes alone",
      arguments: ["", "--pid --fork --mount-proc"])
    func blind(options: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create keep --net br0; nsrun create alone")
        let before = try host.must("find /run/nsrun | sort; ls /run/netns; bridge link")
        try host.must("unshare --net --mount \(options) nsrun cleanup")
        // The same holds without the records.
        try host.must(
          "unshare --net --mount \(options) sh -c 'mount -t tmpfs -o mode=700 none /run/nsrun; nsrun cleanup --all'")
        #expect(try host.must("find /run/nsrun | sort; ls /run/netns; bridge link") == before)
        try host.must("nsrun exec keep -- true; nsrun exec alone -- true; nsrun rm keep alone")
      }
    }
  }
}
