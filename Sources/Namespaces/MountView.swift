import CLinux
import Glibc
import LinuxSystem

/// What a command sees of the file system in its network namespace: the host's, but /sys shows this namespace's links
/// and the files of /etc/netns/NAME stand over those of /etc, as `ip netns exec` does it.
public struct MountView: Sendable {
  /// Whose files below /etc/netns are used; nil for none.
  public var name: NamespaceName?
  /// The directory that has no other name than this one in the view; nil to leave all as it is. Each name is a mount:
  /// one that is made later would be mounted in every view that stands, as many as there are.
  public var names: NamespaceDirectory?
  /// A directory that is an empty one in a confined view, by whatever paths the host's is seen; nil for none.
  public var hidden: String?
  /// Those paths, but for its own, after ``establish(warn:)``.
  private var aliases: [String] = []
  /// Whether the kernel's files are there to look at only, those of the network apart: uid 0 may write them whatever
  /// its capabilities are.
  public var isConfined: Bool
  /// Whether /proc shows the calling process's PID namespace, which another one made.
  public var hasOwnProcesses: Bool

  public init(
    name: NamespaceName? = nil, without names: NamespaceDirectory? = nil, hiding hidden: String? = nil,
    isConfined: Bool = false, hasOwnProcesses: Bool = false
  ) {
    self.name = name
    self.names = names
    self.hidden = hidden
    self.isConfined = isConfined
    self.hasOwnProcesses = hasOwnProcesses
  }

  /// Gives the calling thread a mount namespace of its own with this view. Its network namespace must be the one that
  /// /sys is to show.
  /// - Parameter warn: is told, in a sentence each, what this host forbids; the view lacks it then.
  /// - Returns: the files of its own; nil where it can have none, or keeps the names of the host's.
  @discardableResult
  public mutating func establish(warn: (String) -> Void) throws(SystemError) -> ViewFiles? {
    try systemCall("make a mount namespace", "") { clinux_unshare(clinux_CLONE_NEWNS) }
    // Mounts of the host still arrive here; ours do not go out.
    try mount(on: "/", [.makeSlave, .recursive])
    let files = hideNames(warn)
    var mounts = KernelMounts.all()
    if isConfined {
      try mounts.close()
      remove(mounts.elsewhere, warn)
      if let hidden {
        let parts: [String]
        (aliases, parts) = MountPoint.aliases(of: hidden, among: mounts.all)
        remove(parts, warn)
      }
    }
    mountSysfs(keeping: mounts.belowSys, warn)
    if isConfined {
      try confineProc(keeping: mounts.belowProc, warn)
    } else if hasOwnProcesses {
      let kept = keep(mounts.belowProc, warn)
      try mountCompleteProc()
      restore(kept, warn)
    }
    return files
  }

  /// Looks the working directory up again: as an open directory it would lead past the view. One that has no path there
  /// any more is left for `/`.
  /// - Parameter warn: is told so.
  public static func reenterDirectory(warn: (String) -> Void) throws(SystemError) {
    do throws(SystemError) {
      let path = getcwd(nil, 0)
      let code = errno
      guard let path else { throw SystemError("find", "it", errno: code) }
      defer { free(path) }
      // One outside of the root directory, or of what is mounted, has no such path.
      guard path[0] == CChar(bitPattern: UInt8(ascii: "/")) else {
        throw SystemError("reach", String(cString: path), errno: ENOENT)
      }
      try systemCall("enter", String(cString: path)) { chdir(path) }
    } catch {
      // A file system of the host's that root is nobody to may have let somebody else in (NFS, FUSE).
      if error.errno == EACCES, !KernelMounts.isWorkingDirectory { return }
      warn("the command starts in / : its directory is not there inside: \(error)")
      try systemCall("enter", "/") { chdir("/") }
    }
  }

