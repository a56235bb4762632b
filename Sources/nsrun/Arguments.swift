import Glibc
import Launch
import LinuxSystem
import Namespaces
import NetTypes
import RouteNetlink
import Sandbox

/// What was said about output, as plain values.
struct OutputArguments: Equatable {
  var verbose = false
  var trace = false

  var reporter: Reporter {
    let complain: @Sendable (String) -> Void = { Terminal.complain($0) }
    let show: @Sendable (String) -> Void = { Terminal.write(Terminal.plain($0), to: 2) }
    let started = monotonicMicroseconds()
    let progress: @Sendable (String) -> Void = {
      Terminal.complain("\(Milliseconds.text(microseconds: monotonicMicroseconds() - started))  \($0)")
    }
    return Reporter(warn: complain, progress: verbose ? progress : nil, trace: trace ? show : nil)
  }

  func host() throws(SandboxError) -> Host { try Host(reporter: reporter) }
}

/// What was said about the network, as plain values.
struct NetworkArguments: Equatable {
  var net = "none"
  var ip: String?
  var subnet: String?
  var gateway: String?
  var mac: String?
  var mtu: String?
  var noNat = false
  var isInternal = false
  var noFirewallRules = false

  /// nil for loopback only.
  func spec() throws(SandboxError) -> NetworkSpec? {
    guard net != "none" else {
      let given = [
        ("--ip", ip != nil), ("--subnet", subnet != nil), ("--gateway", gateway != nil), ("--mac", mac != nil),
        ("--mtu", mtu != nil), ("--no-nat", noNat), ("--internal", isInternal),
        ("--no-firewall-rules", noFirewallRules),
      ].first { $0.1 }
      if let given { throw .refused("\(given.0) needs a bridge: give --net BRIDGE") }
      return nil
    }
    if noNat && isInternal { throw .refused("--no-nat and --internal exclude each other: --internal lets nothing out") }
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
      mtu: try parse(mtu, "--mtu", "a number of bytes") { UInt64($0).map { UInt32(clamping: $0) } },
      egress: isInternal ? .internal : noNat ? .routed : .masquerade, mayChangeForeignChains: !noFirewallRules)
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

/// What was said about how a sandbox is set apart from the host, as plain values.
struct IsolationArguments: Equatable {
  var privileged = false
  var sysctl: [String] = []

  func parameters() throws(SandboxError) -> [KernelParameter] {
    var parameters: [KernelParameter] = []
    for assignment in sysctl {
      do throws(SandboxError) { parameters.append(try KernelParameter(assignment)) } catch {
        throw .refused("--sysctl \(error)")
      }
    }
    return parameters
  }
}

/// What was said about the command, as plain values.
struct CommandArguments: Equatable {
  var workdir: String?
  var env: [String] = []
  var envClear = false
  var identity = IdentityArguments()
  var command: [String] = []

  /// - Parameter start: how a command line like this one begins, for people.
  func resolved(_ start: String) throws(SandboxError) -> Command {
    guard let program = command.first, !program.isEmpty else {
      throw .refused("a command is missing: \(start) [OPTIONS] -- COMMAND [ARG...]; nsrun --help tells more")
    }
    var (credentials, environment) = try identity.resolved()
    for assignment in env {
      let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw .refused("--env '\(assignment)' is not NAME=VALUE")
      }
      environment.append((String(parts[0]), String(parts[1])))
    }
    var result = Command(command, environment: environment, workingDirectory: workdir)
    result.isEnvironmentCleared = envClear
    result.credentials = credentials
    result.exactArguments = ExactArguments.afterTerminator(count: command.count)
    return result
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

/// The arguments of this process as they are: Swift's own have what is not UTF-8 replaced, and a file's name need not be.
enum ExactArguments {
  /// The last arguments, those after `--`; nil where Swift's say the same.
  static func afterTerminator(count: Int) -> [[CChar]]? {
    let all = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
    guard all.count > count else { return nil }
    let vector = all.suffix(count)
    guard vector.contains(where: { $0.map { String(validatingCString: $0) == nil } ?? false }) else { return nil }
    return vector.compactMap { $0.map { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) } }
  }
}
