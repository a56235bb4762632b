import CLinux
import Glibc
import LinuxSystem

/// The mounts in a mount namespace that show the kernel's files, or hide or replace some of them, by path.
struct KernelMounts {
  /// Mounts in unusual places, such as a directory made for chroot(8), through which uid 0 can inspect and change the
  /// kernel.
  private(set) var elsewhere: [String] = []
  /// Mounts of any type below /proc that are not below another one of them.
  private(set) var belowProc: [String] = []
  /// The same below /sys.
  private(set) var belowSys: [String] = []

  /// Places where a file system is mounted on access (autofs).
  private(set) var onDemand: [String] = []
  /// All mounts, in the order in which they are stacked.
  private(set) var all: [MountPoint] = []
  /// The last mount that was examined.
  private var last: UInt64 = 0

  /// The mounts of the calling thread's mount namespace.
  static func all() -> KernelMounts {
    var found = KernelMounts()
    found.look()
    return found
  }

  /// Stops the propagation of later mounts of the host, except those of autofs: they are no kernel file systems, and
  /// without them an access inside would find nothing (ELOOP).
  mutating func close() throws(SystemError) {
    if onDemand.isEmpty {
      try mount(on: "/", [.makePrivate, .recursive])
    } else {
      var failure: SystemError?
      MountPoint.forEach { mount in
        guard mount.type != "autofs" else { return }
        do throws(SystemError) { try LinuxSystem.mount(on: mount.path, .makePrivate) } catch {
          // A covered mount has no path, and no mount with a path can propagate there.
          if error.errno != EINVAL, error.errno != ENOENT { failure = error }
        }
      }
      if let failure { throw failure }
    }
    // Another mount may have propagated here since.
    look()
  }

  private mutating func look() {
    var new: [MountPoint] = []
    last = MountPoint.forEach(after: last) { new.append($0) }
    for mount in new { add(mount) }
    all += new
  }

  mutating func add(_ mount: MountPoint) {
    let path = mount.path
    if path.hasPrefix("/proc/") {
      Self.add(path, to: &belowProc)
    } else if path.hasPrefix("/sys/") {
      Self.add(path, to: &belowSys)
    } else if mount.type == "autofs" {
      onDemand.append(path)
    } else if path != "/proc", path != "/sys", Self.isKernel(mount.type) {
      elsewhere.append(path)
    }
  }

  /// Whether the working directory is in /proc or /sys, or in another mount of either file system.
  static var isWorkingDirectory: Bool {
    guard let directory = try? OwnedDescriptor.open(".", clinux_O_PATH | O_DIRECTORY) else { return true }
    return [0x9fa0, 0x6265_6572].contains(clinux_file_system_type(directory.raw))
  }

  private static func add(_ path: String, to found: inout [String]) {
    if !found.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) { found.append(path) }
  }

  /// Whether a file system type has files that hold no data: a write to one is an instruction to the kernel, which
  /// root's uid permits. The names of namespaces (nsfs) stay: no process inside may enter those namespaces, and without
  /// the mount the file below could be removed.
  private static func isKernel(_ type: String) -> Bool {
    switch type {
    case "apparmorfs", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "cpuset", "debugfs", "efivarfs",
      "functionfs", "fusectl", "gadgetfs", "ibmasmfs", "ipathfs", "nfsd", "ocfs2_dlmfs", "openpromfs", "oprofilefs",
      "proc", "pstore", "resctrl", "rpc_pipefs", "s390_hypfs", "securityfs", "selinuxfs", "smackfs", "spufs", "sysfs",
      "tracefs", "usbfs", "xenfs":
      true
    default: false
    }
  }
}
