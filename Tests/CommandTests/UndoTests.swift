import TestHost
import Testing

extension CommandTests {
  @Suite("Steps that cannot be undone")
  struct Undo {
    @Test("The next nsrun removes a name that nsrun could not remove")
    func name() throws {
      try onHost { (host) throws in
        let fault = "strace -qq -o /dev/null -e trace=umount2 -e inject=umount2:error=EBUSY"
        let outcome = try host.sh("\(fault) nsrun --name held -- true")
        #expect(outcome.status == 0 && outcome.errors.contains("cannot unmount /run/netns/held"), "\(outcome)")
        #expect(try host.must("ls /run/netns") == "held")
        try host.must("nsrun -- true")
      }
    }

    @Test("nsrun guards forwarding that it could not turn off, until it can")
    func forwarding() throws {
      try onHost { (host) throws in
        let fault =
          "strace -qq -o /dev/null -P /proc/sys/net/ipv4/ip_forward -e trace=write -e inject=write:error=EIO:when=2+"
        let outcome = try host.sh("\(fault) nsrun --net br0 -- true")
        #expect(outcome.errors.contains("cannot write /proc/sys/net/ipv4/ip_forward"), "\(outcome)")
        #expect(try host.must("cat /proc/sys/net/ipv4/ip_forward; nft list table inet nsrun").contains("drop comment"))
        try host.must("nsrun cleanup")
        #expect(try host.must("cat /proc/sys/net/ipv4/ip_forward; nft list tables") == "0")
      }
    }

    @Test("The next nsrun completes a bridge that a killed nsrun was making again")
    func halfMade() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        var halves = 0
        for number in 1...32 {
          try host.must("ip link delete br0")
          let fault = "strace -qq -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when=\(number)"
          let killed = try host.sh("\(fault) nsrun --net br0 -- true")
          let isHalf = try host.sh("ip link show br0 && ! ip -o addr show br0 | grep -q 'inet '").status == 0
          if killed.status == 137, isHalf { halves += 1 }
          let next = try host.sh("nsrun --net br0 -- ping -c 1 -W 2 8.8.8.8")
          #expect(next.status == 0 && next.errors == "", "\(number): \(next)")
          try host.must("nsrun exec one -- ping -c 1 -W 2 8.8.8.8")
        }
        #expect(halves > 0, "none was killed between the bridge and its address")
        try host.must("nsrun rm one")
      }
    }

    @Test("A damaged record of a bridge does not cut off the bridge's sandboxes")
    func damagedNetwork() throws {
      try onHost { (host) throws in
        try host.must(
          "nsrun create one --net br1; cd /run/nsrun/*/networks; echo garbage > br1; nsrun --net br2 -- true")
        try host.must("nsrun exec one -- ping -c 1 -W 1 8.8.8.8; nsrun rm one")
        try host.sh("ip link del br1")
      }
    }
  }
}
