import Glibc
import LinuxSystem
import Namespaces
import NetTypes

/// The entries of sandboxes in the /etc/hosts of sandboxes. There is a file for each bridge, and a file for each set of
/// bridges that a sandbox is on, with the entries of all of them.
package struct HostsEntries {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// Separates the bridges in a file's name. No bridge's name contains it.
  private static let separator: Character = ":"

  /// The file that sandboxes on these bridges see.
  package func file(of bridges: [InterfaceName]) -> HostsFile {
    let name =
      bridges.count == 1 ? bridges[0].text : bridges.map(\.text).sorted().joined(separator: String(Self.separator))
    return HostsFile(name, in: host.state.hosts)
  }

  /// The bridges whose sandboxes have entries in the file with this name.
  static func bridges(ofFile name: String) -> [String] { name.split(separator: separator).map(String.init) }

  /// The files with entries of a bridge's sandboxes.
  private func files(of bridge: InterfaceName) throws(NetworkError) -> [HostsFile] {
    try system { () throws(SystemError) in try directoryEntries(host.state.hosts) }
      .filter { Self.bridges(ofFile: $0).contains(bridge.text) }.map { HostsFile($0, in: host.state.hosts) }
  }

  /// Makes the file of a sandbox on several bridges if there is none. The sandbox must have its leases.
  func complete(_ bridges: [InterfaceName]) throws(NetworkError) {
    guard bridges.count > 1 else { return }
    let file = file(of: bridges)
    if access(file.path, F_OK) == 0 { return }
    try create(file)
    // Read the records after the file was made: a sandbox that joins one of the bridges later adds its own entry.
    for line in try SandboxRecords(host).all().flatMap(\.hostsLines) where bridges.contains(line.bridge) {
      try add(line.entry, to: file)
    }
  }

  /// Adds a sandbox to the hosts file of its bridge, which it makes if there is none, and to each file of several
  /// bridges that include this one. The sandbox must have a lease.
  func add(_ entry: HostsFile.Entry, on bridge: InterfaceName) throws(NetworkError) {
    let own = file(of: [bridge])
    try add(entry, to: own)
    for file in try files(of: bridge) where file.path != own.path { try add(entry, to: file) }
  }

  private func add(_ entry: HostsFile.Entry, to file: HostsFile) throws(NetworkError) {
    for _ in 1...3 {
      switch try system({ () throws(SystemError) in try file.add(entry) }) {
      case .success(true): return
      case .success(false): try create(file)
      case .failure:
        // Another program has written into the file.
        let bridges = Self.bridges(ofFile: file.name)
        let entries = try SandboxRecords(host).all().flatMap(\.hostsLines)
          .filter { bridges.contains($0.bridge.text) && $0.entry != entry }.map(\.entry)
        try system { () throws(SystemError) in try file.rebuild(entries) }
      }
    }
    throw .damaged(file.path)
  }

  private func create(_ file: HostsFile) throws(NetworkError) {
    try system { () throws(SystemError) in
      do throws(SystemError) {
        let content = HostsFile.content(HostsFile.ofHost())
        _ = try host.state.createFile(content, at: file.path, in: host.state.hosts, locked: false)
      } catch {
        // Another nsrun has made the file meanwhile.
        if error.errno != EEXIST { throw error }
      }
    }
  }

  /// Removes a sandbox from the hosts files of its bridge.
  func remove(_ address: IPAddress, on bridge: InterfaceName) throws(NetworkError) {
    for file in try files(of: bridge) { try system { () throws(SystemError) in try file.remove(address) } }
  }

  /// Removes entries whose address is leased on none of their file's bridges, and is that of no recorded sandbox.
  /// - Returns: the addresses of these entries.
  func removeLost(on bridge: InterfaceName, isDryRun: Bool) throws(NetworkError) -> [IPAddress] {
    var lost: Set<IPAddress> = []
    // Somebody may have deleted leases.
    let recorded = Set(try SandboxRecords(host).all().flatMap(\.hostsLines).map(\.entry.address))
    for file in try files(of: bridge) {
      let leases = Self.bridges(ofFile: file.name).compactMap { try? InterfaceName($0) }
        .map { AddressLeases(bridge: $0, state: host.state) }
      lost.formUnion(
        try system { () throws(SystemError) in
          try file.removeLost(isDryRun: isDryRun) { address in
            // An IPv6 address that follows from an IPv4 address has no lease of its own.
            !recorded.contains(address)
              && leases.allSatisfy { $0.holder(of: address) == nil && $0.holder(of: address.origin) == nil }
          }
        })
    }
    return lost.sorted()
  }

  /// The paths of the files to remove together with a bridge's network.
  func paths(of bridge: InterfaceName) throws(NetworkError) -> [String] { try files(of: bridge).map(\.path) }
}

extension HostsFile {
  /// The names of a sandbox in /etc/hosts: its hostname, and its own name if that is a single word there.
  package static func names(of name: NamespaceName, _ hostname: Hostname) -> [String] {
    let isWord = name.text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "#") }
    let names = isWord && name.text != hostname.text ? [hostname.text, name.text] : [hostname.text]
    // In the shared file, localhost would be this sandbox for every other one.
    return names.filter { $0.lowercased() != "localhost" }
  }
}

extension SandboxFacts {
  /// The sandbox's lines in the hosts files of its bridges; none if it has no name for them.
  var hostsLines: [SandboxPlan.HostsLine] {
    let names = HostsFile.names(of: name, hostname)
    guard !names.isEmpty else { return [] }
    return bridgeConnections.flatMap { connection in
      connection.inside.addresses.map {
        SandboxPlan.HostsLine(entry: HostsFile.Entry(address: $0.address, names: names), bridge: connection.bridge)
      }
    }
  }
}
