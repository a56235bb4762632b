import NetTypes
import Network
import Sandbox

/// One network that the command line requests.
struct NetworkRequest {
  var kind = ConnectionKind.bridge
  /// The bridge, or for another kind the link of the host; nil for loopback only.
  var target: InterfaceName?
  var interface: InterfaceName?
  var address: IPAddress?
  /// The prefix length that was given with the address.
  var prefixLength: UInt8?
  var address6: IPAddress?
  var prefixLength6: UInt8?
  var hasIPv4 = true
  var subnet: IPNetwork?
  var ipv6 = NetworkSpec.IPv6.automatic
  var subnet6: IPNetwork?
  var gateway: IPAddress?
  var hasNoGateway = false
  var mac: MACAddress?
  var mtu: UInt32?
  var isRouted = false
  var isInternal = false
  /// The values of settings that only some kinds have.
  var settings: [String: String] = [:]

  /// As the command line takes it: `br0`, `macvlan@eth0`.
  var text: String { kind.label(target!) }

  /// Takes the value of a setting that only some kinds have.
  mutating func set(_ key: String, _ text: String) throws(InvalidValue) {
    let values = kind.settings.first { $0.key == key }?.values ?? []
    guard values.contains(text) else {
      throw InvalidValue("'\(text)' is not \(values.dropLast().joined(separator: ", ")) or \(values.last ?? "")")
    }
    settings[key] = text
  }
}

/// A setting of one network: a key of `--net BRIDGE:KEY=VALUE,...`, or an option of its own if there is only one
/// network.
struct NetworkKey: Sendable {
  let name: String
  /// The value's name in the help; nil for a key without one.
  let value: String?
  let help: String
  /// The kinds of networks that have it.
  var kinds: [ConnectionKind] = ConnectionKind.allCases
  let take: @Sendable (inout NetworkRequest, String) throws(InvalidValue) -> Void

  /// Refuses it for a network of another kind.
  func requireKind(of network: NetworkRequest) throws(InvalidValue) {
    guard !kinds.contains(network.kind) else { return }
    throw InvalidValue("\(name) is for \(kinds[0].rawValue)@, and \(network.text) is not one")
  }

  static let all: [NetworkKey] = [
    NetworkKey(
      name: "ip", value: "addr[/len]",
      help: "The address wanted; once for each family. (default: the next free one, and the IPv6 address that follows)"
    ) { (network, text) throws(InvalidValue) in
      let (address, length): (IPAddress, UInt8?)
      if let single = IPAddress(text) {
        (address, length) = (single, nil)
      } else {
        let wanted = try parse(text, "an address such as 10.64.1.5 or 10.64.1.5/24") { IPNetwork($0) }
        (address, length) = (wanted.address, wanted.prefixLength)
      }
      if address.isIPv4 {
        (network.address, network.prefixLength) = (address, length)
      } else {
        (network.address6, network.prefixLength6) = (address, length)
      }
    },
    NetworkKey(
      name: "subnet", value: "cidr", help: "The subnet of a new bridge. (default: a free /24)", kinds: [.bridge]
    ) { (network, text) throws(InvalidValue) in
      network.subnet = try parse(text, "a subnet such as 10.64.1.0/24") { IPNetwork($0) }
    },
    NetworkKey(
      name: "ip6", value: nil, help: "Refuse a network that cannot have IPv6. (default: IPv4 alone there)",
      kinds: [.bridge]
    ) { (network, _) in network.ipv6 = .required },
    NetworkKey(name: "no-ip4", value: nil, help: "No IPv4, only IPv6.", kinds: [.bridge]) { (network, _) in
      network.hasIPv4 = false
    },
    NetworkKey(name: "no-ip6", value: nil, help: "No IPv6, only IPv4.", kinds: [.bridge]) { (network, _) in
      network.ipv6 = .none
    },
    NetworkKey(
      name: "subnet6", value: "cidr",
      help: "The IPv6 subnet of a bridge without one. (default: a unique local /64)", kinds: [.bridge]
    ) { (network, text) throws(InvalidValue) in
      network.subnet6 = try parse(text, "a subnet such as fd00:1::/64") { IPNetwork($0) }
    },
    NetworkKey(
      name: "gateway", value: "addr|none",
      help: "Where the default route leads; 'none' for no default route. (default: the bridge's own address)"
    ) { (network, text) throws(InvalidValue) in
      network.hasNoGateway = text == "none"
      network.gateway = text == "none" ? nil : try parse(text, "an IPv4 address, nor none") { IPAddress($0) }
    },
    NetworkKey(name: "mac", value: "mac", help: "The link-layer address. (default: follows from the address)") {
      (network, text) throws(InvalidValue) in
      network.mac = try parse(text, "a link-layer address such as 02:00:00:00:00:01") { MACAddress($0) }
    },
    NetworkKey(
      name: "mtu", value: "bytes", help: "The largest packet in bytes, 68 to 65535. (default: the bridge's)"
    ) { (network, text) throws(InvalidValue) in
      network.mtu = try parse(text, "a number of bytes") { UInt64($0).map { UInt32(clamping: $0) } }
    },
    NetworkKey(name: "ifname", value: "name", help: "What the link is called inside. (default: eth0, eth1, ...)") {
      (network, text) throws(InvalidValue) in
      do throws(InterfaceName.Invalid) { network.interface = try InterfaceName(text) } catch {
        throw InvalidValue("'\(text)' cannot be a link: \(error)")
      }
    },
    NetworkKey(
      name: "no-nat", value: nil, help: "Let packets out with the sandbox's own address instead of the host's.",
      kinds: [.bridge]
    ) { (network, _) in network.isRouted = true },
    NetworkKey(
      name: "internal", value: nil,
      help: "No way out: only the sandboxes on the same bridge, and the host's address there.", kinds: [.bridge]
    ) { (network, _) in network.isInternal = true },
    NetworkKey(
      name: "mode", value: "bridge|private|vepa", help: "Which other macvlans are reached. (default: bridge)",
      kinds: ConnectionKind.allCases.filter { kind in kind.settings.contains { $0.key == "mode" } }
    ) { (network, text) throws(InvalidValue) in try network.set("mode", text) },
  ]

