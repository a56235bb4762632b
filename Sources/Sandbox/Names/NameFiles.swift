import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import RouteNetlink

/// By what names a sandbox is known, and what its commands find names by.
struct Naming {
  var name: NamespaceName
  var hostname: Hostname
  var resolver: ResolverSpec
  var bridges: [InterfaceName] = []
  /// The host's own address on the first of them.
  var hostAddress: IPAddress?

  /// What it is called in /etc/hosts: by its hostname, and by its own name where that can stand there.
  fileprivate var hosts: [String] {
    let isWord = name.text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "#") }
    let names = isWord && name.text != hostname.text ? [hostname.text, name.text] : [hostname.text]
    // It would be every other sandbox's.
    return names.filter { $0.lowercased() != "localhost" }
  }
}

extension SandboxFacts {
  var naming: Naming {
    Naming(
      name: name, hostname: hostname, resolver: resolver, bridges: connections.map(\.bridge),
      hostAddress: connections.first?.hostAddress)
  }

  /// Its lines in the hosts files of its bridges; none without a name.
  var hostsLines: [SandboxPlan.HostsLine] {
    let names = naming.hosts
    guard !names.isEmpty else { return [] }
    return connections.map {
      SandboxPlan.HostsLine(entry: HostsFile.Entry(address: $0.address.address, names: names), bridge: $0.bridge)
    }
  }
}

/// The files in which a command finds names: /etc/hosts, /etc/hostname, /etc/resolv.conf, /etc/nsswitch.conf.
struct NameFiles {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The files of /etc by which commands in a sandbox find names. Each is the sandbox's own: what is written to it inside
  /// reaches nobody else.
  /// - Parameter resolvers: who resolves names for the host; nil where nobody is to be asked.
  func covers(of naming: Naming, _ resolvers: HostResolvers?) -> [ViewCover] {
    var covers: [ViewCover] = []
    func given(_ file: String) -> [UInt8]? { try? readFile("/etc/netns/\(naming.name)/\(file)") }
    if let hosts = given("hosts") {
      covers.append(ViewCover(path: "/etc/hosts", .bytes(hosts)))
    } else if !naming.bridges.isEmpty, !naming.hosts.isEmpty {
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
    // Who listens there would answer from the host's network.
    covers += ["/run/nscd", "/run/systemd/resolve"].map { ViewCover(path: $0, .directory) }
    // A file cannot stand where there is none.
    return covers.filter { linkTarget($0.path) != nil || access($0.path, F_OK) == 0 }
  }

  /// A resolv.conf that is kept for the sandbox, with what was asked for in its place.
  private static func resolverFile(_ given: [UInt8], _ spec: ResolverSpec) -> [UInt8] {
    guard spec != ResolverSpec(), spec.servers != [] else { return spec.servers == nil ? given : [] }
    var configuration = ResolverConfiguration(String(decoding: given, as: UTF8.self))
    configuration.use(spec)
    return Array(configuration.text.utf8)
  }

  private func resolverFile(_ naming: Naming, _ resolvers: HostResolvers?) -> [UInt8] {
    switch resolvers?.answer(to: naming.resolver, hostAddress: naming.hostAddress) {
    case .text(let text): return Array(text.utf8)
    case .unreachable:
      host.reporter.warn("\(resolvers!.lack): names of other hosts are not found; give --dns ADDRESS")
    case .unchanged, nil: break
    }
    return (try? readFile("/etc/resolv.conf")) ?? []
  }

  /// Who resolves names for the host, where a sandbox needs to know: on a bridge with a way out, or where it was said.
  func hostResolvers(_ spec: ResolverSpec, _ egress: [NetworkSpec.Egress]) -> HostResolvers? {
    egress.contains { $0 != .internal } || spec != ResolverSpec() ? HostResolvers() : nil
  }

  /// Warns where the host's own file gives a name of a sandbox to somebody else: it comes first in theirs.
  func warn(_ facts: SandboxFacts) {
    let own = facts.connections.map(\.address.address)
    guard !own.isEmpty else { return }
    let content = HostsFile.ofHost()
    for name in [facts.hostname.text, facts.name.text] {
      guard let address = HostsFile.address(of: name, in: content), !own.contains(address) else { continue }
      return host.reporter.warn(
        "/etc/hosts of this host says \(name) is \(address): others will not find this sandbox by that name")
    }
  }
}
