import Glibc
import LinuxSystem
import Testing

@testable import Launch

@Suite("Reports of a child")
struct ReportTests {
  @Test(
    "An error arrives as it was sent",
    arguments: [
      LaunchError.setup(SystemError("mount", "/sys", errno: EPERM)),
      .execution(SystemError("execute", "no such program", errno: ENOENT)),
      .setup(SystemError("", "", errno: 0)), .setup(SystemError("a", "", errno: -1)),
      .execution(SystemError("execute", "é/ü", errno: Int32.max)),
    ])
  func roundTrip(error: LaunchError) {
    let report = Report.encode(error)
    #expect(Report.textSize(Array(report.prefix(Report.headSize))) == report.count - Report.headSize)
    #expect(Report.decode(report) == error)
  }

  @Test("A checkpoint is not an error")
  func checkpoint() {
    #expect(Report.checkpoint.count == Report.headSize)
    #expect(Report.textSize(Report.checkpoint) == 0)
    #expect(Report.decode(Report.checkpoint) == nil)
  }

  @Test("A report fits into one atomic write, however long the name")
  func long() throws {
    let report = Report.encode(.execution(SystemError("execute", String(repeating: "é", count: 5000), errno: ENOENT)))
    #expect(report.count <= Int(PIPE_BUF))
    guard case .execution(let error) = try #require(Report.decode(report)) else {
      Issue.record("another error")
      return
    }
    #expect(error.errno == ENOENT)
    #expect(error.subject.hasPrefix("éé"))
  }

  @Test("A report with any text after its head is decoded without a trap")
  func garbage() {
    let report = Report.encode(.setup(SystemError("mount", "/sys", errno: EPERM)))
    for count in Report.headSize..<report.count { #expect(Report.decode(Array(report[..<count])) != nil) }
    #expect(Report.decode([1, 0, 2, 0, 1, 0, 0, 0, 0xff, 0xfe]) != nil)
  }
}

@Suite("Permissions of a parent")
struct PermissionTests {
  @Test("Variables arrive as they were sent")
  func roundTrip() {
    let variables: [Command.Variable] = [
      ("A", "é=1"), ("B", nil), ("C", ""), ("D", String(repeating: "x", count: 300)),
    ]
    let message = Permission.encode(variables)
    let head = Array(message.prefix(Permission.headSize))
    #expect(Permission.textSize(head) == message.count - Permission.headSize)
    #expect(Permission.decode(Array(message.dropFirst(Permission.headSize))).elementsEqual(variables, by: ==))
    #expect(Permission.encode([]).count == Permission.headSize)
    #expect(Permission.decode([]).isEmpty)
  }
}

@Suite("Exit status")
struct ExitStatusTests {
  @Test(
    "ExitStatus reads the wait status of waitpid",
    arguments: [
      (0, Launch.ExitStatus.exited(0)), (7 << 8, .exited(7)), (255 << 8, .exited(255)), (15, .signaled(15)),
      // This status has the flag of a core dump.
      (11 | 0x80, .signaled(11)),
    ] as [(Int32, Launch.ExitStatus)])
  func ends(raw: Int32, status: Launch.ExitStatus) { #expect(Launch.ExitStatus(waitStatus: raw) == status) }

  @Test("ExitStatus does not take a stop or a continuation for an end", arguments: [0x137f, 0xffff] as [Int32])
  func stops(raw: Int32) { #expect(Launch.ExitStatus(waitStatus: raw) == nil) }

  @Test("ExitStatus gives a signal the same code as a shell")
  func code() {
    #expect(Launch.ExitStatus.exited(7).code == 7)
    #expect(Launch.ExitStatus.signaled(9).code == 137)
  }
}

@Suite("Launch errors")
struct LaunchErrorTests {
  @Test("A launch error says in one sentence why the command did not start")
  func description() {
    #expect(
      "\(LaunchError.execution(SystemError("execute", "x", errno: ENOENT)))"
        == "cannot execute x: No such file or directory")
    #expect("\(LaunchError.ended(.signaled(9)))" == "the command was ended by signal 9 before it started")
    #expect("\(LaunchError.ended(.exited(1)))" == "the command ended with 1 before it started")
  }
}
