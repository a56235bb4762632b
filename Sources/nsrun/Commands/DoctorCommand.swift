import ArgumentParser
import Sandbox

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Tell whether this host can do it, what stands in the way, and what to do about it.")

  @Flag(help: "Print JSON: an array with an object for each check.")
  var json = false

  @OptionGroup var output: OutputOptions

  func run() throws {
  }
}
