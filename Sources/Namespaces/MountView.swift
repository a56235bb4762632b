import CLinux
import Glibc
import LinuxSystem

/// What a command sees of the file system in its network namespace: the host's, but /sys shows this namespace's links
/// and the files of /etc/netns/NAME stand over those of /etc, as `ip netns exec` does it.
///
/// Better than it: what is mounted below /sys (cgroup, bpf, debug, tracing) stays there.
public enum MountView {
  /// Gives the calling thread a mount namespace of its own with this view. Its network namespace must be the one that
  /// /sys is to show.
  /// - Parameters:
  ///   - name: whose files below /etc/netns are used; nil for none.
  ///   - names: the directory that has no other name than this one in the view; nil to leave all as it is. Each name is
  ///     a mount: one that is made later would be mounted in every view that stands, as many as there are.
  ///   - warn: is told, in a sentence each, what this host forbids; the view lacks it then.
  public static func establish(
    name: NamespaceName?, without names: NamespaceDirectory?, warn: (String) -> Void
  ) throws(SystemError) {
    try systemCall("make a mount namespace", "") { clinux_unshare(clinux_CLONE_NEWNS) }
    // Mounts of the host still arrive here; ours do not go out.
    try mount(on: "/", [.makeSlave, .recursive])
    if let names { hide(names, but: name, warn) }
    mountSysfs(warn)
    if let name { bindConfiguration(of: name, warn) }
  }

  /// Gives the calling thread a mount namespace of its own, from which and to which no mount spreads.
  public static func isolate() throws(SystemError) {
    try systemCall("make a mount namespace", "") { clinux_unshare(clinux_CLONE_NEWNS) }
    try mount(on: "/", [.makePrivate, .recursive])
  }

  private static func hide(_ names: NamespaceDirectory, but name: NamespaceName?, _ warn: (String) -> Void) {
    do throws(SystemError) {
      while try unmountDetached(names.path) {}
      try makeDirectory(names.path)
      // What is named inside is gone with the view: as a file of the host it would stay there, stale.
      try mount("tmpfs", on: names.path, type: "tmpfs", [.noSetUID, .noDevices, .noExecution], options: "mode=755")
      if let name { try names.attach(name, process: getpid()) }
    } catch {
      warn("the names of other network namespaces are seen inside: \(error)")
    }
  }

  private static func mountSysfs(_ warn: (String) -> Void) {
    let kept = MountPoint.below("/sys").compactMap { KeptMount($0, warn) }
    var flags: MountFlags = [.noSetUID, .noDevices, .noExecution]
    var status = statvfs()
    if statvfs("/sys", &status) == 0, status.f_flag & UInt(ST_RDONLY) != 0 { flags.insert(.readOnly) }
    do throws(SystemError) { try mount("sysfs", on: "/sys", type: "sysfs", flags) } catch {
      // A container may forbid it. The command works, but sees the host's links in /sys.
      return warn("/sys shows the host's links: \(error)")
    }
    for mount in kept { mount.restore(warn) }
  }

  private static func bindConfiguration(of name: NamespaceName, _ warn: (String) -> Void) {
    let directory = "/etc/netns/\(name.text)"
    guard let files = try? directoryEntries(directory) else { return }
    for file in files {
      do throws(SystemError) { try mount("\(directory)/\(file)", on: "/etc/\(file)", .bind) } catch {
        warn("\(directory)/\(file) has no effect: \(error)")
      }
    }
  }
}

/// Something mounted below /sys that outlasts the new /sys.
private final class KeptMount {
  private let path: String
  private let copy: DetachedMount

  /// nil, with a warning, where it cannot be copied.
  init?(_ path: String, _ warn: (String) -> Void) {
    do throws(SystemError) {
      copy = try DetachedMount(copying: path)
      self.path = path
    } catch {
      warn("what is mounted on \(path) is not seen inside: \(error)")
      return nil
    }
  }

  func restore(_ warn: (String) -> Void) {
    do throws(SystemError) { try copy.attach(to: path) } catch {
      warn("what is mounted on \(path) is not seen inside: \(error)")
    }
  }
}
