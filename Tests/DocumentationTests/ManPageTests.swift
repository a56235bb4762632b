import Testing

@testable import nsrun

@Suite("The man page")
struct ManPageTests {
  /// The lines of man/nsrun.8.
  let lines: [Substring]

  init() throws {
    lines = try repositoryFile("man/nsrun.8").split(separator: "\n")
  }

  /// The subjects of the items that start with a macro: `.It Cm run` gives `run`.
  private func items(_ macro: String) -> [Substring] {
    lines.filter { $0.hasPrefix(".It \(macro) ") }.map { $0.dropFirst(".It \(macro) ".count) }
  }

  /// The options that have an item, as the user writes them: `--net`, `-v`.
  private var describedOptions: Set<String> {
    var options: Set<String> = []
    for item in items("Fl") {
      // `.It Fl v , Fl Fl verbose` and `.It Fl Fl net Ar bridge`.
      var dashes = "-"
      for word in item.split(separator: " ") {
        if word == "Fl" {
          dashes += "-"
        } else if !dashes.isEmpty {
          options.insert(dashes + word)
          dashes = ""
        }
      }
    }
    return options
  }

  /// Every option of any command, once.
  private var options: Set<String> {
    let common = Help.common.flatMap { $0.0.split(separator: ", ").map(String.init) }
    return Set(Subcommand.all.flatMap(\.options).filter { !$0.isHidden }.flatMap(\.spellings) + common)
  }

  @Test("Every command of the help has an item in the man page, and every item is of a command")
  func commands() {
    let states = ["running", "created", "stale", "broken"]
    #expect(Set(items("Cm").map(String.init)).subtracting(states) == Set(Subcommand.all.map(\.name) + ["help"]))
  }

  @Test("Every command of the help is in the synopsis of the man page")
  func synopsis() {
    let synopsis = lines.drop { $0 != ".Sh SYNOPSIS" }.prefix { $0 != ".Sh DESCRIPTION" }
    for command in Subcommand.all {
      #expect(synopsis.contains { $0.split(separator: " ").contains(Substring(command.name)) })
    }
  }

  @Test("Every option of the help has an item in the man page, and every item is of an option")
  func allOptions() { #expect(describedOptions == options) }

  @Test("mandoc reports no warnings", .enabled(if: output(of: "command -v mandoc").status == 0))
  func lint() {
    let page = repositoryPath("man/nsrun.8")
    let warnings = output(of: "mandoc -T lint -W warning '\(page)' 2>&1")
    #expect(warnings.text == "")
    #expect(warnings.status == 0)
  }
}
