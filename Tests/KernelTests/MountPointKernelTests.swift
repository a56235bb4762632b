import LinuxSystem
import TestHost
import Testing

@testable import Namespaces

@Suite("Mounts listed by the kernel", .enabled(if: Privilege.isGranted, Comment(rawValue: Privilege.reason)))
struct MountPointKernelTests {
  /// Whether the kernel can list mounts, as since Linux 6.8.
  private static let canList = MountPoint.forEachListed { _ in } != nil

  @Test("statmount and mountinfo list the same mounts", .enabled(if: canList))
  func bothWays() throws {
    try inOwnNetwork { () throws in
      let hard = """
        d='/run/a b\\c'; mkdir "$d"; mount -t tmpfs none "$d"; mount --make-shared "$d"; mount --bind /proc "$d"
        """
      // These are more mounts than one call lists.
      let many = "for i in $(seq 150); do mkdir -p /run/many/$i; mount --bind /run/many/$i /run/many/$i; done"
      #expect(shell("\(hard); \(many)") == "")
      var listed: [MountPoint] = []
      #expect(MountPoint.forEachListed { listed.append($0) } != nil)
      var read: [MountPoint] = []
      MountPoint.forEach(in: try readFile("/proc/thread-self/mountinfo")) { read.append($0) }
      #expect(listed == read)
      #expect(listed.filter { $0.path == #"/run/a b\c"# }.map(\.type) == ["tmpfs", "proc"])
      #expect(listed.filter { $0.path == #"/run/a b\c"# }.map(\.isShared).contains(true))
      #expect(listed.count { $0.path.hasPrefix("/run/many/") } == 150)
    }
  }
}
