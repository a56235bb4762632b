import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Network
import RouteNetlink

/// The names of a sandbox, and what its commands resolve names with.
struct Naming {
  var name: NamespaceName
  var hostname: Hostname
  var resolver: ResolverSpec
  var bridges: [InterfaceName] = []
  /// The host's addresses on the first bridge that the sandbox reaches.
  var hostAddresses: [IPAddress] = []
  /// The families in which it reaches other hosts, if it reaches any.
  var families: [AddressFamily] = [.inet]
}

extension SandboxFacts {
  var naming: Naming {
    Naming(
      name: name, hostname: hostname, resolver: resolver, bridges: bridgeConnections.map(\.bridge),
      hostAddresses: bridgeConnections.first?.hostAddresses ?? [], families: families)
  }

  private var families: [AddressFamily] {
    let hasIPv4 = connections.isEmpty || connections.contains { $0.inside.hasIPv4 }
    let hasIPv6 = connections.contains { $0.inside.ipv6?.gateway != nil }
    return (hasIPv4 ? [.inet] : []) + (hasIPv6 ? [.inet6] : [])
  }
}

/// The files through which a command resolves names: /etc/hosts, /etc/resolv.conf, /etc/nsswitch.conf.
struct NameFiles {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The covers of the files through which commands in a sandbox resolve names, and of the sockets of daemons that
  /// resolve names for the host. What commands write to them reaches no other sandbox.
  /// - Parameter resolvers: the host's DNS servers; nil if the sandbox needs none.
  func covers(of naming: Naming, _ resolvers: HostResolvers?) -> [ViewCover] {
    var covers: [ViewCover] = []
    func given(_ file: String) -> [UInt8]? { try? readFile("/etc/netns/\(naming.name)/\(file)") }
    if let hosts = given("hosts") {
      covers.append(ViewCover(path: "/etc/hosts", .bytes(hosts)))
    } else if !naming.bridges.isEmpty, !HostsFile.names(of: naming.name, naming.hostname).isEmpty {
      covers.append(ViewCover(path: "/etc/hosts", .file(HostsEntries(host).file(of: naming.bridges).path)))
    } else {
      let entry = HostsFile.Entry(address: IPAddress("127.0.1.1")!, names: [naming.hostname.text])
      covers.append(ViewCover(path: "/etc/hosts", .bytes(HostsFile.ofHost() + Array("\(entry)\n".utf8))))
    }
    let resolver =
      given("resolv.conf").map { Self.resolverFile($0, naming.resolver) } ?? resolverFile(naming, resolvers)
    covers.append(ViewCover(path: "/etc/resolv.conf", .bytes(resolver)))
    if let text = try? readText("/etc/nsswitch.conf"), let changed = NameServiceSwitch.withoutDaemons(text),
      access("/etc/netns/\(naming.name)/nsswitch.conf", F_OK) != 0
    {
      covers.append(ViewCover(path: "/etc/nsswitch.conf", .bytes(Array(changed.utf8))))
    }
    // A daemon that listens there would answer from the host's network.
    covers += ["/run/nscd", "/run/systemd/resolve"].map { ViewCover(path: $0, .directory) }
    // A cover needs an existing path to be mounted on.
    return covers.filter { linkTarget($0.path) != nil || access($0.path, F_OK) == 0 }
  }

  /// The resolv.conf in /etc/netns, with the servers and search domains of the spec.
  private static func resolverFile(_ given: [UInt8], _ spec: ResolverSpec) -> [UInt8] {
    guard spec != ResolverSpec(), spec.servers != [] else { return spec.servers == nil ? given : [] }
    var configuration = ResolverConfiguration(String(decoding: given, as: UTF8.self))
    configuration.use(spec)
    return Array(configuration.text.utf8)
  }

  private func resolverFile(_ naming: Naming, _ resolvers: HostResolvers?) -> [UInt8] {
    switch resolvers?.answer(to: naming.resolver, hostAddresses: naming.hostAddresses, naming.families) {
    case .text(let text): return Array(text.utf8)
    case .unreachable:
      host.reporter.warn("\(resolvers!.lack): names of other hosts are not found; give --dns ADDRESS")
    case .unchanged, nil: break
    }
    return (try? readFile("/etc/resolv.conf")) ?? []
  }

  /// The host's DNS servers; nil if the sandbox does not need them. It needs them if a network has a way out, or if the
  /// spec sets anything.
  /// - Parameter family: one in which the sandbox reaches other hosts.
  func hostResolvers(
    _ spec: ResolverSpec, _ egress: [NetworkSpec.Egress], _ family: AddressFamily
  ) -> HostResolvers? {
    egress.contains { $0 != .internal } || spec != ResolverSpec() ? HostResolvers(for: family) : nil
  }

  /// Warns if the host's /etc/hosts gives a name of the sandbox to another address: other sandboxes find that line
  /// first.
  func warn(_ facts: SandboxFacts) {
    let own = facts.connections.flatMap(\.inside.addresses).map(\.address)
    guard !own.isEmpty else { return }
    let content = HostsFile.ofHost()
    for name in [facts.hostname.text, facts.name.text] {
      guard let address = HostsFile.address(of: name, in: content), !own.contains(address) else { continue }
      return host.reporter.warn(
        "/etc/hosts of this host says \(name) is \(address): others will not find this sandbox by that name")
    }
  }
}
