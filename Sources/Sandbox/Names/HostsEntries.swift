import Glibc
import LinuxSystem
import NetTypes

/// The entries of sandboxes in the /etc/hosts that sandboxes see: a file for each bridge, and one for each set of bridges
/// that a sandbox is on, with the entries of all of them.
struct HostsEntries {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Stands between the names of bridges: none has it in its own.
  private static let separator: Character = ":"

  /// The file that a sandbox on some bridges sees.
  func file(of bridges: [InterfaceName]) -> HostsFile {
    let name =
      bridges.count == 1 ? bridges[0].text : bridges.map(\.text).sorted().joined(separator: String(Self.separator))
    return HostsFile(name, in: host.state.hosts)
  }

  /// The bridges whose sandboxes a file of this name is about.
  static func bridges(ofFile name: String) -> [String] { name.split(separator: separator).map(String.init) }

  /// The files with the entries of a bridge.
  private func files(of bridge: InterfaceName) throws(SandboxError) -> [HostsFile] {
    try system { () throws(SystemError) in try directoryEntries(host.state.hosts) }
      .filter { Self.bridges(ofFile: $0).contains(bridge.text) }.map { HostsFile($0, in: host.state.hosts) }
  }

  /// Makes the file of a sandbox on several bridges where there is none. The sandbox has its leases.
  func complete(_ bridges: [InterfaceName]) throws(SandboxError) {
    guard bridges.count > 1 else { return }
    let file = file(of: bridges)
    if access(file.path, F_OK) == 0 { return }
    try create(file)
    // After the file: whoever comes to one of the bridges later finds it.
    for line in try SandboxRecords(host).all().flatMap(\.hostsLines) where bridges.contains(line.bridge) {
      try add(line.entry, to: file)
    }
  }

  /// Adds a sandbox to the hosts file of its bridge, which is made where there is none, and to those of several bridges
  /// that this is one of. The sandbox has a lease.
  func add(_ entry: HostsFile.Entry, on bridge: InterfaceName) throws(SandboxError) {
    let own = file(of: [bridge])
    try add(entry, to: own)
    for file in try files(of: bridge) where file.path != own.path { try add(entry, to: file) }
  }

  private func add(_ entry: HostsFile.Entry, to file: HostsFile) throws(SandboxError) {
    for _ in 1...3 {
      switch try system({ () throws(SystemError) in try file.add(entry) }) {
      case .success(true): return
      case .success(false): try create(file)
      case .failure:
        // Somebody has written into it.
        let bridges = Self.bridges(ofFile: file.name)
        let entries = try SandboxRecords(host).all().flatMap(\.hostsLines)
          .filter { bridges.contains($0.bridge.text) && $0.entry != entry }.map(\.entry)
        try system { () throws(SystemError) in try file.rebuild(entries) }
      }
    }
    throw .damaged(file.path)
  }

  private func create(_ file: HostsFile) throws(SandboxError) {
    try system { () throws(SystemError) in
      do throws(SystemError) {
        let content = HostsFile.content(HostsFile.ofHost())
        _ = try host.state.createFile(content, at: file.path, in: host.state.hosts, locked: false)
      } catch {
        // Another one was quicker.
        if error.errno != EEXIST { throw error }
      }
    }
  }

  /// Takes a sandbox out of the hosts files of its bridge.
  func remove(_ address: IPAddress, on bridge: InterfaceName) throws(SandboxError) {
    for file in try files(of: bridge) { try system { () throws(SystemError) in try file.remove(address) } }
  }

  /// Takes entries out that nobody on any bridge of their file has a lease for.
  /// - Returns: their addresses.
  func removeLost(on bridge: InterfaceName, isDryRun: Bool) throws(SandboxError) -> [IPAddress] {
    var lost: Set<IPAddress> = []
    for file in try files(of: bridge) {
      let leases = Self.bridges(ofFile: file.name).compactMap { try? InterfaceName($0) }
        .map { AddressLeases(bridge: $0, state: host.state) }
      lost.formUnion(
        try system { () throws(SystemError) in
          try file.removeLost(isDryRun: isDryRun) { address in
            leases.allSatisfy { $0.holder(of: address) == nil }
          }
        })
    }
    return lost.sorted()
  }

  /// The paths of the files that are nobody's any more when a bridge's network is gone.
  func paths(of bridge: InterfaceName) throws(SandboxError) -> [String] { try files(of: bridge).map(\.path) }
}
