import Launch
import Sandbox

/// A launch, as it is given on the command line: `nsrun [run] OPTIONS -- COMMAND`.
struct LaunchArguments: Equatable {
  var network = NetworkArguments()
  var names = NameArguments()
  var name: String?
  var keep = false
  var isolation = IsolationArguments()
  var pid = true
  var surroundings = CommandArguments()
  var output = OutputArguments()

  /// Launches, and comes back when the command has ended.
  /// - Returns: the exit status.
  func perform() throws(SandboxError) -> Int32 {
    let command = try surroundings.resolved("nsrun")
    let name = try name.map { name throws(SandboxError) in try namespaceName(name, "--name") }
    let (hostname, resolver) = try names.spec()
    let spec = SandboxSpec(
      name: name, lifetime: .run, network: try network.spec(), isPrivileged: isolation.privileged,
      hasOwnProcesses: pid, parameters: try isolation.parameters(), hostname: hostname, resolver: resolver)
    let status = try output.host().run(spec, command, keeps: keep)
    status.handOnInterrupt()
    return status.code
  }
}

extension LaunchArguments {
  /// Recognises a launch that is written in the plainest way: nothing but whole options with their values before `--`.
  ///
  /// The argument parser takes longer than the kernel does to make a sandbox (1.6 of 5 ms: it looks its types up among
  /// all that are linked), so it is only asked when this gives nil: for help, other commands, and whatever is wrong.
  init?(plain arguments: some Collection<String>) {
    var rest = Array(arguments)[...]
    if rest.first == "run" { rest.removeFirst() }
    while let argument = rest.popFirst() {
      switch argument {
      case "--":
        surroundings.command = Array(rest)
        if rest.isEmpty { return nil }
        return
      case "--no-nat": network.noNat = true
      case "--internal": network.isInternal = true
      case "--no-firewall-rules": network.noFirewallRules = true
      case "--keep": keep = true
      case "--privileged": isolation.privileged = true
      case "--pid": pid = true
      case "--no-pid": pid = false
      case "--as-caller": surroundings.identity.asCaller = true
      case "--no-new-privs": surroundings.identity.noNewPrivs = true
      case "--env-clear": surroundings.envClear = true
      case "-v", "--verbose": output.verbose = true
      case "--trace": output.trace = true
      default:
        guard let (option, value) = Self.split(argument, &rest) else { return nil }
        guard take(option, value) else { return nil }
      }
    }
    return nil
  }

  /// An option and its value: `--option value` or `--option=value`.
  private static func split(_ argument: String, _ rest: inout ArraySlice<String>) -> (String, String)? {
    guard argument.hasPrefix("--") else { return nil }
    if let equals = argument.firstIndex(of: "=") {
      return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
    }
    guard let value = rest.popFirst(), !value.hasPrefix("-") else { return nil }
    return (argument, value)
  }

  private mutating func take(_ option: String, _ value: String) -> Bool {
    switch option {
    case "--net": network.net = value
    case "--ip": network.ip = value
    case "--subnet": network.subnet = value
    case "--gateway": network.gateway = value
    case "--mac": network.mac = value
    case "--mtu": network.mtu = value
    case "--name": name = value
    case "--hostname": names.hostname = value
    case "--dns": names.dns.append(value)
    case "--dns-search": names.dnsSearch.append(value)
    case "--sysctl": isolation.sysctl.append(value)
    case "--workdir": surroundings.workdir = value
    case "--env": surroundings.env.append(value)
    case "--user": surroundings.identity.user = value
    case "--group": surroundings.identity.group = value
    case "--cap-drop": surroundings.identity.capDrop.append(value)
    case "--cap-add": surroundings.identity.capAdd.append(value)
    default: return false
    }
    return true
  }
}
