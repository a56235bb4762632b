import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import RouteNetlink

/// Who has which address of a bridge's subnet: a directory with a symbolic link for each address that is taken, which
/// points to the name of the sandbox. symlink(2) either makes it, with its content, or fails: no lock is needed.
struct AddressLeases {
  let bridge: InterfaceName
  let state: StateDirectory
  /// Whether addresses are only chosen, and none is leased.
  var isPlanned = false

  /// How many addresses that somebody else has are tried in a row.
  private static let attempts = 256

  private var directory: String { state.leases(on: bridge) }
  private func path(of address: IPAddress) -> String { "\(directory)/\(address)" }

  /// Takes an address that was asked for.
  /// - Throws: who has it, where somebody has.
  func take(_ address: IPAddress, for name: NamespaceName) throws(SandboxError) {
    guard try claim(address, for: name) else {
      let holder = self.holder(of: address).map { "the sandbox '\($0)'" } ?? "another sandbox"
      throw .refused("--ip \(address) is already leased to \(holder) on \(bridge): choose another, or leave --ip out")
    }
  }

  /// Takes the next free address of a subnet: addresses are handed out in turn, so that one that was just given back is
  /// not at once somebody else's.
  /// - Parameters:
  ///   - reserved: addresses that are not ours to give, such as the gateway.
  ///   - start: where to begin, as a number of hosts after the first, if none has been leased yet.
  ///   - isHeld: whether somebody else has an address that is not leased.
  /// - Returns: nil where none is free, or too many in a row are held: who answers for all would keep this busy.
  func takeNext(
    in subnet: IPNetwork, except reserved: [IPAddress], startingAt start: UInt32, for name: NamespaceName,
    unless isHeld: (IPAddress) throws(SandboxError) -> Bool = { _ in false }
  ) throws(SandboxError) -> IPAddress? {
    var attempts = Self.attempts
    let hosts = UInt32(1) << (32 - UInt32(subnet.prefixLength)) - 2
    let last = (try? readText(state.cursor(of: bridge))).flatMap { IPAddress($0) }.flatMap { subnet.offset(of: $0) }
    let first = last ?? start % hosts
    for step in 1...hosts {
      // Offsets 1 to `hosts` are those of hosts; 0 is the network, the one after the last the broadcast address.
      let address = subnet.address(at: (first &+ step &- 1) % hosts + 1)!
      if reserved.contains(address) { continue }
      if try claim(address, for: name) {
        if try isHeld(address) {
          if !isPlanned { try system { () throws(SystemError) in _ = try release(address, of: name) } }
          attempts -= 1
          guard attempts > 0 else { return nil }
          continue
        }
        if !isPlanned { try system { () throws(SystemError) in try remember(address) } }
        return address
      }
    }
    return nil
  }

  /// How many addresses are taken.
  var count: Int { (try? directoryEntries(directory).count) ?? 0 }

  /// The name of the sandbox that has an address.
  func holder(of address: IPAddress) -> String? { linkTarget(path(of: address)) }

  private func has(_ name: NamespaceName, _ address: IPAddress) -> Bool {
    holder(of: address).flatMap { try? NamespaceName($0) } == name
  }

  /// Gives an address back, if this sandbox has it.
  /// - Returns: whether it had.
  @discardableResult
  func release(_ address: IPAddress, of name: NamespaceName) throws(SystemError) -> Bool {
    guard has(name, address) else { return false }
    return try removeFile(path(of: address))
  }

  /// The addresses that a sandbox has: more than its record tells when it was ended before it could write down one.
  func addresses(of name: NamespaceName) throws(SystemError) -> [IPAddress] {
    try directoryEntries(directory).compactMap { IPAddress($0) }.filter { has(name, $0) }
  }

  /// All that is leased.
  func all() -> [(address: IPAddress, holder: NamespaceName)] {
    ((try? directoryEntries(directory)) ?? []).compactMap { entry in
      guard let address = IPAddress(entry), let name = holder(of: address).flatMap({ try? NamespaceName($0) }) else {
        return nil
      }
      return (address, name)
    }
  }

  /// Removes the directory when nobody has a lease any more.
  /// - Returns: whether nobody has.
  func removeIfUnused() -> Bool { rmdir(directory) == 0 || errno == ENOENT }

  private func claim(_ address: IPAddress, for name: NamespaceName) throws(SandboxError) -> Bool {
    if isPlanned { return holder(of: address) == nil }
    do throws(SystemError) {
      try systemCall("lease", "\(address)") { symlink(name.text, path(of: address)) }
      return true
    } catch {
      if error.errno == EEXIST { return false }
      guard error.errno == ENOENT else { throw .system(error) }
      try system { () throws(SystemError) in
        try makeDirectory(state.leases)
        try makeDirectory(directory)
      }
      return try claim(address, for: name)
    }
  }

  /// The worst that follows where two at once overwrite each other's is that the next one tries an address that is taken.
  private func remember(_ address: IPAddress) throws(SystemError) {
    try state.overwrite(state.cursor(of: bridge), in: state.cursors, with: "\(address)")
  }
}
