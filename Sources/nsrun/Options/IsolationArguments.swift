import Network
import Sandbox

/// The arguments about the isolation of a sandbox from the host.
struct IsolationArguments {
  var isPrivileged = false
  var parameters: [KernelParameter] = []

  static let options = OptionGroup(
    title: "ISOLATION",
    options: [
      .flag("privileged", "Leave commands inside all power over the host, as ip netns exec does.") {
        $0.isolation.isPrivileged = true
      },
      .value("sysctl", "net.name=value", "Set a kernel parameter of the sandbox; may be repeated.") {
        (all, text) throws(InvalidValue) in
        do throws(KernelParameter.Invalid) { all.isolation.parameters.append(try KernelParameter(text)) } catch {
          throw InvalidValue("\(error)")
        }
      },
    ])
}
