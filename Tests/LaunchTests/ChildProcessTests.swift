import Glibc
import LinuxSystem
import Testing

@testable import Launch

/// Each test has its own process: fork(2) needs one in which no other threads run, and signals stay blocked.
@Suite("Child processes")
struct ChildProcessTests {
  @Test("A child prepares itself, waits for permission, and becomes the command")
  func becomesCommand() async {
    await #expect(processExitsWith: .exitCode(7)) {
      let signals = BlockedSignals()
      let child = try ChildProcess(signals: signals, command: Command(["sh", "-c", "exit $CODE"])) {
        (parent) throws(SystemError) in
        setenv("CODE", "7", 1)
        parent.reachCheckpoint()
      }
      try child.checkpoint()
      try child.proceed()
      exit(Supervisor(of: child).wait(signals: signals).code)
    }
  }

  @Test("The command has the variables that come with the permission, unless it has its own")
  func variables() async {
    await #expect(processExitsWith: .success) {
      let signals = BlockedSignals()
      setenv("GONE", "x", 1)
      let script = #"[ "$A/$B/${GONE-none}/$C" = "a=1/b/none/" ]"#
      let child = try ChildProcess(
        signals: signals, command: Command(["sh", "-c", script], environment: [("B", "b")])
      ) { (_) throws(SystemError) in }
      try child.proceed(with: [("A", "a=1"), ("B", "a"), ("GONE", nil), ("C", "")])
      exit(Supervisor(of: child).wait(signals: signals).code)
    }
  }

  @Test("The child starts the command with an empty environment if that is requested")
  func emptyEnvironment() async {
    await #expect(processExitsWith: .success) {
      let signals = BlockedSignals()
      let script = #"[ "$(/usr/bin/env -u PWD -u _ -u SHLVL -u OLDPWD)" = B=b ]"#
      var command = Command(["sh", "-c", script], environment: [("B", "b"), ("C", "c"), ("C", nil)])
      command.isEnvironmentCleared = true
      let child = try ChildProcess(signals: signals, command: command) { (_) throws(SystemError) in }
      try child.proceed()
      exit(Supervisor(of: child).wait(signals: signals).code)
    }
  }

  @Test("A child reports the step that failed, with its name and errno, at the next checkpoint")
  func failingStep() async {
    await #expect(processExitsWith: .success) {
      let signals = BlockedSignals()
      let child = try ChildProcess(signals: signals, command: Command(["true"])) { (_) throws(SystemError) in
        throw SystemError("mount", "/sys", errno: EPERM)
      }
      do throws(LaunchError) { try child.checkpoint() } catch {
        exit(error == .setup(SystemError("mount", "/sys", errno: EPERM)) && child.wait() == .exited(125) ? 0 : 1)
      }
      exit(2)
    }
  }

  @Test("A child reports the step that failed even if it ended before it got permission")
  func failedBefore() async {
    await #expect(processExitsWith: .success) {
      let signals = BlockedSignals()
      let child = try ChildProcess(signals: signals, command: Command(["true"])) { (_) throws(SystemError) in
        throw SystemError("mount", "/sys", errno: EPERM)
      }
      // Waits for the child's end without collecting it.
      var information = siginfo_t()
      waitid(P_PID, id_t(child.pid), &information, WEXITED | WNOWAIT)
      do throws(LaunchError) { try child.proceed() } catch {
        exit(error == .setup(SystemError("mount", "/sys", errno: EPERM)) ? 0 : 1)
      }
      exit(2)
    }
  }

  @Test("A child reports why the command cannot be executed")
  func noCommand() async {
    await #expect(processExitsWith: .success) {
      let signals = BlockedSignals()
      let child = try ChildProcess(signals: signals, command: Command(["/nonexistent"])) { (_) throws(SystemError) in }
      do throws(LaunchError) { try child.proceed() } catch {
        exit(error == .execution(SystemError("execute", "/nonexistent", errno: ENOENT)) ? 0 : 1)
      }
      exit(2)
    }
  }

  @Test("A child reports a missing working directory as a failed step, and not as a missing command")
  func noDirectory() async {
    await #expect(processExitsWith: .success) {
      let signals = BlockedSignals()
      let command = Command(["true"], workingDirectory: "/nonexistent")
      let child = try ChildProcess(signals: signals, command: command) { (_) throws(SystemError) in }
      do throws(LaunchError) { try child.proceed() } catch {
        exit(error == .setup(SystemError("change to directory", "/nonexistent", errno: ENOENT)) ? 0 : 1)
      }
      exit(2)
    }
  }

  @Test("A child that is killed before it executes the command is reported as such")
  func killedEarly() async {
    await #expect(processExitsWith: .success) {
      let signals = BlockedSignals()
      let child = try ChildProcess(signals: signals, command: Command(["true"])) { (_) throws(SystemError) in
        kill(getpid(), SIGKILL)
      }
      do throws(LaunchError) { try child.checkpoint() } catch {
        exit(error == .ended(.signaled(SIGKILL)) ? 0 : 1)
      }
      exit(2)
    }
  }

  @Test("The parent can end a child at once")
  func ended() async {
    await #expect(processExitsWith: .success) {
      let signals = BlockedSignals()
      let child = try ChildProcess(signals: signals, command: nil) { (parent) throws(SystemError) in
        parent.reachCheckpoint()
      }
      try child.checkpoint()
      child.end()
      exit(kill(child.pid, 0) == -1 && errno == ESRCH ? 0 : 1)
    }
  }

  @Test("The child gives the command the previous signal mask")
  func signalMask() async {
    await #expect(processExitsWith: .exitCode(5)) {
      // The thread of the test runner blocks some signals.
      var none = sigset_t()
      sigemptyset(&none)
      pthread_sigmask(SIG_SETMASK, &none, nil)
      let signals = BlockedSignals()
      let script = "trap 'exit 5' TERM; kill -TERM $$; exit 1"
      let child = try ChildProcess(signals: signals, command: Command(["sh", "-c", script])) {
        (_) throws(SystemError) in
      }
      try child.proceed()
      exit(Supervisor(of: child).wait(signals: signals).code)
    }
  }

  @Test("A pending signal that asks for the end is found, unless it is ignored")
  func pendingEnd() async {
    await #expect(processExitsWith: .success) {
      _ = BlockedSignals()
      // The same as below nohup(1).
      signal(SIGHUP, SIG_IGN)
      raise(SIGHUP)
      let before = EndSignal.pending
      // The signal goes to this thread, because other threads of the test runner do not block it.
      raise(SIGTERM)
      exit(before == nil && EndSignal.pending == SIGTERM ? 0 : 1)
    }
  }
}
