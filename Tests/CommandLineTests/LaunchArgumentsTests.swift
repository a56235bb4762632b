import ArgumentParser
import Testing

@testable import nsrun

/// The short way to a launch must understand exactly what the argument parser understands.
@Suite struct LaunchArgumentsTests {
  /// Options with a value, each with one that the command line takes.
  static let valued = [
    ["--net", "br0"], ["--ip", "10.64.1.5/24"], ["--subnet", "10.64.1.0/24"], ["--gateway", "10.64.1.1"],
    ["--mac", "02:00:00:00:00:01"], ["--mtu", "1400"], ["--name", "web"], ["--workdir", "/tmp"],
    ["--env", "A=B=C"], ["--env", "EMPTY="], ["--sysctl", "net.ipv4.ip_forward=1"], ["--user", "nobody:nogroup"],
    ["--group", "50"], ["--cap-drop", "all"], ["--cap-add", "net_raw,KILL"],
    ["--hostname", "web.lan"], ["--dns", "192.0.2.1"], ["--dns-search", "example.com"],
  ]
  static let flags = [
    "--no-nat", "--internal", "--no-firewall-rules", "--keep", "--privileged", "--no-pid", "--as-caller",
    "--no-new-privs",
    "--env-clear", "-v", "--verbose", "--trace",
  ]
  /// What says the opposite of a flag, as it is without.
  static let opposites = ["--pid"]

  private func parsed(_ arguments: [String]) throws -> LaunchArguments { try Run.parse(arguments).arguments }

  @Test("An option and its value mean the same as to the parser", arguments: valued)
  func option(_ option: [String]) throws {
    let arguments = option + ["--", "true", "--net", "x", "--"]
    #expect(try LaunchArguments(plain: arguments) == parsed(arguments))
    #expect(LaunchArguments(plain: ["run"] + arguments) == LaunchArguments(plain: arguments))
    #expect(LaunchArguments(plain: arguments) != LaunchArguments(plain: ["--", "true", "--net", "x", "--"]))
  }

  @Test("An option with its value after = means the same as to the parser", arguments: valued)
  func joinedOption(_ option: [String]) throws {
    let arguments = [option.joined(separator: "="), "--", "true"]
    #expect(try LaunchArguments(plain: arguments) == parsed(arguments))
  }

  @Test("A flag means the same as to the parser", arguments: flags)
  func flag(_ flag: String) throws {
    let arguments = [flag, "--", "true"]
    #expect(try LaunchArguments(plain: arguments) == parsed(arguments))
    #expect(LaunchArguments(plain: arguments) != LaunchArguments(plain: ["--", "true"]))
  }

  @Test(
    "Of a flag and its opposite the last one counts",
    arguments: [(["--no-pid", "--pid"], true), (["--pid", "--no-pid"], false)])
  func opposite(flags: [String], hasOwnProcesses: Bool) throws {
    let plain = try #require(LaunchArguments(plain: flags + ["--", "true"]))
    #expect(try plain == parsed(flags + ["--", "true"]))
    #expect(plain.pid == hasOwnProcesses)
  }

  @Test("Everything at once, in any order and repeated, means the same as to the parser")
  func everything() throws {
    var arguments = Self.flags + Self.valued.joined() + Self.flags.reversed() + ["--net", "br1"]
    arguments += ["--", "sh", "-c", "exit 3"]
    let plain = try #require(LaunchArguments(plain: arguments))
    #expect(try plain == parsed(arguments))
    #expect(plain.network.net == "br1")
    #expect(plain.surroundings.env == ["A=B=C", "EMPTY="])
  }

  @Test("Every option of run is one that the short way knows")
  func complete() {
    let known = Set(Self.flags + Self.opposites + Self.valued.map { $0[0] } + ["--version", "--help"])
    let words = Run.helpMessage().split(whereSeparator: { !$0.isLetter && $0 != "-" }).map(String.init)
    let options = Set(words.filter { $0.hasPrefix("--") && $0.count > 2 })
    #expect(options.count > 10)
    #expect(options.subtracting(known) == [])
  }

  @Test(
    "Whatever is not plain is left to the parser",
    arguments: [
      [], ["--"], ["true"], ["--net", "br0", "true"], ["--net"], ["--net", "--", "true"],
      ["--net", "-x", "--", "true"],
      ["--nett", "br0", "--", "true"], ["--help"], ["-h", "--", "true"], ["--version"], ["list"],
      ["exec", "a", "--", "sh"],
      ["--keep=yes", "--", "true"], ["-vv", "--", "true"], ["create", "--", "true"],
    ])
  func rest(_ arguments: [String]) {
    #expect(LaunchArguments(plain: arguments) == nil)
  }
}
