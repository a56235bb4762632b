import Glibc
import LinuxSystem
import NFTables
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// The entries of sandboxes in the /etc/hosts that the sandboxes on a bridge see.
struct HostsEntries {
  let host: Host

  init(_ host: Host) { self.host = host }

  func file(of bridge: InterfaceName) -> HostsFile { HostsFile(bridge.text, in: host.state.hosts) }

  /// Adds a sandbox to the hosts file of its bridge, which is made where there is none. The sandbox has a lease.
  func add(_ entry: HostsFile.Entry, on bridge: InterfaceName) throws(SandboxError) {
    let file = HostsEntries(host).file(of: bridge)
    for _ in 1...3 {
      switch try system({ () throws(SystemError) in try file.add(entry) }) {
      case .success(true): return
      case .success(false):
        try system { () throws(SystemError) in
          do throws(SystemError) {
            let content = HostsFile.content(HostsFile.ofHost())
            _ = try host.state.createFile(content, at: file.path, in: host.state.hosts, locked: false)
          } catch {
            // Another one was quicker.
            if error.errno != EEXIST { throw error }
          }
        }
      case .failure:
        // Somebody has written into it.
        let entries = try SandboxRecords(host).all().filter {
          $0.connection?.bridge == bridge && $0.hostsEntry != entry
        }
        .compactMap(\.hostsEntry)
        try system { () throws(SystemError) in try file.rebuild(entries) }
      }
    }
    throw .damaged(file.path)
  }

  /// Takes a sandbox out of the hosts file of its bridge.
  func remove(_ address: IPAddress, on bridge: InterfaceName) throws(SandboxError) {
    try system { () throws(SystemError) in try HostsEntries(host).file(of: bridge).remove(address) }
  }
}
