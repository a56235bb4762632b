import TestHost
import Testing

/// A change by somebody else that takes something from sandboxes.
struct Taking: CustomTestStringConvertible, Sendable {
  /// The command that makes the change; `$L` is the link of the sandbox `one`.
  var hand: String
  /// What doctor reports.
  var finding: String
  /// What reload prints, or the error if reload cannot restore what was lost.
  var reload: String

  var testDescription: String { hand }

  static let restorable = [
    Taking(
      hand: "ip link set $L nomaster", finding: "'one' is cut off: its link",
      reload: "restored the link of 'one' on br0"),
    Taking(
      hand: "ip link set $L down", finding: "'one' is cut off: its link",
      reload: "restored the link of 'one', which was down"),
    Taking(
      hand: "ip link set br0 down", finding: "the bridge br0 is down", reload: "restored the bridge br0, which was down"
    ),
    Taking(
      hand: "ip address flush dev br0", finding: "the bridge br0 has lost its address 10.64.9.1/24",
      reload: "restored the address 10.64.9.1/24 of br0"),
    Taking(
      hand: "ip route delete 10.64.9.0/24 dev br0", finding: "the route to 10.64.9.0/24 on br0 is gone",
      reload: "restored the route to 10.64.9.0/24 on br0"),
    Taking(
      hand: "ip route delete local 10.64.9.1 table local", finding: "the route to 10.64.9.1/32 on br0 is gone",
      reload: "restored the route to 10.64.9.1/32 on br0"),
    Taking(hand: "ip link delete br0", finding: "the bridge br0 is gone", reload: "restored the bridge br0"),
    Taking(
      hand: "ip link delete br0; ip link add br0 type bridge; ip address add 10.64.9.1/24 dev br0; ip link set br0 up",
      finding: "'one' is cut off: its link",
      reload: "restored the link of 'one' on br0\nrestored the link of 'two' on br0"),
    Taking(
      hand: "sysctl -qw net.ipv4.ip_forward=0", finding: "IPv4 forwarding was turned off",
      reload: "restored IPv4 forwarding"),
    Taking(
      hand: "nft flush set inet nsrun networks", finding: "taken something out of the set inet nsrun networks",
      reload: "restored the set inet nsrun networks"),
    Taking(
      hand: "nft flush chain inet nsrun postrouting", finding: "out of the chain inet nsrun postrouting",
      reload: "restored the chain inet nsrun postrouting"),
    Taking(
      hand: "nft flush map inet nsrun verdicts", finding: "out of the set inet nsrun verdicts",
      reload: "restored the set inet nsrun verdicts"),
    Taking(
      hand: "nft delete table bridge nsrun", finding: "the table bridge nsrun is missing",
      reload: "restored the table bridge nsrun"),
    Taking(
      hand: "nft flush chain bridge nsrun frames", finding: "taken something out of the chain bridge nsrun frames",
      reload: "restored the chain bridge nsrun frames"),
    Taking(
      hand: "nft flush chain ip theirs f", finding: "has the policy drop",
      reload: "restored the rules for br0 in the chain ip theirs f"),
    Taking(
      hand: "echo garbage > $(ls /run/nsrun/*/networks/br0)", finding: "networks/br0 is damaged",
      reload: "restored the record of the bridge br0"),
  ]

