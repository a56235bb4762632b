import NetTypes
import Network
import Sandbox
import Testing

@testable import nsrun

@Suite("Command line") struct ParserTests {
  private func parsed(_ words: String...) throws -> (command: String, arguments: Arguments) {
    guard case .run(let command, let arguments) = try Request.parse(words) else { throw Unexpected() }
    return (command.name, arguments)
  }

  private struct Unexpected: Error {}

  /// Options with a value: for each, a valid value and an invalid one; empty if all values are valid.
  private static let values = [
    "net": ["br0:ip=10.64.1.5,mtu=1400", "a/b"], "ifname": ["lan0", "a/b"], "ip": ["10.64.1.5/24", "10.64"],
    "subnet": ["10.64.1.0/24", "10.64.1.0"], "subnet6": ["fd00:a::/64", "fd00:a::"],
    "gateway": ["10.64.1.1", "x"], "mac": ["02:00:00:00:00:01", "02"], "mtu": ["1400", "1k"], "name": ["web", ""],
    "workdir": ["/tmp", ""], "env": ["A=B=C", "=x"], "sysctl": ["net.ipv4.ip_forward=1", "kernel.panic=1"],
    "user": ["nobody:nogroup", ""], "group": ["50", ""], "cap-drop": ["all", ""], "cap-add": ["net_raw,KILL", ""],
    "route": ["10.2.0.0/24=10.1.0.9", "10.2.0.0/24"], "hostname": ["web.lan", "a_b"],
    "dns": ["192.0.2.1", "dns.example"], "dns-search": ["example.com", "a b"],
    "probe": ["192.0.2.1", "::1"], "count": ["3", "0"],
  ]

  @Test("Each command takes each of its options, with the value apart or after =, and each option has an effect")
  func options() throws {
    for command in Subcommand.all {
      var operands: [String] = []
      if case .none = command.operands {} else { operands = ["web"] }
      func read(_ words: [String]) throws -> String {
        guard case .run(let read, let arguments) = try Request.parse([command.name] + operands + words) else {
          throw Unexpected()
        }
        #expect(read.name == command.name)
        return "\(arguments)"
      }
      let without = try read([])
      for option in command.options {
        guard option.takesValue else {
          // If a flag is already on, only its opposite changes something.
          #expect(try option.spellings.contains { try read([$0]) != without }, "\(option.name)")
          for spelling in option.spellings {
            _ = try read([spelling])
            #expect(throws: Misuse.self) { try read(["\(spelling)=yes"]) }
          }
          continue
        }
        var (value, invalid) = try #require(Self.values[option.name].map { ($0[0], $0[1]) })
        // There it is a name alone.
        if command.name == "cleanup" { (value, invalid) = ("br0", "br0:mtu=1400") }
        #expect(try read(["--\(option.name)", value]) != without, "\(option.name)")
        #expect(try read(["--\(option.name)=\(value)"]) == read(["--\(option.name)", value]))
        #expect(throws: Misuse.self) { try read(["--\(option.name)"]) }
        #expect(throws: Misuse.self) { try read(["--\(option.name)", "--", "x"]) }
        if !invalid.isEmpty { #expect(throws: Misuse.self) { try read(["--\(option.name)=\(invalid)"]) } }
      }
    }
  }

  @Test("No two commands have the same name, and no two options of a command have the same spelling")
  func unique() {
    #expect(Set(Subcommand.all.map(\.name)).count == Subcommand.all.count)
    for command in Subcommand.all {
      let spellings = command.options.flatMap(\.spellings)
      #expect(Set(spellings).count == spellings.count, "\(command.name)")
    }
  }

  @Test("The last of several equal options counts, and an option that may be repeated keeps all its values")
  func repeated() throws {
    let arguments = try parsed(
      "--mtu", "1400", "--no-pid", "--env", "A=1", "--mtu=1300", "--net", "br0", "--net=br1", "--pid", "--env", "B=",
      "--", "true"
    )
    .arguments
    #expect(arguments.network.requests.map(\.target) == (try [InterfaceName("br0"), InterfaceName("br1")]))
    #expect(arguments.hasOwnProcesses)
    #expect(arguments.command.environment.map(\.name) == ["A", "B"])
    #expect(arguments.command.environment.map(\.value) == ["1", ""])
  }

  @Test("All that follows -- belongs to the command: options, another --, and empty words")
  func command() throws {
    let run = try parsed("--net", "br0", "--", "sh", "--net", "br1", "--", "")
    #expect(run.command == "run" && run.arguments.command.words == ["sh", "--net", "br1", "--", ""])
    #expect(try parsed("run", "--", "list").command == "run")
    #expect(try parsed("--").arguments.command.words == [])
    #expect(try parsed("exec", "web", "--", "-x").arguments.command.words == ["-x"])
  }

  @Test("Operands may be before, between and after options, and after -- if they begin with -")
  func operands() throws {
    #expect(try parsed("rm", "a", "--trace", "b").arguments.operands == ["a", "b"])
    #expect(try parsed("rm", "--", "-a", "--trace").arguments.operands == ["-a", "--trace"])
    #expect(try parsed("inspect", "--json", "-").arguments.operands == ["-"])
  }

  @Test(
    "Help is shown whatever else is before --",
    arguments: [
      (["--help"], ""), (["-h"], ""), (["--bogus", "-h"], ""), (["--net", "br0", "--help"], ""), (["help"], ""),
      (["help", "rm"], "rm"), (["rm", "--help"], "rm"), (["create", "--mtu", "x", "-h", "--", "true"], "create"),
    ])
  func help(words: [String], command: String) throws {
    guard case .help(let helped) = try Request.parse(words) else { throw Unexpected() }
    #expect(helped?.name ?? "" == command)
  }

  @Test("The version is shown like help, but not if --version belongs to the command")
  func version() throws {
    for words in [["--version"], ["list", "--version"]] {
      guard case .version = try Request.parse(words) else { throw Unexpected() }
    }
    #expect(try parsed("--", "ls", "--version").arguments.command.words == ["ls", "--version"])
  }
}

@Suite("Help") struct HelpTests {
  @Test("The help of each command names its options, in lines of at most 80 columns")
  func lines() {
    for command in Subcommand.all.map(Optional.init) + [nil] {
      let lines = Help.text(of: command).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.allSatisfy { $0.count <= 80 }, "\(command?.name ?? "nsrun")")
      for option in command?.options ?? [] {
        #expect(lines.contains { $0.hasPrefix("  \(option.synopsis)") } == !option.isHidden, "\(option.name)")
      }
    }
  }

