import CLinux
import Glibc
import LinuxSystem

/// What a command sees of the file system in its network namespace: the host's, but /sys shows this namespace's links
/// and the files of /etc/netns/NAME stand over those of /etc, as `ip netns exec` does it.
public struct MountView: Sendable {
  /// Something that stands over a file of the host's in a view, to be read only.
  public struct ConfigurationFile: Equatable, Sendable {
    public enum Content: Equatable, Sendable {
      case bytes([UInt8])
      /// What another file says, also later.
      case file(String)
    }

    public var path: String
    public var content: Content

    public init(path: String, _ content: Content) {
      self.path = path
      self.content = content
    }
  }

  /// Whose files below /etc/netns are used; nil for none.
  public var name: NamespaceName?
  /// The directory that has no other name than this one in the view; nil to leave all as it is. Each name is a mount:
  /// one that is made later would be mounted in every view that stands, as many as there are.
  public var names: NamespaceDirectory?
  /// Whether the kernel's files are there to look at only, those of the network apart: uid 0 may write them whatever
  /// its capabilities are.
  public var isConfined: Bool
  /// Whether /proc shows the calling process's PID namespace, which another one made.
  public var hasOwnProcesses: Bool

  public init(
    name: NamespaceName? = nil, without names: NamespaceDirectory? = nil, isConfined: Bool = false,
    hasOwnProcesses: Bool = false
  ) {
    self.name = name
    self.names = names
    self.isConfined = isConfined
    self.hasOwnProcesses = hasOwnProcesses
  }

  /// Gives the calling thread a mount namespace of its own with this view. Its network namespace must be the one that
  /// /sys is to show.
  /// - Parameter warn: is told, in a sentence each, what this host forbids; the view lacks it then.
  public func establish(warn: (String) -> Void) throws(SystemError) {
    try systemCall("make a mount namespace", "") { clinux_unshare(clinux_CLONE_NEWNS) }
    // Mounts of the host still arrive here; ours do not go out.
    try mount(on: "/", [.makeSlave, .recursive])
    if let names { hide(names, warn) }
    let mounts = KernelMounts.all()
    if isConfined { remove(mounts.elsewhere, warn) }
    mountSysfs(keeping: mounts.belowSys, warn)
    if isConfined {
      try confineProc(keeping: mounts.belowProc, warn)
    } else if hasOwnProcesses {
      try mountProc()
    }
  }

  /// Looks the working directory up again: as an open directory it would lead past the view.
  public static func reenterDirectory() throws(SystemError) {
    guard let path = getcwd(nil, 0) else { return }
    defer { free(path) }
    // One that was deleted, or lies outside of the root directory, has no path.
    guard path[0] == CChar(bitPattern: UInt8(ascii: "/")) else { return }
    do throws(SystemError) { try systemCall("enter", String(cString: path)) { chdir(path) } } catch {
      if error.errno != EACCES { throw error }
    }
  }

  /// Puts files over those of the host in the view, which is the calling thread's; those of /etc/netns/NAME come last.
  /// - Parameter warn: as of ``establish(warn:)``.
  public func configure(with files: [ConfigurationFile], warn: (String) -> Void) {
    var given: [String] = []
    if let name, FileIdentity(path: Self.directory(of: name)) != nil {
      given = (try? directoryEntries(Self.directory(of: name))) ?? []
    }
    for file in files where !given.contains(where: { file.path == "/etc/\($0)" }) { put(file, warn) }
    if let name { bind(given, of: name, warn) }
  }

  /// Gives the calling process, which has entered a user namespace, a mount namespace of its own there: what is mounted
  /// by now cannot be taken apart in it, or be made writable (mount_namespaces(7)).
  public static func seal() throws(SystemError) {
    try systemCall("make a mount namespace", "in a user namespace") { clinux_unshare(clinux_CLONE_NEWNS) }
  }

  /// Gives the calling thread a mount namespace of its own, from which and to which no mount spreads.
  public static func isolate() throws(SystemError) {
    try systemCall("make a mount namespace", "") { clinux_unshare(clinux_CLONE_NEWNS) }
    try mount(on: "/", [.makePrivate, .recursive])
  }

  private func hide(_ names: NamespaceDirectory, _ warn: (String) -> Void) {
    do throws(SystemError) {
      while try unmountDetached(names.path) {}
      if FileIdentity(path: names.path) == nil { try makeDirectory(names.path) }
      // What is named inside is gone with the view: as a file of the host it would stay there, stale.
      try mount("tmpfs", on: names.path, type: "tmpfs", [.noSetUID, .noDevices, .noExecution], options: "mode=755")
      if let name { try names.attach(name) }
    } catch {
      warn("the names of other network namespaces are seen inside: \(error)")
    }
  }

  private func remove(_ paths: [String], _ warn: (String) -> Void) {
    for path in paths {
      attempt("the command may change this kernel by \(path)", warn) { () throws(SystemError) in
        while try unmountDetached(path) {}
      }
    }
  }

  private func mountSysfs(keeping paths: [String], _ warn: (String) -> Void) {
    // The rest (bpf, debug, tracing and others) is the kernel's own, which is not only looked at.
    let kept = keep(paths.filter { !isConfined || $0.hasPrefix("/sys/fs/cgroup") }, warn)
    var flags: MountFlags = [.noSetUID, .noDevices, .noExecution]
    if isConfined || !isWritable("/sys") { flags.insert(.readOnly) }
    do throws(SystemError) { try mount("sysfs", on: "/sys", type: "sysfs", flags) } catch {
      // A container may forbid it. The command works, but sees the host's links in /sys.
      warn("/sys shows the host's links: \(error)")
      guard isConfined else { return }
      attempt("the command may change this kernel by /sys", warn) { () throws(SystemError) in
        try protectMount("/sys", isReadOnly: true, isRecursive: true)
      }
      return
    }
    restore(kept, warn)
  }

