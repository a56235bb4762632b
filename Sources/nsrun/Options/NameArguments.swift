import NetTypes
import Network
import Sandbox

/// The arguments about a sandbox's hostname, and about the DNS servers that commands inside ask.
struct NameArguments {
  var hostname: Hostname?
  var servers: [IPAddress] = []
  /// Whether `--dns none` was given.
  var hasNoServers = false
  var searchDomains: [String] = []

  static let options = OptionGroup(
    title: "NAMES",
    options: [
      .value("hostname", "name", "The hostname inside. (default: like the sandbox's name)") {
        (all, text) throws(InvalidValue) in
        do throws(Hostname.Invalid) { all.names.hostname = try Hostname(text) } catch {
          throw InvalidValue("'\(text)': \(error)")
        }
      },
      .value(
        "dns", "addr|none", "A DNS server to ask inside; may be repeated. (default: those of the host)",
        completion: .words(["none"])
      ) { (all, text) throws(InvalidValue) in
        if text == "none" {
          all.names.hasNoServers = true
        } else {
          guard let server = IPAddress(text) else { throw InvalidValue("'\(text)' is neither an address nor 'none'") }
          all.names.servers.append(server)
        }
      },
      .value("dns-search", "domain", "A domain to search for short names; may be repeated.") {
        (all, text) throws(InvalidValue) in
        all.names.searchDomains.append(
          try parse(text, "a domain such as example.com") { ResolverSpec.isSearchDomain($0) ? $0 : nil })
      },
    ])

  func resolver() throws(SandboxError) -> ResolverSpec {
    guard hasNoServers else {
      return ResolverSpec(servers: servers.isEmpty ? nil : servers, search: searchDomains)
    }
    if !servers.isEmpty { throw .refused("--dns none excludes other --dns") }
    if !searchDomains.isEmpty { throw .refused("--dns none excludes --dns-search: nobody is asked") }
    return ResolverSpec(servers: [])
  }
}
