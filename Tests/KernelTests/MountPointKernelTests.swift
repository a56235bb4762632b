import LinuxSystem
import TestHost
import Testing

@testable import Namespaces

@Suite("Mounts as the kernel tells of them", .enabled(if: Privilege.isGranted, Comment(rawValue: Privilege.reason)))
struct MountPointKernelTests {
  /// Before Linux 6.8 there is only one way.
  private static let canList = MountPoint.forEachListed { _ in } != nil

  @Test("statmount and mountinfo tell the same", .enabled(if: canList))
  func bothWays() throws {
    try inOwnNetwork { () throws in
      let hard = """
        d='/run/a b\\c'; mkdir "$d"; mount -t tmpfs none "$d"; mount --make-shared "$d"; mount --bind /proc "$d"
        """
      // More than are asked for at once.
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
