import TestHost
import Testing

extension CommandTests {
  @Suite("Bad input", .serialized) struct BadInputTests {
    @Test("nsrun refuses a bad command line with an error of one line", arguments: BadInput.commandLine)
    func commandLine(row: BadInput.Row) throws { try refuse(row) }

    @Test("nsrun refuses a bad user, group or capability before it changes anything", arguments: BadInput.identities)
    func identities(row: BadInput.Row) throws { try refuse(row) }

    @Test("nsrun refuses a bad address or subnet before it changes anything", arguments: BadInput.addresses)
    func addresses(row: BadInput.Row) throws { try refuse(row) }

    @Test("nsrun refuses a bad MAC or MTU before it changes anything", arguments: BadInput.linkLayer)
    func linkLayer(row: BadInput.Row) throws { try refuse(row) }

    @Test("nsrun refuses a bad name before it changes anything", arguments: BadInput.names)
    func names(row: BadInput.Row) throws { try refuse(row) }

    @Test("nsrun refuses a bad bridge before it changes anything", arguments: BadInput.bridges)
    func bridges(row: BadInput.Row) throws { try refuse(row) }

    @Test("nsrun tells a user other than root that it needs root", arguments: BadInput.privileges)
    func privileges(row: BadInput.Row) throws { try refuse(row) }

    @Test(
      "A refused launch leaves a host without sandboxes unchanged",
      arguments: BadInput.addresses + BadInput.linkLayer + BadInput.bridges)
    func onNewHost(row: BadInput.Row) throws {
      let host = try Self.newHost.get()
      // What is in use on the other host may be free here, so the launch may succeed.
      let end = row.command.hasPrefix("nsrun create x ") ? "nsrun rm x; " : ""
      let outcome = try host.sh("\(row.command); \(end)[ ! -e /run/nsrun ]")
      #expect(outcome.status == 0, "\(outcome)")
      try host.eventually("[ $(ip -br link | wc -l) = 2 ]")
      #expect(
        try host.must("ls /run/netns 2> /dev/null || true; nft list ruleset; cat /proc/sys/net/ipv4/ip_forward") == "0")
    }

    private static let preparation = """
      ip netns add ipname
      ip link add bare type bridge; ip link set bare up
      ip link add theirs type bridge; ip addr add 10.99.0.1/24 dev theirs; ip link set theirs up
      nsrun create taken --net br0 --subnet 10.64.7.0/24 --ip 10.64.7.20 > /dev/null
      ip route add 10.77.0.0/16 via 192.0.2.1
      ip route add 10.78.0.0/16 via 192.0.2.1 table 77
      """

    /// All rows share one host. A refused launch leaves the host unchanged, so each row finds the same state.
    private static let host = Result {
      let host = try ThrowawayHost()
      try host.must(preparation)
      return Prepared(host: host, snapshot: try host.snapshot())
    }
    private static let newHost = Result { try ThrowawayHost() }

    private struct Prepared: Sendable {
      let host: ThrowawayHost
      let snapshot: String
    }

    private func refuse(_ row: BadInput.Row) throws {
      let prepared = try Self.host.get()
      let outcome = try prepared.host.sh(row.command)
      #expect(outcome.status == 125)
      #expect(outcome.output == "")
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.hasPrefix("nsrun: "), "\(outcome.errors)")
      #expect(outcome.errors.contains(row.complaint), "\(outcome.errors)")
      #expect(try prepared.host.snapshot() == prepared.snapshot, "something was changed")
    }
  }
}
