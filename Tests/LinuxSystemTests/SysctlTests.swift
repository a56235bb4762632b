import Glibc
import Testing

@testable import LinuxSystem

@Suite("Sysctls")
struct SysctlTests {
  @Test(
    "The first separator decides what dots and slashes mean, as in sysctl(8)",
    arguments: [
      ("net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"),
      ("net.ipv4.conf.eth0/100.forwarding", "/proc/sys/net/ipv4/conf/eth0.100/forwarding"),
      ("net/ipv4/conf/eth0.100/forwarding", "/proc/sys/net/ipv4/conf/eth0.100/forwarding"),
      ("kernel", "/proc/sys/kernel"),
      ("net.ipv4.conf.\u{301}x.forwarding", "/proc/sys/net/ipv4/conf/\u{301}x/forwarding"),
    ])
  func path(name: String, path: String) {
    #expect(Sysctl(name).path == path)
  }

  @Test("A value is read without its newline")
  func reads() throws {
    let release = try Sysctl("kernel.ostype").read()
    #expect(release == "Linux")
  }

  @Test("A read of a parameter that does not exist fails with ENOENT")
  func missing() {
    #expect(throws: SystemError("open", "/proc/sys/net/nonexistent", errno: ENOENT)) {
      _ = try Sysctl("net.nonexistent").read()
    }
  }
}
