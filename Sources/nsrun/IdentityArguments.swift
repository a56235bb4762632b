import Glibc
import Launch
import LinuxSystem
import Sandbox

/// What was said about who the command is, as plain values.
struct IdentityArguments: Equatable {
  var user: String?
  var group: String?
  var asCaller = false
  var capDrop: [String] = []
  var capAdd: [String] = []
  var noNewPrivs = false

  /// The credentials, and the variables that go with the user.
  func resolved() throws(SandboxError) -> (Credentials, [Command.Variable]) {
    if user != nil && asCaller { throw .refused("--user and --as-caller exclude each other") }
    if group != nil, user?.contains(":") == true { throw .refused("--group and --user \(user!) both name a group") }
    var credentials = Credentials()
    var variables: [Command.Variable] = []
    if user != nil || group != nil || asCaller {
      let accounts = try accounts()
      let group = try group.map { group throws(SandboxError) in try parse("--group", group, accounts.group) }
      if let identity = try identity(accounts, group) {
        credentials = Credentials(identity)
        variables = identity.user.variables
      }
      credentials.group = group ?? credentials.group
    }
    do throws(CapabilityChanges.Invalid) {
      credentials.capabilities = try CapabilityChanges(dropping: capDrop, adding: capAdd)
    } catch {
      throw .refused("\(error)")
    }
    credentials.hasNoNewPrivileges = noNewPrivs
    return (credentials, variables)
  }

  private func accounts() throws(SandboxError) -> Accounts {
    do throws(SystemError) { return try .ofMachine() } catch { throw .system(error) }
  }

  /// nil where another user is not asked for.
  private func identity(_ accounts: Accounts, _ group: UInt32?) throws(SandboxError) -> Identity? {
    if let user {
      return try parse("--user", user) { (text) throws(Identity.Invalid) in try accounts.identity(text, group: group) }
    }
    guard asCaller else { return nil }
    if let caller = accounts.caller({ getenv($0).map { String(cString: $0) } }, group: group) { return caller }
    throw .refused("--as-caller: nobody has called sudo (SUDO_UID is not set): give --user NAME")
  }

  private func parse<Value>(
    _ option: String, _ text: String, _ parse: (String) throws(Identity.Invalid) -> Value
  ) throws(SandboxError) -> Value {
    do throws(Identity.Invalid) { return try parse(text) } catch { throw .refused("\(option) '\(text)': \(error)") }
  }
}
