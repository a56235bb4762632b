import TestHost
import Testing

extension CommandTests {
  @Suite("What cannot be undone")
  struct Undo {
    @Test("A name that cannot be removed is the next nsrun's to remove")
    func name() throws {
      try onHost { (host) throws in
        let fault = "strace -qq -o /dev/null -e trace=umount2 -e inject=umount2:error=EBUSY:when=1"
        let outcome = try host.sh("\(fault) nsrun --name held -- true")
        #expect(outcome.status == 0 && outcome.errors.contains("cannot unmount /run/netns/held"), "\(outcome)")
        #expect(try host.must("ls /run/netns") == "held")
        try host.must("nsrun -- true")
      }
    }

    @Test("Forwarding that cannot be turned off stays guarded until it can be")
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

    @Test("A damaged record of one bridge does not cut off its sandboxes")
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
