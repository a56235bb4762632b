import Glibc
import Netlink
import Testing

@testable import NFTables

/// Whether this process is in a network namespace that may be changed at will (`unshare -n`).
let isThrowaway = getenv("NSRUN_THROWAWAY").map { String(cString: $0) } == "1"
/// Whether a test that cannot run is a failure.
let isRequired = getenv("NSRUN_REQUIRE_KERNEL").map { String(cString: $0) } == "1"

/// What a shell command prints, errors included.
func shell(_ command: String) -> String {
  guard let pipe = popen("(\(command)) 2>&1", "r") else { return "cannot run \(command)" }
  var output: [UInt8] = []
  var byte = fgetc(pipe)
  while byte != EOF {
    output.append(UInt8(truncatingIfNeeded: byte))
    byte = fgetc(pipe)
  }
  let status = pclose(pipe)
  return String(decoding: output, as: UTF8.self) + (status == 0 ? "" : "exit status \(status)\n")
}

@Suite("nf_tables against the kernel", .serialized, .enabled(if: isThrowaway || isRequired))
struct NFTablesKernelTests {
  init() throws { try #require(isThrowaway, "runs only where NSRUN_THROWAWAY=1: in unshare -n -m") }

  @Test("nft prints the example as it would have been written, and loads what it prints")
  func example() throws {
    var connection = try NFTConnection()
    var transaction = Example.transaction()
    try connection.commit(transaction)
    let printed = shell("nft list table inet nsrun")
    #expect(printed == Example.listing)
    #expect(shell("nft list ruleset > /tmp/nsrun-listing.$$; nft flush ruleset; nft -f /tmp/nsrun-listing.$$; rm /tmp/nsrun-listing.$$") == "")
    #expect(shell("nft list table inet nsrun") == Example.listing)
    transaction = Transaction()
    transaction.destroy(Example.table)
    transaction.destroy(Example.table)
    try connection.commit(transaction)
    #expect(try connection.tables().isEmpty)
  }

  @Test("Everything that was made is listed as it was made")
  func listing() throws {
    var connection = try NFTConnection()
    try connection.commit(Example.transaction())
    #expect(try connection.tables() == [Example.table])
    #expect(try connection.tables()[0].comment == Example.table.comment)
    let chains = try connection.chains(in: Example.table)
    #expect(chains.map(\.name) == ["forward", "postrouting"])
    #expect(chains.map(\.base) == [Example.forward.base, Example.postrouting.base])
    let rules = try connection.rules(in: Example.table)
    #expect(rules.map(\.expressions) == Example.rules.map(\.expressions))
    #expect(rules.map(\.comment) == Example.rules.map(\.comment))
    #expect(try connection.rules(in: Example.postrouting).count == 2)
    for set in [Example.bridges, Example.bridged, Example.masqueraded, Example.home, Example.verdicts] {
      var listed = try #require(try connection.sets(in: Example.table).first { $0.name == set.name })
      listed.handle = nil
      #expect(listed == set)
    }
    #expect(
      try connection.elements(of: Example.home) == [
        SetElement(key: [.ipv4([10, 64, 1, 5]), .interfaceName("br0")], comment: "nsrun web")
      ])
    #expect(
      try connection.elements(of: Example.verdicts) == [
        SetElement(key: [.ipv4([10, 64, 1, 9])], verdict: .drop, comment: "nsrun x")
      ])
    #expect(
      try connection.element([.ipv4([10, 64, 1, 5])], of: Example.masqueraded)
        == SetElement(key: [.ipv4([10, 64, 1, 5])], comment: "nsrun web"))
    #expect(try connection.element([.ipv4([10, 64, 1, 6])], of: Example.masqueraded) == nil)
    var transaction = Transaction()
    transaction.delete(rules[0])
    transaction.delete(Example.table)
    try connection.commit(transaction)
  }
}
