import Glibc
import LinuxSystem

/// Users and groups in the files of passwd(5) and group(5). The C library's functions for this load plug-ins, which a
/// static program cannot do. A user that only a directory service knows must be given by number.
public struct Accounts: Sendable {
  /// An entry of passwd(5).
  public struct User: Equatable, Sendable {
    public var name: String
    public var id: UInt32
    public var group: UInt32
    public var home: String
    public var shell: String

    /// The variables that login(1) sets.
    public var variables: [(name: String, value: String?)] {
      [("HOME", home), ("USER", name), ("LOGNAME", name), ("SHELL", shell)]
    }
  }

  private struct Group {
    var name: String
    var id: UInt32
    var members: [Substring]
  }

  private let users: [User]
  private let groups: [Group]

  /// The accounts of this machine. A missing file has no entries.
  public static func ofMachine() throws(SystemError) -> Accounts {
    func read(_ path: String) throws(SystemError) -> String {
      do throws(SystemError) { return try readText(path) } catch {
        guard error.isNotFound else { throw error }
        return ""
      }
    }
    return Accounts(passwd: try read("/etc/passwd"), group: try read("/etc/group"))
  }

  /// Lines that are no entries are skipped, such as references to a directory service (`+`, `-`).
  init(passwd: String, group: String) {
    users = Self.entries(passwd, fields: 7).compactMap { fields in
      guard let id = Self.id(fields[2]), let group = Self.id(fields[3]) else { return nil }
      return User(
        name: String(fields[0]), id: id, group: group, home: fields[5].isEmpty ? "/" : String(fields[5]),
        shell: fields[6].isEmpty ? "/bin/sh" : String(fields[6]))
    }
    groups = Self.entries(group, fields: 4).compactMap { fields in
      Self.id(fields[2]).map { Group(name: String(fields[0]), id: $0, members: fields[3].split(separator: ",")) }
    }
  }

  private static func entries(_ text: String, fields count: Int) -> [[Substring]] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count == count, let first = fields[0].utf8.first, !"#+-".utf8.contains(first) else { return nil }
      return fields
    }
  }

  /// Reads the id of a user or group. The greatest id is invalid: the kernel takes it as a request to change nothing.
  private static func id(_ text: some StringProtocol) -> UInt32? {
    guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let id = UInt32(text), id != .max
    else {
      return nil
    }
    return id
  }

  public var userNames: [String] { users.map(\.name) }
  public var groupNames: [String] { groups.map(\.name) }

  /// The name of a user; nil if it has none.
  public func name(of id: UInt32) -> String? { users.first { $0.id == id }?.name }

  private func supplementaryGroups(of name: String, primary: UInt32) -> [UInt32] {
    groups.filter { $0.members.contains { $0.utf8.elementsEqual(name.utf8) } }
      .reduce(into: [primary]) { if !$0.contains($1.id) { $0.append($1.id) } }
  }
}

/// The identity that a command is to have.
public struct Identity: Equatable, Sendable {
  public var user: Accounts.User
  /// The primary group.
  public var group: UInt32
  /// The supplementary groups, including the primary group, as with initgroups(3).
  public var groups: [UInt32]

  /// Why a text gives no identity.
  public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
  }
}

extension Accounts {
  /// Reads `NAME|UID[:GROUP|GID]`. A name takes precedence over a number. A number without an entry is a user whose
  /// group has the same number, and whose home is `/`.
  /// - Parameter group: the primary group, if the text does not give it; nil for the user's own.
  public func identity(_ text: String, group: UInt32? = nil) throws(Identity.Invalid) -> Identity {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let group = parts.count == 2 ? try self.group(parts[1]) : group
    if let user = users.first(where: { $0.name.utf8.elementsEqual(parts[0].utf8) }) { return identity(user, group) }
    guard let id = Self.id(parts[0]) else {
      throw Identity.Invalid(
        description: parts[0].isEmpty
          ? "the name of a user is missing" : "there is no user '\(parts[0])' in /etc/passwd; a number will do")
    }
    return identity(user(id), group)
  }

  /// Reads `GROUP|GID`. A name takes precedence over a number.
  public func group(_ text: String) throws(Identity.Invalid) -> UInt32 {
    if let group = groups.first(where: { $0.name.utf8.elementsEqual(text.utf8) }) { return group.id }
    guard let id = Self.id(text) else {
      throw Identity.Invalid(
        description: text.isEmpty
          ? "the name of a group is missing" : "there is no group '\(text)' in /etc/group; a number will do")
    }
    return id
  }

  /// The user who called sudo(8), from the variables that sudo sets; nil if there are none.
  /// - Parameter group: the primary group; nil for that of the caller.
  public func caller(_ variable: (String) -> String?, group: UInt32? = nil) -> Identity? {
    guard let id = variable("SUDO_UID").flatMap({ Self.id($0) }) else { return nil }
    return identity(user(id, name: variable("SUDO_USER")), group ?? variable("SUDO_GID").flatMap { Self.id($0) })
  }

  private func user(_ id: UInt32, name: String? = nil) -> User {
    users.first { $0.id == id } ?? User(name: name ?? "\(id)", id: id, group: id, home: "/", shell: "/bin/sh")
  }

  private func identity(_ user: User, _ group: UInt32?) -> Identity {
    let group = group ?? user.group
    return Identity(user: user, group: group, groups: supplementaryGroups(of: user.name, primary: group))
  }
}
