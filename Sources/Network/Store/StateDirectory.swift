import CLinux
import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import RouteNetlink

/// The files in which nsrun records what it has made, below /run/nsrun. Only root can write there. The files are gone
/// after a reboot, as are the objects that they describe.
///
/// Each network namespace in which nsrun runs has a directory of its own, named after the namespace's inode. Two
/// namespaces may have bridges of the same name, and nsrun cannot undo changes in a namespace that it cannot reach. The
/// kernel gives the inode of a namespace that is gone to another one. The state of the former is then in INODE.gone.N.
///
/// /run/nsrun is mounted onto itself. In the mount view of a command, another mount covers it. When a process removes a
/// directory, the kernel removes the mounts that cover it in other mount namespaces. It refuses to remove a directory
/// that is a mount point in the mount namespace of that process.
///
///     running/NAME            a record, locked by the process that supervises the sandbox
///     created/NAME            a record of a sandbox that stays
///     damaged/NAME            damaged records
///     networks/BRIDGE         a record
///     leases/BRIDGE/ADDRESS   a symbolic link to the NAME that holds the lease
///     cursors/BRIDGE          the address leased last
///     hosts/BRIDGE[:BRIDGE]   the /etc/hosts of the sandboxes on these bridges
///     generations/BRIDGE      the ruleset generation in which no rule was missing
///     attendance              the liveness table: tells whether the supervisor of a running sandbox was killed
///     host, host6             records of the kernel parameters that nsrun changed for IPv4 and IPv6
///     namespace               the handle by which the kernel tells whether the network namespace is gone
///
/// A process that joins or leaves a network holds a shared lock on the directory. A process that makes or unmakes a
/// network, or the directory, holds the exclusive lock.
package struct StateDirectory: Sendable {
  package let root: String
  package let path: String
  /// The names of the sandboxes whose views may cover the root; nil for none.
  private let names: NamespaceDirectory?

  /// - Parameters:
  ///   - root: the directory of all state of nsrun.
  ///   - network: the network namespace whose state this is.
  ///   - names: the names of the sandboxes whose views may cover the root, which keeps it in place; nil for none.
  init(root: String = "/run/nsrun", network: FileIdentity, names: NamespaceDirectory? = nil) {
    self.init(path: "\(root)/\(network.inode)", root: root, names)
  }

  private init(path: String, root: String, _ names: NamespaceDirectory? = nil) {
    self.names = names
    self.root = root
    self.path = path
  }

  /// Sandboxes that end with a command. A record there whose lock is free is stale.
  package var running: String { "\(path)/running" }
  /// Sandboxes that stay. They have a directory of their own, so that a search for stale records can skip them.
  package var created: String { "\(path)/created" }
  var damaged: String { "\(path)/damaged" }
  var networks: String { "\(path)/networks" }
  var leases: String { "\(path)/leases" }
  var cursors: String { "\(path)/cursors" }
  var hosts: String { "\(path)/hosts" }
  var generations: String { "\(path)/generations" }
  package var attendance: String { "\(path)/attendance" }
  func host(_ family: AddressFamily) -> String { family == .inet ? "\(path)/host" : "\(path)/host6" }
  private var namespace: String { "\(path)/namespace" }

  package func runningRecord(of name: NamespaceName) -> String { "\(running)/\(name.text)" }
  package func createdRecord(of name: NamespaceName) -> String { "\(created)/\(name.text)" }

  /// The record of a sandbox in either directory; nil if there is none.
  package func record(of name: NamespaceName) -> String? {
    // In this order, because a record moves from running/ to created/.
    [runningRecord(of: name), createdRecord(of: name)].first { access($0, F_OK) == 0 }
  }

  func record(of bridge: InterfaceName) -> String { "\(networks)/\(bridge.text)" }
  func leases(on bridge: InterfaceName) -> String { "\(leases)/\(bridge.text)" }
  func cursor(of bridge: InterfaceName) -> String { "\(cursors)/\(bridge.text)" }

  func hosts(of bridge: InterfaceName) -> String { "\(hosts)/\(bridge.text)" }

  /// The sandbox names among the entries of a directory.
  package func names(in directory: String) throws(SystemError) -> [NamespaceName] {
    try directoryEntries(directory).compactMap { try? NamespaceName($0) }
  }

  /// The running sandboxes whose record has a free lock, or cannot be opened.
  package func staleNames() throws(SystemError) -> [NamespaceName] {
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
    guard let directory = try OwnedDescriptor.openIfPresent(running, flags | O_DIRECTORY) else { return [] }
    return try names(in: running).filter { name in
      guard let file = try? directory.open(name.text, flags) else { return true }
      return file.tryLock(.shared)
    }
  }

  /// The sandbox names recorded for any network namespace, because a name must be unique among all of them.
  package static func recordedNames(below root: String) throws(SystemError) -> Set<NamespaceName> {
    var recorded: Set<NamespaceName> = []
    // Skips the state of namespaces that are gone (INODE.gone.N).
    for entry in try directoryEntries(root) where UInt64(entry) != nil {
      let state = StateDirectory(path: "\(root)/\(entry)", root: root)
      for directory in [state.running, state.created] { recorded.formUnion(try state.names(in: directory)) }
    }
    return recorded
  }

  /// The state directories of other network namespaces, and whether each namespace is known to be gone. A namespace
  /// without a visible process or name may still exist.
  func others() -> [(path: String, isGone: Bool)] {
    ((try? directoryEntries(root)) ?? []).sorted().compactMap { entry in
      let other = "\(root)/\(entry)"
      let parts = entry.split(separator: ".", omittingEmptySubsequences: false)
      guard UInt64(parts[0]) != nil, other != path else { return nil }
      if parts.count > 1 { return parts.count == 3 && parts[1] == "gone" ? (other, true) : nil }
      let handle = (try? readText("\(other)/namespace")).flatMap { NamespaceHandle($0) }
      return (other, handle?.isGone ?? false)
    }
  }

  /// Renames the state directory if it belongs to an earlier network namespace with the same inode.
  func setAsideForeign(_ network: borrowing NetworkNamespace) throws(SystemError) {
    guard isForeign(network) else { return }
    let directory = try OwnedDescriptor.open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try directory.lock(.exclusive, root)
    // Another nsrun may have renamed it meanwhile, and have made its own.
    guard isForeign(network) else { return }
    var number = 1
    while access("\(path).gone.\(number)", F_OK) == 0 { number += 1 }
    try systemCall("set aside", path) { rename(path, "\(path).gone.\(number)") }
  }

  private func isForeign(_ network: borrowing NetworkNamespace) -> Bool {
    guard let noted = (try? readText(namespace)).flatMap({ NamespaceHandle($0) }),
      let own = NamespaceHandle(of: network)
    else { return false }
    return noted != own
  }

  /// Whether the name of a sandbox is recorded for any network namespace.
  package static func isRecorded(_ name: NamespaceName, below root: String) -> Bool {
    ((try? directoryEntries(root)) ?? []).contains { entry in
      UInt64(entry) != nil && StateDirectory(path: "\(root)/\(entry)", root: root).record(of: name) != nil
    }
  }

  func generation(of bridge: InterfaceName) -> String { "\(generations)/\(bridge.text)" }

  /// Replaces the content of a small file that no guarantee depends on. Two processes may overwrite each other's text.
  func overwrite(_ file: String, in directory: String, with text: String) throws(SystemError) {
    while true {
      do throws(SystemError) {
        return try OwnedDescriptor.openReplacing(file, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644).write(text, file)
      } catch {
        guard error.isNotFound else { throw error }
        try makeDirectory(directory)
      }
    }
  }

  /// A lock on the directory; its end releases it.
  struct Lock: ~Copyable {
    fileprivate let descriptor: OwnedDescriptor

    fileprivate init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
  }

  /// Creates the directory if necessary, and waits for its lock.
  func lock(_ kind: FileLock) throws(SystemError) -> Lock {
    while true {
      // Other users must not open a file here: whoever can open it can lock it and block every nsrun.
      try makeDirectory(root, mode: 0o700)
      try trust(root)
      do throws(SystemError) {
        try close(root)
        try pin()
        if try makeDirectory(path) || access(namespace, F_OK) != 0, let handle = NamespaceHandle(of: try .current()) {
          try? overwrite(namespace, in: path, with: handle.text)
        }
      } catch {
        // The last nsrun to leave removed the root.
        if error.isNotFound { continue }
        guard error.errno == EROFS, try mountRoot() else { throw error }
        continue
      }
      // The last nsrun to leave may have removed the directory again.
      if let lock = try lockIfPresent(kind) { return lock }
    }
  }

  /// Mounts the root onto itself unless it is a mount point. In a container that forbids this, the root stays
  /// unmounted.
  private func pin() throws(SystemError) {
    guard !MountPoint.isThere(root) else { return }
    // No other user can open the root, so none can block this lock.
    let directory = try OwnedDescriptor.open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try directory.lock(.exclusive, root)
    guard !MountPoint.isThere(root) else { return }
    do throws(SystemError) {
      try mount(root, on: root, .bind)
      // nsrun mounts nothing below it, so no mount needs to propagate.
      try mount(on: root, .makePrivate)
    } catch {
      guard [EPERM, EACCES, EINVAL].contains(error.errno) else { throw error }
    }
  }

  /// Whether a sandbox still exists although its records were deleted. Its view covers this root, but would not cover a
  /// new one.
  private var isCovered: Bool {
    guard let names, let all = try? names.names() else { return false }
    return all.contains { name in
      // A sandbox without a user namespace sees all of the host's files.
      guard let namespace = try? names.open(name), let owner = try? UserNamespace.owner(of: namespace) else {
        return false
      }
      _ = consume owner
      return Tag.isOn(namespace, of: name)
    }
  }

  /// Removes the root if it is empty and no sandbox needs it.
  private func removeRoot() {
    guard let entries = try? directoryEntries(root), entries.isEmpty, !isCovered else { return }
    // Several processes may have mounted it at the same time.
    for _ in 1...10 where MountPoint.isThere(root) && MountPoint.isOntoItself(root) { _ = try? unmountDetached(root) }
    // Another nsrun may have started to use the root since it was unmounted: mount it again.
    if rmdir(root) != 0, errno != ENOENT { try? pin() }
  }

  /// In the view of a command, nsrun covers the root with an empty read-only one. Mounts a writable root over that. The
  /// caller does this before it makes a view of its own, because later mounts do not appear in that view.
  package func prepareRoot() throws(SystemError) {
    if access(root, W_OK) != 0, errno == EROFS { _ = try mountRoot() }
  }

  /// - Returns: whether there is a writable root now; the mount disappears with the view.
  private func mountRoot() throws(SystemError) -> Bool {
    let covered = try OwnedDescriptor.open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try covered.lock(.exclusive, root)
    guard let now = FileIdentity(path: root), let above = FileIdentity(path: "\(root)/..") else { return false }
    // Another process has mounted one meanwhile.
    if try now != covered.identity() { return true }
    guard now.device != above.device, try directoryEntries(root).isEmpty else { return false }
    try mount("tmpfs", on: root, type: "tmpfs", [.noSetUID, .noDevices, .noExecution], options: "mode=700")
    return true
  }

  /// Waits for the lock of the directory; nil if there is none.
  func lockIfPresent(_ kind: FileLock) throws(SystemError) -> Lock? {
    while true {
      try trust(path)
      guard let descriptor = try OwnedDescriptor.openIfPresent(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
        return nil
      }
      try descriptor.lock(kind, path)
      var status = stat()
      try systemCall("fstat", path) { fstat(descriptor.raw, &status) }
      // If the directory was removed meanwhile, its lock protects nothing.
      if status.st_nlink > 0 { return Lock(descriptor) }
    }
  }

  /// Closes a directory to other users, if another program created it with other permissions.
  private func close(_ directory: String) throws(SystemError) {
    var status = stat()
    guard lstat(directory, &status) == 0, status.st_mode & 0o077 != 0 else { return }
    try systemCall("set the mode of", directory) { chmod(directory, 0o700) }
  }

  /// Refuses a directory in which another user has put, or can put, a file.
  private func trust(_ directory: String) throws(SystemError) {
    if Self.flaw(of: directory) != nil { throw SystemError("trust", directory, errno: EPERM) }
  }

  /// Why the state cannot be trusted, and what to do about it; nil if it can.
  var flaw: String? {
    for directory in [root, path] {
      if let flaw = Self.flaw(of: directory) {
        return "\(directory) \(flaw): nsrun trusts nothing below; remove it, then run nsrun cleanup"
      }
    }
    return nil
  }

  private static func flaw(of directory: String) -> String? {
    var status = stat()
    guard lstat(directory, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: break
    case S_IFLNK: return "is a symbolic link"
    default: return "is no directory"
    }
    if status.st_uid != 0 && status.st_uid != geteuid() { return "belongs to the user with id \(status.st_uid)" }
    return status.st_mode & 0o022 == 0 ? nil : "can be written to by others"
  }

  /// - Returns: whether the directory is gone.
  package func removeIfEmpty(_ directory: String) -> Bool { rmdir(directory) == 0 || errno == ENOENT }

  /// Removes the root if it is empty, as a process leaves it that is killed right after creating it.
  package func removeRootIfEmpty() {
    if access(root, F_OK) == 0, (try? trust(root)) != nil { removeRoot() }
  }

  /// Removes the empty directories, so that the last user leaves nothing behind.
  func removeIfEmpty(holding lock: borrowing Lock) {
    if removeIfEmpty(running) && removeIfEmpty(created) { unlink(attendance) }
    for directory in [running, created, damaged, leases, networks, cursors, hosts, generations] { rmdir(directory) }
    if (try? directoryEntries(path)) == ["namespace"] { unlink(namespace) }
    rmdir(path)
    removeRoot()
  }

  /// Writes a record. It is complete, and locked if wanted, when its name appears.
  /// - Returns: the open file, which holds the lock.
  /// - Throws: EEXIST if a record of this name exists.
  func createRecord(_ text: RecordText, at file: String, in directory: String, locked: Bool) throws(SystemError)
    -> OwnedDescriptor
  {
    try createFile(Array(text.file.utf8), at: file, in: directory, locked: locked)
  }

  /// Does the same for any file. Every process that can reach the path may read it.
  func createFile(_ content: [UInt8], at file: String, in directory: String, locked: Bool) throws(SystemError)
    -> OwnedDescriptor
  {
    // A process that leaves removes the directory if it is empty, also between two of the steps below.
    var attempts = 100
    while true {
      attempts -= 1
      do throws(SystemError) {
        try makeDirectory(directory, mode: 0o755)
        let descriptor = try OwnedDescriptor.open(
          directory, clinux_O_TMPFILE | O_RDWR | O_APPEND, mode: 0o644)
        // No other process has the file open yet, so the lock is free.
        if locked { try systemCall("lock", file) { flock(descriptor.raw, LOCK_EX | LOCK_NB) } }
        try descriptor.setMode(0o644, file)
        try descriptor.write(content, file)
        try systemCall("create", file) {
          linkat(AT_FDCWD, "/proc/self/fd/\(descriptor.raw)", AT_FDCWD, file, AT_SYMLINK_FOLLOW)
        }
        return descriptor
      } catch {
        guard Self.isOfLeaving(error), attempts > 0 else { throw error }
      }
    }
  }

  /// Whether a failure may come from another process that left at that moment. It may have removed a directory, or have
  /// unmounted the root, which is mounted again if it is in use. A link or rename from one mount to the other gives
  /// EXDEV.
  static func isOfLeaving(_ error: SystemError) -> Bool { error.isNotFound || error.errno == EXDEV }

  /// Appends lines to an existing record.
  func append(_ lines: RecordText, to file: String) throws(SystemError) {
    try OwnedDescriptor.openRegularFile(file, O_WRONLY | O_APPEND).write(lines.serialized, file)
  }
}
