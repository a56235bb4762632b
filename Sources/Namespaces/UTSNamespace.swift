import CLinux
import Glibc
import LinuxSystem

/// The hostname of a machine (uts_namespaces(7)).
public enum UTSNamespace {
  /// Moves the calling process into a new UTS namespace, in the user namespace that it is in, with this hostname.
  public static func make(hostname: String) throws(SystemError) {
    try systemCall("make a UTS namespace", "") { clinux_unshare(clinux_CLONE_NEWUTS) }
    try systemCall("set the hostname", hostname) { sethostname(hostname, hostname.utf8.count) }
  }
}