  @Test("The description of an option starts on its line if it fits there, and below if not")
  func columns() {
    let help = Help.text(of: .run)
    #expect(help.contains("\n  --mac <mac>             The link-layer address. (default: follows from the\n"))
    #expect(help.contains("\n                          address)\n"))
    #expect(help.contains("\n  --sysctl <net.name=value>\n                          Set a kernel parameter"))
  }
}

@Suite("Completions") struct CompletionTests {
  /// The candidates without their descriptions.
  private func candidates(_ words: String...) -> [String] {
    CompletionAnswer(to: words).lines.map { String($0.prefix { $0 != "\t" }) }
  }

  @Test("A completion of the first word is a command or an option of run")
  func first() {
    #expect(candidates("") == Subcommand.all.map(\.name) + ["help"])
    #expect(candidates("re") == ["reload"])
    #expect(candidates("--ne") == ["--net"])
  }

  @Test("A completion of an option is an option of the command, together with its description")
  func options() {
    #expect(candidates("create", "web", "--no-") == ["--no-ip4", "--no-ip6", "--no-nat", "--no-firewall-rules"])
    #expect(candidates("rm", "web", "--k") == [])
    #expect(CompletionAnswer(to: ["cleanup", "--dry"]).lines == ["--dry-run\tOnly say what would be removed."])
    #expect(candidates("selftest", "--pro") == [])
  }

  @Test("A completion of a value is what the option takes")
  func values() {
    #expect(candidates("--dns", "") == ["none"])
    #expect(candidates("--dns=n") == ["--dns=none"])
    // bash splits the word like this.
    #expect(candidates("--dns", "=") == ["none"])
    #expect(candidates("--dns", "=", "n") == ["none"])
    #expect(candidates("--dns", "=", "none", "--net", "=", "") != ["none"])
    #expect(candidates("--user", "roo") == ["root"])
    #expect(candidates("--cap-drop", "net_r") == ["net_raw"])
    #expect(candidates("--workdir", "/") == [":directories"])
  }

  @Test("A completion after -- belongs to the command")
  func command() {
    #expect(candidates("--net", "br0", "--", "pi") == [":command 3"])
    #expect(candidates("exec", "web", "--", "ip", "a") == [":command 3"])
    #expect(candidates("--net", "br0", "--").contains("--"))
  }
}

@Suite("The networks of a command line") struct NetworkArgumentsTests {
  private func specs(_ words: String...) throws -> [ConnectionSpec] {
    guard case .run(_, let arguments) = try Request.parse(words) else { return [] }
    return try arguments.network.specs()
  }

