import Foundation
import TestHost
import Testing

extension CommandTests {
  @Suite("Dry runs") struct DryRunTests {
    /// A launch: what is prepared before it, and its arguments.
    struct Launch: CustomTestStringConvertible {
      let testDescription: String
      var preparation = ""
      let arguments: String

      static let all = [
        Launch(testDescription: "no network", arguments: "--name a -- true"),
        Launch(
          testDescription: "a new bridge", arguments: "--net br0 --subnet 10.3.0.0/24 --ip 10.3.0.9 --name a -- true"),
        Launch(
          testDescription: "a new bridge, forwarding off", preparation: "sysctl -qw net.ipv4.ip_forward=0",
          arguments: "--net br0:ip=10.3.0.9/24 --net br1:ip=10.4.0.9/24,ifname=lan1 -- true"),
        Launch(
          testDescription: "a standing bridge", preparation: "nsrun create web --net br0",
          arguments: "--net br0 --sysctl net.ipv4.ip_forward=1 -- true"),
        Launch(
          testDescription: "a foreign bridge", preparation: foreignBridge,
          arguments: "--net br0 --ip 10.99.0.9 --name a --no-nat -- true"),
        Launch(
          testDescription: "a foreign bridge, by its alternative name",
          preparation: "\(foreignBridge); ip link property add dev br0 altname lan-of-br0",
          arguments: "--net lan-of-br0 --ip 10.99.0.9 -- true"),
        Launch(
          testDescription: "two networks, one of them standing", preparation: "nsrun create web --net br1",
          arguments: "--net br0:ip=10.3.0.9/24,internal --net br1 -- true"),
        Launch(
          testDescription: "a chain that drops",
          preparation: """
            nft add table inet mine
            nft add chain inet mine pass '{ type filter hook forward priority filter; policy drop; }'
            """,
          arguments: "--net br0:ip=10.3.0.9/24 -- true"),
        Launch(
          testDescription: "a bridge that another program has deleted",
          preparation: "nsrun create web --net br0:ip=10.3.0.5/24; ip link delete br0",
          arguments: "--net br0 --ip 10.3.0.9 -- true"),
        Launch(
          testDescription: "a foreign bridge whose owner took its masquerade rule away",
          preparation: """
            \(foreignBridge); nft add table ip mine
            nft add chain ip mine out '{ type nat hook postrouting priority srcnat; }'
            nft add rule ip mine out ip saddr 10.99.0.0/24 oifname != br0 masquerade
            nsrun create web --net br0; nft delete table ip mine
            """,
          arguments: "--net br0 --ip 10.99.0.9 -- true"),
        Launch(testDescription: "a sandbox that stays", arguments: "create a --net br0"),
        Launch(testDescription: "a new bridge without IPv6", arguments: "--net br0:no-ip6,ip=10.3.0.9 -- true"),
        Launch(
          testDescription: "a standing bridge without IPv6", preparation: "nsrun create web --net br0:no-ip6",
          arguments: "--net br0 -- true"),
        Launch(
          testDescription: "a router with a macvlan",
          preparation: "ip link add lan0 type veth peer name lan1; ip link set lan0 up; ip link set lan1 up",
          arguments:
            "--net br0:ip=10.3.0.9/24 --net macvlan@lan0:ip=10.4.0.9/24 --forward --route 10.5.0.0/16=10.4.0.1 -- true"
        ),
      ]
    }

    @Test("A plan says step by step what the launch then does, and changes nothing", arguments: Launch.all)
    func plan(_ launch: Launch) throws {
      let isCreate = launch.arguments.hasPrefix("create ")
      let (command, options) = isCreate ? ("create", launch.arguments.dropFirst(7)) : ("run", launch.arguments[...])
      try onHost("sysctl -qw net.ipv4.ip_forward=1") { (host) throws in
        if !launch.preparation.isEmpty { try host.must(launch.preparation) }
        let before = try host.must(Self.everything)
        let plan = try host.must("nsrun \(command) --dry-run \(options)").split(separator: "\n").map(String.init)
        #expect(try host.must(Self.everything) == before)

        let trace = try host.sh("nsrun \(command) -v --trace \(options)").errors.split(separator: "\n").map(String.init)
        var taken: [String] = []
        var changes: [String: Set<String>] = [:]
        for line in trace {
          if let step = Self.step(line) {
            taken.append(step)
          } else if taken.count <= plan.count, let change = Self.change(line) {
            changes[taken.last ?? "", default: []].insert(change)
          }
        }
        #expect(Array(taken.prefix(plan.count)) == plan, "\(trace.filter { $0.hasPrefix("nsrun: ") })")
        // What follows takes the sandbox back.
        #expect(
          taken.dropFirst(plan.count).allSatisfy { $0.hasPrefix("delete the bridge ") || $0.hasSuffix("off again") })
        for (step, requests) in changes where !step.hasPrefix("execute ") {
          let allowed = Self.allowed.first { step.hasPrefix($0.key) }?.value ?? []
          #expect(requests.isSubset(of: allowed), "\(step)")
        }
        try host.must(
          "nsrun cleanup --all; for bridge in br0 br1; do ip link delete $bridge 2> /dev/null || true; done")
        if launch.testDescription == "a chain that drops" { try host.must("nft delete table inet mine") }
        if launch.testDescription.contains("macvlan") { try host.must("ip link delete lan0") }
        try host.must("sysctl -qw net.ipv4.ip_forward=1")
      }
    }

