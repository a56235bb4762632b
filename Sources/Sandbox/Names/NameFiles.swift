import Glibc
import LinuxSystem
import Namespaces
import RouteNetlink

/// By what names a sandbox is known, and what its commands find names by.
struct Naming {
  var name: NamespaceName
  var hostname: Hostname
  var resolver: ResolverSpec
  var bridge: InterfaceName?
  /// The host's own address on the bridge.
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
      name: name, hostname: hostname, resolver: resolver, bridge: connection?.bridge,
      hostAddress: connection?.hostAddress)
  }

  /// Its line in the hosts file of its bridge; nil without a bridge, or a name.
  var hostsEntry: HostsFile.Entry? {
    let names = naming.hosts
    guard let connection, !names.isEmpty else { return nil }
    return HostsFile.Entry(address: connection.address.address, names: names)
  }
}

extension Host {
  /// The files of /etc by which commands in a sandbox find names.
  /// - Parameter resolvers: who resolves names for the host; nil where nobody is to be asked.
  func nameFiles(of naming: Naming, _ resolvers: HostResolvers?) -> [MountView.ConfigurationFile] {
    var files: [MountView.ConfigurationFile] = []
    if let bridge = naming.bridge, !naming.hosts.isEmpty {
      files.append(.init(path: "/etc/hosts", .file(state.hosts(of: bridge))))
    } else {
      let entry = HostsFile.Entry(address: IPAddress("127.0.1.1")!, names: [naming.hostname.text])
      files.append(.init(path: "/etc/hosts", .bytes(HostsFile.ofHost() + Array("\(entry)\n".utf8))))
    }
    let path = "/etc/resolv.conf"
    if let resolvers, access("/etc/netns/\(naming.name)/resolv.conf", F_OK) != 0 {
      switch resolvers.answer(to: naming.resolver, hostAddress: naming.hostAddress) {
      case .unchanged: break
      case .text(let text): files.append(.init(path: path, .bytes(Array(text.utf8))))
      case .unreachable:
        let servers = resolvers.configuration.servers
        reporter.warn(
          (servers.isEmpty
            ? "\(path) names no DNS server"
            : "the DNS server of this host, \(servers.joined(separator: ", ")), cannot be reached from inside")
            + ": names of other hosts are not found; give --dns ADDRESS")
      }
    }
    if let text = try? readText("/etc/nsswitch.conf"), let changed = NameServiceSwitch.withoutResolve(text) {
      files.append(.init(path: "/etc/nsswitch.conf", .bytes(Array(changed.utf8))))
    }
    return files
  }

  /// Who resolves names for the host, where a sandbox needs to know: on a bridge with a way out, or where it was said.
  func hostResolvers(_ spec: ResolverSpec, _ egress: NetworkSpec.Egress?) -> HostResolvers? {
    (egress ?? .internal) != .internal || spec != ResolverSpec() ? HostResolvers() : nil
  }

  /// Adds a sandbox to the hosts file of its bridge, which is made where there is none. The sandbox has a lease.
  func introduce(_ entry: HostsFile.Entry, on bridge: InterfaceName) throws(SandboxError) {
    let file = HostsFile(path: state.hosts(of: bridge))
    for _ in 1...3 {
      switch try system({ () throws(SystemError) in try file.add(entry) }) {
      case .success(true): return
      case .success(false):
        try system { () throws(SystemError) in
          do throws(SystemError) {
            let content = HostsFile.content(HostsFile.ofHost())
            _ = try state.createFile(content, at: file.path, in: state.hosts, locked: false)
          } catch {
            // Another one was quicker.
            if error.errno != EEXIST { throw error }
          }
        }
      case .failure:
        // Somebody has written into it.
        let entries = try sandboxRecords().filter { $0.connection?.bridge == bridge && $0.hostsEntry != entry }
          .compactMap(\.hostsEntry)
        try system { () throws(SystemError) in try file.rebuild(entries) }
      }
    }
    throw .damaged(file.path)
  }

  /// Takes a sandbox out of the hosts file of its bridge.
  func forget(_ address: IPAddress, on bridge: InterfaceName) throws(SandboxError) {
    try system { () throws(SystemError) in try HostsFile(path: state.hosts(of: bridge)).remove(address) }
  }
}
