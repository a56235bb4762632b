import CLibcap
import Glibc

/// A capability of capabilities(7).
public struct Capability: Hashable, Sendable {
  /// Its number in linux/capability.h, 0 to 63.
  let number: cap_value_t

  public static let netAdmin = Capability(number: CAP_NET_ADMIN)
  /// The capabilities needed to map all ids into a user namespace: of users, of groups, and of root (Linux 5.12).
  public static let mapping = [CAP_SETUID, CAP_SETGID, CAP_SETFCAP].map { Capability(number: $0) }
  public static let netRaw = Capability(number: CAP_NET_RAW)
  public static let sysAdmin = Capability(number: CAP_SYS_ADMIN)

  /// The capabilities of the running kernel, by number.
  static var all: [Capability] { (0..<cap_max_bits()).map { Capability(number: $0) } }

  /// The name in libcap's spelling: `cap_net_admin`; the number if the capability is newer than libcap.
  public var name: String {
    guard let text = cap_to_name(number) else { return "\(number)" }
    defer { cap_free(text) }
    return String(cString: text)
  }

  /// Whether a file has capabilities. A process that must not get them cannot execute the file (capabilities(7)).
  static func hasAny(file: String) -> Bool {
    guard let state = cap_get_file(file) else { return false }
    cap_free(UnsafeMutableRawPointer(state))
    return true
  }

  /// Whether the calling process can use it now, because it is in the effective set.
  public var isEffective: Bool {
    guard let state = cap_get_proc() else { return false }
    defer { cap_free(UnsafeMutableRawPointer(state)) }
    var value = CAP_CLEAR
    return cap_get_flag(state, number, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET
  }
}

/// A set of capabilities.
public struct CapabilitySet: OptionSet, Hashable, Sendable, CustomStringConvertible {
  /// The bit 1 << N is the capability of number N, as in proc_pid_status(5).
  public let rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public init(_ capabilities: some Sequence<Capability>) {
    self.init(rawValue: capabilities.reduce(0) { $0 | 1 << UInt64($1.number) })
  }

  /// The capabilities of the running kernel.
  public static var all: CapabilitySet { CapabilitySet(Capability.all) }

  /// The names of all of the running kernel's, without the `cap_` in front.
  public static var allNames: [String] {
    Capability.all.map(\.name).map { $0.hasPrefix("cap_") ? String($0.dropFirst(4)) : $0 }
  }

  var members: [Capability] {
    (0..<64).filter { rawValue & 1 << $0 != 0 }.map { Capability(number: cap_value_t($0)) }
  }

  /// Text for the user: `all`, `none`, the names, or the missing names if these are fewer.
  public var description: String {
    let missing = Self.all.subtracting(self)
    if missing.isEmpty { return "all" }
    if isEmpty { return "none" }
    let isLarge = missing.members.count < members.count
    return (isLarge ? "all but " : "") + (isLarge ? missing : self).members.map { $0.name }.joined(separator: ",")
  }
}

/// Changes to the capabilities of a process.
public struct CapabilityChanges: Equatable, Sendable {
  /// Removed from all sets, including the bounding set: no program that the process executes can regain them.
  public private(set) var dropped: CapabilitySet = []
  /// Added to all sets: the process keeps them as ambient capabilities, whatever its user and whatever it executes.
  public private(set) var added: CapabilitySet = []
  /// Whether to leave out of the added capabilities those that this process lacks, because all were requested.
  private(set) var isAddingAll = false

  /// Why a list is invalid.
  public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
  }

  public init() {}

  /// - Parameters: lists of names separated by commas, with or without `cap_`, in any case, or `all`. The `all` of one
  ///   list excludes what the other list names.
  public init(dropping: [String], adding: [String]) throws(Invalid) {
    let drop = try NamedCapabilities(dropping, "--cap-drop")
    let add = try NamedCapabilities(adding, "--cap-add")
    if drop.isAll && add.isAll { throw Invalid(description: "--cap-drop all and --cap-add all exclude each other") }
    if let both = drop.set.intersection(add.set).members.first {
      throw Invalid(description: "\(both.name) is in both --cap-drop and --cap-add")
    }
    dropped = drop.isAll ? CapabilitySet.all.subtracting(add.set) : drop.set
    added = add.isAll ? CapabilitySet.all.subtracting(drop.set) : add.set
    isAddingAll = add.isAll
  }

  public var isEmpty: Bool { dropped.isEmpty && added.isEmpty }
}

/// The capabilities that lists name.
private struct NamedCapabilities {
  var set: CapabilitySet = []
  var isAll = false

  init(_ lists: [String], _ option: String) throws(CapabilityChanges.Invalid) {
    guard !lists.isEmpty else { return }
    let known = Capability.all
    let names = known.map { $0.name }
    for list in lists {
      for word in list.split(separator: ",", omittingEmptySubsequences: false) {
        let name = word.lowercased()
        if name == "all" {
          isAll = true
        } else if let index = names.firstIndex(of: name) ?? names.firstIndex(of: "cap_" + name) {
          set.formUnion(CapabilitySet([known[index]]))
        } else {
          let near = NearNames.of(Self.bare(name), in: names.map(Self.bare)).map { "cap_" + $0 }
          throw CapabilityChanges.Invalid(
            description: "\(option) '\(word)' is no capability: "
              + (near.isEmpty ? "capabilities(7) lists them" : "near ones are \(near.joined(separator: ", "))"))
        }
      }
    }
  }

  private static func bare(_ name: String) -> String { name.hasPrefix("cap_") ? String(name.dropFirst(4)) : name }
}
