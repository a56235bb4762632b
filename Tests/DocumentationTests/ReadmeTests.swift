import CLinux
import Glibc
import NFTables
import RouteNetlink
import Testing

@testable import nsrun

/// Whether a test that cannot run counts as a failure.
private let isRequired = getenv("NSRUN_REQUIRE_KERNEL").map { String(cString: $0) } == "1"

@Suite("The README")
struct ReadmeTests {
  let readme: String

  init() throws { readme = try repositoryFile("README.md") }

  @Test("The README mentions every command")
  func commands() throws {
    for command in Subcommand.all {
      #expect(readme.contains("nsrun \(command.name)"), "nsrun \(command.name)")
    }
  }

  @Test("The example of the libraries in the README is the one that is compiled here")
  func exampleIsCompiled() throws {
    let example = try repositoryFile("Tests/DocumentationTests/LibraryExample.swift")
    let code = example.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().joined(separator: "\n")
    #expect(readme.contains("```swift\n\(code)```"))
  }

  @Test("The example of the libraries in the README works", .enabled(if: geteuid() == 0 || isRequired))
  func exampleWorks() async {
    await #expect(processExitsWith: .success) {
      // This thread, which opens the example's sockets, gets its own network namespace.
      try #require(clinux_unshare(clinux_CLONE_NEWNET) == 0)
      try setUpDevices()
      var route = try RouteConnection()
      let veth0 = try #require(try route.link(named: "veth0"))
      #expect(veth0.isUp)
      #expect(try route.addresses(link: veth0.index, family: .inet).map { "\($0.network)" } == ["192.0.2.1/24"])
      let routes = try route.routes(family: .inet).filter { $0.link == veth0.index }
      #expect(routes.contains { $0.destination.map { "\($0)" } == "198.51.100.0/24" })
      var nft = try NFTConnection()
      #expect(try nft.tables().map(\.name) == ["example"])
    }
  }
}
