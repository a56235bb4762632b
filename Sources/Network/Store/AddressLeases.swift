import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import RouteNetlink

/// The leases of the addresses of a bridge's subnet: a directory with a symbolic link for each leased address, whose
/// target is the name of the sandbox. symlink(2) creates a link with its target atomically or fails, so no lock is
/// needed.
package struct AddressLeases {
  let bridge: InterfaceName
  let state: StateDirectory
  /// Whether addresses are only chosen, and none is leased.
  let isPlanned: Bool
  /// Sandboxes whose leases do not count, because they are about to be removed.
  let gone: Set<NamespaceName>

  package init(
    bridge: InterfaceName, state: StateDirectory, isPlanned: Bool = false, gone: Set<NamespaceName> = []
  ) {
    self.bridge = bridge
    self.state = state
    self.isPlanned = isPlanned
    self.gone = gone
  }

  /// How many unleased addresses that other hosts hold takeNext() tries before it gives up.
  private static let attempts = 256

  private var directory: String { state.leases(on: bridge) }
  private func path(of address: IPAddress) -> String { "\(directory)/\(address)" }

  /// Leases the requested address.
  /// - Throws: an error that names the holder, if the address is already leased.
  func take(_ address: IPAddress, for name: NamespaceName) throws(NetworkError) {
    guard try claim(address, for: name) else {
      let holder = self.holder(of: address).map { "the sandbox '\($0)'" } ?? "another sandbox"
      throw .refused(
        "\(Field.ip) \(address) is already leased to \(holder) on \(bridge): choose another, or leave \(Field.ip) out")
    }
  }

  /// Leases the next free address of a subnet. Addresses are assigned in turn, so that one that was just released is
  /// not leased again at once.
  /// - Parameters:
  ///   - reserved: addresses that are never leased, such as the gateway.
  ///   - start: the offset from the first host address at which to begin, if no address has been leased yet.
  ///   - isHeld: whether another host has the address without a lease.
  /// - Returns: nil if no address is free, or if too many are held. A host that answers for every address must not keep
  ///   the search busy.
  func takeNext(
    in subnet: IPNetwork, except reserved: [IPAddress], startingAt start: UInt32, for name: NamespaceName,
    unless isHeld: (IPAddress) throws(NetworkError) -> Bool = { _ in false }
  ) throws(NetworkError) -> IPAddress? {
    var attempts = Self.attempts
    let hosts = UInt32(1) << (32 - UInt32(subnet.prefixLength)) - 2
    let last = (try? readText(state.cursor(of: bridge))).flatMap { IPAddress($0) }.flatMap { subnet.offset(of: $0) }
    let first = last ?? start % hosts
    for step in 1...hosts {
      // Offsets 1 to `hosts` are host addresses; 0 is the network address, `hosts` + 1 the broadcast address.
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

  /// The number of leased addresses.
  var count: Int { (try? directoryEntries(directory).count) ?? 0 }

  /// The name of the sandbox that holds the lease of an address.
  func holder(of address: IPAddress) -> String? { linkTarget(path(of: address)) }

  private func has(_ name: NamespaceName, _ address: IPAddress) -> Bool {
    holder(of: address).flatMap { try? NamespaceName($0) } == name
  }

  /// Releases an address, if this sandbox holds its lease.
  /// - Returns: whether it did.
  @discardableResult
  func release(_ address: IPAddress, of name: NamespaceName) throws(SystemError) -> Bool {
    guard has(name, address) else { return false }
    return try removeFile(path(of: address))
  }

  /// The addresses that a sandbox has leased. If nsrun was killed after it leased an address, the record may not name
  /// it.
  func addresses(of name: NamespaceName) throws(SystemError) -> [IPAddress] {
    try directoryEntries(directory).compactMap { IPAddress($0) }.filter { has(name, $0) }
  }

  /// All leases.
  func all() -> [(address: IPAddress, holder: NamespaceName)] {
    ((try? directoryEntries(directory)) ?? []).compactMap { entry in
      guard let address = IPAddress(entry), let name = holder(of: address).flatMap({ try? NamespaceName($0) }) else {
        return nil
      }
      return (address, name)
    }
  }

  /// Removes the directory if no leases are left.
  /// - Returns: whether none are left.
  package func removeIfUnused() -> Bool { rmdir(directory) == 0 || errno == ENOENT }

  private func claim(_ address: IPAddress, for name: NamespaceName) throws(NetworkError) -> Bool {
    if isPlanned { return holder(of: address).map { holder in gone.contains { $0.text == holder } } ?? true }
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

  /// If two processes overwrite each other's address, the next one at worst tries an address that is leased.
  private func remember(_ address: IPAddress) throws(SystemError) {
    try state.overwrite(state.cursor(of: bridge), in: state.cursors, with: "\(address)")
  }
}
