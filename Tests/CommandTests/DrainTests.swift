import TestHost
import Testing

extension CommandTests {
  @Suite("Data that a command sent before its end") struct DrainTests {
    /// Reads nothing before the gate opens, then reads everything, and prints the number of bytes.
    private static let reader = "nsenter -t $ISP -n nc -l -p 80 | { read -r _ < /run/scratch/gate; wc -c; }"

    /// Starts a reader that takes so little before the gate opens that the end of the data cannot have reached it.
    private static func startReader(on host: ThrowawayHost) throws -> HostCommand {
      try host.must("mkfifo /run/scratch/gate; nsenter -t $ISP -n sysctl -qw net.ipv4.tcp_rmem='4096 8192 16384'")
      let reader = try host.start(reader)
      try host.eventually("nsenter -t $ISP -n ss -ltn | grep -q ':80 '")
      return reader
    }

    /// The kernel takes all of the data at once, and sends as much as the other side has room for.
    private static let writer = "exec 3<> /dev/tcp/8.8.8.8/80; yes | head -c 400000 >&3"
    private static let run = "nsrun --net br0 --sysctl net.ipv4.tcp_wmem='4096 8000000 8000000'"

    private static func expectNothingArrived(_ reader: HostCommand, on host: ThrowawayHost) throws {
      #expect(try host.must("ip -br link show type veth").split(separator: "\n").count == 1)
      #expect(try host.must("nsenter -t $ISP -n ss -tnH state close-wait") == "" && reader.output == "")
    }

    @Test(
      "All data that a command has sent arrives, though the command does not wait for that",
      arguments: [("", ""), ("", "--no-pid"), (foreignBridge, "")])
    func arrives(preparation: String, options: String) throws {
      try onHost("echo 1 > /proc/sys/net/ipv4/ip_forward; \(preparation)") { (host) throws in
        let reader = try Self.startReader(on: host)
        let running = try host.start("\(Self.run) \(options) -- bash -c '\(Self.writer); echo sent'")
        try running.wait(for: "sent")
        try host.must("echo > /run/scratch/gate")
        #expect(try running.finish().status == 0)
        #expect(try reader.finish().text == "400000")
        try host.must("rm /run/scratch/gate")
      }
    }

    @Test("A signal ends nsrun's wait for sent data to arrive, during which exec cannot join, and nothing is left")
    func signal() throws {
      try onHost { (host) throws in
        let reader = try Self.startReader(on: host)
        let running = try host.start("echo $$; exec \(Self.run) --name web -- bash -c '\(Self.writer); echo sent'")
        let pid = try running.wait(for: "\n")
        try running.wait(for: "sent")
        try host.eventually("! ip netns list | grep -q web")
        let joining = try host.sh("nsrun exec web -- sleep 1000")
        #expect(joining.status == 125 && joining.errors.contains("there is no sandbox"), "\(joining)")
        try host.must("kill -TERM \(pid) || true")
        #expect(try running.finish().status == 0)
        try Self.expectNothingArrived(reader, on: host)
        try host.must("rm /run/scratch/gate")
      }
    }

    @Test("nsrun does not wait for sent data to arrive if a signal ended the command", arguments: ["", "--no-pid"])
    func ended(options: String) throws {
      try onHost { (host) throws in
        let reader = try Self.startReader(on: host)
        let outcome = try host.sh("\(Self.run) \(options) -- bash -c '\(Self.writer); kill -TERM $$'")
        #expect(outcome.status == 143)
        try Self.expectNothingArrived(reader, on: host)
        try host.must("rm /run/scratch/gate")
      }
    }

    @Test("Sent data arrives even if the path is interrupted for some seconds")
    func interrupted() throws {
      try onHost { (host) throws in
        let reader = try Self.startReader(on: host)
        let running = try host.start("\(Self.run) -- bash -c '\(Self.writer); echo sent'")
        try running.wait(for: "sent")
        let drop = "nsenter -t $ISP -n nft"
        try host.must("\(drop) 'add table ip t; add chain ip t c { type filter hook input priority 0; policy drop; }'")
        try host.must("echo > /run/scratch/gate")
        // A few retransmissions do not end the wait.
        try host.must("sleep 2.5; \(drop) delete table ip t")
        #expect(try running.finish().status == 0)
        #expect(try reader.finish().text == "400000")
        try host.must("rm /run/scratch/gate")
      }
    }

    @Test("Nothing is left if the other side is silent, though a connection would keep the network for minutes")
    func silence() throws {
      try onHost { (host) throws in
        let server = try host.start("exec nsenter -t $ISP -n nc -l -k -p 80")
        try host.eventually("nsenter -t $ISP -n ss -ltn | grep -q ':80 '")
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
