import LinuxSystem
import NetTypes

/// The files about a network. Its record is the last: if this process is killed before, the next nsrun finds the rest by
/// the record.
struct NetworkFiles {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Removes the files of a network of which nothing else is left.
  /// - Returns: the failures.
  func remove(of bridge: InterfaceName) -> [NetworkError] {
    do throws(NetworkError) {
      let files = [host.state.cursor(of: bridge), host.state.generation(of: bridge)]
      for file in try files + HostsEntries(host).paths(of: bridge) + [host.state.record(of: bridge)] {
        _ = try system { () throws(SystemError) in try removeFile(file) }
      }
      return []
    } catch {
      return [error]
    }
  }
}
