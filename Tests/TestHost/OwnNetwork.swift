import CLinux
import Glibc

/// Runs `body` on this thread in a new network namespace and a new mount namespace, for tests of libraries: their
/// sockets and child processes stay in the namespaces of the thread that made them. /run is empty.
public func inOwnNetwork(_ body: () throws -> Void) throws {
  let network = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
  let mounts = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)
  guard network >= 0, mounts >= 0, clinux_unshare(clinux_CLONE_NEWNET | clinux_CLONE_NEWNS) == 0 else {
    throw HostError(description: "cannot make namespaces: \(String(cString: strerror(errno)))")
  }
  defer {
    // Otherwise, what runs on this thread next would change another network.
    guard clinux_setns(network, clinux_CLONE_NEWNET) == 0, clinux_setns(mounts, clinux_CLONE_NEWNS) == 0 else {
      fatalError("cannot return to the machine's namespaces: \(String(cString: strerror(errno)))")
    }
    close(network)
    close(mounts)
  }
  func require(_ result: Int32) throws {
    guard result == 0 else { throw HostError(description: "cannot mount: \(String(cString: strerror(errno)))") }
  }
  // MS_PRIVATE | MS_REC
  try require(mount("none", "/", nil, 0x44000, nil))
  // Otherwise /proc/self/mountinfo would show the machine's names below the new /run.
  while umount2("/run/netns", Int32(MNT_DETACH)) == 0 {}
  try require(mount("tmpfs", "/run", "tmpfs", 0, nil))
  try body()
}

/// The output of a shell command, including errors, which runs in the namespaces of this thread.
public func shell(_ command: String) -> String {
  guard let pipe = popen("(\(command)) 2>&1", "r") else { return "cannot run \(command)" }
  var output: [UInt8] = []
  var byte = fgetc(pipe)
  while byte != EOF {
    output.append(UInt8(truncatingIfNeeded: byte))
    byte = fgetc(pipe)
  }
  let status = pclose(pipe)
  return String(decoding: output, as: UTF8.self) + (status == 0 ? "" : "exit status \(status)\n")
}
