import NetTypes
import RouteNetlink

/// The DNS servers that commands inside the sandbox ask.
public struct ResolverSpec: Equatable, Sendable {
  /// nil for the servers of the host; empty for none.
  public var servers: [IPAddress]?
  /// The domains to search for names without a dot; empty for those of the host.
  public var search: [String]

  /// The resolver of the C library asks no more servers (MAXNS in resolv.h).
  package static let maximumServers = 3

  public init(servers: [IPAddress]? = nil, search: [String] = []) {
    self.servers = servers
    self.search = search
  }

  /// Whether a text is a valid search domain: a domain name, or the root.
  public static func isSearchDomain(_ text: String) -> Bool {
    text == "." || Hostname.isDomain(text) && text.utf8.count <= 253
  }

  /// The lines of a record.
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
