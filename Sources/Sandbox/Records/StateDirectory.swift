import CLinux
import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import RouteNetlink

/// Where nsrun writes down what it has made: below /run/nsrun, which only root can write to and which is gone after a
/// reboot, as all that it speaks of.
///
/// Each network namespace that nsrun is started in has a directory of its own there, named after the namespace's inode:
/// a bridge of one is not that of another, and nobody can take back what was done in a network that is out of reach. The
/// kernel gives the number of one that is gone to another: what is known to be of such a one is INODE.gone.N.
///
/// The directory of all is mounted onto itself: what covers it in the view of a command is gone, by the kernel's hand, when
/// somebody removes the directory, which nobody can as long as it is a mount point for him.
///
///     running/NAME            a record, locked by the process that answers for it
///     created/NAME            a record of a sandbox that stays
///     damaged/NAME            files with the name of a record that cannot be read as one
///     networks/BRIDGE         a record
///     leases/BRIDGE/ADDRESS   a symbolic link to the NAME that has the address
///     cursors/BRIDGE          the address leased last
///     hosts/BRIDGE            what the sandboxes on the bridge see as /etc/hosts
///     generations/BRIDGE      the ruleset in which nothing was missing
///     attendance              which processes answer for running sandboxes: whether one of them was killed
///     host                    a record of the kernel parameters that were changed
///     namespace               by what the kernel tells whether the network namespace is gone
///
/// A lock on the directory itself keeps those who join or leave a network (shared) from those who make or unmake one, or
/// the directory (exclusive).
public struct StateDirectory: Sendable {
  let root: String
  public let path: String
  /// The names of sandboxes in whose views it may be covered; nil for none.
  private let names: NamespaceDirectory?

  /// - Parameters:
  ///   - root: what all of nsrun's state is below.
  ///   - network: the network namespace whose state it is.
  ///   - names: those of the sandboxes in whose views the root is covered, which keep it; nil for none.
  public init(root: String = "/run/nsrun", network: FileIdentity, names: NamespaceDirectory? = nil) {
    self.init(path: "\(root)/\(network.inode)", root: root, names)
  }

  private init(path: String, root: String, _ names: NamespaceDirectory? = nil) {
    self.names = names
    self.root = root
    self.path = path
  }

  /// The sandboxes that end with a command: whose record nobody has locked there was left behind.
  var running: String { "\(path)/running" }
  /// The sandboxes that stay. They are apart, so that whoever looks for what was left behind need not look at them.
  var created: String { "\(path)/created" }
  var damaged: String { "\(path)/damaged" }
  var networks: String { "\(path)/networks" }
  var leases: String { "\(path)/leases" }
  var cursors: String { "\(path)/cursors" }
  var hosts: String { "\(path)/hosts" }
  var generations: String { "\(path)/generations" }
  var attendance: String { "\(path)/attendance" }
  var host: String { "\(path)/host" }
  private var namespace: String { "\(path)/namespace" }

  func runningRecord(of name: NamespaceName) -> String { "\(running)/\(name.text)" }
  func createdRecord(of name: NamespaceName) -> String { "\(created)/\(name.text)" }

  /// The record of a sandbox, wherever it is; nil where there is none.
  func record(of name: NamespaceName) -> String? {
    // In this order: one that comes to stay meanwhile goes from the first to the second.
    [runningRecord(of: name), createdRecord(of: name)].first { access($0, F_OK) == 0 }
  }

  func record(of bridge: InterfaceName) -> String { "\(networks)/\(bridge.text)" }
  func leases(on bridge: InterfaceName) -> String { "\(leases)/\(bridge.text)" }
  func cursor(of bridge: InterfaceName) -> String { "\(cursors)/\(bridge.text)" }

  func hosts(of bridge: InterfaceName) -> String { "\(hosts)/\(bridge.text)" }

  /// The names of sandboxes that have something in a directory.
  func names(in directory: String) throws(SystemError) -> [NamespaceName] {
    try directoryEntries(directory).compactMap { try? NamespaceName($0) }
  }

  /// The running sandboxes that no process answers for, or whose record is none.
  func staleNames() throws(SystemError) -> [NamespaceName] {
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
    guard let directory = try OwnedDescriptor.openIfPresent(running, flags | O_DIRECTORY) else { return [] }
    return try names(in: running).filter { name in
      guard let file = try? directory.open(name.text, flags) else { return true }
      return file.tryLock(.shared)
    }
  }