  fileprivate var option: Option {
    let note: @Sendable (inout Arguments, String) throws(InvalidValue) -> Void = { (all, text) throws(InvalidValue) in
      // The network is not known yet, but an invalid value is reported at once.
      var anyNetwork = NetworkRequest()
      try take(&anyNetwork, text)
      all.network.singleKeys.append((self, text))
    }
    guard let value else { return .flag(name, help) { try? note(&$0, "") } }
    return .value(name, value, help, note)
  }
}

/// The arguments about networks.
struct NetworkArguments {
  /// The networks of `--net`; none for loopback only.
  var requests: [NetworkRequest] = []
  /// Whether `--net none` was given.
  var isNone = false
  /// The settings given as options, in their order on the command line. They apply to the only network.
  fileprivate var singleKeys: [(key: NetworkKey, text: String)] = []
  var hasNoFirewallRules = false
  var routes: [RouteSpec] = []
  var forwards = false

  static let options = OptionGroup(
    title: "NETWORK",
    options: [
      .value(
        "net", "[kind@]link[:key=value,...]|none",
        """
        A bridge to be on, made, with a subnet and NAT, where there is none; may be repeated. macvlan@LINK is a link with \
        a MAC address of its own on a link of the host. The keys are the names of the options from --ip to --internal, \
        each for this network: br0:ip=10.64.1.5,mtu=1400. 'none' is loopback only. (default: none)
        """, completion: .bridges
      ) { (all, text) throws(InvalidValue) in
        if text == "none" { all.network.isNone = true } else { all.network.requests.append(try request(text)) }
      }
    ] + NetworkKey.all.filter { $0.kinds.contains(.bridge) }.map(\.option) + [
      .value(
        "route", "dest=addr",
        "Reach a subnet, an address or 'default' by a next hop on one of the networks; may be repeated."
      ) { (all, text) throws(InvalidValue) in
        do throws(RouteSpec.Invalid) { all.network.routes.append(try RouteSpec(text)) } catch {
          throw InvalidValue("\(error)")
        }
      },
      .flag("forward", "Be a router: forward packets from one network of the sandbox to another.") {
        $0.network.forwards = true
      },
      .flag(
        "no-firewall-rules", "Add no rules to chains of others that would drop the packets; doctor tells what to add."
      ) { $0.network.hasNoFirewallRules = true },
    ])

  /// Parses the name of a bridge.
  static func parseBridge(_ text: String) throws(InvalidValue) -> InterfaceName { try parseLink(text, .bridge) }

  private static func parseLink(_ text: String, _ kind: ConnectionKind) throws(InvalidValue) -> InterfaceName {
    do throws(InterfaceName.Invalid) { return try InterfaceName(text) } catch {
      throw InvalidValue("'\(text)' cannot be a \(kind == .bridge ? "bridge" : "link"): \(error)")
    }
  }

