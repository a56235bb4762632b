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
  }
}
