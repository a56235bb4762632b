import TestHost
import Testing

extension CommandTests {
  @Suite("list and inspect") struct ListingTests {
    private static let keys =
      #"["ageSeconds","createdAt","hostname","maker","name","namespace","neighbours","network","networks","privileged","processes","schemaVersion","state"]"#
    private static let networkKeys =
      #"["address","address6","bridge","egress","gateway","gateway6","hostLink","interface","kind","mac","masqueradedBy","mtu","prefixLength","prefixLength6","received","sent"]"#

    @Test("list --json prints an array of objects with the documented keys, which is empty without sandboxes")
    func json() throws {
      try onHost { (host) throws in
        #expect(try host.must("nsrun list --json | jq -c .") == "[]")
        #expect(try host.must("nsrun list") == "")
        try host.must("nsrun create one --net br0 --ip 10.64.5.9/24; nsrun create two")
        #expect(
          try host.must("nsrun list --json | jq -c 'map(keys)[0] - [\"network\"] == (map(keys)[1] - [\"network\"])'")
            == "true")
        #expect(try host.must("nsrun list --json | jq -c '.[0] | keys'") == Self.keys)
        #expect(try host.must("nsrun list --json | jq -c '.[0].network | keys'") == Self.networkKeys)
        #expect(
          try host.must(
            "nsrun list --json | jq -c '.[0] | [.name, .state, .namespace, .processes, (.network | .bridge, .address, .prefixLength, .gateway, .mac, .mtu, .egress)]'"
          )
            == #"["one","created","/run/netns/one",[],"br0","10.64.5.9",24,"10.64.5.1","02:6e:0a:40:05:09",1500,"masquerade"]"#
        )
        #expect(
          try host.must("nsrun list --json | jq -c '.[0].network.received | keys'")
            == #"["bytes","dropped","errors","packets"]"#)
        #expect(try host.must("nsrun list --json | jq -c '[.[1].name, .[1].network]'") == #"["two",null]"#)
        try host.must("nsrun rm one two")
      }
    }

    @Test("inspect is not a process of the sandbox that it looks into, so nothing ends it with the sandbox")
    func looking() throws {
      try onHost { (host) throws in
        try host.must(
          """
          nsrun create one --net br0
          strace -f -qq -o /dev/null -e trace=setns -e inject=setns:delay_exit=1000000 nsrun inspect one > /dev/null &
          inside() { for t in /proc/[0-9]*/task/[0-9]*; do [ ! $t/ns/net -ef /run/netns/one ] || return 0; done; return 1; }
          until inside; do kill -0 $! || exit; done
          [ -z "$(ip netns pids one)" ] || exit
          wait $! || exit; nsrun rm one
          """)
      }
    }

    @Test("inspect shows processes, traffic and neighbours, as text and as JSON")
    func inspect() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0 --ip 10.64.5.9/24 --mtu 1400 --no-nat")
        let inside = try host.start(
          "exec nsrun exec one -- sh -c 'ping -c 3 -i 0.2 10.64.5.1 > /dev/null; echo $$.; exec cat'")
        let pid = try inside.wait(for: ".")
        try host.eventually("grep -q cat /proc/\(pid)/comm")
        let people = try host.must("nsrun inspect one")
        for line in [
          "Name       one", "State      created", "Bridge     br0", "Address    10.64.5.9/24", "Gateway    10.64.5.1",
          "MAC        02:6e:0a:40:05:09", "MTU        1400", "Process    \(pid) cat (user root, capabilities: all)",
          "Power      over its own network",
          "Neighbour  10.64.5.1 06:6e:0a:40:05:01",
        ] { #expect(people.contains(line), "\(line) is not in \(people)") }
        let document = "nsrun inspect one --json | jq -c"
        #expect(try host.must("\(document) keys") == Self.keys)
        #expect(
          try host.must("\(document) '.processes'")
            == #"[{"capabilities":"all","name":"cat","pid":\#(pid),"uid":0,"user":"root"}]"#)
        #expect(try host.must("\(document) .privileged") == "false")
        #expect(
          try host.must("\(document) '.neighbours[0] | [.address, .mac]'") == #"["10.64.5.1","06:6e:0a:40:05:01"]"#)
        // The counts are those of the link inside: three echo requests and three replies.
        #expect(try host.must("\(document) '.network.sent.packets >= 3 and .network.received.packets >= 3'") == "true")
        #expect(
          try host.must(
            "\(document) .network.sent.packets; ip -n one -j -s link show eth0 | jq -c '.[0].stats64.tx.packets'"
          )
          .split(separator: "\n").count { _ in true } == 2)
        inside.closeInput()
        _ = try inside.finish()
        try host.must("nsrun rm one")
      }
    }

    @Test("inspect shows the counts of sent and received packets that the link inside has")
    func counters() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0; nsrun exec one -- ping -c 2 -i 0.2 8.8.8.8")
        // The bridge may send packets at any time, so the shown counts lie between those before and those after.
        let look =
          "ip -n one -j -s link show eth0 | jq -c '.[0].stats64 | [.rx.packets, .rx.bytes, .tx.packets, .tx.bytes]'"
        let show = """
          nsrun inspect one --json | jq -c '.network | [.received.packets, .received.bytes, .sent.packets, .sent.bytes]'
          """
        let counts = try host.must("\(look); \(show); \(look)").split(separator: "\n").map { line in
          line.split { !$0.isNumber }.compactMap { Int($0) }
        }
        #expect(counts.count == 3 && counts.allSatisfy { $0.count == 4 })
        for index in 0..<4 { #expect(counts[0][index] <= counts[1][index] && counts[1][index] <= counts[2][index]) }
        #expect(counts[1][0] >= 2 && counts[1][2] >= 2)
        try host.must("nsrun rm one")
      }
    }

    @Test("create prints the address, or with --json what list prints")
    func create() throws {
      try onHost { (host) throws in
        #expect(try host.must("nsrun create one --net br0 --ip 10.64.5.9/24") == "10.64.5.9")
        #expect(try host.must("nsrun create two --json --net br0 | jq -c keys") == Self.keys)
        #expect(try host.must("nsrun create three") == "")
        try host.must("nsrun rm one two three")
      }
    }

    @Test("list and inspect tell a user other than root that only root may look, and not that there is nothing")
    func unprivileged() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one")
        for command in ["list", "inspect one"] {
          let outcome = try host.sh("setpriv --reuid 1000 --regid 1000 --clear-groups nsrun \(command)")
          #expect(outcome.status == 125 && outcome.errors.contains("only root may look at /run/nsrun"), "\(outcome)")
        }
        try host.must("nsrun rm one")
      }
    }

    @Test("The table of list fits 80 columns, whatever the names, and has no colour in a pipe")
    func width() throws {
      try onHost { (host) throws in
        let long = String(repeating: "n", count: 255)
        try host.must("nsrun create \(long) --net abcdefghijklmno --ip 10.100.100.100/24; nsrun create short")
        let table = try host.must("nsrun list").split(separator: "\n")
        #expect(table.count == 3)
        #expect(table.allSatisfy { $0.count <= 80 }, "\(table)")
        #expect(!table.joined().contains("\u{1b}"))
        #expect(table[0].split(separator: " ") == ["NAME", "STATE", "BRIDGE", "ADDRESS", "PROCESSES", "AGE"])
        // The columns are aligned.
        let column = try #require(table[0].firstRange(of: "STATE")).lowerBound.utf16Offset(in: table[0])
        #expect(table[1...].allSatisfy { $0.dropFirst(column).hasPrefix("created") })
        try host.must("nsrun rm \(long) short")
      }
    }

    @Test("list prints colour on a terminal, with lines that still fit, and no colour with NO_COLOR")
    func colour() throws {
      try onHost { (host) throws in
        let long = String(repeating: "n", count: 200)
        try host.must("nsrun create \(long) --net br0")
        let coloured = try host.must("script -qec 'stty cols 80; nsrun list' /dev/null")
        #expect(coloured.contains("\u{1b}[32m"))
        #expect(
          try host.must("script -qec 'stty cols 80; NO_COLOR=1 nsrun list' /dev/null").contains("\u{1b}") == false)
        let plain = coloured.replacing(/\u{1b}\[[0-9]*m/, with: "").split(whereSeparator: \.isNewline)
        #expect(plain.allSatisfy { $0.count <= 80 }, "\(plain)")
        try host.must("nsrun rm \(long)")
      }
    }

    @Test("nsrun prints help and version on standard output, and exits with 0")
    func help() throws {
      try onHost { (host) throws in
        #expect(try host.must("nsrun --version").hasPrefix("nsrun "))
        for command in ["", "run", "create", "exec", "list", "inspect", "rm", "cleanup", "doctor", "selftest"] {
          let outcome = try host.sh("nsrun \(command) --help")
          #expect(
            outcome.status == 0 && outcome.errors == "" && outcome.output.contains("USAGE: nsrun"),
            "\(command): \(outcome)")
          #expect(outcome.lines.allSatisfy { $0.count <= 80 }, "\(command): \(outcome.lines.filter { $0.count > 80 })")
        }
      }
    }
  }
}
