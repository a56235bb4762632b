import TestHost
import Testing

extension CommandTests {
  @Suite("What a command has sent before its end") struct DrainTests {
    /// Reads 4 kB at a time, and then rests for a tenth of a second as often as it is told to; says how much there was.
    private static func reader(rests: Int) -> String {
      """
      LC_ALL=C; nsenter -t $ISP -n nc -l -p 80 | {
        total=0; rests=\(rests)
        while read -r -N 4000 part || [ -n "$part" ]; do
          total=$((total + ${#part})); [ $((rests -= 1)) -lt 0 ] || sleep 0.1
        done
        echo $total
      }
      """
    }

    private static let listening = "nsenter -t $ISP -n ss -ltn | grep -q ':80 '"

    /// The last of it the kernel takes before there is room for it on the other side.
    private static let writer = "exec 3<> /dev/tcp/8.8.8.8/80; yes | head -c 400000 >&3"

    @Test(
      "It arrives, all of it, though the command does not wait for that",
      arguments: [("", ""), ("", "--pid"), (foreignBridge, "")])
    func arrives(preparation: String, options: String) throws {
      try onHost("echo 1 > /proc/sys/net/ipv4/ip_forward; \(preparation)") { (host) throws in
        let reader = try host.start(Self.reader(rests: 10))
        try host.eventually(Self.listening)
        try host.must("nsrun --net br0 \(options) -- bash -c '\(Self.writer)'")
        #expect(try reader.finish().text == "400000")
      }
    }

    @Test("A signal ends the wait for it, in which nobody can join, and nothing is left")
    func signal() throws {
      try onHost { (host) throws in
        let reader = try host.start(Self.reader(rests: 1000))
        try host.eventually(Self.listening)
        let running = try host.start("exec nsrun --net br0 --name web -- bash -c '\(Self.writer); echo sent'")
        try running.wait(for: "sent")
        let pid = try host.must("pgrep -ox nsrun")
        try host.eventually("! ip netns list | grep -q web")
        let joining = try host.sh("nsrun exec web -- sleep 1000")
        #expect(joining.status == 125 && joining.errors.contains("there is no sandbox"), "\(joining)")
        try host.must("kill -TERM \(pid) || true")
        #expect(try running.finish().status == 0)
        #expect(try host.must("ip -br link show type veth").split(separator: "\n").count == 1)
        // The end of what was sent has not come: the reader takes ten seconds for what is before it.
        #expect(try host.must("nsenter -t $ISP -n ss -tnH state close-wait") == "" && reader.output != "400000\n")
      }
    }

    @Test("Where a signal ended the command it is not waited for", arguments: ["", "--pid"])
    func ended(options: String) throws {
      try onHost { (host) throws in
        let reader = try host.start(Self.reader(rests: 1000))
        try host.eventually(Self.listening)
        let outcome = try host.sh("nsrun --net br0 \(options) -- bash -c '\(Self.writer); kill -TERM $$'")
        #expect(outcome.status == 143)
        #expect(try host.must("ip -br link show type veth").split(separator: "\n").count == 1)
        #expect(try host.must("nsenter -t $ISP -n ss -tnH state close-wait") == "" && reader.output != "400000\n")
      }
    }

    @Test("Where the other side is silent nothing is left either: a connection would keep the network for minutes")
    func silence() throws {
      try onHost { (host) throws in
        let server = try host.start("exec nsenter -t $ISP -n nc -l -k -p 80")
        try host.eventually(Self.listening)
        try host.must(
          """
          nsenter -t $ISP -n nft 'add table ip t; add chain ip t c { type filter hook input priority 0; }
            add rule ip t c tcp flags & fin == fin counter drop' || exit
          nsrun --net br0 -- nc -z -w 1 8.8.8.8 80 || exit
          nsenter -t $ISP -n nft list ruleset | grep -q 'counter packets [1-9]'
          """)
        #expect(try host.must("ip -br link show type veth").split(separator: "\n").count == 1)
        withExtendedLifetime(server) {}
      }
    }
  }
}
