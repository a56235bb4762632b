import CLinux
import Glibc
import LinuxSystem

/// What a machine is called (uts_namespaces(7)).
public enum UTSNamespace {
  /// Gives the calling process a UTS namespace of its own, in the user namespace that it is in, with this hostname.
  public static func make(hostname: String) throws(SystemError) {
    try systemCall("make a UTS namespace", "") { clinux_unshare(clinux_CLONE_NEWUTS) }
    try systemCall("set the hostname", hostname) { sethostname(hostname, hostname.utf8.count) }
  }
}
