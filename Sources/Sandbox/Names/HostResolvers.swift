import LinuxSystem
import NetTypes
import Network
import RouteNetlink

/// The content of a resolv.conf(5).
struct ResolverConfiguration: Equatable {
  /// The values of `nameserver`, in order; some may not be addresses.
  private(set) var servers: [String] = []
  /// The lines with other keywords.
  private var rest: [String] = []

  init(_ text: String) {
    var left = Array("\(text)\n".utf8)[...]
    while let line = left.cut(at: UInt8(ascii: "\n")) {
      let words = Self.words(line)
      if words.first == "nameserver" {
        if words.count > 1 { servers.append(words[1]) }
      } else if let keyword = words.first, !keyword.hasPrefix("#"), !keyword.hasPrefix(";") {
        rest.append(String(decoding: line, as: UTF8.self))
      }
    }
  }

  /// Works on bytes: every launch does this, and characters take ten times as long.
  private static func words(_ line: ArraySlice<UInt8>) -> [String] {
    var words: [String] = []
    var start = line.startIndex
    for index in line.startIndex...line.endIndex {
      let isBetween = index == line.endIndex || [UInt8(ascii: " "), 9, 13].contains(line[index])
      guard isBetween else { continue }
      if index > start { words.append(String(decoding: line[start..<index], as: UTF8.self)) }
      start = index + 1
    }
    return words
  }

  /// Whether one of the servers that a resolver asks may answer a sandbox, which has a loopback link of its own. Servers
  /// listed before that one refuse at once.
  /// - Parameter families: those in which the sandbox reaches other hosts.
  func isUsable(by families: [AddressFamily]) -> Bool {
    servers.prefix(ResolverSpec.maximumServers).contains { text in
      IPAddress(text).map { $0.isBeyondLoopback && families.contains($0.family) } ?? false
    }
  }

  mutating func use(servers addresses: [IPAddress]) { servers = addresses.map { "\($0)" } }

  private mutating func use(search domains: [String]) {
    rest.removeAll { ["search", "domain"].contains(Self.words(Array($0.utf8)[...]).first) }
    rest.append("search \(domains.joined(separator: " "))")
  }

  /// Replaces the servers and the search domains by those of the spec, if it has any.
  mutating func use(_ spec: ResolverSpec) {
    if let servers = spec.servers { use(servers: servers) }
    if !spec.search.isEmpty { use(search: spec.search) }
  }

  var text: String {
    (["# Made by nsrun for this sandbox"] + rest + servers.map { "nameserver \($0)" })
      .map { $0 + "\n" }.joined()
  }
}

/// The DNS servers of the host.
struct HostResolvers: Equatable {
  /// The content of /etc/resolv.conf.
  var configuration: ResolverConfiguration
  /// The configuration with the servers that systemd-resolved asks.
  var upstream: ResolverConfiguration?
  /// The addresses at which a DNS server on the host listens.
  var listeners: [IPAddress] = []

  /// The resolv.conf for commands inside.
  enum Answer: Equatable {
    /// The host's file also works inside.
    case unchanged
    case text(String)
    /// None of the host's servers can be reached from inside.
    case unreachable
  }

  /// Reads the host's configuration. The calling thread must be in the host's network namespace.
  /// - Parameter family: one in which the sandbox reaches other hosts. What is not needed then is not read.
  init(directory: String = "/", for family: AddressFamily = .inet) {
    configuration = ResolverConfiguration((try? readText("\(directory)etc/resolv.conf")) ?? "")
    guard !configuration.isUsable(by: [family]) else { return }
    upstream = (try? readText("\(directory)run/systemd/resolve/resolv.conf")).map { ResolverConfiguration($0) }
    guard upstream?.isUsable(by: [family]) != true else { return }
    listeners = ["udp", "udp6"].flatMap { Self.listeners((try? readText("/proc/thread-self/net/\($0)")) ?? "") }
  }

  init(configuration: ResolverConfiguration, upstream: ResolverConfiguration? = nil, listeners: [IPAddress] = []) {
    self.configuration = configuration
    self.upstream = upstream
    self.listeners = listeners
  }

