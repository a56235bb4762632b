import FoundationEssentials
import Launch
import LinuxSystem
import Network
import RouteNetlink
import Sandbox

/// JSON for other programs: sorted keys, an indentation of two spaces, slashes not escaped.
enum JSON {
  static func text(_ document: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(document), as: UTF8.self)
    // The encoder puts an empty line into an empty array.
    var lines: [Substring] = []
    for line in text.split(separator: "\n") {
      if line.drop(while: { $0 == " " }).first == "]", lines.last?.last == "[" {
        lines[lines.count - 1] += "]" + line.drop { $0 != "]" }.dropFirst()
      } else {
        lines.append(line)
      }
    }
    return lines.joined(separator: "\n").replacingDeceptive(except: { $0 == "\n" }) { scalar in
      String(scalar).utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    }
  }
}

/// A sandbox as `list`, `inspect` and `create` print it. Later versions may add keys, but remove none.
struct SandboxDocument: Encodable {
  struct Counters: Encodable {
    let packets: UInt64
    let bytes: UInt64
    let errors: UInt64
    let dropped: UInt64

    init(_ counters: LinkStatistics.Counters) {
      packets = counters.packets
      bytes = counters.bytes
      errors = counters.errors
      dropped = counters.dropped
    }
  }

  struct Process: Encodable {
    let pid: Int32
    let name: String
    let uid: UInt32?
    let user: String?
    /// The effective capabilities: `all`, `none`, or names.
    let capabilities: String?

    private static let accounts = try? Accounts.ofMachine()

    init(_ pid: Int32) {
      self.pid = pid
      name = programName(of: pid)
      let credentials = ProcessCredentials(of: pid)
      uid = credentials?.user
      user = uid.flatMap { Self.accounts?.name(of: $0) }
      capabilities = credentials.map { "\($0.capabilities)" }
    }

    /// As text for the user.
    var line: String {
      guard let uid, let capabilities else { return "\(pid) \(name)" }
      return "\(pid) \(name) (user \(user ?? "\(uid)"), capabilities: \(capabilities))"
    }
  }

  struct Neighbour: Encodable {
    let address: String
    let mac: String?
    let state: String
  }

  struct Network: Encodable {
    /// The link inside.
    let interface: String
    /// `bridge` or `macvlan`.
    let kind: String
    /// The bridge; missing for other kinds.
    let bridge: String?
    /// The link of the host through which it goes; missing for a bridge.
    let link: String?
    /// Without the prefix length; missing without IPv4.
    let address: String?
    let prefixLength: UInt8?
    let gateway: String?
    /// Without the prefix length; missing without IPv6.
    let address6: String?
    let prefixLength6: UInt8?
    let gateway6: String?
    let mac: String
    let mtu: UInt32
    let hostLink: String?
    /// Of a macvlan: `bridge`, `private` or `vepa`.
    let mode: String?
    /// `masquerade`, `routed` or `internal`.
    let egress: String
    /// The owner of the masquerade rule, `nsrun` or `host`; missing without masquerading.
    let masqueradedBy: String?
    let received: Counters?
    let sent: Counters?

    init(_ connection: Connection, _ traffic: LinkStatistics?) {
      let inside = connection.inside
      interface = inside.interface.text
      kind = connection.kind.rawValue
      bridge = connection.bridged?.bridge.text
      link = connection.bridged == nil ? connection.target.text : nil
      address = inside.hasIPv4 ? "\(inside.address.address)" : nil
      prefixLength = inside.hasIPv4 ? inside.address.prefixLength : nil
      gateway = inside.gateway.map { "\($0)" }
      address6 = inside.ipv6.map { "\($0.address.address)" }
      prefixLength6 = inside.ipv6?.address.prefixLength
      gateway6 = inside.ipv6?.gateway.map { "\($0)" }
      mac = "\(inside.mac)"
      mtu = inside.mtu
      hostLink = connection.bridged?.hostLink.text
      mode = connection.settings["mode"]
      egress = connection.egress.rawValue
      masqueradedBy =
        connection.egress != .masquerade ? nil : connection.bridged?.translation == .host ? "host" : "nsrun"
      received = traffic.map { Counters($0.received) }
      sent = traffic.map { Counters($0.sent) }
    }
  }

  /// Increased if a key changes its meaning; not if one is added.
  let schemaVersion = 1

  let name: String
  /// `running`, `created`, `stale` or `broken`.
  let state: String
  let namespace: String
  let hostname: String
  /// The servers given by `--dns`: empty for `none`; missing for the servers of the host.
  let dns: [String]?
  let dnsSearch: [String]?
  /// In seconds since 1970.
  let createdAt: Int
  let ageSeconds: Int
  let maker: Int32
  let privileged: Bool?
  /// The first of ``networks``.
  let network: Network?
  /// In the order of the command line.
  let networks: [Network]
  let processes: [Process]
  let neighbours: [Neighbour]

  init(_ report: SandboxReport) {
    name = report.facts.name.text
    state = report.state.rawValue
    namespace = "/run/netns/\(report.facts.name)"
    hostname = report.facts.hostname.text
    dns = report.facts.resolver.servers?.map { "\($0)" }
    dnsSearch = report.facts.resolver.search.isEmpty ? nil : report.facts.resolver.search
    createdAt = report.facts.createdAt
    ageSeconds = report.age
    maker = report.facts.maker
    privileged = report.isPrivileged
    networks = zip(report.facts.connections, report.traffic).map { Network($0, $1) }
    network = networks.first
    processes = report.processes.map { Process($0) }
    neighbours = report.neighbours.map {
      Neighbour(address: "\($0.address)", mac: $0.mac.map { "\($0)" }, state: $0.state)
    }
  }

  /// The egress as text for the user.
  static func describe(_ connection: Connection) -> String {
    switch connection.egress {
    case .masquerade where connection.bridged?.translation == .host:
      "with the host's address (masquerade by rules of this host)"
    case .masquerade: "with the host's address (masquerade)"
    case .routed: "with its own address (no NAT)"
    case .internal: "none (internal)"
    }
  }
}

/// One removed object, as `cleanup --json` prints it.
struct RemovedDocument: Encodable {
  /// `sandbox`, `link`, `bridge`, `rules`, `forwarding`, `lease`, `name` or `record`.
  let kind: String
  let name: String
  /// `stale`, `created`, `broken`, `unrecorded` or `damaged`.
  let reason: String
  let bridge: String?
  let processes: [Int32]

  init(_ removed: Removed) {
    kind = removed.kind.rawValue
    name = removed.name
    reason = removed.reason.rawValue
    bridge = removed.bridge?.text
    processes = removed.processes
  }
}

/// One check, as `doctor --json` prints it.
struct FindingDocument: Encodable {
  let check: String
  /// `ok`, `warning` or `problem`.
  let status: String
  let message: String
  /// What to do about it.
  let remedy: String?

  init(_ finding: Finding) {
    check = finding.check
    status = finding.status.rawValue
    message = finding.message
    remedy = finding.remedy
  }
}
