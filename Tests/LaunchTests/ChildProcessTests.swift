import Glibc
import LinuxSystem
import Testing

@testable import Launch

/// Each in a process of its own: forking needs one that has no other threads at work, and signals stay blocked.
@Suite("A child process")
struct ChildProcessTests {
  @Test("prepares itself, waits for permission, and becomes the command")
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

  @Test("has the variables that come with the permission, before those of the command")
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

  @Test("starts the command with an empty environment where that is asked for")
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

  @Test("reports the step that failed, with its name and errno, at the next checkpoint")
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

  @Test("reports the step that failed also when it has ended before it is let go on")
  func failedBefore() async {
    await #expect(processExitsWith: .success) {
      let signals = BlockedSignals()
      let child = try ChildProcess(signals: signals, command: Command(["true"])) { (_) throws(SystemError) in
        throw SystemError("mount", "/sys", errno: EPERM)
      }
      // Its end, without taking it.
      var information = siginfo_t()
      waitid(P_PID, id_t(child.pid), &information, WEXITED | WNOWAIT)
      do throws(LaunchError) { try child.proceed() } catch {
        exit(error == .setup(SystemError("mount", "/sys", errno: EPERM)) ? 0 : 1)
      }
      exit(2)
    }
  }

  @Test("reports why the command cannot be executed")
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

  @Test("reports a working directory that is not there as a failed step, not as a missing command")
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

  @Test("tells a child that is killed before its command as such")
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

  @Test("is ended at once when it is not wanted any more")
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

  @Test("gives the command the signal mask that there was before")
  func signalMask() async {
    await #expect(processExitsWith: .exitCode(5)) {
      // The test runner's thread has some blocked.
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

  @Test("is told of what a signal asked for while it was being prepared")
  func pendingEnd() async {
    await #expect(processExitsWith: .success) {
      _ = BlockedSignals()
      // As below nohup(1).
      signal(SIGHUP, SIG_IGN)
      raise(SIGHUP)
      let before = EndSignal.pending
      // To this thread: the test runner's others do not block it.
      raise(SIGTERM)
      exit(before == nil && EndSignal.pending == SIGTERM ? 0 : 1)
    }
  }
}
