import Glibc
import LinuxSystem

/// Damaged records, in a directory in which nsrun looks for no records.
package struct DamagedRecords {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// Moves a damaged record to a directory in which nsrun looks for no records, and warns of it.
  /// - Parameters:
  ///   - owner: the object that the record was about, as text for the user.
  ///   - consequence: what becomes of what the record named, as text for the user.
  /// - Returns: the new path.
  @discardableResult
  package func setAside(_ path: String, _ owner: String, _ consequence: String = "") throws(NetworkError) -> String {
    try system { () throws(SystemError) in
      try makeDirectory(host.state.damaged)
      let place = place(of: path)
      try systemCall("move \(path) to", place) { rename(path, place) }
      host.reporter.warn("the record of \(owner) was damaged: moved to \(place)\(consequence)")
      return place
    }
  }

  /// Where a record is moved to.
  package func place(of path: String) -> String {
    // Split by bytes: a name may begin with a combining character, which Swift joins with the slash before it.
    let name = String(decoding: path.utf8.split(separator: UInt8(ascii: "/")).last!.prefix(200), as: UTF8.self)
    var number = 1
    while access("\(host.state.damaged)/\(name).\(number)", F_OK) == 0 { number += 1 }
    return "\(host.state.damaged)/\(name).\(number)"
  }
}