  /// Changes by which other routes take precedence over those of a bridge of nsrun with the subnet 10.64.9.0/24. `hand`
  /// makes the change, and `reload` reverts it.
  static let ways = [
    Taking(
      hand: "ip address add 10.64.9.77/25 dev lan0", finding: "packets for sandboxes on br0 go by lan0",
      reload: "ip address delete 10.64.9.77/25 dev lan0"),
    Taking(
      hand: "ip address add 10.64.9.77/24 dev lan0",
      finding: "the subnet 10.64.9.0/24 of br0 collides with the address 10.64.9.77/24 of lan0",
      reload: "ip address delete 10.64.9.77/24 dev lan0"),
    Taking(
      hand: "ip route add 10.64.9.0/29 via 192.0.2.1",
      finding: "packets for sandboxes on br0 go by up0 via 192.0.2.1", reload: "ip route delete 10.64.9.0/29"),
    Taking(
      hand: "ip rule add to 10.64.9.0/24 blackhole", finding: "packets for sandboxes on br0 are dropped",
      reload: "ip rule delete to 10.64.9.0/24 blackhole"),
    Taking(
      hand: "ip rule add from 10.64.9.0/24 prohibit", finding: "packets of sandboxes on br0 are dropped",
      reload: "ip rule delete from 10.64.9.0/24 prohibit"),
    Taking(
      hand: "ip rule add iif up0 unreachable", finding: "answers to sandboxes on br0 are dropped",
      reload: "ip rule delete iif up0 unreachable"),
  ]

  static let lost = [
    Taking(
      hand: "ip link delete br0", finding: "the bridge br0 is gone: it was made by somebody else",
      reload: "make it again"),
    Taking(hand: "ip link set br0 down", finding: "the bridge br0 is down", reload: "ip link set br0 up"),
    Taking(
      hand: "ip address flush dev br0", finding: "br0 is not the bridge any more that its sandboxes were on",
      reload: "give it the address again"),
    Taking(
      hand: "ip link add br9 type bridge; ip link set $L master br9", finding: "its link nsrun-",
      reload: "ip link set nsrun-"),
  ]
}

extension CommandTests {
  @Suite("Restoration after changes by others") struct RestorationTests {
    private static let dropping =
      "nft 'add table ip theirs; add chain ip theirs f { type filter hook forward priority 0; policy drop; }'"
    private static let link = "L=nsrun-$(sed -n 's/^host-link nsrun-//p' /run/nsrun/*/created/one)"
    private static func isOut(_ name: String) -> String { "nsrun exec \(name) -- ping -c 1 -W 2 8.8.8.8 > /dev/null" }

    @Test("doctor reports a loss, and reload restores what was lost and says so", arguments: Taking.restorable)
    func restorable(taking: Taking) throws {
      try onHost(Self.dropping) { (host) throws in
        try host.must("nsrun create one --net br0 --subnet 10.64.9.0/24; nsrun create two --net br0 --internal")
        try host.must("healthy; [ -z \"$(nsrun reload)\" ]")
        try host.must("\(Self.link); \(taking.hand)")
        let doctor = try host.sh("nsrun doctor --json | jq -r '.[] | select(.status != \"ok\") | .message, .remedy'")
        #expect(doctor.text.contains(taking.finding), "\(doctor)")
        #expect(doctor.lines.contains("nsrun reload"), "\(doctor)")
        let reload = try host.sh("nsrun reload")
        // IPv6 addresses may be lost as well.
        let restored = reload.lines.filter { !$0.contains("::") }.joined(separator: "\n")
        #expect(reload.status == 0 && restored == taking.reload, "\(reload)")
        #expect(try host.must("nsrun reload") == "")
        try host.must("healthy; \(Self.isOut("one")); fails \(Self.isOut("two"))")
        try host.must("nsrun cleanup --all; ip link delete br0 2> /dev/null || true")
      }
    }

    @Test("doctor and reload report later routes and rules that override those of a bridge", arguments: Taking.ways)
    func ways(taking: Taking) throws {
      try onHost("ip link add lan0 type veth peer lan1; ip link set lan0 up; ip link set lan1 up") { (host) throws in
        try host.must("nsrun create one --net br0 --subnet 10.64.9.0/24; healthy")
        try host.must(taking.hand)
        let doctor = try host.sh("nsrun doctor")
        #expect(doctor.status == 1 && doctor.output.contains("problem  routes: \(taking.finding)"), "\(doctor)")
        let reload = try host.sh("nsrun reload")
        #expect(reload.status == 125 && reload.errors.contains(taking.finding), "\(reload)")
        try host.must("\(taking.reload); healthy; \(Self.isOut("one")); nsrun rm one")
      }
    }