  /// The names that are recorded for any network namespace: names are shared by all.
  static func recordedNames(below root: String) throws(SystemError) -> Set<NamespaceName> {
    var recorded: Set<NamespaceName> = []
    // What is recorded for one that is gone is nobody's any more.
    for entry in try directoryEntries(root) where UInt64(entry) != nil {
      let state = StateDirectory(path: "\(root)/\(entry)", root: root)
      for directory in [state.running, state.created] { recorded.formUnion(try state.names(in: directory)) }
    }
    return recorded
  }

  /// The directories of other network namespaces, and whether each is known to be gone: that nobody is seen in it, nor a
  /// name, tells nothing.
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

  /// Sets aside what was written down for another network namespace, which had the number before this one.
  func setAsideForeign(_ network: borrowing NetworkNamespace) throws(SystemError) {
    guard isForeign(network) else { return }
    let directory = try OwnedDescriptor.open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try directory.lock(.exclusive, root)
    // Another one may have done so meanwhile, and have made its own.
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

  /// Whether a name is recorded for any network namespace.
  static func isRecorded(_ name: NamespaceName, below root: String) -> Bool {
    ((try? directoryEntries(root)) ?? []).contains { entry in
      UInt64(entry) != nil && StateDirectory(path: "\(root)/\(entry)", root: root).record(of: name) != nil
    }
  }

  func generation(of bridge: InterfaceName) -> String { "\(generations)/\(bridge.text)" }

  /// Replaces the content of a small file that no promise depends on. Two at once may overwrite each other's.
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

  /// A lock on the directory, released when it goes.
  struct Lock: ~Copyable {
    fileprivate let descriptor: OwnedDescriptor

    fileprivate init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
  }

  /// Makes the directory where there is none and takes its lock, waiting for it.
  func lock(_ kind: FileLock) throws(SystemError) -> Lock {
    while true {
      // Nobody else may look inside: to open a file is enough to lock it, and so to stop everybody.
      try makeDirectory(root, mode: 0o700)
      try trust(root)
      do throws(SystemError) {
        try close(root)
        try pin()
        if try makeDirectory(path) || access(namespace, F_OK) != 0, let handle = NamespaceHandle(of: try .current()) {
          try? overwrite(namespace, in: path, with: handle.text)
        }
      } catch {
        // The last one to leave removed the root.
        if error.isNotFound { continue }
        guard error.errno == EROFS, try mountRoot() else { throw error }
        continue
      }
      // The last one to leave may have removed it again.
      if let lock = try lockIfPresent(kind) { return lock }
    }
  }

  /// Mounts the root onto itself where nothing is mounted on it; where a container forbids that, it goes without.
  private func pin() throws(SystemError) {
    guard !MountPoint.isThere(root) else { return }
    // Nobody else can open it, and so lock it.
    let directory = try OwnedDescriptor.open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try directory.lock(.exclusive, root)
    guard !MountPoint.isThere(root) else { return }
    do throws(SystemError) {
      try mount(root, on: root, .bind)
      // Nothing is ever mounted below it.
      try mount(on: root, .makePrivate)
    } catch {
      guard [EPERM, EACCES, EINVAL].contains(error.errno) else { throw error }
    }
  }

  /// Whether a sandbox stands whose commands would find the next root uncovered, since its records were deleted.
  private var isCovered: Bool {
    guard let names, let all = try? names.names() else { return false }
    return all.contains { name in
      // Those that no user namespace owns see all of the host.
      guard let namespace = try? names.open(name), let owner = try? UserNamespace.owner(of: namespace) else {
        return false
      }
      _ = consume owner
      return Tag.isOn(namespace, of: name)
    }
  }

  /// Removes the root where nothing is in it, and nobody needs it.
  private func removeRoot() {
    guard let entries = try? directoryEntries(root), entries.isEmpty, !isCovered else { return }
    // Some at once may have mounted it.
    for _ in 1...10 where MountPoint.isThere(root) && MountPoint.isOntoItself(root) { _ = try? unmountDetached(root) }
    // One that comes just now has found it pinned.
    if rmdir(root) != 0, errno != ENOENT { try? pin() }
  }

  /// Mounts a root that can be written where nsrun itself has put an empty one that cannot, as it does in the view of a
  /// command. A process that makes a view of its own shows files from there: what is mounted after that does not arrive in it.
  func prepareRoot() throws(SystemError) {
    if access(root, W_OK) != 0, errno == EROFS { _ = try mountRoot() }
  }

  /// - Returns: whether there is a root that can be written now; it goes with the view.
  private func mountRoot() throws(SystemError) -> Bool {
    let covered = try OwnedDescriptor.open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try covered.lock(.exclusive, root)
    guard let now = FileIdentity(path: root), let above = FileIdentity(path: "\(root)/..") else { return false }
    // Another one was quicker.
    if try now != covered.identity() { return true }
    guard now.device != above.device, try directoryEntries(root).isEmpty else { return false }
    try mount("tmpfs", on: root, type: "tmpfs", [.noSetUID, .noDevices, .noExecution], options: "mode=700")
    return true
  }

  /// Takes the lock if the directory is there, waiting for it.
  func lockIfPresent(_ kind: FileLock) throws(SystemError) -> Lock? {
    while true {
      try trust(path)
      guard let descriptor = try OwnedDescriptor.openIfPresent(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
        return nil
      }
      try descriptor.lock(kind, path)
      var status = stat()
      try systemCall("fstat", path) { fstat(descriptor.raw, &status) }
      // A lock on a directory that was removed while this waited for it guards nothing.
      if status.st_nlink > 0 { return Lock(descriptor) }
    }
  }

  /// Lets nobody else look into a directory that somebody has made with other permissions.
  private func close(_ directory: String) throws(SystemError) {
    var status = stat()
    guard lstat(directory, &status) == 0, status.st_mode & 0o077 != 0 else { return }
    try systemCall("set the mode of", directory) { chmod(directory, 0o700) }
  }

  /// Makes sure that nobody else has put, or can put, something into a directory.
  private func trust(_ directory: String) throws(SystemError) {
    if Self.flaw(of: directory) != nil { throw SystemError("trust", directory, errno: EPERM) }
  }

  /// Why the state cannot be trusted, and what to do about it; nil where it can.
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
  func removeIfEmpty(_ directory: String) -> Bool { rmdir(directory) == 0 || errno == ENOENT }

  /// Removes the root where nothing is in it: a process was ended that had come no further.
  func removeRootIfEmpty() {
    if access(root, F_OK) == 0, (try? trust(root)) != nil { removeRoot() }
  }

  /// Removes the directories that nothing is in; the last user's own part of leaving nothing behind.
  func removeIfEmpty(holding lock: borrowing Lock) {
    if removeIfEmpty(running) && removeIfEmpty(created) { unlink(attendance) }
    for directory in [running, created, damaged, leases, networks, cursors, hosts, generations] { rmdir(directory) }
    if (try? directoryEntries(path)) == ["namespace"] { unlink(namespace) }
    rmdir(path)
    removeRoot()
  }

  /// Writes a record that is complete when its name appears, and locked if wanted.
  /// - Returns: the open file; the lock goes with it.
  /// - Throws: EEXIST when there is one of this name.
  func createRecord(_ text: RecordText, at file: String, in directory: String, locked: Bool) throws(SystemError)
    -> OwnedDescriptor
  {
    try createFile(Array(text.file.utf8), at: file, in: directory, locked: locked)
  }

  /// The same for any file. Everybody may read it who comes that far.
  func createFile(_ content: [UInt8], at file: String, in directory: String, locked: Bool) throws(SystemError)
    -> OwnedDescriptor
  {
    // Whoever leaves removes the directory when nothing is in it, also between two of the steps below.
    var attempts = 100
    while true {
      attempts -= 1
      do throws(SystemError) {
        try makeDirectory(directory, mode: 0o755)
        let descriptor = try OwnedDescriptor.open(
          directory, clinux_O_TMPFILE | O_RDWR | O_APPEND, mode: 0o644)
        // Nobody else has it open yet.
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

  /// Whether something failed because another process left just then: it may have removed a directory, or unmounted the
  /// root, which is mounted again where it has turned out to be in use. A link or a new name from one mount to the other
  /// is EXDEV.
  static func isOfLeaving(_ error: SystemError) -> Bool { error.isNotFound || error.errno == EXDEV }

  /// Adds lines to a record that is there.
  func append(_ lines: RecordText, to file: String) throws(SystemError) {
    try OwnedDescriptor.openRegularFile(file, O_WRONLY | O_APPEND).write(lines.serialized, file)
  }
}
