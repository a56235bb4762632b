import Glibc
import LinuxSystem
import NetTypes
import RouteNetlink
import TestNetlink
import Testing

@testable import Network

@Suite("Hostnames")
struct HostnameTests {
  @Test(
    "The hostname of a sandbox is its name, with hyphens for invalid characters",
    arguments: [
      ("web", "web"), ("Web-1.lan", "Web-1.lan"), ("a_b c", "a-b-c"), ("-a-", "a"), ("a..b.", "a.b"), ("é", "sandbox"),
      ("...x", "x"), ("a.-.b", "a.b"), ("_", "sandbox"),
    ])
  func derived(_ text: String, _ expected: String) throws {
    #expect(Hostname(of: name(text)).text == expected)
    #expect(try Hostname(expected).text == expected)
  }

  @Test("A hostname has at most 63 bytes, and is valid wherever a longer name is cut")
  func length() throws {
    for count in 60...70 {
      let hostname = Hostname(of: name(String(repeating: "x", count: count) + "-.y"))
      #expect(hostname.text.utf8.count <= 63)
      #expect(try Hostname(hostname.text) == hostname)
    }
    _ = try Hostname(String(repeating: "x", count: 63))
  }

  @Test(
    "Hostname refuses a text that is not a hostname",
    arguments: [
      "", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a b", "a_b", "é", "a\n", String(repeating: "x", count: 64),
    ])
  func invalid(_ text: String) {
    #expect(throws: Hostname.Invalid.self) { try Hostname(text) }
  }
}

@Suite("The hosts file of a bridge")
struct HostsFileTests {
  let scratch: Scratch
  let file: HostsFile

  init() throws {
    scratch = try Scratch()
    file = HostsFile("br0", in: scratch.path)
    try write(HostsFile.content(Array("127.0.0.1 localhost\n".utf8)))
  }