  @Test("A key after the bridge and the option of its name say the same")
  func keys() throws {
    let pairs = [
      ("ip=10.64.1.5/24", "--ip=10.64.1.5/24"), ("subnet=10.64.1.0/24", "--subnet=10.64.1.0/24"),
      ("gateway=10.64.1.9", "--gateway=10.64.1.9"), ("gateway=none", "--gateway=none"),
      ("mac=02:00:00:00:00:01", "--mac=02:00:00:00:00:01"), ("mtu=1400", "--mtu=1400"),
      ("ifname=lan0", "--ifname=lan0"),
      ("no-nat", "--no-nat"), ("internal", "--internal"), ("ip6", "--ip6"), ("no-ip6", "--no-ip6"),
      ("subnet6=fd00:a::/64", "--subnet6=fd00:a::/64"), ("no-ip4", "--no-ip4"),
      ("ip=fd00:a::5/64", "--ip=fd00:a::5/64"),
    ]
    #expect(pairs.count == NetworkKey.all.count { $0.kinds.contains(.bridge) } + 2)
    let plain = "\(try specs("--net", "br0"))"
    for (key, option) in pairs {
      let said = "\(try specs("--net", "br0:\(key)"))"
      #expect(said == "\(try specs("--net", "bridge@br0", option))" && said != plain, "\(key)")
    }
  }

  @Test("Several networks each have their own keys, with a MAC address among them")
  func several() throws {
    let specs = try specs(
      "--net", "br0:mac=02:00:00:00:00:01,mtu=1400", "--net", "br1", "--net", "br2:internal,ip=10.2.0.5"
    ).compactMap(\.bridged)
    #expect(specs.map(\.bridge.text) == ["br0", "br1", "br2"])
    #expect(specs.map(\.mtu) == [1400, nil, nil])
    #expect(specs.map(\.egress) == [.masquerade, .masquerade, .internal])
    #expect("\(specs[0].mac!)" == "02:00:00:00:00:01" && specs[2].address == IPAddress("10.2.0.5"))
  }

  @Test(
    "What makes no sense is refused, and the words to type are said",
    arguments: [
      (["--net", "br0", "--net", "br1", "--ip", "10.1.0.5"], "--net br0:ip=10.1.0.5"),
      (["--net", "br0", "--net", "br1", "--internal"], "--net br0:internal"),
      (["--net", "none", "--net", "br1"], "--net none excludes other --net"),
      (["--ip", "10.1.0.5"], "--ip needs a network: give --net BRIDGE"),
      (["--net", "br0:no-nat,internal"], "exclude each other"),
      (["--net", "macvlan@eth0"], "give ip=ADDRESS/LENGTH"),
      (["--net", "macvlan@eth0:ip=10.1.0.5"], "give ip=ADDRESS/LENGTH"),
      (["--net", "macvlan@eth0", "--ip", "10.1.0.5/24", "--internal"], "--internal is for bridge@"),
      (["--net", "macvlan@eth0:ip=10.1.0.5/24,gateway=10.2.0.1"], "is outside the subnet 10.1.0.0/24"),
    ])
  func refused(words: [String], complaint: String) throws {
    guard case .run(_, let arguments) = try Request.parse(words) else { return }
    let error = #expect(throws: SandboxError.self) { try arguments.network.specs() }
    #expect("\(try #require(error))".contains(complaint), "\(error!)")
  }

  @Test(
    "What is no network is refused",
    arguments: [
      ("br0:colour=red", "'colour' is none of ip=, subnet="), ("br0:ip", "ip takes a value: ip=addr"),
      ("br0:internal=yes", "internal takes no value"), ("br0:ip=x", "ip= 'x' is not an address"),
      ("macvlan@eth0:subnet=10.1.0.0/24", "subnet is for bridge@"), ("br0:mode=bridge", "mode is for macvlan@"),
      ("macvlan@eth0:mode=x", "mode= 'x' is not bridge, private or vepa"), ("macvlan@", "cannot be a link"),
      ("cloud@br0", "no kind of network 'cloud', only bridge@ and macvlan@"), ("br0:", "':' is followed by keys"),
      (":ip=10.1.0.5", "empty"),
    ])
  func invalid(text: String, complaint: String) throws {
    let error = #expect(throws: Misuse.self) { try Request.parse(["--net", text]) }
    #expect(try #require(error).text.contains(complaint), "\(error!.text)")
  }
}
