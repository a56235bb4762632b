import Glibc
import Testing

@testable import LinuxSystem

@Suite("System errors")
struct SystemErrorTests {
  @Test("An error says what failed, on what, and why")
  func description() {
    #expect(
      SystemError("open", "/run/x", errno: ENOENT).description == "cannot open /run/x: No such file or directory")
    #expect(SystemError("make a pipe", "", errno: EMFILE).description == "cannot make a pipe: Too many open files")
    #expect(errorText(9999) == "Unknown error 9999")
  }

  @Test("systemCall repeats a call that a signal interrupts")
  func retries() throws {
    var calls = 0
    let result = try systemCall("try", "") { () -> Int32 in
      calls += 1
      errno = EINTR
      return calls < 4 ? -1 : 42
    }
    #expect(result == 42 && calls == 4)
  }

  @Test("systemCall throws any other failure at once")
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

  @Test("systemCall does not build the description of a call that succeeds")
  func lazyDescription() throws {
    func unexpected() -> String {
      Issue.record("a description was built")
      return ""
    }
    try systemCall(unexpected(), unexpected()) { Int32(0) }
  }
}