  /// The resolv.conf of a sandbox.
  /// - Parameters:
  ///   - hostAddresses: the host's addresses on the bridge that the sandbox reaches, the preferred one first.
  ///   - families: those in which the sandbox reaches other hosts; if none, it needs no server.
  func answer(
    to spec: ResolverSpec, hostAddresses: [IPAddress], _ families: [AddressFamily] = [.inet]
  ) -> Answer {
    if spec.servers == [] { return .text("") }
    var result = configuration
    if spec.servers == nil, !families.isEmpty, !configuration.isUsable(by: families) {
      if let upstream, upstream.isUsable(by: families) {
        result = upstream
      } else if let server = server(on: hostAddresses, families) {
        result.use(servers: [server])
      } else {
        return .unreachable
      }
    } else if spec == ResolverSpec() {
      return .unchanged
    }
    result.use(spec)
    return .text(result.text)
  }

  /// The servers that commands inside ask, in a sandbox with IPv4.
  func servers(for spec: ResolverSpec, hostAddress: IPAddress?) -> [IPAddress] {
    let asked =
      switch answer(to: spec, hostAddresses: hostAddress.map { [$0] } ?? []) {
      case .unchanged: configuration
      case .text(let text): ResolverConfiguration(text)
      case .unreachable: ResolverConfiguration("")
      }
    return asked.servers.prefix(ResolverSpec.maximumServers).compactMap { IPAddress($0) }
  }

  /// Why commands inside cannot reach a server, if the answer is ``Answer/unreachable``.
  var lack: String {
    configuration.servers.isEmpty
      ? "/etc/resolv.conf names no DNS server"
      : "the DNS server of this host, \(configuration.servers.joined(separator: ", ")), cannot be reached from inside"
  }

  /// The address at which a sandbox on a bridge reaches a DNS server on the host; nil if there is none.
  private func server(on hostAddresses: [IPAddress], _ families: [AddressFamily]) -> IPAddress? {
    let listening = hostAddresses.first { address in
      listeners.contains { $0 == address || $0.isUnspecified && $0.family == address.family }
    }
    return listening ?? listeners.first { $0.isBeyondLoopback && families.contains($0.family) }
  }

  /// The addresses at which sockets are bound to port 53, from a table of UDP sockets (proc(5), /proc/net/udp and
  /// udp6). An IPv6 socket bound to `::` also receives IPv4, unless its owner has set IPV6_V6ONLY, which the table does
  /// not show.
  static func listeners(_ table: String) -> [IPAddress] {
    table.split(separator: "\n").dropFirst().flatMap { line -> [IPAddress] in
      let fields = line.split(separator: " ")
      guard fields.count > 3, fields[3] == "07", fields[1].hasSuffix(":0035") else { return [] }
      let digits = Array(fields[1].dropLast(5).utf8)
      // The table shows each four bytes of the address as a number in this machine's byte order.
      let numbers = stride(from: 0, to: digits.count, by: 8).compactMap {
        UInt32(String(decoding: digits[$0..<min($0 + 8, digits.count)], as: UTF8.self), radix: 16)
      }
      let bytes = numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
      guard numbers.count * 8 == digits.count, let address = IPAddress(bytes: bytes) else { return [] }
      if let mapped = address.mapped { return [mapped] }
      return address.isUnspecified && !address.isIPv4 ? [IPAddress("0.0.0.0")!, address] : [address]
    }
  }
}

extension IPAddress {
  /// The IPv4 address of an IPv4-mapped address, ::ffff:0:0/96.
  fileprivate var mapped: IPAddress? {
    !isIPv4 && bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) ? origin : nil
  }

  /// Whether it may be the address of another host: an IPv4 address outside 127.0.0.0/8 and 0.0.0.0/8, or an IPv6 address
  /// outside ::/8 and fe80::/10.
  fileprivate var isBeyondLoopback: Bool { !isLoopback && bytes[0] != 0 && (isIPv4 || !isLinkLocal) }
}
