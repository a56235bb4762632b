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
    var kept: [KeptMount] = []
    for path in paths where !isConfined || path.hasPrefix("/sys/fs/cgroup") {
      attempt("what is mounted on \(path) is not seen inside", warn) { () throws(SystemError) in
        if let tree = try MountTree(at: path) { kept.append(KeptMount(path, tree)) }
      }
    }
    var flags: MountFlags = [.noSetUID, .noDevices, .noExecution]
    if isConfined || isReadOnly("/sys") { flags.insert(.readOnly) }
    do throws(SystemError) { try mount("sysfs", on: "/sys", type: "sysfs", flags) } catch {
      // A container may forbid it. The command works, but sees the host's links in /sys.
      return warn("/sys shows the host's links: \(error)")
    }
    for mount in kept {
      attempt("what is mounted on \(mount.path) is not seen inside", warn) { () throws(SystemError) in
        // What the host mounts there later would arrive with its power.
        if isConfined { try mount.isolate(isReadOnly: true) }
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

  /// - Throws: where the command's ids would be those of others.
  private func confineProc(keeping paths: [String], _ warn: (String) -> Void) throws(SystemError) {
    var ownProcesses: SystemError?
    attempt("the command may change this kernel by /proc", warn) { () throws(SystemError) in
      func keep(
        _ paths: [String], _ open: (String) throws(SystemError) -> MountTree?
      ) throws(SystemError) -> [KeptMount] {
        var kept: [KeptMount] = []
        for path in paths { if let tree = try open(path) { kept.append(KeptMount(path, tree)) } }
        return kept
      }
      let kernel = try keep(Self.kernelFiles, MountTree.init(copying:))
      let network = try keep(["/proc/sys/net"], MountTree.init(copying:))
      // Whatever hides or replaces other files of the host's /proc does so inside as well.
      let rest = paths.filter { path in !kernel.contains { path == $0.path || path.hasPrefix($0.path + "/") } }
      var others = try keep(rest, MountTree.init(at:))
      do throws(SystemError) { try mountProc() } catch {
        if hasOwnProcesses { ownProcesses = error }
        warn("the host's processes are seen inside: \(error)")
        others = []
        try mount(on: "/proc", [.makePrivate, .recursive])
      }
      for mount in kernel { try mount.isolate(isReadOnly: true) }
      for mount in network + others { try mount.isolate(isReadOnly: false) }
      for mount in kernel + network + others { try mount.restore() }
      // Whose keys there are is nobody's business who cannot use them.
      if FileIdentity(path: Self.keys) != nil { try Self.attach("/dev/null", over: Self.keys) }
    }
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
    try copy.isolate(isReadOnly: true)
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

private func isReadOnly(_ path: String) -> Bool {
  var status = statvfs()
  return statvfs(path, &status) == 0 && status.f_flag & UInt(ST_RDONLY) != 0
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

  init(_ path: String, _ tree: consuming MountTree) {
    self.path = path
    self.tree = tree
  }

  func isolate(isReadOnly: Bool) throws(SystemError) { try tree.isolate(isReadOnly: isReadOnly) }

  func restore() throws(SystemError) {
    do throws(SystemError) { try tree.move(to: path) } catch {
      // Locked to where it is, under the new one.
      guard error.errno == EINVAL else { throw error }
      try tree.copy()?.move(to: path)
    }
  }
}
