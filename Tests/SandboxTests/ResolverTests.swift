import LinuxSystem
import NetTypes
import Network
import TestNetlink
import Testing

@testable import Sandbox

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
