import ArgumentParser
import Sandbox

struct SelftestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Prove it: run the main job on a private host with a simulated internet, touching nothing.")

  @OptionGroup var output: OutputOptions

  func run() throws {
  }
}
