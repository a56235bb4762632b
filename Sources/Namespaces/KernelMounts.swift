/// What of the mounts in a mount namespace shows the kernel's files, or hides or replaces some: each by its path.
struct KernelMounts {
  /// Those by which uid 0 looks into the kernel and changes it that are mounted in other places than usual, as in a
  /// directory made for chroot(8).
  private(set) var elsewhere: [String] = []
  /// Those of any type below /proc that lie in no other of them.
  private(set) var belowProc: [String] = []
  /// The same below /sys.
  private(set) var belowSys: [String] = []

  /// Those of the calling thread's mount namespace.
  static func all() -> KernelMounts {
    var found = KernelMounts()
    MountPoint.forEach { found.add($0) }
    return found
  }

  mutating func add(_ mount: MountPoint) {
    let path = mount.path
    if path.hasPrefix("/proc/") {
      Self.add(path, to: &belowProc)
    } else if path.hasPrefix("/sys/") {
      Self.add(path, to: &belowSys)
    } else if path != "/proc", path != "/sys", Self.isKernel(mount.type) {
      elsewhere.append(path)
    }
  }

  private static func add(_ path: String, to found: inout [String]) {
    if !found.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) { found.append(path) }
  }

  private static func isKernel(_ type: String) -> Bool {
    switch type {
    case "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "efivarfs", "proc", "pstore", "resctrl", "securityfs",
      "selinuxfs", "smackfs", "sysfs", "tracefs":
      true
    default: false
    }
  }
}
