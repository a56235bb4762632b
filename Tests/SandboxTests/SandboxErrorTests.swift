import Launch
import LinuxSystem
import Testing

@testable import Sandbox

@Suite("Errors of nsrun")
struct SandboxErrorTests {
  @Test("The kind of an error decides the exit status")
  func exitCode() {
    #expect(SandboxError.refused("no").exitCode == 125)
    #expect(SandboxError.system(SystemError("mount", "/sys", errno: 1)).exitCode == 125)
    #expect(SandboxError.launch(.setup(SystemError("change to directory", "/x", errno: 2))).exitCode == 125)
    #expect(SandboxError.launch(.execution(SystemError("execute", "x", errno: 2))).exitCode == 127)
    #expect(SandboxError.launch(.execution(SystemError("execute", "x", errno: 13))).exitCode == 126)
    #expect(SandboxError.launch(.ended(.signaled(15))).exitCode == 143)
    #expect(SandboxError.interrupted(signal: 2).exitCode == 130)
  }
}
