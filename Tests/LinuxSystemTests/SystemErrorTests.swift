import Glibc
import Testing

@testable import LinuxSystem

@Suite("System errors")
struct SystemErrorTests {
  @Test("an error says what failed, on what, and why")
  func description() {
    #expect(
      SystemError("open", "/run/x", errno: ENOENT).description == "cannot open /run/x: No such file or directory")
    #expect(SystemError("make a pipe", "", errno: EMFILE).description == "cannot make a pipe: Too many open files")
    #expect(errorText(9999) == "Unknown error 9999")
  }

  @Test("a call that a signal interrupts is made again")
  func retries() throws {
    var calls = 0
    let result = try systemCall("try", "") { () -> Int32 in
      calls += 1
      errno = EINTR
      return calls < 4 ? -1 : 42
    }
    #expect(result == 42 && calls == 4)
  }

  @Test("any other failure is thrown at once")
  func fails() {
    var calls = 0
    #expect(throws: SystemError("try", "thing", errno: EACCES)) {
      try systemCall("try", "thing") { () -> Int in
        calls += 1
        errno = EACCES
        return -1
      }
    }
    #expect(calls == 1)
  }

  @Test("what describes a call is not built when it succeeds")
  func lazyDescription() throws {
    func unexpected() -> String {
      Issue.record("a description was built")
      return ""
    }
    try systemCall(unexpected(), unexpected()) { Int32(0) }
  }
}

@Suite("Sysctls")
struct SysctlTests {
  @Test(
    "the first separator decides what dots and slashes mean, as in sysctl(8)",
    arguments: [
      ("net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"),
      ("net.ipv4.conf.eth0/100.forwarding", "/proc/sys/net/ipv4/conf/eth0.100/forwarding"),
      ("net/ipv4/conf/eth0.100/forwarding", "/proc/sys/net/ipv4/conf/eth0.100/forwarding"),
      ("kernel", "/proc/sys/kernel"),
    ])
  func path(name: String, path: String) {
    #expect(Sysctl(name).path == path)
  }

  @Test("a value is read without its newline")
  func reads() throws {
    let release = try Sysctl("kernel.ostype").read()
    #expect(release == "Linux")
  }

  @Test("a parameter that does not exist is ENOENT")
  func missing() {
    #expect(throws: SystemError("open", "/proc/sys/net/nonexistent", errno: ENOENT)) {
      _ = try Sysctl("net.nonexistent").read()
    }
  }
}
