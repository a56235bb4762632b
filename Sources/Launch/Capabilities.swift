import CLibcap
import Glibc

/// A capability of capabilities(7).
public enum Capability: String, CaseIterable, Sendable {
  case netAdmin = "CAP_NET_ADMIN"
  case sysAdmin = "CAP_SYS_ADMIN"
  case netRaw = "CAP_NET_RAW"

  private var number: cap_value_t {
    switch self {
    case .netAdmin: CAP_NET_ADMIN
    case .sysAdmin: CAP_SYS_ADMIN
    case .netRaw: CAP_NET_RAW
    }
  }

  /// Whether the calling process can use it now: it is in the effective set.
  public var isEffective: Bool {
    guard let state = cap_get_proc() else { return false }
    defer { cap_free(UnsafeMutableRawPointer(state)) }
    var value = CAP_CLEAR
    return cap_get_flag(state, number, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET
  }
}
