import Glibc
import Netlink
import TestHost
import TestNetlink
import Testing

@testable import NFTables

/// Each test has its own network namespace.
@Suite("nf_tables against the kernel", .enabled(if: Privilege.isGranted, Comment(rawValue: Privilege.reason)))
struct NFTablesKernelTests {
  @Test("nft prints the example as if nft had made it, and loads what it prints")
  func example() throws {
    try inOwnNetwork { () throws in
      var connection = try NFTConnection()
      var transaction = Example.transaction()
      try connection.commit(transaction)
      let printed = shell("nft list table inet nsrun")
      #expect(printed == Example.listing)
      #expect(shell("f=$(mktemp); nft list ruleset > $f; nft flush ruleset; nft -f $f; rm $f") == "")
      #expect(shell("nft list table inet nsrun") == Example.listing)
      transaction = Transaction()
      transaction.destroy(Example.table)
      transaction.destroy(Example.table)
      try connection.commit(transaction)
      #expect(try connection.tables().isEmpty)
    }
  }

  @Test("All objects are listed as they were made")
  func listing() throws {
    try inOwnNetwork { () throws in
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
          SetElement(key: [.address(ip("10.64.1.5")), .interfaceName("br0")], comment: "nsrun web")
        ])
      #expect(
        try connection.elements(of: Example.verdicts) == [
          SetElement(key: [.address(ip("10.64.1.9"))], verdict: .drop, comment: "nsrun x")
        ])
      #expect(
        try connection.element([.address(ip("10.64.1.5"))], of: Example.masqueraded)
          == SetElement(key: [.address(ip("10.64.1.5"))], comment: "nsrun web"))
      #expect(try connection.element([.address(ip("10.64.1.6"))], of: Example.masqueraded) == nil)
      var transaction = Transaction()
      transaction.delete(rules[0])
      transaction.delete(Example.table)
      try connection.commit(transaction)
    }
  }

  @Test("nft prints a table with every feature as if nft had made it")
  func wide() throws {
    try inOwnNetwork { () throws in
      var connection = try NFTConnection()
      try connection.commit(Wide.transaction())
      let list = "nft list table inet t | sed 's/ expires [0-9a-z]*//'"
      #expect(shell(list) == Wide.listing)
      #expect(shell("f=$(mktemp); nft list ruleset > $f; nft flush ruleset; nft -f $f; rm $f") == "")
      #expect(shell(list) == Wide.listing)

      let rules = try connection.rules(in: Wide.table)
      // The kernel also lists what a translation translates, and a rule that nft has loaded may compare fewer bytes.
      #expect(rules.count == Wide.rules.count + 1)
      for expression in rules.flatMap(\.expressions) {
        if case .unknown(let name, _) = expression { Issue.record("\(name) is not understood") }
      }
      for set in Wide.sets {
        var listed = try #require(try connection.sets(in: Wide.table).first { $0.name == set.name })
        listed.handle = nil
        #expect(listed == set)
        let elements = Wide.elements.filter { $0.0 == set }.flatMap(\.1)
        var listedElements = try connection.elements(of: set)
        for index in listedElements.indices {
          listedElements[index].expiration = nil
          if listedElements[index].timeout == set.timeout { listedElements[index].timeout = nil }
        }
        #expect(Swift.Set(listedElements) == Swift.Set(elements), "\(set)")
      }
      #expect(
        try connection.element([.port(85)], of: Wide.ports)
          == SetElement(key: [.port(80)], upTo: [.port(90)], comment: "web"))
      #expect(
        try connection.element([.address(ip("255.1.2.3"))], of: Wide.nets) == .network(network("255.0.0.0/8")))
      #expect(try connection.element([.port(91)], of: Wide.ports) == nil)

      var transaction = Transaction()
      transaction.destroy(Wide.table)
      try connection.commit(transaction)
      try connection.commit(Wide.transactionWithDeletions())
      #expect(try connection.rules(in: Wide.pre).isEmpty)
      #expect(try connection.elements(of: Wide.ports).count == 1)
      transaction = Transaction()
      transaction.delete(Wide.table)
      try connection.commit(transaction)
    }
  }

  @Test(
    "A chain at one device or at a list of devices is read as it was written",
    arguments: [["lo"], ["a0", "lo"]])
  func devices(names: [String]) throws {
    try inOwnNetwork { () throws in
      #expect(shell("ip link add a0 type veth peer name b0") == "")
      var connection = try NFTConnection()
      let table = Table(.netdev, "t")
      let chain = Chain(
        "c", in: table, base: BaseChain(type: .filter, hook: .ingress, priority: 0, devices: names))
      var transaction = Transaction()
      transaction.add(table)
      transaction.add(chain)
      try connection.commit(transaction)
      let listed = try #require(try connection.chains(in: table).first?.base)
      #expect(listed.devices.sorted() == names)
      for name in names { #expect(shell("nft list chain netdev t c").contains(name)) }
    }
  }

  @Test("The error names the change that was refused, and nothing of its transaction is made")
  func refusal() throws {
    try inOwnNetwork { () throws in
      var connection = try NFTConnection()
      var transaction = Transaction()
      transaction.add(Example.table)
      transaction.add(Example.masqueraded)
      transaction.delete([SetElement(key: [.address(ip("10.0.0.1"))])], from: Example.masqueraded)
      do throws(NetlinkError) {
        try connection.commit(transaction)
        Issue.record("an element that does not exist was deleted")
      } catch {
        #expect(error.operation == "delete set element")
        #expect(error.subject == "inet nsrun masqueraded")
        #expect(error.errno == ENOENT)
      }
      #expect(try connection.tables().isEmpty)
      transaction = Transaction()
      transaction.create(Example.table)
      transaction.create(Example.table)
      #expect(throws: NetlinkError.self) { try connection.commit(transaction) }
      // The connection is still in sync.
      #expect(try connection.tables().isEmpty)
    }
  }

  @Test("Elements for more than one message are all added and deleted, and destroyed even if absent")
  func manyElements() throws {
    try inOwnNetwork { () throws in
      var connection = try NFTConnection()
      let elements = (0..<20_000).map { number in
        SetElement(
          key: [.address(ip("10.64.\(UInt8(number >> 8)).\(UInt8(number & 0xff))"))], comment: "nsrun \(number)")
      }
      var transaction = Transaction()
      transaction.add(Example.table)
      transaction.add(Example.masqueraded)
      transaction.add(elements, to: Example.masqueraded)
      try connection.commit(transaction)
      // The kernel's walk of a hash table that is still growing may miss some elements (nft_rhash_walk), for nft too.
      let wanted = Swift.Set(elements)
      var listed = Swift.Set(try connection.elements(of: Example.masqueraded))
      for _ in 0..<100 where listed != wanted {
        listed = Swift.Set(try connection.elements(of: Example.masqueraded))
      }
      #expect(listed == wanted)
      transaction = Transaction()
      transaction.delete(Array(elements[..<10_000]), from: Example.masqueraded)
      transaction.destroy(Array(elements[9_990..<10_010]), from: Example.masqueraded)
      try connection.commit(transaction)
      #expect(try connection.elements(of: Example.masqueraded).count == 9_990)
      transaction = Transaction()
      transaction.delete(Example.table)
      try connection.commit(transaction)
    }
  }
}
