import ArgumentParser
import Sandbox

/// How much nsrun says about what it does.
struct OutputOptions: ParsableArguments {
  @Flag(name: [.customShort("v"), .long], help: "Say each step, and when it is taken, on standard error.")
  var verbose = false

  @Flag(help: "Print every netlink message sent and received as a tree on standard error.")
  var trace = false

  var arguments: OutputArguments { OutputArguments(verbose: verbose, trace: trace) }

  func host() throws -> Host { try arguments.host() }
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

  @Option(help: ArgumentHelp("The default gateway. (default: the bridge's own address)", valueName: "addr"))
  var gateway: String?

  @Option(help: ArgumentHelp("The link-layer address. (default: follows from the address)", valueName: "mac"))
  var mac: String?

  @Option(help: ArgumentHelp("The largest packet in bytes, 68 to 65535. (default: the bridge's)", valueName: "bytes"))
  var mtu: String?

  @Flag(help: "Let packets out with the sandbox's own address instead of the host's.")
  var noNat = false

  @Flag(help: "No way out: only the sandboxes on the same bridge, and the host's address there.")
  var `internal` = false

  @Flag(help: "Add no rules to chains of others that would drop the packets; doctor tells what to add.")
  var noFirewallRules = false

  var arguments: NetworkArguments {
    NetworkArguments(
      net: net, ip: ip, subnet: subnet, gateway: gateway, mac: mac, mtu: mtu, noNat: noNat, isInternal: `internal`,
      noFirewallRules: noFirewallRules)
  }
}

/// How a sandbox is set apart from the host.
struct IsolationOptions: ParsableArguments {
  @Flag(help: "Leave commands inside all power over the host, as ip netns exec does.")
  var privileged = false

  @Option(help: ArgumentHelp("Set a kernel parameter of the sandbox; may be repeated.", valueName: "net.name=value"))
  var sysctl: [String] = []

  var arguments: IsolationArguments { IsolationArguments(privileged: privileged, sysctl: sysctl) }
}

/// What a command starts with.
struct CommandOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The directory to start in. (default: the current one)", valueName: "dir"))
  var workdir: String?

  @Option(help: ArgumentHelp("Set an environment variable; may be repeated.", valueName: "name=value"))
  var env: [String] = []

  @Flag(help: "Start with an empty environment, and set then what other options ask for.")
  var envClear = false

  @OptionGroup var identity: IdentityOptions

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("The command and its arguments, after --.", valueName: "command"))
  var command: [String] = []

  var arguments: CommandArguments {
    CommandArguments(
      workdir: workdir, env: env, envClear: envClear, identity: identity.arguments, command: command)
  }
}

/// Who a command is.
struct IdentityOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The user to be, with its groups, HOME, USER and SHELL.", valueName: "user[:group]"))
  var user: String?

  @Option(help: ArgumentHelp("The primary group to be in.", valueName: "group"))
  var group: String?

  @Flag(help: "Be the user who called sudo.")
  var asCaller = false

  @Option(help: ArgumentHelp("Take capabilities away for good; may be repeated.", valueName: "all|name,..."))
  var capDrop: [String] = []

  @Option(help: ArgumentHelp("Keep capabilities as another user; may be repeated.", valueName: "all|name,..."))
  var capAdd: [String] = []

  @Flag(help: "Get no privileges from set-user-ID programs and file capabilities.")
  var noNewPrivs = false

  var arguments: IdentityArguments {
    IdentityArguments(
      user: user, group: group, asCaller: asCaller, capDrop: capDrop, capAdd: capAdd, noNewPrivs: noNewPrivs)
  }
}
