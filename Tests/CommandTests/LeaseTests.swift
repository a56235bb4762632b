import TestHost
import Testing

extension CommandTests {
  @Suite("Leases") struct LeaseTests {
    /// The messages except those that a launch waits: on a busy machine, the first launch takes more than a second.
    private static func failures(in outcome: Outcome) -> [String] {
      outcome.errorLines.filter { !$0.hasPrefix("nsrun: waiting for the lock of /run/nsrun/") }
    }

    @Test("Thirty-two concurrent launches, some of which want the same address, never share one")
    func wishes() throws {
      try onHost { (host) throws in
        // Each launch waits until all others have an address or were refused. For each of eight addresses, there are
        // two launches that want it.
        let outcome = try host.sh(
          """
          mkdir /run/scratch/up
          for i in {1..32}; do
            ip=; [ $i -le 16 ] || ip="--ip 10.64.7.$((40 + i % 8))"
            { nsrun --net br0 --subnet 10.64.7.0/26 $ip -- sh -c 'set -- $(ip -br -4 addr show eth0); echo $3
              : > /run/scratch/up/'$i'; until [ $(ls /run/scratch/up | wc -l) = 32 ]; do sleep 0.01; done' \\
              || : > /run/scratch/up/$i; } &
          done
          wait; rm -r /run/scratch/up
          """)
        let refusals = Self.failures(in: outcome)
        #expect(outcome.lines.count + refusals.count == 32 && refusals.count >= 8, "\(outcome)")
        #expect(Set(outcome.lines).count == outcome.lines.count, "\(outcome.lines.sorted())")
        #expect(Set(outcome.lines).isSuperset(of: (40...47).map { "10.64.7.\($0)/26" }), "\(outcome.lines.sorted())")
        for refusal in refusals {
          #expect(refusal.hasPrefix("nsrun: --ip 10.64.7.4") && refusal.contains(" is already leased to the sandbox '"))
        }
      }
    }

    @Test("Five hundred launches, 32 at a time on one bridge, all succeed, and no two hold an address at the same time")
    func fiveHundred() throws {
      try onHost { (host) throws in
        // A command that has an address holds a directory of that name, which a second holder could not make.
        try host.must(
          "mkdir /run/scratch/held; cat > /run/scratch/hold",
          input: """
            set -- $(ip -br -4 addr show eth0); address=${3%/*}
            mkdir "/run/scratch/held/$address" || { echo "$address is held twice"; exit 1; }
            echo "$address"
            rmdir "/run/scratch/held/$address"

            """)
        let outcome = try host.sh(
          "seq 500 | xargs -P 32 -I{} nsrun --net br0 -- sh /run/scratch/hold", seconds: 300)
        #expect(outcome.status == 0 && Self.failures(in: outcome).isEmpty, "\(outcome)")
        #expect(outcome.lines.count == 500)
        #expect(outcome.lines.allSatisfy { $0.hasPrefix("10.") && !$0.contains(" ") }, "\(outcome)")
        print("500 launches had \(Set(outcome.lines).count) addresses, none twice at a time")
        try host.must("rmdir /run/scratch/held; rm /run/scratch/hold")
      }
    }

    @Test("The next sandbox with an address is reached at once, by the host and a neighbour, and no other one answers")
    func succession() throws {
      try onHost { (host) throws in
        try host.must("nsrun create peer --net br0 --subnet 10.64.7.0/24 --ip 10.64.7.2")
        let watch = try host.start("echo $$; exec tcpdump -i br0 -n -e -l --immediate-mode arp")
        let watcher = try watch.wait(for: "\n")
        // tcpdump has bound its packet socket to a link.
        try host.eventually("awk 'NR > 1 && $5 > 0' /proc/net/packet | grep -q .")
        let reach = """
          for from in "nsrun exec peer --" ""; do
            $from ping -c 1 -W 1 10.64.7.9 > /dev/null || exit 1
            $from ip neigh show 10.64.7.9 | grep -q "lladdr $mac " || exit 2
          done
          """
        // rm removes the previous sandbox, or it ends with its command. Both kinds have exchanged packets.
        for number in 1...6 {
          let mac = "02:00:00:00:00:0\(number)"
          let script =
            number % 2 == 0
            ? """
            mac=\(mac); nsrun create web --net br0 --ip 10.64.7.9 --mac $mac > /dev/null
            \(reach)
            echo reached; nsrun rm web
            """
            : """
            mac=\(mac); mkfifo /run/scratch/up /run/scratch/end
            nsrun --net br0 --ip 10.64.7.9 --mac $mac -- sh -c 'echo > /run/scratch/up; read x < /run/scratch/end' &
            read x < /run/scratch/up
            \(reach)
            echo reached; echo > /run/scratch/end; wait $!; rm /run/scratch/up /run/scratch/end
            """
          let outcome = try host.sh(script)
          #expect(outcome.status == 0 && outcome.output == "reached\n", "\(number): \(outcome)")
        }
        // tcpdump prints a packet a moment after the packet passed.
        try watch.wait(for: "02:00:00:00:00:06 >")
        try host.must("kill \(watcher)")
        // The sandboxes are heard in the order in which they had the address: none after its successor.
        let speakers = try watch.finish().lines.filter {
          $0.contains("Reply 10.64.7.9 is-at") || $0.contains("tell 10.64.7.9")
        }
        .compactMap { line in line.split(separator: " ").dropFirst().first.map(String.init) }
        try host.must("nsrun rm peer")
        #expect(Set(speakers).count == 6 && speakers == speakers.sorted(), "\(speakers)")
      }
    }
  }
}