    /// Which requests that change something belong to a step, by how its line begins.
    private static let allowed: [(key: String, value: Set<String>)] = [
      ("record the network of ", []),
      ("create the bridge ", ["RTM_NEWLINK", "RTM_SETLINK", "RTM_NEWADDR"]),
      ("make br0 keep ", ["RTM_SETLINK"]),
      ("record the address ", []),
      ("give br0 ", ["RTM_NEWADDR"]),
      ("turn IPv4 forwarding on", transaction),
      ("turn IPv6 forwarding on", transaction),
      ("let ", transaction),
      ("masquerade ", transaction),
      ("keep ", transaction),
      ("write ", []),
      ("name ", []),
      ("create the macvlan ", ["RTM_NEWLINK"]),
      ("connect ", ["RTM_NEWLINK", "RTM_SETLINK", "RTM_NEWQDISC", "RTM_NEWTFILTER"]),
      ("configure ", ["RTM_SETLINK", "RTM_NEWADDR", "RTM_NEWROUTE"]),
      ("bring lo up ", ["RTM_SETLINK"]),
      ("set ", ["RTM_SETLINK"]),
    ]

    private static let transaction: Set<String> = [
      "NFT_MSG_NEWTABLE", "NFT_MSG_DELTABLE", "NFT_MSG_NEWCHAIN", "NFT_MSG_NEWSET", "NFT_MSG_NEWSETELEM",
      "NFT_MSG_NEWRULE",
    ]

    /// The step that a line of `-v` tells of; nil for another line.
    private static func step(_ line: String) -> String? {
      guard line.hasPrefix("nsrun: "), let end = line.range(of: " ms  ")?.upperBound else { return nil }
      return String(line[end...]).replacing(/nsrun-[a-z2-9]{8}/, with: "nsrun-XXXXXXXX")
    }

    /// The request of a line of `--trace` that changes something; nil for another line.
    private static func change(_ line: String) -> String? {
      guard line.hasPrefix(">>> "),
        let request = line.split(separator: " ").first(where: { $0.hasPrefix("RTM_") || $0.hasPrefix("NFT_MSG_") })
      else { return nil }
      return request.contains("GET") ? nil : String(request)
    }

    /// All that a launch could change.
    private static let everything = """
      ip -o link | sed 's/<.*//'; ip -o addr; ip route; nft list ruleset; sysctl net.ipv4.ip_forward net.ipv6.conf
      find /run -printf '%p %s %l %T@\\n' | sort; grep -c . /proc/self/mountinfo
      """

    @Test("A dry run refuses what the launch would refuse")
    func refused() throws {
      try onHost { (host) throws in
        try host.must("nsrun create web --net br0:subnet=10.3.0.0/24")
        for arguments in [
          "run --net br0 --name web -- true", "run --net br0:ip=10.4.0.5 -- true", "create web",
          "run --net br1:subnet=10.3.0.0/16 -- true", "run --net lo -- true", "run --net br0 --net br0 -- true",
        ] {
          let (dry, real) = (
            try host.sh("nsrun \(arguments.replacing(" ", with: " --dry-run ", maxReplacements: 1))"),
            try host.sh("nsrun \(arguments)")
          )
          #expect(dry.status == 125 && dry.errors == real.errors, "\(arguments): \(dry) \(real)")
        }
        // The launch says that the first one's bridge has the subnet, which does not exist yet.
        let outcome = try host.sh("nsrun --dry-run --net br1:ip=10.5.0.5/24 --net br2:ip=10.5.0.6/24 -- true")
        #expect(outcome.status == 125)
        #expect(outcome.errors.contains("collides with the subnet of another network of the sandbox"))
        try host.must("nsrun rm web")
      }
    }

    @Test("create --dry-run --json prints the steps as an array of strings")
    func json() throws {
      try onHost { (host) throws in
        #expect(
          try host.must("nsrun create web --dry-run --json | jq -c .")
            == #"["name the network namespace web","bring lo up inside"]"#)
        #expect(try host.sh("ls /run/nsrun").status != 0)
      }
    }
  }
}
