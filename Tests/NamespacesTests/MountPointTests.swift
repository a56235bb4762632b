import Testing

@testable import Namespaces

@Suite("Mount points in mountinfo")
struct MountPointTests {
  /// A table in the format of proc_pid_mountinfo(5): optional fields, an escaped space, and mounts upon and below each
  /// other.
  private let table = """
    22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
    23 22 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:2 - sysfs sysfs rw
    24 23 0:6 / /sys/kernel/security rw shared:3 - securityfs securityfs rw
    25 23 0:22 / /sys/fs/cgroup rw master:4 propagate_from:1 - cgroup2 cgroup2 rw,nsdelegate
    26 25 0:30 / /sys/fs/cgroup/below rw - tmpfs tmpfs rw
    27 23 0:22 / /sys/fs/cgroup rw - tmpfs upon rw
    28 22 0:31 / /system rw - tmpfs tmpfs rw
    29 23 0:32 / /sys/fs/with\\040space\\134and\\011tab rw - tmpfs tmpfs rw
    30 23 0:33 / /sys/fs/cgroup2 rw - tmpfs tmpfs rw

    """

  private func all(in text: String) -> [MountPoint] {
    var mounts: [MountPoint] = []
    MountPoint.forEach(in: Array(text.utf8)) { mounts.append($0) }
    return mounts
  }

  @Test("Any beginning of the table is read without a trap, and without additional mounts")
  func truncation() {
    let bytes = Array(table.utf8)
    let count = all(in: table).count
    for end in 0..<bytes.count {
      var found = 0
      MountPoint.forEach(in: Array(bytes[..<end])) { _ in found += 1 }
      #expect(found <= count)
    }
    #expect(all(in: "").isEmpty && all(in: "\n\n").isEmpty)
  }

  @Test("Invalid escapes are literal, and garbage gives no mounts", arguments: ["\\", "\\0", "\\04", "\\999", "\\400"])
  func escapes(tail: String) {
    #expect(all(in: "24 23 0:6 / /sys/a\(tail) rw - tmpfs tmpfs rw\n").map(\.path) == ["/sys/a\(tail)"])
    var paths: [String] = []
    MountPoint.forEach(in: [0xff, 0x20, 0x0a, 0x20, 0x20, 0xfe]) { paths.append($0.path) }
    #expect(paths == [])
  }

  @Test("The optional fields tell whether a mount is shared")
  func shared() {
    let mounts = all(in: table)
    #expect(mounts.first { $0.path == "/sys" }?.isShared == true)
    #expect(mounts.filter { $0.path == "/sys/fs/cgroup" }.map(\.isShared) == [false, false])
  }

  @Test("The type of the file system is found after any number of optional fields")
  func types() {
    #expect(
      all(in: table).map(\.type) == [
        "ext4", "sysfs", "securityfs", "cgroup2", "tmpfs", "tmpfs", "tmpfs", "tmpfs", "tmpfs",
      ])
    #expect(all(in: "24 23 0:6 / /sys/a rw -\n1 2 3 / /b rw shared:1").map(\.type) == ["", ""])
  }

  @Test("MountPoint finds the other paths of a directory, and the mounts of its parts")
  func aliases() {
    let mounts = all(
      in: """
        22 1 254:0 / / rw - ext4 /dev/root rw
        23 22 0:21 / /run rw - tmpfs tmpfs rw
        24 22 0:21 / /srv/chroot/run rw - tmpfs tmpfs rw
        25 23 0:21 /state /run/state rw - tmpfs tmpfs rw
        26 22 0:21 /state /mnt/same rw - tmpfs tmpfs rw
        27 22 0:21 /state/1/created /mnt/part rw - tmpfs tmpfs rw
        28 22 0:21 /states /mnt/other rw - tmpfs tmpfs rw
        29 22 254:0 /state /mnt/else rw - ext4 /dev/root rw
        30 22 0:21 /netns /run/netns rw - tmpfs tmpfs rw

        """)
    let found = MountPoint.aliases(of: "/run/state", among: mounts)
    #expect(found.paths == ["/srv/chroot/run/state", "/mnt/same"] && found.parts == ["/mnt/part"])
    // The directory is on the root file system.
    let root = all(
      in: "22 1 254:0 / / rw - ext4 r rw\n23 22 254:0 / /copy rw - ext4 r rw\n24 22 254:0 /run /c rw - ext4 r rw\n")
    #expect(MountPoint.aliases(of: "/run/state", among: root).paths == ["/copy/run/state", "/c/state"])
    #expect(MountPoint.aliases(of: "/run/state", among: []).paths == [])
  }

  @Test("The table of this process can be read")
  func own() { #expect(MountPoint.on("/proc")?.type == "proc") }
}