    @Test("doctor and reload say what to do about a loss that only the owner can restore", arguments: Taking.lost)
    func lost(taking: Taking) throws {
      try onHost { (host) throws in
        try host.must("\(foreignBridge); nsrun create one --net br0; \(Self.link); \(taking.hand)")
        let doctor = try host.sh("nsrun doctor")
        #expect(doctor.status == 1 && doctor.output.contains(taking.finding), "\(doctor)")
        let reload = try host.sh("nsrun reload")
        #expect(
          reload.status == 125 && !reload.output.contains("one") && reload.errors.contains(taking.reload), "\(reload)")
        try host.must("nsrun rm one; for b in br0 br9; do ip link delete $b 2> /dev/null || true; done")
      }
    }

    @Test("nsrun does not attach a sandbox's link to a foreign bridge that has the name of nsrun's")
    func stranger() throws {
      try onHost { (host) throws in
        let bridge = "ip link add br0 type bridge; ip address add 10.5.5.1/24 dev br0; ip link set br0 up"
        try host.must("nsrun create one --net br0; ip link delete br0; \(bridge)")
        #expect(try host.sh("nsrun doctor").output.contains("problem  bridges: br0 is not the bridge any more"))
        let reload = try host.sh("nsrun reload")
        #expect(reload.status == 125 && reload.errors.contains("br0 is not the bridge any more"), "\(reload)")
        #expect(try host.must("ls /sys/class/net/br0/brif") == "")
        try host.must("nsrun rm one; ip link delete br0")
      }
    }

    @Test("doctor reports no loss of a sandbox that is still being made, however long that takes")
    func unfinished() throws {
      try onHost { (host) throws in
        try host.must(
          """
          strace -qq -o /dev/null -e trace=sendto -e inject=sendto:delay_enter=100000 nsrun create one --net br0 > /dev/null &
          while kill -0 $! 2> /dev/null; do ! nsrun doctor | grep -v ^ok || exit 1; done
          wait $! || exit; nsrun rm one
          """)
      }
    }

    @Test("doctor names broken sandboxes, and objects that are in no record")
    func broken() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one; ip netns delete one")
        let finding = "jq -r '.[] | select(.status == \"warning\") | .message, .remedy'"
        #expect(try host.must("nsrun doctor --json | \(finding)").contains("'one' is broken"))
        try host.must("nsrun cleanup; nsrun create two --net br0; rm -r /run/nsrun/*")
        let unrecorded = try host.must("nsrun doctor --json | \(finding)")
        #expect(unrecorded.hasPrefix("made by nsrun, but in no record: sandbox two"), "\(unrecorded)")
        #expect(unrecorded.hasSuffix("\nnsrun cleanup"), "\(unrecorded)")
        try host.must("nsrun cleanup")
      }
    }

    @Test("doctor reports records of bridges and of the host that it cannot read")
    func records() throws {
      try onHost("sysctl -qw net.ipv4.ip_forward=0") { (host) throws in
        try host.must(
          "nsrun create one --net br0; cd /run/nsrun/*; cp host /run/scratch/; sed -i '1s/[0-9]/9/' host networks/br0")
        let newer = try host.must("nsrun doctor")
        #expect(newer.contains("/networks/br0 has version 9") && newer.contains("/host has version 9"), "\(newer)")
        let reload = try host.sh("nsrun reload")
        #expect(reload.status == 125 && reload.errors.contains("/networks/br0 has version 9"), "\(reload)")
        try host.must("cd /run/nsrun/*; sed -i 1s/9/3/ networks/br0; echo garbage > host")
        #expect(try host.must("nsrun doctor").contains("/host is damaged"))
        try host.must("cd /run/nsrun/*; cat /run/scratch/host > host; rm /run/scratch/host; nsrun rm one")
      }
    }
  }
}
