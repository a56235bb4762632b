import TestHost
import Testing

extension CommandTests {
  @Suite("Bridges of others")
  struct ForeignBridges {
    @Test("One whose address looks like one of ours stays")
    func address() throws {
      try onHost(
        "ip link add brf address 06:6e:11:22:33:44 type bridge; ip addr add 10.50.0.1/24 dev brf; ip link set brf up"
      ) { (host) throws in
        try host.must("nsrun --net brf -- ping -c 1 -W 1 8.8.8.8; nsrun cleanup --all")
        #expect(try host.must("ip -br link show brf").contains("06:6e:11:22:33:44"))
      }
    }

    @Test("A subnet without room is refused in words", arguments: [31, 32, 0])
    func noRoom(length: Int) throws {
      try onHost("ip link add brp type bridge; ip addr add 10.51.0.1/\(length) dev brp; ip link set brp up") {
        (host) throws in
        let outcome = try host.sh("nsrun --net brp -- true")
        #expect(outcome.status == 125 && outcome.errors.contains("there is no room for sandboxes"), "\(outcome)")
      }
    }

    @Test("None of the bridge's own addresses is given to a sandbox")
    func ownAddresses() throws {
      let preparation =
        "ip link add brs type bridge; ip addr add 10.52.0.1/24 dev brs; ip addr add 10.52.0.2/24 dev brs; ip link set brs up"
      try onHost(preparation) { (host) throws in
        #expect(try host.must("nsrun create one --net brs") == "10.52.0.3")
        #expect(try host.sh("nsrun --net brs --ip 10.52.0.2 -- true").status == 125)
        try host.must("nsrun rm one")
      }
    }

    @Test("An MTU too small for IPv6 is no hindrance")
    func smallMTU() throws {
      try onHost(
        "ip link add brm type bridge; ip link set brm mtu 600; ip addr add 10.53.0.1/24 dev brm; ip link set brm up"
      ) {
        (host) throws in
        try host.must("nsrun --net brm -- ping -c 1 -W 1 8.8.8.8")
        try host.must("nsrun --net br0 --mtu 68 -- ping -c 1 -W 1 -s 20 8.8.8.8")
      }
    }

    @Test("One that is called by another of its names is used, leased from and listed under its own")
    func alternativeName() throws {
      let preparation = """
        ip link add lan type bridge; ip addr add 10.54.0.1/24 dev lan; ip link set lan up
        ip link property add dev lan altname br0 altname a-name-that-is-too-long-for-a-link
        """
      try onHost(preparation) { (host) throws in
        #expect(try host.must("nsrun create one --net br0") == "10.54.0.2")
        #expect(try host.must("nsrun create two --net lan") == "10.54.0.3")
        #expect(
          try host.must("nsrun --net br0 -- sh -c 'echo $NSRUN_NET; getent hosts two; ping -c 1 -W 1 8.8.8.8 >&2'")
            == "lan\n10.54.0.3       two")
        #expect(!(try host.must("nsrun list; nsrun doctor").contains("br0")))
        #expect(try host.must("nsrun cleanup --net br0 --all").contains("removed one"))
        #expect(try host.must("ip -br link show type bridge").hasPrefix("lan"))
      }
    }

    @Test("A name that another link also has is refused for a new bridge, with the link's own")
    func takenName() throws {
      try onHost("ip link property add dev up0 altname br0") { (host) throws in
        let outcome = try host.sh("nsrun --net br0 -- true")
        #expect(outcome.status == 125 && outcome.errors.contains("is another name of up0"), "\(outcome)")
      }
    }

    @Test("After a bridge was renamed nobody comes onto it or makes a second one, and doctor names the way back")
    func renamed() throws {
      try onHost(foreignBridge) { (host) throws in
        for name in ["br0", "br1"] {
          try host.must("nsrun create one --net \(name); ip link set \(name) name lan")
          #expect(try host.sh("nsrun doctor").output.contains("ip link set lan name \(name)"))
          let outcome = try host.sh("nsrun --net lan -- true")
          #expect(outcome.status == 125 && outcome.errors.contains("was called \(name) when 'one' came"), "\(outcome)")
          #expect(try host.sh("nsrun --net br1 -- true; ip link set lan name \(name)").status == 0)
          try host.must("nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun doctor; nsrun rm one")
        }
        // The one that nsrun has made goes under whatever name.
        try host.must("nsrun create one --net br1; ip link set br1 name lan")
        let outcome = try host.sh("nsrun --net br1 -- true")
        #expect(outcome.status == 125 && outcome.errors.contains("br1 is called lan now"), "\(outcome)")
        try host.must("nsrun rm one; ! ip link show lan")
      }
    }
  }
}
