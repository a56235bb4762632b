import Glibc
import Launch
import LinuxSystem
import Network
import Sandbox

/// The arguments about the user and the capabilities of the command.
struct IdentityArguments {
  var user: String?
  var group: String?
  var isCaller = false
  /// Names, separated by commas.
  var dropped: [String] = []
  var added: [String] = []
  var hasNoNewPrivileges = false

  static let options = OptionGroup(
    title: "IDENTITY",
    options: [
      .value("user", "user[:group]", "The user to be, with its groups, HOME, USER and SHELL.", completion: .users) {
        (all, text) in all.command.identity.user = text
      },
      .value("group", "group", "The primary group to be in.", completion: .groups) { (all, text) in
        all.command.identity.group = text
      },
      .flag("as-caller", "Be the user who called sudo.") { $0.command.identity.isCaller = true },
      .value(
        "cap-drop", "all|name,...", "Take capabilities away for good; may be repeated.", completion: .capabilities
      ) { (all, text) in all.command.identity.dropped.append(text) },
      .value(
        "cap-add", "all|name,...", "Keep capabilities as another user; may be repeated.", completion: .capabilities
      ) { (all, text) in all.command.identity.added.append(text) },
      .flag("no-new-privs", "Get no privileges from set-user-ID programs and file capabilities.") {
        $0.command.identity.hasNoNewPrivileges = true
      },
    ])

  /// The credentials, and the environment variables that go with the user.
  func resolved() throws(SandboxError) -> (Credentials, [Command.Variable]) {
    if user != nil && isCaller { throw .refused("--user and --as-caller exclude each other") }
    if group != nil, user?.contains(":") == true { throw .refused("--group and --user \(user!) both name a group") }
    var credentials = Credentials()
    var variables: [Command.Variable] = []
    if user != nil || group != nil || isCaller {
      let accounts = try accounts()
      let group = try group.map { group throws(SandboxError) in try parse("--group", group, accounts.group) }
      if let identity = try identity(accounts, group) {
        credentials = Credentials(identity)
        variables = identity.user.variables
      }
      credentials.group = group ?? credentials.group
    }
    do throws(CapabilityChanges.Invalid) {
      credentials.capabilities = try CapabilityChanges(dropping: dropped, adding: added)
    } catch {
      throw .refused("\(error)")
    }
    credentials.hasNoNewPrivileges = hasNoNewPrivileges
    return (credentials, variables)
  }

  private func accounts() throws(SandboxError) -> Accounts {
    do throws(SystemError) { return try .ofMachine() } catch { throw .system(error) }
  }

  /// nil if no other user is requested.
  private func identity(_ accounts: Accounts, _ group: UInt32?) throws(SandboxError) -> Identity? {
    if let user {
      return try parse("--user", user) { (text) throws(Identity.Invalid) in try accounts.identity(text, group: group) }
    }
    guard isCaller else { return nil }
    if let caller = accounts.caller({ getenv($0).map { String(cString: $0) } }, group: group) { return caller }
    throw .refused("--as-caller: nobody has called sudo (SUDO_UID is not set): give --user NAME")
  }

  private func parse<Value>(
    _ option: String, _ text: String, _ parse: (String) throws(Identity.Invalid) -> Value
  ) throws(SandboxError) -> Value {
    do throws(Identity.Invalid) { return try parse(text) } catch { throw .refused("\(option) '\(text)': \(error)") }
  }
}
