import CLinux
import Glibc
import LinuxSystem

/// What of the mounts in a mount namespace shows the kernel's files, or hides or replaces some: each by its path.
struct KernelMounts {
  /// Those by which uid 0 looks into the kernel and changes it that are mounted in other places than usual, as in a
  /// directory made for chroot(8).
  private(set) var elsewhere: [String] = []
  /// Those of any type below /proc that lie in no other of them.
  private(set) var belowProc: [String] = []
  /// The same below /sys.
  private(set) var belowSys: [String] = []

  /// Where something is mounted when somebody comes there (autofs).
  private(set) var onDemand: [String] = []
  /// All of them, in the order in which they stand upon each other.
  private(set) var all: [MountPoint] = []
  /// The last one looked at.
  private var last: UInt64 = 0

  /// Those of the calling thread's mount namespace.
  static func all() -> KernelMounts {
    var found = KernelMounts()
    found.look()
    return found
  }

  /// Lets nothing arrive any more that the host mounts later, but what autofs does: that is no file system of the kernel,
  /// and without it whoever comes there inside would find nothing (ELOOP).
  mutating func close() throws(SystemError) {
    if onDemand.isEmpty {
      try mount(on: "/", [.makePrivate, .recursive])
    } else {
      var failure: SystemError?
      MountPoint.forEach { mount in
        guard mount.type != "autofs" else { return }
        do throws(SystemError) { try LinuxSystem.mount(on: mount.path, .makePrivate) } catch {
          // What something else is mounted over has no path, and nothing arrives there that has one.
          if error.errno != EINVAL, error.errno != ENOENT { failure = error }
        }
      }
      if let failure { throw failure }
    }
    // Something may have arrived since.
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

  /// Whether the working directory lies in /proc or /sys, or in another mount of either.
  static var isWorkingDirectory: Bool {
    guard let directory = try? OwnedDescriptor.open(".", clinux_O_PATH | O_DIRECTORY) else { return true }
    return [0x9fa0, 0x6265_6572].contains(clinux_file_system_type(directory.raw))
  }

  private static func add(_ path: String, to found: inout [String]) {
    if !found.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) { found.append(path) }
  }

  /// Types whose files are nobody's data: to write one is to tell the kernel something, which goes by root's id. The
  /// names of namespaces (nsfs) are left where they are: nobody inside may enter those, and the file below could be removed.
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
