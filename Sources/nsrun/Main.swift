import ArgumentParser
import Glibc
import Launch
import Sandbox

/// The entry point: parses the arguments, carries out the command, and turns errors into one line and an exit status.
@main
struct Main {
  /// What nsrun exits with when it itself fails, as env(1) and timeout(1) do.
  static let failure: Int32 = 125

  static func main() {
    Terminal.reserveStreams()
    exit(run())
  }

  /// - Returns: the exit status.
  private static func run() -> Int32 {
    do {
      if let launch = LaunchArguments(plain: CommandLine.arguments.dropFirst()) { return try launch.perform() }
      do {
        try checkTopic(of: CommandLine.arguments.dropFirst())
        var command = try Nsrun.parseAsRoot()
        try command.run()
      } catch  where !(error is ExitCode) && Nsrun.exitCode(for: error) == .success {
        // Help and version are thrown like errors; they are what was asked for.
        try Terminal.print(Nsrun.fullMessage(for: error))
      }
      return 0
    } catch let error as SandboxError {
      Terminal.complain("\(error)")
      return error.exitCode
    } catch let code as ExitCode {
      return code.rawValue
    } catch {
      Terminal.complain(
        Misuse(arguments: Array(CommandLine.arguments.dropFirst()), complaint: Nsrun.message(for: error)).text)
      return failure
    }
  }
}

extension Main {
  /// The parser itself shows its general help for a command that there is none of.
  private static func checkTopic(of arguments: ArraySlice<String>) throws(SandboxError) {
    guard arguments.first == "help", let topic = arguments.dropFirst().first, !topic.hasPrefix("-"),
      !Misuse.commandNames.contains(topic)
    else { return }
    let meant = Misuse.commandMeant(by: topic).map { "did you mean \($0)?" } ?? "nsrun --help lists them"
    throw .refused("there is no command '\(topic)': \(meant)")
  }
}

/// The command line.
struct Nsrun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nsrun",
    abstract: "Run commands in networks of their own.",
    usage: """
      nsrun [run] [OPTIONS] -- COMMAND [ARG...]
      nsrun create NAME [OPTIONS]
      nsrun exec NAME [OPTIONS] -- COMMAND [ARG...]
      nsrun list | inspect NAME | rm NAME... | cleanup | reload
      nsrun doctor | selftest
      """,
    discussion: """
      Gives a command a network namespace, a veth pair, an address on a bridge, and NAT to the outside; takes all of \
      it away when the command ends.

      Examples:
        nsrun --net br0 -- ping 8.8.8.8
        nsrun -- make test                      no network but loopback
        nsrun create web --net br0              a sandbox that stays
        nsrun exec web -- ip address
        nsrun rm web

      Exit status: the command's own; 128+N if signal N killed it; 125 if nsrun failed, 126 if the command cannot be \
      executed, 127 if it was not found.
      """,
    version: Version.text,
    subcommands: [
      Run.self, Create.self, Exec.self, List.self, Inspect.self, Remove.self, CleanUp.self, Reload.self,
      DoctorCommand.self,
      SelftestCommand.self,
    ],
    defaultSubcommand: Run.self)
}

/// What this program calls itself.
enum Version {
  static let text = "nsrun 0.1.0"
}
