import NFTables

/// Packets that a chain should accept, described in terms that every firewall program has.
struct Passage {
  let bridge: String
  /// The device on which the packets arrive.
  var input: String?
  /// The device through which they leave.
  var output: String?
  /// Whether the chain is of the bridge family, in which devices are the ports of a bridge.
  var isOnBridge = false
  /// Whether they belong to established connections only.
  var isAnswer = false
  /// The destination port, for UDP and TCP.
  var port: UInt16?
}

/// The program that manages a chain.
enum ChainOwner {
  case firewalld
  case ufw
  case iptables
  case nft
  /// Only the program that created the table with the flag owner (NFT_TABLE_F_OWNER) can change it.
  case program

  /// - Parameter chains: all chains of the host.
  init(of chain: Chain, among chains: [Chain]) {
    let isOfIPTables =
      chain.table.family == .ip && ["filter", "nat", "mangle", "raw", "security"].contains(chain.table.name)
      && chain.base.map { "\($0.hook)".uppercased() == chain.name } ?? false
    self =
      if chain.table.name == "firewalld" {
        .firewalld
      } else if chain.table.flags.contains(.owner) {
        .program
      } else if !isOfIPTables {
        .nft
      } else if chain.table.name == "filter",
        chains.contains(where: { $0.table == chain.table && $0.name == "ufw-user-forward" })
      {
        .ufw
      } else {
        .iptables
      }
  }

  /// The commands that make a chain accept packets.
  /// - Parameter place: the chain, or a chain to which it sends every packet.
  func remedy(at place: Chain, for passages: [Passage]) -> String {
    var commands: [String] = []
    for passage in passages {
      switch self {
      case .firewalld:
        let change = "--zone=trusted --add-interface=\(passage.bridge.shellQuoted)"
        commands += ["firewall-cmd \(change)", "firewall-cmd --permanent \(change)"]
      case .ufw:
        // ufw accepts established connections by itself.
        if passage.isAnswer { continue }
        commands.append(
          passage.port.map { "ufw allow in on \(passage.bridge.shellQuoted) to any port \($0)" }
            ?? "ufw route allow in on \(passage.bridge.shellQuoted)")
      case .iptables: commands += Self.iptables("iptables", place.table.name, place.name, passage)
      case .nft: commands.append("nft insert rule \(place) \("\(Self.condition(passage)) accept".shellQuoted)")
      case .program: break
      }
    }
    if case .program = self {
      return "only the program that made the table \(place.table), with the flag owner, can change it: have it accept "
        + passages.map(Self.condition).joined(separator: ", and ")
    }
    var seen: Set<String> = []
    return commands.filter { seen.insert($0).inserted }.joined(separator: "; ")
  }

  /// The conditions in nft syntax.
  private static func condition(_ passage: Passage) -> String {
    var parts: [String] = []
    if passage.isOnBridge { parts.append("meta ibrname \"\(passage.bridge)\"") }
    if let input = passage.input { parts.append("iifname \"\(input)\"") }
    if let output = passage.output { parts.append("oifname \"\(output)\"") }
    if let port = passage.port { parts.append("meta l4proto { tcp, udp } th dport \(port)") }
    if passage.isAnswer { parts.append("ct state established,related") }
    return parts.joined(separator: " ")
  }

  /// - Parameter program: `iptables` or `iptables-legacy`.
  static func iptables(_ program: String, _ table: String, _ chain: String, _ passage: Passage) -> [String] {
    var command = table == "filter" ? "\(program) -I \(chain)" : "\(program) -t \(table) -I \(chain)"
    if let input = passage.input { command += " -i \(input.shellQuoted)" }
    if let output = passage.output { command += " -o \(output.shellQuoted)" }
    if passage.isAnswer { command += " -m conntrack --ctstate RELATED,ESTABLISHED" }
    guard let port = passage.port else { return ["\(command) -j ACCEPT"] }
    return ["udp", "tcp"].map { "\(command) -p \($0) --dport \(port) -j ACCEPT" }
  }
}

extension String {
  /// The text as one word of a shell command.
  public var shellQuoted: String {
    let isPlain =
      !isEmpty
      && utf8.allSatisfy { byte in
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-_./:=,+@".utf8.contains(byte)
      }
    return isPlain
      ? self : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
