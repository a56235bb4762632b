import Testing

@testable import Namespaces

@Suite("Mounts of kernel files")
struct KernelMountsTests {
  private func found(in text: String) -> KernelMounts {
    var found = KernelMounts()
    MountPoint.forEach(in: Array(text.utf8)) { found.add($0) }
    return found
  }

  @Test("Mounts of all types below /proc and /sys count, except those that lie in another of them")
  func below() {
    let mounts = found(
      in: """
        22 1 254:0 / / rw - ext4 /dev/root rw
        23 22 0:21 / /sys rw - sysfs sysfs rw
        24 23 0:6 / /sys/kernel/security rw - securityfs securityfs rw
        25 23 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate
        26 25 0:30 / /sys/fs/cgroup/below rw - tmpfs tmpfs rw
        27 23 0:22 / /sys/fs/cgroup rw - tmpfs upon rw
        28 22 0:31 / /system rw - tmpfs tmpfs rw
        29 23 0:32 / /sys/fs/with\\040space\\134and\\011tab rw - tmpfs tmpfs rw
        30 23 0:33 / /sys/fs/cgroup2 rw - tmpfs tmpfs rw
        31 22 0:40 / /proc rw - proc proc rw
        32 31 0:41 / /proc/cpuinfo rw - fuse.lxcfs lxcfs rw
        33 31 0:42 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw
        34 33 0:43 / /proc/sys/fs/binfmt_misc rw - binfmt_misc binfmt_misc rw
        """)
    #expect(
      mounts.belowSys == [
        "/sys/kernel/security", "/sys/fs/cgroup", "/sys/fs/with space\\and\ttab", "/sys/fs/cgroup2",
      ])
    #expect(mounts.belowProc == ["/proc/cpuinfo", "/proc/sys/fs/binfmt_misc"])
    #expect(mounts.elsewhere == [])
  }

  @Test("Only the kernel's own types count elsewhere")
  func elsewhere() {
    let mounts = found(
      in: """
        22 1 254:0 / / rw - ext4 /dev/root rw
        23 22 0:21 / /process rw - proc proc rw
        24 22 0:21 / /srv/chroot/sys rw - sysfs sysfs rw
        25 22 0:21 / /srv/chroot/proc rw - proc proc rw
        26 25 0:22 / /srv/chroot/run rw - tmpfs tmpfs rw
        27 22 0:23 / /mnt rw - cgroup cgroup rw,cpu
        28 22 0:23 / /dev rw - devtmpfs dev rw
        """)
    #expect(mounts.elsewhere == ["/process", "/srv/chroot/sys", "/srv/chroot/proc", "/mnt"])
    #expect(mounts.belowProc == [] && mounts.belowSys == [])
  }
}