  /// Puts files and directories over those of the host in the view, which is the calling thread's; then those of
  /// /etc/netns/NAME that are not among them.
  /// - Parameter warn: as of ``establish(warn:)``.
  public func configure(with covers: [ViewCover], in files: borrowing ViewFiles?, warn: (String) -> Void) {
    switch files {
    case .some(let files):
      for (index, cover) in covers.enumerated() {
        attempt("\(cover.path) inside is the host's", warn) { () throws(SystemError) in
          try files.put(cover, as: "\(index)")
        }
      }
    case nil: break
    }
    // Last, since some of the others are shown from there.
    hide(in: files, warn)
    guard let name else { return }
    for file in Self.files(of: name) where !covers.contains(where: { $0.path == "/etc/\(file)" }) {
      let path = "\(Self.directory(of: name))/\(file)"
      attempt("\(path) has no effect", warn) { () throws(SystemError) in try mount(path, on: "/etc/\(file)", .bind) }
    }
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

  /// What is named inside is gone with the view: as a file of the host it would stay there, stale.
  private func hideNames(_ warn: (String) -> Void) -> ViewFiles? {
    guard let names else { return nil }
    do throws(SystemError) {
      while try unmountDetached(names.path) {}
      if FileIdentity(path: names.path) == nil { try makeDirectory(names.path) }
      let files = try ViewFiles.mounted(over: names.path)
      if let name { try names.attachOwn(name) }
      return files
    } catch {
      warn("the names of other network namespaces are seen inside: \(error)")
      return nil
    }
  }

  /// The directory may have been made since the view was.
  private func hide(in files: borrowing ViewFiles?, _ warn: (String) -> Void) {
    guard isConfined, let hidden, let identity = FileIdentity(path: hidden) else { return }
    for (index, path) in ([hidden] + aliases).enumerated() where FileIdentity(path: path) == identity {
      attempt("\(path) is seen inside", warn) { () throws(SystemError) in
        switch files {
        case .some(let files): try files.put(ViewCover(path: path, .closedDirectory), as: "hidden.\(index)")
        case nil:
          try mount(
            "tmpfs", on: path, type: "tmpfs", [.readOnly, .noSetUID, .noDevices, .noExecution], options: "mode=700")
        }
      }
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
    do throws(SystemError) {
      // What nothing can be written to need not be protected again, and would bring that of the network with it.
      if try !mountCompleteProc() { kept.removeAll { Self.kernelFiles.contains($0.path) } }
    } catch {
      if hasOwnProcesses { ownProcesses = error }
      if !hidesProcesses { warn("the host's processes are seen inside: \(error)") }
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
      if FileIdentity(path: Self.keys) != nil { try mount("/dev/null", on: Self.keys, .bind) }
    }
    restore(kept, warn)
    // With the host's processes in sight, ids would be those of others: without is not an answer.
    if let ownProcesses { throw ownProcesses }
  }

  /// Mounts a /proc of its own that can be written, or in a sandbox, where the kernel allows no such one, to be read only
  /// with the parameters of the network from the one before.
  ///
  /// The kernel lets nobody inside mount another one but where a complete one is mounted, and with no more rights
  /// (mnt_already_visible in fs/namespace.c): the mount over which this one stands is complete, since nothing in it is
  /// covered, has no path, and is read-only.
  /// - Returns: whether it can be written.
  @discardableResult
  public func mountCompleteProc() throws(SystemError) -> Bool {
    let place = Self.coveredPlace
    guard FileIdentity(path: place) != nil else {
      try mountProc()
      return true
    }
    var parameters: MountTree?
    do throws(SystemError) { try mountProc(on: place) } catch {
      guard error.errno == EPERM else { throw error }
      parameters = try MountTree(copying: Self.networkParameters)
      try mountProc(on: place, isReadOnly: true)
    }
    do throws(SystemError) { try protectMount(place, isReadOnly: true, isRecursive: false) } catch {
      // A complete one that can be written would let others like it be mounted inside.
      try unmountDetached(place)
      guard parameters == nil else { throw error }
      try mountProc()
      return true
    }
    try mount(place, on: "/proc", .bind)
    if let parameters {
      try parameters.move(to: Self.networkParameters)
      return false
    }
    try protectMount("/proc", isReadOnly: false, isRecursive: false)
    return true
  }

  /// Whether the /proc that is there hides the processes that its reader may not trace, as that of a sandbox does: who is
  /// in a user namespace of its own sees only those in it.
  private var hidesProcesses: Bool {
    guard let table = try? readText("/proc/thread-self/mountinfo") else { return false }
    let uppermost = table.split(separator: "\n").last { line in
      line.split(separator: " ", maxSplits: 5).dropFirst(4).first == "/proc"
    }
    let options = uppermost?.split(separator: " ").last?.split(separator: ",") ?? []
    // The numbers of kernels before Linux 5.8. Whoever is in a group that gid= names sees all with the weaker one.
    let weaker = options.contains { $0.hasPrefix("gid=") } ? [] : ["hidepid=invisible", "hidepid=2"]
    return options.contains { (["hidepid=ptraceable", "hidepid=4"] + weaker).contains(String($0)) }
  }

  /// A directory that each /proc has.
  private static let coveredPlace = "/proc/driver"

  /// Mounts a /proc of its own. Whoever is confined finds only the processes there that it might trace: root's files of
  /// others are open to it too, /proc/PID/oom_score_adj and the files of netfilter in /proc/PID/net among them.
  private func mountProc(on path: String = "/proc", isReadOnly: Bool = false) throws(SystemError) {
    var flags: MountFlags = [.noSetUID, .noDevices, .noExecution]
    if isReadOnly { flags.insert(.readOnly) }
    do throws(SystemError) {
      try mount("proc", on: path, type: "proc", flags, options: isConfined ? "hidepid=ptraceable" : "")
    } catch {
      throw SystemError(error.operation, "/proc", errno: error.errno)
    }
  }

  private static func directory(of name: NamespaceName) -> String { "/etc/netns/\(name.text)" }

  private static func files(of name: NamespaceName) -> [String] {
    let directory = directory(of: name)
    return FileIdentity(path: directory) == nil ? [] : (try? directoryEntries(directory)) ?? []
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

  /// - Returns: nil where there is nothing, or only below something else, where no path leads to it.
  init?(_ path: String) throws(SystemError) {
    guard MountPoint.isThere(path), let tree = try MountTree(at: path) else { return nil }
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