  /// Parses `[KIND@]BRIDGE[:KEY=VALUE,...]`.
  private static func request(_ text: String) throws(InvalidValue) -> NetworkRequest {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let words = parts[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let kind = words.count == 1 ? .bridge : ConnectionKind(rawValue: words[0]) else {
      let kinds = ConnectionKind.allCases.map { "\($0.rawValue)@" }.joined(separator: " and ")
      throw InvalidValue("'\(text)': there is no kind of network '\(words[0])', only \(kinds)")
    }
    var request = NetworkRequest(kind: kind, target: try parseLink(words.last!, kind))
    guard parts.count == 2 else { return request }
    for part in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let key = NetworkKey.all.first(where: { $0.name == pair[0] }) else {
        let keys = NetworkKey.all.map { $0.value == nil ? $0.name : "\($0.name)=" }.joined(separator: ", ")
        throw InvalidValue("'\(text)': ':' is followed by keys, and '\(pair[0])' is none of \(keys)")
      }
      guard (key.value != nil) == (pair.count == 2) else {
        throw InvalidValue(
          "'\(text)': \(key.name) takes \(key.value == nil ? "no value" : "a value: \(key.name)=\(key.value!)")")
      }
      do throws(InvalidValue) { try key.requireKind(of: request) } catch {
        throw InvalidValue("'\(text)': \(error.text)")
      }
      do throws(InvalidValue) { try key.take(&request, pair.count == 2 ? pair[1] : "") } catch {
        throw InvalidValue("'\(text)': \(key.name)= \(error.text)")
      }
    }
    return request
  }

  /// The networks; none for loopback only.
  func specs() throws(SandboxError) -> [ConnectionSpec] {
    if isNone && !requests.isEmpty { throw .refused("--net none excludes other --net") }
    var requests = requests
    let others = [("--no-firewall-rules", hasNoFirewallRules), ("--route", !routes.isEmpty), ("--forward", forwards)]
    let first = singleKeys.first.map { "--\($0.key.name)" } ?? others.first { $0.1 }?.0
    if requests.isEmpty, let first { throw .refused("\(first) needs a network: give --net BRIDGE") }
    if requests.count > 1, let (key, text) = singleKeys.first {
      let word = key.value == nil ? key.name : "\(key.name)=\(text)"
      throw .refused(
        """
        --\(key.name) is for one network, and there are \(requests.count): give it to the one that it is for, as in \
        --net \(requests[0].text):\(word)
        """)
    }
    for (key, text) in singleKeys {
      do throws(InvalidValue) { try key.requireKind(of: requests[0]) } catch { throw .refused("--\(error.text)") }
      do throws(InvalidValue) { try key.take(&requests[0], text) } catch {
        throw .refused("--\(key.name) \(error.text)")
      }
    }
    return try requests.map { request throws(SandboxError) in try spec(request) }
  }

  private func spec(_ request: NetworkRequest) throws(SandboxError) -> ConnectionSpec {
    switch request.kind {
    case .bridge: .bridge(try bridgeSpec(request))
    case let kind where request.address6 != nil:
      throw .refused("--ip \(request.address6!): a \(kind.rawValue) has IPv4 only")
    case let kind:
      .link(
        try LinkSpec(
          kind: kind, lower: request.target!, interface: request.interface, address: request.address,
          prefixLength: request.prefixLength, gateway: request.gateway, mac: request.mac, mtu: request.mtu,
          settings: request.settings))
    }
  }

  private func bridgeSpec(_ request: NetworkRequest) throws(SandboxError) -> NetworkSpec {
    let wants6 = [
      request.subnet6.map { _ in "--subnet6" }, request.address6.map { "--ip \($0)" },
      request.hasIPv4 ? nil : "--no-ip4",
    ]
    if request.ipv6 == .none, let other = wants6.compactMap(\.self).first {
      throw .refused("--no-ip6 and \(other) exclude each other")
    }
    let wants4 = [request.address.map { "--ip \($0)" }, request.gateway.map { "--gateway \($0)" }]
    if !request.hasIPv4, let other = wants4.compactMap(\.self).first {
      throw .refused("--no-ip4 and \(other) exclude each other")
    }
    if request.isRouted && request.isInternal {
      throw .refused("--no-nat and --internal exclude each other: --internal lets nothing out")
    }
    return try NetworkSpec(
      bridge: request.target!, interface: request.interface, address: request.address,
      prefixLength: request.prefixLength, address6: request.address6, prefixLength6: request.prefixLength6,
      hasIPv4: request.hasIPv4, subnet: request.subnet, ipv6: request.ipv6, subnet6: request.subnet6,
      gateway: request.gateway, hasNoDefaultRoute: request.hasNoGateway, mac: request.mac, mtu: request.mtu,
      egress: request.isInternal ? .internal : request.isRouted ? .routed : .masquerade,
      mayChangeForeignChains: !hasNoFirewallRules)
  }
}
