import CLinux
import Glibc
import LinuxSystem

/// The file system that a command sees in its network namespace. It is the host's, but /sys shows the links of this
/// namespace, and the files of /etc/netns/NAME cover those of /etc, as with `ip netns exec`.
public struct MountView: Sendable {
  /// The name whose files in /etc/netns the view uses; nil for none.
  public var name: NamespaceName?
  /// The directory of names. In the view it has no other name than ``name``; nil leaves it as it is. Each name is a
  /// mount. A name that is made later would otherwise be mounted in every existing view.
  public var names: NamespaceDirectory?
  /// A directory that is empty in a confined view, on every path to the host's directory; nil for none.
  public var hidden: String?
  /// The other paths to ``hidden``, after ``establish(warn:)``.
  private var aliases: [String] = []
  /// Whether the kernel's files are read-only, except those of the network. Otherwise uid 0 may write them, whatever
  /// its capabilities are.
  public var isConfined: Bool
  /// Whether /proc shows the PID namespace of the calling process, which another process made.
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

  /// Moves the calling thread into a new mount namespace with this view. The thread must be in the network namespace
  /// that /sys is to show.
  /// - Parameter warn: receives a sentence for each thing that this host forbids; the view then lacks it.
  /// - Returns: the view's own files; nil if it can have none, or keeps the host's names.
  @discardableResult
  public mutating func establish(warn: (String) -> Void) throws(SystemError) -> ViewFiles? {
    try systemCall("make a mount namespace", "") { clinux_unshare(clinux_CLONE_NEWNS) }
    // The host's mounts still propagate here; mounts made here do not propagate to the host.
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

  /// Looks the working directory up again by its path: as an open directory it would bypass the view. If that path does
  /// not exist in the view, the process moves to `/`.
  /// - Parameter warn: receives a sentence in that case.
  public static func reenterDirectory(warn: (String) -> Void) throws(SystemError) {
    do throws(SystemError) {
      let path = getcwd(nil, 0)
      let code = errno
      guard let path else { throw SystemError("find", "it", errno: code) }
      defer { free(path) }
      // The path of a directory outside the root directory, or outside all mounts, does not start with a slash.
      guard path[0] == CChar(bitPattern: UInt8(ascii: "/")) else {
        throw SystemError("reach", String(cString: path), errno: ENOENT)
      }
      try systemCall("enter", String(cString: path)) { chdir(path) }
    } catch {
      // A file system of the host may deny root an access that it gives another user (NFS, FUSE). Stay there.
      if error.errno == EACCES, !KernelMounts.isWorkingDirectory { return }
      warn("the command starts in / : its directory is not there inside: \(error)")
      try systemCall("enter", "/") { chdir("/") }
    }
  }

  /// Covers files and directories of the host in the calling thread's view, and then those for which /etc/netns/NAME
  /// has a file and that are not covered yet.
  /// - Parameter warn: as in ``establish(warn:)``.
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
    // Last, because some of the covers show files from that directory.
    hide(in: files, warn)
    guard let name else { return }
    for file in Self.files(of: name) where !covers.contains(where: { $0.path == "/etc/\(file)" }) {
      let path = "\(Self.directory(of: name))/\(file)"
      attempt("\(path) has no effect", warn) { () throws(SystemError) in try mount(path, on: "/etc/\(file)", .bind) }
    }
  }

  /// Moves the calling process, which has entered a user namespace, into a new mount namespace there. In it, mounts
  /// made before can neither be taken apart nor made writable (mount_namespaces(7)).
  public static func seal() throws(SystemError) {
    try systemCall("make a mount namespace", "in a user namespace") { clinux_unshare(clinux_CLONE_NEWNS) }
  }

  /// Moves the calling thread into a new mount namespace, without propagation to or from it.
  public static func isolate() throws(SystemError) {
    try systemCall("make a mount namespace", "") { clinux_unshare(clinux_CLONE_NEWNS) }
    try mount(on: "/", [.makePrivate, .recursive])
  }

  /// A name made inside disappears with the view. In a directory of the host its file would remain, stale.
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

