import Glibc
import LinuxSystem
import NetTypes
import RouteNetlink
import TestNetlink
import Testing

@testable import Sandbox

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

@Suite("Resolvers")
struct ResolverTests {
  private func parsed(_ text: String) -> ResolverConfiguration { ResolverConfiguration(text) }

  @Test("The host's resolvers are usable if one of the first three may answer")
  func usable() {
    #expect(parsed("nameserver 192.0.2.1\n").isUsable(by: [.inet]))
    #expect(parsed("# x\nnameserver\t127.0.0.53\nnameserver 192.0.2.1 # theirs").isUsable(by: [.inet]))
    #expect(parsed("nameserver 2001:db8::53").isUsable(by: [.inet, .inet6]))
    #expect(!parsed("nameserver 2001:db8::53").isUsable(by: [.inet]), "a sandbox with IPv4 alone does not reach it")
    for text in [
      "", "nameserver", "nameserver 127.0.0.53", "nameserver 127.8.8.8\nnameserver ::1\n", "#nameserver 192.0.2.1",
      "; nameserver 192.0.2.1", "nameserver 0.0.0.0", "nameserver fe80::1%eth0", "nameserver localhost",
      "nameserver ::1\nnameserver ::1\nnameserver ::1\nnameserver 192.0.2.1", "name\u{0}server 192.0.2.1",
      "\u{fffd}\r\n", "nameserver fe80::1", "nameserver ::ffff:192.0.2.1",
    ] {
      #expect(!parsed(text).isUsable(by: [.inet, .inet6]), "\(text)")
    }
  }

  @Test("Usable resolvers stay unchanged if nothing else is requested")
  func unchanged() {
    let host = HostResolvers(configuration: parsed("nameserver 192.0.2.1"))
    #expect(host.answer(to: ResolverSpec(), hostAddresses: [ip("10.64.1.1")]) == .unchanged)
  }

