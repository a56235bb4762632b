import Glibc
import TestHost
import Testing

/// Black-box tests of the binary. Each test has its own throwaway host.
@Suite(.enabled(if: Privilege.isGranted, Comment(rawValue: Privilege.reason)), .realHostUntouched)
struct CommandTests {}

/// Runs a test on a throwaway host. After the test, the host must be as it was after the preparation.
func onHost(
  _ preparation: String = "", sourceLocation: SourceLocation = #_sourceLocation,
  _ body: (ThrowawayHost) throws -> Void
) throws {
  let left = try ThrowawayHost.with(preparation, body)
  #expect(left == nil, "the host is not as it was before", sourceLocation: sourceLocation)
}

/// Makes a foreign bridge.
let foreignBridge = "ip link add br0 type bridge; ip addr add 10.99.0.1/24 dev br0; ip link set br0 up"

/// Checks that the whole suite leaves the machine itself unchanged.
struct RealHostUntouched: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // Another suite may run at the same time, and may just mount something.
    var before = try Self.traces()
    for _ in 1...100 {
      usleep(100_000)
      let next = try Self.traces()
      if next == before { break }
      before = next
    }
    try await function()
    var after = try Self.traces()
    // Or may just have started an nsrun that prints its help.
    for _ in 1...100 where !after.isSubset(of: before) {
      usleep(100_000)
      after = try Self.traces()
    }
    #expect(after.isSubset(of: before), "tests have left something on this machine")
    #expect(
      before.subtracting(after).allSatisfy { $0.hasPrefix("/proc/") }, "tests have taken something from this machine")
  }

  /// The traces that nsrun or a throwaway host could leave on the machine.
  private static func traces() throws -> Set<Substring> {
    let nsrun = try Binary.nsrun.get()
    let script = """
      ip -o link | cut -d: -f2; ip -o -4 addr show | cut -d' ' -f2-7; ls -Ad /run/netns/* /run/nsrun/*; nft list tables
      grep . /proc/sys/net/ipv4/ip_forward; echo $(wc -l < /proc/self/mountinfo) mounts
      for p in /proc/[0-9]*; do [ "$(readlink $p/exe)" = '\(nsrun)' ] && echo $p; done
      true
      """
    let command = try HostCommand(
      ["bash", "-c", script], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], title: "look at the machine")
    return Set(try command.finish().output.split(separator: "\n"))
  }
}

extension Trait where Self == RealHostUntouched {
  static var realHostUntouched: Self { RealHostUntouched() }
}
