import CLibcap
import CLinux
import Glibc
import LinuxSystem

/// Who a command is, and what it may do.
public struct Credentials: Equatable, Sendable {
  /// The user that it becomes; nil for that of this process.
  public var user: UInt32?
  /// Its primary group; nil for that of this process.
  public var group: UInt32?
  /// Its supplementary groups; nil for those of this process.
  public var groups: [UInt32]?
  public var capabilities = CapabilityChanges()
  /// Whether set-user-ID programs and file capabilities give it nothing more (PR_SET_NO_NEW_PRIVS, Linux 3.5).
  public var hasNoNewPrivileges = false

  public init() {}

  public init(_ identity: Identity) {
    user = identity.user.id
    group = identity.group
    groups = identity.groups
  }

  /// Makes them those of the calling process, for good. Another user than root has the added capabilities only, as
  /// setuid(2) has it; the bounding set loses nothing but what is dropped, so that a file's capabilities count for it.
  func assume() throws(SystemError) {
    guard self != Credentials() else { return }
    if let groups { try systemCall("take", "the supplementary groups") { setgroups(groups.count, groups) } }
    if let group { try systemCall("become group", "\(group)") { clinux_setresgid(group, group, group) } }
    let losesPower = user.map { $0 != 0 } ?? false
    if losesPower || !capabilities.isEmpty {
      var sets = try CapabilitySets.current()
      try sets.change(capabilities, losesPower: losesPower)
      // The calls that need these come before they are lost.
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

/// The capabilities that a process has, and may hand on when it executes a program.
private struct CapabilitySets {
  /// What it has; all of it is effective.
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

  /// Makes these the calling process's. Ambient capabilities that are not inheritable any more go by themselves.
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

/// What another process is and may do, as proc_pid_status(5) tells it.
public struct ProcessCredentials: Equatable, Sendable {
  /// The effective user.
  public var user: UInt32
  /// The effective capabilities; they reach what the process's user namespace owns.
  public var capabilities: CapabilitySet

  /// nil where the process is gone.
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