  @Test("Requested resolvers replace the host's, keep the host's options, and may be none")
  func asked() {
    let host = HostResolvers(configuration: parsed("# c\noptions ndots:2\nsearch lan\nnameserver 127.0.0.53\n"))
    let servers = [ip("192.0.2.7"), ip("2001:db8::7")]
    #expect(
      host.answer(to: ResolverSpec(servers: servers), hostAddresses: [])
        == .text(
          "# Made by nsrun for this sandbox\noptions ndots:2\nsearch lan\nnameserver 192.0.2.7\nnameserver 2001:db8::7\n"
        ))
    #expect(
      host.answer(to: ResolverSpec(servers: servers, search: ["a.example", "b.example"]), hostAddresses: [])
        == .text(
          "# Made by nsrun for this sandbox\noptions ndots:2\nsearch a.example b.example\nnameserver 192.0.2.7\n"
            + "nameserver 2001:db8::7\n"))
    #expect(host.answer(to: ResolverSpec(servers: []), hostAddresses: []) == .text(""))
  }

  @Test("The host's servers stay if only a search domain is requested")
  func search() {
    let host = HostResolvers(configuration: parsed("domain lan\nnameserver 192.0.2.1\n"))
    #expect(
      host.answer(to: ResolverSpec(search: ["a.example"]), hostAddresses: [])
        == .text("# Made by nsrun for this sandbox\nsearch a.example\nnameserver 192.0.2.1\n"))
  }

  @Test("A sandbox asks the servers behind a stub, else a server of the host beyond loopback, else none")
  func stub() {
    var host = HostResolvers(
      configuration: parsed("nameserver 127.0.0.53\noptions edns0"),
      upstream: parsed("nameserver 192.0.2.1\nsearch lan\n"), listeners: [ip("0.0.0.0")])
    func answer(_ hostAddress: String? = "10.64.1.1") -> HostResolvers.Answer {
      host.answer(to: ResolverSpec(), hostAddresses: hostAddress.map { [ip($0)] } ?? [])
    }
    #expect(answer() == .text("# Made by nsrun for this sandbox\nsearch lan\nnameserver 192.0.2.1\n"))
    host.upstream = parsed("nameserver 127.0.0.1\n")
    #expect(answer() == .text("# Made by nsrun for this sandbox\noptions edns0\nnameserver 10.64.1.1\n"))
    #expect(answer(nil) == .unreachable)
    host.listeners = [ip("127.0.0.1"), ip("192.0.2.2"), ip("10.64.1.1")]
    #expect(answer() == .text("# Made by nsrun for this sandbox\noptions edns0\nnameserver 10.64.1.1\n"))
    #expect(answer(nil) == .text("# Made by nsrun for this sandbox\noptions edns0\nnameserver 192.0.2.2\n"))
    host.listeners = [ip("127.0.0.53")]
    #expect(answer() == .unreachable)
  }

  @Test("A sandbox without IPv4 asks only servers that it reaches by IPv6")
  func ipv6Alone() {
    var host = HostResolvers(configuration: parsed("nameserver 192.0.2.1\n"))
    func answer(_ hostAddress: String = "fd00::1") -> HostResolvers.Answer {
      host.answer(to: ResolverSpec(), hostAddresses: [ip(hostAddress)], [.inet6])
    }
    let own = HostResolvers.Answer.text("# Made by nsrun for this sandbox\nnameserver fd00::1\n")
    #expect(answer() == .unreachable)
    for listener in ["::", "fd00::1"] {
      host.listeners = [ip("0.0.0.0"), ip(listener)]
      #expect(answer() == own)
    }
    host.listeners = [ip("0.0.0.0")]
    #expect(answer() == .unreachable)
    host.upstream = parsed("nameserver 2001:db8::53\n")
    #expect(answer() == .text("# Made by nsrun for this sandbox\nnameserver 2001:db8::53\n"))
    host.configuration = parsed("nameserver 192.0.2.1\nnameserver 2001:db8::54\n")
    #expect(answer() == .unchanged)
  }

  @Test("The addresses of listening servers are read from the kernel's table, whatever it contains")
  func listeners() {
    let table = """
         sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
       1: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0
       2: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0
       3: 020200C0:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0
       4: 020200C0:0035 080808C0:0035 01 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0
       5: 020200C0:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0
       6: :0035 x 07
       7: ZZ:0035 x 07
       8:
      """
    #expect(HostResolvers.listeners(table) == [ip("127.0.0.53"), ip("0.0.0.0"), ip("192.0.2.2")])
    #expect(HostResolvers.listeners("") == [])
    let table6 = """
         sl  local_address                         remote_address                        st
       1: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000
       2: 0000000000000000FFFF0000020200C0:0035 00000000000000000000000000000000:0000 07 00000000:00000000
       3: B80D0120000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000
      """
    #expect(HostResolvers.listeners(table6) == [ip("0.0.0.0"), ip("::"), ip("192.0.2.2"), ip("2001:db8::1")])
  }

  @Test("The record contains requested resolvers as they were given")
  func record() throws {
    for spec in [
      ResolverSpec(), ResolverSpec(servers: []), ResolverSpec(servers: [ip("192.0.2.1"), ip("2001:db8::1")]),
      ResolverSpec(search: ["a.example", "."]), ResolverSpec(servers: [ip("192.0.2.1")], search: ["a.example"]),
    ] {
      #expect(ResolverSpec(RecordText(spec.lines)) == spec)
    }
  }

  @Test("A search domain is a domain name or the root", arguments: [".", "a", "a.example", "lan-1.example"])
  func domain(_ text: String) { #expect(ResolverSpec.isSearchDomain(text)) }

  @Test(
    "Other text is no domain", arguments: ["a b", "", "a\nb", "-a", "a..b", String(repeating: "a.", count: 127) + "a"])
  func noDomain(_ text: String) { #expect(!ResolverSpec.isSearchDomain(text)) }
}

@Suite("Name service switch")
struct NameServiceSwitchTests {
  @Test(
    "The hosts line loses systemd-resolved and other daemons of the host, and keeps the rest",
    arguments: [
      ("files resolve [!UNAVAIL=return] dns", "files dns"), ("resolve", "files dns"),
      ("mymachines resolve [!UNAVAIL=return] files myhostname dns", "files myhostname dns"),
      ("files mdns4_minimal [NOTFOUND=return] resolve dns # c", "files dns"),
      ("files mdns4_minimal [NOTFOUND=return] dns mdns4", "files dns"),
      ("sss [SUCCESS=return] wins libvirt db", "files db dns"),
      ("files[NOTFOUND=continue !UNAVAIL=return]resolve[A=b]", "files [NOTFOUND=continue !UNAVAIL=return] dns"),
      ("\tfiles\tresolve [", "files dns"), ("[x] resolve dns", "files dns"),
    ])
  func resolve(_ hosts: String, _ expected: String) {
    let text = "# c\npasswd: files resolve\nhosts: \(hosts)\nnetworks: files\n"
    #expect(
      NameServiceSwitch.withoutDaemons(text) == "# c\npasswd: files resolve\nhosts: \(expected)\nnetworks: files\n")
  }

  @Test("A file without such daemons stays unchanged")
  func other() {
    for text in [
      "", "hosts: files dns\n", "hosts\n", "hosts:", "passwd: resolve", "# hosts: resolve", ":", "hosts: ][",
    ] {
      #expect(NameServiceSwitch.withoutDaemons(text) == nil, "\(text)")
    }
  }
}
