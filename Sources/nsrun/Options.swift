import ArgumentParser
import Launch
import Namespaces
import RouteNetlink
import Sandbox

/// How much nsrun says about what it does.
struct OutputOptions: ParsableArguments {
  @Flag(name: [.customShort("v"), .long], help: "Say each step on standard error.")
  var verbose = false

  @Flag(help: "Print every netlink message sent and received as a tree on standard error.")
  var trace = false

  var reporter: Reporter {
    let complain: @Sendable (String) -> Void = { Terminal.complain($0) }
    let show: @Sendable (String) -> Void = { Terminal.write($0, to: 2) }
    let started = ContinuousClock.now
    let progress: @Sendable (String) -> Void = { Terminal.complain("\(Milliseconds.text(since: started))  \($0)") }
    return Reporter(warn: complain, progress: verbose ? progress : nil, trace: trace ? show : nil)
  }

  func host() throws -> Host { try Host(reporter: reporter) }
}

/// How a sandbox is connected.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The bridge to be on; made, with a subnet and NAT, where there is none. 'none' is loopback only.",
      valueName: "bridge|none"))
  var net = "none"

  @Option(help: ArgumentHelp("The address wanted. (default: the next free one)", valueName: "addr[/len]"))
  var ip: String?

  @Option(help: ArgumentHelp("The subnet of a new bridge. (default: a free /24)", valueName: "cidr"))
  var subnet: String?

  @Option(help: ArgumentHelp("The default gateway. (default: the bridge's first address)", valueName: "addr"))
  var gateway: String?

  @Option(help: ArgumentHelp("The link-layer address. (default: follows from the address)", valueName: "mac"))
  var mac: String?

  @Option(help: ArgumentHelp("The largest packet in bytes, 68 to 65535. (default: the bridge's)", valueName: "bytes"))
  var mtu: UInt32?

  @Flag(help: "Let packets out with the sandbox's own address instead of the host's.")
  var noNat = false

  @Flag(help: "No way out: only the sandboxes on the same bridge, and the host's address there.")
  var `internal` = false

  /// nil for loopback only.
  func spec() throws(SandboxError) -> NetworkSpec? {
    guard net != "none" else {
      let given = [
        ("--ip", ip != nil), ("--subnet", subnet != nil), ("--gateway", gateway != nil), ("--mac", mac != nil),
        ("--mtu", mtu != nil), ("--no-nat", noNat), ("--internal", `internal`),
      ].first { $0.1 }
      if let given { throw .refused("\(given.0) needs a bridge: give --net BRIDGE") }
      return nil
    }
    if noNat && `internal` { throw .refused("--no-nat and --internal exclude each other: --internal lets nothing out") }
    let bridge: InterfaceName
    do throws(InterfaceName.Invalid) { bridge = try InterfaceName(net) } catch {
      throw .refused("--net '\(net)' cannot be a bridge: \(error)")
    }
    let (address, length) = try wantedAddress()
    return try NetworkSpec(
      bridge: bridge, address: address, prefixLength: length,
      subnet: try parse(subnet, "--subnet", "a subnet such as 10.64.1.0/24") { IPNetwork(withLength: $0) },
      gateway: try parse(gateway, "--gateway", "an IPv4 address") { IPAddress($0) },
      mac: try parse(mac, "--mac", "a link-layer address such as 02:00:00:00:00:01") { MACAddress($0) },
      mtu: mtu, egress: `internal` ? .internal : noNat ? .routed : .masquerade)
  }

  private func wantedAddress() throws(SandboxError) -> (IPAddress?, UInt8?) {
    guard let ip else { return (nil, nil) }
    if let address = IPAddress(ip) { return (address, nil) }
    let network = try parse(ip, "--ip", "an address such as 10.64.1.5 or 10.64.1.5/24") { IPNetwork($0) }
    return (network?.address, network?.prefixLength)
  }

  private func parse<Value>(
    _ text: String?, _ option: String, _ kind: String, _ parse: (String) -> Value?
  ) throws(SandboxError) -> Value? {
    guard let text else { return nil }
    guard let value = parse(text) else { throw .refused("\(option) '\(text)' is not \(kind)") }
    return value
  }
}

/// What a command starts with.
struct CommandOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The directory to start in. (default: the current one)", valueName: "dir"))
  var workdir: String?

  @Option(help: ArgumentHelp("Set an environment variable; may be repeated.", valueName: "name=value"))
  var env: [String] = []

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("The command and its arguments, after --.", valueName: "command"))
  var command: [String] = []

  func resolved() throws(SandboxError) -> Command {
    guard let program = command.first, !program.isEmpty else {
      throw .refused("a command is missing: nsrun [OPTIONS] -- COMMAND [ARG...]; nsrun --help tells more")
    }
    var environment: [(name: String, value: String)] = []
    for assignment in env {
      let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw .refused("--env '\(assignment)' is not NAME=VALUE")
      }
      environment.append((String(parts[0]), String(parts[1])))
    }
    return Command(command, environment: environment, workingDirectory: workdir)
  }
}

/// Reads the name of a sandbox or namespace.
func namespaceName(_ text: String, _ option: String) throws(SandboxError) -> NamespaceName {
  do throws(NamespaceName.Invalid) { return try NamespaceName(text) } catch {
    throw .refused("\(option) '\(text)': \(error)")
  }
}

extension IPNetwork {
  /// Reads a network whose length is given: an address alone is none.
  fileprivate init?(withLength text: String) {
    guard text.utf8.contains(UInt8(ascii: "/")) else { return nil }
    self.init(text)
  }
}
