import TestHost
import Testing

extension CommandTests {
  @Suite("Concurrent launches") struct ConcurrencyTests {
    @Test("Sixteen concurrent runs on a bridge that did not exist have distinct addresses and leave nothing")
    func runs() throws {
      try onHost { (host) throws in
        // Each run waits until all have an address, so that all exist at the same time.
        let outcome = try host.sh(
          """
          mkdir /run/scratch/up
          for i in {1..16}; do
            nsrun --net br0 -- sh -c 'ip -o -4 addr show eth0 | sed "s/.*inet //; s/ .*//"; : > /run/scratch/up/'$i'
              until [ $(ls /run/scratch/up | wc -l) = 16 ]; do sleep 0.01; done; ping -c 1 -W 2 8.8.8.8 > /dev/null' &
            pids="$pids $!"
          done
          s=0; for p in $pids; do wait $p || s=$?; done; rm -r /run/scratch/up; exit $s
          """)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.errors == "")
        #expect(Set(outcome.lines).count == 16, "\(outcome.lines.sorted())")
      }
    }

    @Test("Concurrent runs that come and go all reach the internet, though the last undoes what the next one does")
    func comingAndGoing() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          for i in {1..4}; do
            for j in {1..\(max(5, rounds / 4))}; do nsrun --net br0 -- ping -c 1 -W 2 8.8.8.8 || exit 1; done > /run/scratch/$i &
            pids="$pids $!"
          done
          s=0; for p in $pids; do wait $p || s=$?; done; [ $s = 0 ] || tail -n 5 /run/scratch/[1-4]; exit $s
          """, seconds: 120)
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
      }
    }

    @Test("One of many concurrent launches gets the name or address that all want, and the others fail with the reason")
    func sameWish() throws {
      try onHost { (host) throws in
        let script = { (command: String) in
          """
          for i in {1..8}; do \(command) & pids="$pids $!"; done
          n=0; for p in $pids; do wait $p && n=$((n + 1)); done; echo successes $n
          """
        }
        let name = try host.sh(script("nsrun create web --net br0 > /dev/null"))
        #expect(name.text == "successes 1", "\(name)")
        #expect(
          name.errorLines.count == 7 && name.errorLines.allSatisfy { $0.hasPrefix("nsrun: the name 'web' is taken") },
          "\(name)")
        let address = try host.sh(script("nsrun create a$i --net br1 --ip 10.64.5.9/24 > /dev/null"))
        #expect(address.text == "successes 1", "\(address)")
        #expect(
          address.errorLines.count == 7 && address.errorLines.allSatisfy { $0.contains("10.64.5.9 is already leased") },
          "\(address)")
        try host.must("nsrun cleanup --all")
      }
    }

    @Test("Bridges that are made at the same time get different subnets, and all have a way out")
    func bridges() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          """
          for i in {1..6}; do nsrun create s$i --net br$i & pids="$pids $!"; done
          s=0; for p in $pids; do wait $p || s=$?; done
          for i in {1..6}; do nsrun exec s$i -- ping -c 1 -W 2 8.8.8.8 > /dev/null || s=1; done; exit $s
          """)
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        #expect(Set(outcome.lines.map { $0.split(separator: ".")[1...2].joined() }).count == 6, "\(outcome.lines)")
        try host.must("nsrun rm s1 s2 s3 s4 s5 s6")
      }
    }

    @Test("nsrun does not lease a freed address again at once, and reports a full subnet")
    func addresses() throws {
      try onHost { (host) throws in
        // A /29 has six host addresses: one for the gateway and five for sandboxes.
        var given: [String] = []
        for number in 1...5 { given.append(try host.must("nsrun create s\(number) --net br0 --subnet 10.64.5.0/29")) }
        #expect(Set(given).count == 5 && !given.contains("10.64.5.1"))
        let full = try host.sh("nsrun --net br0 -- true")
        #expect(full.status == 125)
        #expect(full.errors.hasPrefix("nsrun: no address is free in 10.64.5.0/29 on br0"), "\(full)")
        try host.must("nsrun rm s2")
        #expect(try host.must("nsrun create s6 --net br0") == given[1])
        try host.must("nsrun rm s4 s6")
        let next = try host.must("nsrun create s7 --net br0")
        #expect(next == given[3], "round robin goes on after \(given[1])")
        try host.must("nsrun cleanup --all")
      }
    }
  }
}