  private func write(_ bytes: [UInt8]) throws {
    let descriptor = try OwnedDescriptor.open(file.path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try descriptor.write(bytes, file.path)
  }

  private func entry(_ number: Int, _ names: String...) -> HostsFile.Entry {
    HostsFile.Entry(address: ip("10.64.\(number / 250).\(number % 250 + 2)"), names: names)
  }

  @Test(
    "The host's address of a name is the first IPv4 address on a line with the whole name, in upper or lower case",
    arguments: [
      ("vm", "127.0.1.1"), ("VM.lan", "127.0.1.1"), ("vm2", nil), ("lan", nil), ("six", nil), ("both", "192.0.2.1"),
      ("last", "192.0.2.2"), ("127.0.1.1", nil), ("a-name-that-is-longer-than-all-that-there-is", nil),
    ])
  func hostName(_ name: String, _ expected: String?) {
    let text = "# vm 10.0.0.1\n127.0.1.1\tvm.lan Vm #vm2 lan\n::1 six both\r\n192.0.2.1  both\nx last\n192.0.2.2 last"
    #expect(HostsFile.address(of: name, in: Array(text.utf8)) == expected.map(ip))
    #expect(HostsFile.address(of: name, in: []) == nil)
  }

  private func add(_ entry: HostsFile.Entry) throws { #expect(try file.add(entry).get()) }

  /// The lines that are not comments.
  private func lines() throws -> [String] {
    try readText(file.path).split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      line.split(separator: " ").joined(separator: " ")
    }
  }

  @Test("The hosts file has the host's lines, and then one for each sandbox until it leaves")
  func membership() throws {
    try add(entry(0, "web.lan", "web"))
    try add(entry(1, "db"))
    #expect(try lines() == ["127.0.0.1 localhost", "10.64.0.2 web.lan web", "10.64.0.3 db"])
    try file.remove(ip("10.64.0.2"))
    try file.remove(ip("10.64.0.9"))
    #expect(try lines() == ["127.0.0.1 localhost", "10.64.0.3 db"])
    try file.remove(ip("10.64.0.3"))
    #expect(try lines() == ["127.0.0.1 localhost"])
  }

  @Test("The hosts file keeps the host's lines, and lines whose address only begins like a removed one")
  func others() throws {
    try write(HostsFile.content(Array("10.64.0.2 mine\n".utf8)))
    try add(entry(18, "x"))
    try file.remove(ip("10.64.0.2"))
    #expect(try lines() == ["10.64.0.2 mine", "10.64.0.20 x"])
  }

  @Test("The hosts file does not grow as sandboxes come and go")
  func reuse() throws {
    for number in 0..<10 { try add(entry(number, "nsrun-abcdefgh")) }
    let size = try readFile(file.path).count
    for number in 10..<500 {
      try file.remove(entry(number - 10).address)
      try add(entry(number, number % 7 == 0 ? "x" : "nsrun-abcdefgh"))
    }
    #expect(try readFile(file.path).count <= size + 64)
    #expect(try lines().count == 11)
  }

  @Test("The hosts file has one line for an address, whichever sandbox had it before")
  func sameAddress() throws {
    try add(entry(0, "old"))
    try add(entry(0, "new"))
    #expect(try lines() == ["127.0.0.1 localhost", "10.64.0.2 new"])
  }

  @Test("The hosts file takes entries after a line that a full disk has cut short")
  func cutShort() throws {
    try write(try readFile(file.path) + Array("#0.64.0.9 lo".utf8))
    try add(entry(0, "web"))
    #expect(try lines() == ["127.0.0.1 localhost", "10.64.0.2 web"])
  }

  @Test("A hosts file that was cut or overwritten anywhere is reported as damaged, and rebuilt")
  func damaged() throws {
    let whole = try readFile(file.path)
    let head = whole.firstIndex(of: UInt8(ascii: "\n"))! + 1
    for count in 0..<head { try expectDamaged(Array(whole[..<count])) }
    for position in 0..<head {
      var bytes = whole
      bytes[position] = UInt8(ascii: "~")
      try expectDamaged(bytes)
    }
    try expectDamaged([UInt8](repeating: 0, count: 4096))
    try expectDamaged([UInt8](repeating: 0xff, count: 200))
    // A beginning that is beyond the end of the file, or within a line.
    for start in ["999999999999", "000000000001", "000000000080", "-00000000001", "+00000000066"] {
      try expectDamaged(Array("# nsrun: the sandboxes on this bridge begin at byte \(start)\nabc\nabcdefghijklmn".utf8))
    }
  }

  private func expectDamaged(_ bytes: [UInt8]) throws {
    try write(bytes)
    try file.remove(ip("10.64.0.2"))
    #expect(try file.removeLost(isDryRun: false) { _ in true } == [])
    guard case .failure = try file.add(entry(0, "web")) else {
      Issue.record("taken as whole: \(String(decoding: bytes, as: UTF8.self))")
      return
    }
    try file.rebuild([entry(1, "db")])
    try add(entry(0, "web"))
    #expect(try lines().suffix(2) == ["10.64.0.3 db", "10.64.0.2 web"])
  }

  @Test("The hosts file reports the lines of lost sandboxes, and only text that is a line")
  func lost() throws {
    try add(entry(0, "web"))
    try add(entry(1, "db"))
    try write(try readFile(file.path) + Array("\n\u{0} \nno address\n10.64.0.99 ghost\n".utf8))
    let isLost: (IPAddress) -> Bool = { $0 != ip("10.64.0.3") }
    #expect(try file.removeLost(isDryRun: true, isLost) == [ip("10.64.0.2"), ip("10.64.0.99")])
    #expect(try lines().count == 6)
    #expect(try file.removeLost(isDryRun: false, isLost) == [ip("10.64.0.2"), ip("10.64.0.99")])
    #expect(try file.removeLost(isDryRun: false, isLost) == [])
  }

  @Test("A missing hosts file takes no entries")
  func absent() throws {
    unlink(file.path)
    #expect(try file.add(entry(0, "web")).get() == false)
    try file.remove(ip("10.64.0.2"))
    #expect(try file.removeLost(isDryRun: false) { _ in true } == [])
  }

  @Test("Readers of the hosts file see only whole lines while several tasks write to it, and no line is lost")
  func concurrent() async throws {
    let file = file
    let names = ["a", "nsrun-abcdefgh", String(repeating: "long-", count: 20) + "x"]
    let done = try await withThrowingTaskGroup(of: Int.self) { group in
      for writer in 0..<4 {
        group.addTask {
          for round in 0..<200 {
            let number = writer * 250 + round % 5
            let one = HostsFile.Entry(
              address: ip("10.64.\(number / 250).\(number % 250 + 2)"), names: [names[round % 3]])
            _ = try file.add(one).get()
            if round < 195 { try file.remove(one.address) }
          }
          return 0
        }
      }
      group.addTask {
        var torn = 0
        for _ in 0..<500 {
          let lines = try readText(file.path).split(separator: "\n", omittingEmptySubsequences: false)
          // A task may be about to add the last line.
          for line in lines.dropLast() where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            let isWhole =
              words.count == 2
              && (words[0] == "127.0.0.1" || words[0].hasPrefix("10.64.") && names.contains(String(words[1])))
            if !isWhole { torn += 1 }
          }
        }
        return torn
      }
      return try await group.reduce(0, +)
    }
    #expect(done == 0)
    #expect(try lines().count == 1 + 4 * 5)
  }
}

@Suite("Resolver settings")
struct ResolverSpecTests {
  @Test("The record contains requested resolvers as they were given")
  func record() throws {
    for spec in [
      ResolverSpec(), ResolverSpec(servers: []), ResolverSpec(servers: [ip("192.0.2.1"), ip("2001:db8::1")]),
      ResolverSpec(search: ["a.example", "."]), ResolverSpec(servers: [ip("192.0.2.1")], search: ["a.example"]),
    ] {
      #expect(ResolverSpec(RecordText(spec.lines)) == spec)
    }
  }
}