  /// The directory may have been made after the view.
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
    // A confined view drops the other mounts (bpf, debug, tracing and others): they can be used to change the kernel.
    let kept = keep(paths.filter { !isConfined || $0.hasPrefix("/sys/fs/cgroup") }, warn)
    var flags: MountFlags = [.noSetUID, .noDevices, .noExecution]
    if isConfined || !isWritable("/sys") { flags.insert(.readOnly) }
    do throws(SystemError) { try mount("sysfs", on: "/sys", type: "sysfs", flags) } catch {
      // A container may forbid this. The command works, but sees the host's links in /sys.
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
        // Otherwise a later mount of the host would propagate here with its rights.
        if isConfined { try mount.protect() }
        try mount.restore()
      }
    }
  }

  /// Files in /proc through which uid 0 could change the kernel; /proc/sys/net belongs to the network namespace. Not
  /// listed: /proc/mtrr, which opens only with privileges over the host, and /proc/tty, where nothing is writable.
  private static let kernelFiles = [
    "/proc/acpi", "/proc/asound", "/proc/bus", "/proc/driver", "/proc/dynamic_debug", "/proc/fs", "/proc/irq",
    "/proc/latency_stats", "/proc/scsi", "/proc/sys", "/proc/sysrq-trigger",
  ]

  private static let keys = "/proc/keys"

  private static let networkParameters = "/proc/sys/net"

  /// - Throws: if the command's process ids would denote other processes in /proc.
  private func confineProc(keeping paths: [String], _ warn: (String) -> Void) throws(SystemError) {
    var ownProcesses: SystemError?
    // A mount that hides or replaces files of the host's /proc must do so inside as well.
    var kept = keep(paths, warn)
    do throws(SystemError) {
      // In a read-only /proc these mounts protect nothing, and would bring that on the network's files with them.
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
      // This affects all mounts there. The processes' own files and those of the network stay writable if they were.
      let writable = ["/proc", Self.networkParameters].filter(isWritable)
      try protectMount("/proc", isReadOnly: true, isRecursive: true)
      for path in writable { try protectMount(path, isReadOnly: false, isRecursive: false) }
    }
    attempt("the keys of the host's users are listed inside", warn) { () throws(SystemError) in
      if FileIdentity(path: Self.keys) != nil { try mount("/dev/null", on: Self.keys, .bind) }
    }
    restore(kept, warn)
    // In the host's /proc, the command's process ids denote other processes, so a warning is not enough.
    if let ownProcesses { throw ownProcesses }
  }

  /// Mounts a new /proc. It is writable or, in a sandbox in which the kernel does not allow that, read-only with the
  /// network parameters of the previous /proc.
  ///
  /// Inside, the kernel permits another /proc only if a complete one is already mounted, and with no more rights than
  /// that has (mnt_already_visible in fs/namespace.c). So a complete one stays under the new /proc. It is complete
  /// because nothing in it is covered. It is read-only and has no path.
  /// - Returns: whether the new /proc is writable.
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
      // If a complete /proc were writable, processes inside could mount others like it.
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

  /// Whether the existing /proc hides the processes that its reader may not trace, as that of a sandbox does. A process
  /// in a user namespace of its own then sees only the processes there.
  private var hidesProcesses: Bool {
    guard let table = try? readText("/proc/thread-self/mountinfo") else { return false }
    let uppermost = table.split(separator: "\n").last { line in
      line.split(separator: " ", maxSplits: 5).dropFirst(4).first == "/proc"
    }
    let options = uppermost?.split(separator: " ").last?.split(separator: ",") ?? []
    // The numbers are for kernels before Linux 5.8. With the weaker option, members of the group in gid= see all
    // processes.
    let weaker = options.contains { $0.hasPrefix("gid=") } ? [] : ["hidepid=invisible", "hidepid=2"]
    return options.contains { (["hidepid=ptraceable", "hidepid=4"] + weaker).contains(String($0)) }
  }

  /// A directory that every /proc has.
  private static let coveredPlace = "/proc/driver"

  /// Mounts a new /proc. A confined process finds only the processes that it may trace: as root it could also open
  /// root's files of other processes, such as /proc/PID/oom_score_adj and the netfilter files in /proc/PID/net.
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

/// Runs a step that the view can do without.
/// - Returns: nil, after a warning, if the step fails.
@discardableResult
private func attempt<Result>(
  _ lack: String, _ warn: (String) -> Void, _ body: () throws(SystemError) -> Result
) -> Result? {
  do throws(SystemError) { return try body() } catch {
    warn("\(lack): \(error)")
    return nil
  }
}

/// A mount below /proc or /sys that is kept when a new /proc or /sys is mounted.
private final class KeptMount {
  let path: String
  private let tree: MountTree

  /// - Returns: nil if nothing is mounted there, or only below another mount, where no path leads to it.
  init?(_ path: String) throws(SystemError) {
    guard MountPoint.isThere(path), let tree = try MountTree(at: path) else { return nil }
    self.path = path
    self.tree = tree
  }

  func protect() throws(SystemError) { try tree.protect() }

  func restore() throws(SystemError) {
    do throws(SystemError) { try tree.move(to: path) } catch {
      // It is locked in its place under the new mount.
      guard error.errno == EINVAL else { throw error }
      try tree.copy().move(to: path)
    }
  }
}