  private func keep(_ paths: [String], _ warn: (String) -> Void) -> [KeptMount] {
    var kept: [KeptMount] = []
    for path in paths {
      attempt("what is mounted on \(path) is not seen inside", warn) { () throws(SystemError) in
        if let mount = try KeptMount(path) { kept.append(mount) }
      }
    }
    return kept
  }

  private func restore(_ kept: [KeptMount], _ warn: (String) -> Void) {
    for mount in kept {
      attempt("what is mounted on \(mount.path) is not seen inside", warn) { () throws(SystemError) in
        // What the host mounts there later would arrive with its power.
        if isConfined { try mount.protect() }
        try mount.restore()
      }
    }
  }

  /// What uid 0 could change of the kernel by its files in /proc; /proc/sys/net belongs to the network namespace. To open
  /// /proc/mtrr takes power over the host, and in /proc/tty nothing can be written.
  private static let kernelFiles = [
    "/proc/acpi", "/proc/asound", "/proc/bus", "/proc/driver", "/proc/dynamic_debug", "/proc/fs", "/proc/irq",
    "/proc/latency_stats", "/proc/scsi", "/proc/sys", "/proc/sysrq-trigger",
  ]

  private static let keys = "/proc/keys"

  private static let networkParameters = "/proc/sys/net"

  /// - Throws: where the command's ids would be those of others.
  private func confineProc(keeping paths: [String], _ warn: (String) -> Void) throws(SystemError) {
    var ownProcesses: SystemError?
    // Whatever hides or replaces files of the host's /proc does so inside as well.
    var kept = keep(paths, warn)
    do throws(SystemError) { try mountProc() } catch {
      if hasOwnProcesses { ownProcesses = error }
      warn("the host's processes are seen inside: \(error)")
      kept = []
    }
    for path in Self.kernelFiles + [Self.networkParameters] {
      attempt("the command may change this kernel by \(path)", warn) { () throws(SystemError) in
        try mountOntoItself(path)
      }
    }
    attempt("the command may change this kernel by /proc", warn) { () throws(SystemError) in
      // All that is mounted there, but neither the processes' own files nor the network's, where they can be written.
      let writable = ["/proc", Self.networkParameters].filter(isWritable)
      try protectMount("/proc", isReadOnly: true, isRecursive: true)
      for path in writable { try protectMount(path, isReadOnly: false, isRecursive: false) }
    }
    attempt("the keys of the host's users are listed inside", warn) { () throws(SystemError) in
      if FileIdentity(path: Self.keys) != nil { try Self.attach("/dev/null", over: Self.keys) }
    }
    restore(kept, warn)
    // With the host's processes in sight, ids would be those of others: without is not an answer.
    if let ownProcesses { throw ownProcesses }
  }

  /// Mounts a /proc of its own. Whoever is confined finds only the processes there that it might trace: root's files of
  /// others are open to it too, /proc/PID/oom_score_adj and the files of netfilter in /proc/PID/net among them.
  private func mountProc() throws(SystemError) {
    try mount(
      "proc", on: "/proc", type: "proc", [.noSetUID, .noDevices, .noExecution],
      options: isConfined ? "hidepid=ptraceable" : "")
  }

  private func put(_ file: ConfigurationFile, _ warn: (String) -> Void) {
    do throws(SystemError) {
      switch file.content {
      case .file(let path): try Self.attach(path, over: file.path)
      case .bytes(let bytes):
        // In the view's own file system, for a moment, by a name that no namespace can have.
        guard let names else { return }
        let path = "\(names.path)/\u{1}"
        let copy = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        defer { unlink(path) }
        try copy.setMode(0o644, path)
        try copy.write(bytes, path)
        try Self.attach(path, over: file.path)
      }
    } catch {
      warn("\(file.path) inside is the host's: \(error)")
    }
  }

  private static func attach(_ source: String, over path: String) throws(SystemError) {
    guard let copy = try MountTree(copying: source) else { throw SystemError("open", source, errno: ENOENT) }
    try copy.protect()
    try copy.move(to: path)
  }

  private static func directory(of name: NamespaceName) -> String { "/etc/netns/\(name.text)" }

  private func bind(_ files: [String], of name: NamespaceName, _ warn: (String) -> Void) {
    for file in files {
      let path = "\(Self.directory(of: name))/\(file)"
      do throws(SystemError) { try mount(path, on: "/etc/\(file)", .bind) } catch {
        warn("\(path) has no effect: \(error)")
      }
    }
  }
}

private func isWritable(_ path: String) -> Bool {
  var status = statvfs()
  return statvfs(path, &status) == 0 && status.f_flag & UInt(ST_RDONLY) == 0
}

/// Does what the view can be without.
/// - Returns: nil, with a warning, where it fails.
@discardableResult
private func attempt<Result>(
  _ lack: String, _ warn: (String) -> Void, _ body: () throws(SystemError) -> Result
) -> Result? {
  do throws(SystemError) { return try body() } catch {
    warn("\(lack): \(error)")
    return nil
  }
}

/// Something mounted below /proc or /sys that outlasts the new one.
private final class KeptMount {
  let path: String
  private let tree: MountTree

  /// - Returns: nil where there is nothing.
  init?(_ path: String) throws(SystemError) {
    guard let tree = try MountTree(at: path) else { return nil }
    self.path = path
    self.tree = tree
  }

  func protect() throws(SystemError) { try tree.protect() }

  func restore() throws(SystemError) {
    do throws(SystemError) { try tree.move(to: path) } catch {
      // Locked to where it is, under the new one.
      guard error.errno == EINVAL else { throw error }
      try tree.copy().move(to: path)
    }
  }
}
