import ArgumentParser
import Sandbox

/// What a sandbox is called, and whom it asks for the names of others.
struct NameOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The hostname inside. (default: like the sandbox's name)", valueName: "name"))
  var hostname: String?

  @Option(
    help: ArgumentHelp(
      "A DNS server to ask inside; may be repeated. (default: those of the host)", valueName: "addr|none"))
  var dns: [String] = []

  @Option(help: ArgumentHelp("A domain to search for short names; may be repeated.", valueName: "domain"))
  var dnsSearch: [String] = []

  var arguments: NameArguments { NameArguments(hostname: hostname, dns: dns, dnsSearch: dnsSearch) }
}

/// What was said about names, as plain values.
struct NameArguments: Equatable {
  var hostname: String?
  var dns: [String] = []
  var dnsSearch: [String] = []

  func spec() throws(SandboxError) -> (hostname: Hostname?, resolver: ResolverSpec) {
    let hostname = try hostname.map { text throws(SandboxError) in try Hostname(text) }
    return (hostname, try ResolverSpec(dns: dns, search: dnsSearch))
  }
}
