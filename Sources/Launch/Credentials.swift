import CLibcap
import CLinux
import Glibc
import LinuxSystem

/// The identity of a command, and its privileges.
public struct Credentials: Equatable, Sendable {
  /// The user that the command becomes; nil for the user of this process.
  public var user: UInt32?
  /// Its primary group; nil for the group of this process.
  public var group: UInt32?
  /// Its supplementary groups; nil for those of this process.
  public var groups: [UInt32]?
  public var capabilities = CapabilityChanges()
  /// Whether set-user-ID programs and file capabilities give it no further privileges (PR_SET_NO_NEW_PRIVS, Linux 3.5).
  public var hasNoNewPrivileges = false

  public init() {}

  public init(_ identity: Identity) {
    user = identity.user.id
    group = identity.group
    groups = identity.groups
  }

  /// Gives these credentials to the calling process, for good. A user other than root has only the added capabilities,
  /// as with setuid(2). The bounding set loses only the dropped capabilities, so that file capabilities still take
  /// effect.
  func assume() throws(SystemError) {
    guard self != Credentials() else { return }
    if let groups { try systemCall("take", "the supplementary groups") { setgroups(groups.count, groups) } }
    if let group { try systemCall("become group", "\(group)") { clinux_setresgid(group, group, group) } }
    let losesPower = user.map { $0 != 0 } ?? false
    if losesPower || !capabilities.isEmpty {
      var sets = try CapabilitySets.current()
      try sets.change(capabilities, losesPower: losesPower)
      // These calls need capabilities that are lost later.
      for capability in capabilities.dropped.members where cap_get_bound(capability.number) > 0 {
        try systemCall("drop", capability.name) { cap_drop_bound(capability.number) }
      }
      if losesPower && !sets.permitted.isEmpty {
        try systemCall("keep", "capabilities") { clinux_keep_capabilities(1) }
      }
      try becomeUser()
      try sets.apply()
    } else {
      try becomeUser()
    }
    if hasNoNewPrivileges { try systemCall("set", "no_new_privs") { clinux_set_no_new_privileges() } }
  }

  private func becomeUser() throws(SystemError) {
    if let user { try systemCall("become user", "\(user)") { clinux_setresuid(user, user, user) } }
  }
}

/// The capabilities that a process has, and those that it passes on when it executes a program.
private struct CapabilitySets {
  /// The permitted capabilities; all of them are effective.
  private(set) var permitted: CapabilitySet
  private(set) var inheritable: CapabilitySet
  private var ambient: CapabilitySet = []

  static func current() throws(SystemError) -> CapabilitySets {
    try withState { (state) throws(SystemError) in
      CapabilitySets(permitted: read(state, CAP_PERMITTED), inheritable: read(state, CAP_INHERITABLE))
    }
  }

  mutating func change(_ changes: CapabilityChanges, losesPower: Bool) throws(SystemError) {
    let added = changes.isAddingAll ? changes.added.intersection(permitted) : changes.added
    let missing = added.subtracting(permitted)
    guard missing.isEmpty else { throw SystemError("give the command", "\(missing)", errno: EPERM) }
    permitted = losesPower ? added : permitted.subtracting(changes.dropped)
    inheritable = losesPower ? added : inheritable.subtracting(changes.dropped).union(added)
    ambient = added
  }

  /// Applies the sets to the calling process. The kernel removes ambient capabilities that are no longer inheritable.
  func apply() throws(SystemError) {
    try Self.withState { (state) throws(SystemError) in
      cap_clear(state)
      for (set, flag) in [(permitted, CAP_PERMITTED), (permitted, CAP_EFFECTIVE), (inheritable, CAP_INHERITABLE)] {
        let values = set.members.map { $0.number }
        if !values.isEmpty { cap_set_flag(state, flag, Int32(values.count), values, CAP_SET) }
      }
      try systemCall("set", "the capabilities") { cap_set_proc(state) }
    }
    for capability in ambient.members {
      try systemCall("hand on", capability.name) { cap_set_ambient(capability.number, CAP_SET) }
    }
  }

  private static func read(_ state: cap_t, _ flag: cap_flag_t) -> CapabilitySet {
    CapabilitySet(
      Capability.all.filter { capability in
        var value = CAP_CLEAR
        return cap_get_flag(state, capability.number, flag, &value) == 0 && value == CAP_SET
      })
  }

  private static func withState<Result>(
    _ body: (cap_t) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    guard let state = cap_get_proc() else {
      let code = errno
      throw SystemError("read", "the capabilities", errno: code)
    }
    defer { cap_free(UnsafeMutableRawPointer(state)) }
    return try body(state)
  }
}

/// The identity and privileges of another process, from proc_pid_status(5).
public struct ProcessCredentials: Equatable, Sendable {
  /// The effective user.
  public var user: UInt32
  /// The effective capabilities; they apply to what the process's user namespace owns.
  public var capabilities: CapabilitySet

  /// nil if the process is gone.
  public init?(of pid: Int32) {
    guard let status = try? readText("/proc/\(pid)/status") else { return nil }
    self.init(status: status)
  }

  init?(status: String) {
    var found: [Substring: [Substring]] = [:]
    for line in status.split(separator: "\n") {
      let fields = line.split { $0 == "\t" || $0 == " " }
      if let key = fields.first { found[key] = Array(fields.dropFirst()) }
    }
    guard let users = found["Uid:"], users.count == 4, let user = UInt32(users[1]),
      let mask = found["CapEff:"]?.first.flatMap({ UInt64($0, radix: 16) })
    else { return nil }
    self.user = user
    capabilities = CapabilitySet(rawValue: mask)
  }
}
