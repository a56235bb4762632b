import NetTypes
import RouteNetlink

/// Which DNS servers commands inside are to ask.
public struct ResolverSpec: Equatable, Sendable {
  /// nil for those of the host; empty for none.
  public var servers: [IPAddress]?
  /// The domains to search for names without a dot; empty for those of the host.
  public var search: [String]

  /// How many servers are asked (MAXNS in resolv.h).
  static let maximumServers = 3

  public init(servers: [IPAddress]? = nil, search: [String] = []) {
    self.servers = servers
    self.search = search
  }

  /// Reads what `--dns` and `--dns-search` were given.
  public init(dns: [String], search: [String]) throws(SandboxError) {
    if dns.contains("none") {
      if dns.count > 1 { throw .refused("--dns none excludes other --dns") }
      if !search.isEmpty { throw .refused("--dns none excludes --dns-search: nobody is asked") }
      self.init(servers: [])
      return
    }
    var servers: [IPAddress] = []
    for text in dns {
      guard let address = IPAddress(text) else { throw .refused("--dns '\(text)' is neither an address nor 'none'") }
      servers.append(address)
    }
    for domain in search where domain != "." && (!Hostname.isDomain(domain) || domain.utf8.count > 253) {
      throw .refused("--dns-search '\(domain)' is not a domain such as example.com")
    }
    self.init(servers: servers.isEmpty ? nil : servers, search: search)
  }

  /// As it stands in a record.
  var lines: [(key: String, value: String)] {
    var lines: [(key: String, value: String)] = []
    if let servers {
      lines.append(("dns", servers.isEmpty ? "none" : servers.map { "\($0)" }.joined(separator: " ")))
    }
    if !search.isEmpty { lines.append(("dns-search", search.joined(separator: " "))) }
    return lines
  }

  init(_ text: RecordText) {
    self.init(
      servers: text["dns"].map { $0.split(separator: " ").compactMap { IPAddress(String($0)) } },
      search: text["dns-search"]?.split(separator: " ").map(String.init) ?? [])
  }
}
