import TestHost
import Testing

extension CommandTests {
  @Suite("DNS in a sandbox") struct DNSTests {
    /// A DNS server that answers questions for IPv4 addresses with 203.0.113.7, except for names that contain
    /// `missing`. Its arguments are the addresses where it listens.
    private static let server = """
      cat > /run/scratch/dns.py << 'END'
      import os, select, socket, sys
      sockets = []
      for address in sys.argv[1:]:
          s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
          s.bind((address, 53))
          sockets.append(s)
      print(os.getpid(), flush=True)
      while True:
          for s in select.select(sockets, [], [])[0]:
              query, sender = s.recvfrom(512)
              end = query.index(0, 12) + 5
              isIPv4 = query[end - 4:end - 2] == b'\\0\\1' and b'missing' not in query
              head = query[:2] + (b'\\x81\\x80' if isIPv4 else b'\\x81\\x83')
              answer = b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\xcb\\0\\x71\\7' if isIPv4 else b''
              rest = (b'\\0\\1' if isIPv4 else b'\\0\\0') + b'\\0' * 4 + query[12:end] + answer
              try: s.sendto(head + b'\\0\\1' + rest, sender)
              except PermissionError: pass  # by a rule
      END
      """

    /// The tests change files in the host's /etc, so /etc is a copy.
    private static let etc =
      "mount -t tmpfs none /mnt; cp -a /etc /mnt; rm -f /mnt/etc/resolv.conf; mount --bind /mnt/etc /etc"

    private func withServer(
      _ resolver: String, at addresses: String = "8.8.8.8", inInternet: Bool = true,
      sourceLocation: SourceLocation = #_sourceLocation, _ body: (ThrowawayHost) throws -> Void
    ) throws {
      let preparation = "\(Self.etc); printf '\(resolver)' > /etc/resolv.conf\n\(Self.server)"
      try onHost(preparation, sourceLocation: sourceLocation) { (host) throws in
        let place = inInternet ? "nsenter -t $ISP -n" : ""
        let server = try host.start("exec \(place) python3 /run/scratch/dns.py \(addresses)")
        let pid = try server.wait(for: "\n")
        let before = try host.must("cat /etc/resolv.conf; md5sum /etc/nsswitch.conf /etc/hosts")
        try body(host)
        #expect(try host.must("cat /etc/resolv.conf; md5sum /etc/nsswitch.conf /etc/hosts") == before)
        try host.must("kill \(pid)")
        _ = try server.finish()
      }
    }

    private static let lookup = "getent ahostsv4 www.example"
    private static let found = "203.0.113.7"

    private func expectFound(
      _ options: String = "", on host: ThrowawayHost, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let outcome = try host.sh("nsrun --net br0 \(options) -- \(Self.lookup)")
      #expect(outcome.errors == "", sourceLocation: sourceLocation)
      #expect(outcome.output.hasPrefix(Self.found), sourceLocation: sourceLocation)
    }

    @Test("A sandbox asks the host's DNS server if routes lead to it, and sees the host's resolv.conf unchanged")
    func routable() throws {
      try withServer("# mine\\nnameserver 8.8.8.8\\n") { (host) throws in
        try expectFound(on: host)
        #expect(try host.must("nsrun --net br0 -- cat /etc/resolv.conf") == "# mine\nnameserver 8.8.8.8")
        #expect(try host.sh("nsrun --net br0 -- getent ahostsv4 missing.example").status == 2)
        try host.must("nsrun create one --net br0")
        #expect(try host.must("nsrun exec one -- \(Self.lookup)").hasPrefix(Self.found))
        try host.must("nsrun rm one")
      }
    }

    @Test("A sandbox asks the upstream servers of systemd-resolved if the host asks systemd-resolved")
    func resolved() throws {
      let link = "mkdir -p /run/systemd/resolve; cd /run/systemd/resolve; printf 'nameserver 8.8.8.8\\nsearch lan\\n'"
      try withServer("nameserver 127.0.0.53\\noptions edns0 trust-ad\\n") { (host) throws in
        try host.must("\(link) > resolv.conf")
        try expectFound(on: host)
        #expect(try host.must("nsrun --net br0 -- grep -v '^#' /etc/resolv.conf") == "search lan\nnameserver 8.8.8.8")
        // The same with the symbolic link that systemd makes.
        try host.must("cp /etc/resolv.conf /run/systemd/resolve/stub-resolv.conf")
        try host.must("rm /etc/resolv.conf; ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf")
        try expectFound(on: host)
        try expectFound("--privileged", on: host)
        #expect(try host.must("cat /run/systemd/resolve/stub-resolv.conf | head -n 1") == "nameserver 127.0.0.53")
        try host.must("nsrun create one --net br0; nsrun exec one -- \(Self.lookup); nsrun rm one")
        try host.must(
          "rm /etc/resolv.conf; mv /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf; rm -r /run/systemd")
      }
    }

    @Test("A sandbox asks a DNS server of the host that listens on all addresses, at the bridge's address")
    func ownServer() throws {
      try withServer("nameserver 127.0.0.53\\n", at: "0.0.0.0", inInternet: false) { (host) throws in
        try expectFound(on: host)
        let gateway = try host.must(
          "nsrun create one --net br0 > /dev/null; ip -j -4 addr show br0 | jq -r '.[0].addr_info[0].local'")
        #expect(try host.must("nsrun exec one -- grep nameserver /etc/resolv.conf") == "nameserver \(gateway)")
        try host.must("nsrun rm one")
      }
    }

    @Test("A sandbox asks a DNS server of the host that listens on one address, at that address")
    func ownServerAtAddress() throws {
      try withServer("nameserver 127.0.0.1\\n", at: "192.0.2.2 127.0.0.1", inInternet: false) { (host) throws in
        try expectFound(on: host)
        #expect(try host.must("nsrun --net br0 -- grep nameserver /etc/resolv.conf") == "nameserver 192.0.2.2")
      }
    }

    /// Firewalls that keep sandboxes from a DNS server of this host, each with the chain that drops the packets.
    private static let closed = [
      (
        "nft 'add table inet theirs; add chain inet theirs i { type filter hook input priority 0; policy drop; }; "
          + "add rule inet theirs i iif lo accept; add rule inet theirs i tcp dport { 22, 53 } accept'",
        "inet theirs i"
      ),
      ("iptables -P INPUT DROP; iptables -A INPUT -p udp --dport 67 -j ACCEPT", "ip filter INPUT"),
      ("iptables -t mangle -A INPUT ! -i lo -j DROP", "ip mangle INPUT"),
      (
        "nft 'add table ip theirs; add chain ip theirs o { type filter hook output priority 0; }; "
          + "add rule ip theirs o oifname br0 drop'", "ip theirs o"
      ),
    ]

    @Test(
      "Launch and doctor report a firewall that blocks the host's DNS server, with the command that lets packets pass",
      arguments: closed)
    func closedServer(firewall: String, chain: String) throws {
      try withServer("nameserver 192.0.2.2\n", at: "192.0.2.2", inInternet: false) { (host) throws in
        try host.must(firewall)
        let made = try host.sh("nsrun create one --net br0")
        let said = "DNS questions of sandboxes on br0 to this host, 192.0.2.2, or the answers, do not get through"
        #expect(made.status == 0 && made.errorLines.count == 1, "\(made)")
        #expect(made.errors.contains("the chain \(chain) ") && made.errors.contains(said), "\(made)")
        try host.must("fails nsrun exec one -- env RES_OPTIONS='timeout:1 attempts:1' \(Self.lookup)")
        let remedy = try host.must("nsrun doctor --json | jq -r '.[] | select(.status == \"problem\") | .remedy'")
        try host.must("\(remedy); healthy")
        #expect(try host.must("nsrun exec one -- \(Self.lookup)").hasPrefix(Self.found))
        // The firewall does not affect sandboxes that ask another server.
        try host.must("nft flush ruleset; nsrun reload; nsrun rm one; \(firewall)")
        let other = try host.sh("nsrun create one --net br0 --dns 8.8.8.8; nsrun doctor | grep -v ^ok; nsrun rm one")
        #expect(other.errors == "" && other.lines.count == 1, "\(other)")
        try host.must("nft flush ruleset")
      }
    }

    @Test(
      "A launch warns once if the sandbox can reach no DNS server, and the sandbox sees the host's resolv.conf",
      arguments: [
        ("nameserver 127.0.0.53\\n", "the DNS server of this host, 127.0.0.53, cannot be reached from inside"),
        ("nameserver 127.1.1.1\\nnameserver ::1\\n", "the DNS server of this host, 127.1.1.1, ::1, cannot be reached"),
        ("", "/etc/resolv.conf names no DNS server"),
      ])
    func unreachable(_ resolver: String, _ warning: String) throws {
      // The DNS server listens only on the host's loopback.
      try withServer(resolver, at: "127.0.0.53", inInternet: false) { (host) throws in
        let outcome = try host.sh("nsrun --net br0 -- cat /etc/resolv.conf")
        #expect(outcome.status == 0)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.hasPrefix("nsrun: \(warning)"), "\(outcome)")
        #expect(outcome.errors.hasSuffix("give --dns ADDRESS\n"))
        #expect(outcome.output == (try host.sh("cat /etc/resolv.conf").output))
        // A sandbox without a way out, or with --dns, needs no warning.
        for options in ["", "--net br0 --internal", "--net br0 --dns none", "--net br0 --dns 8.8.8.8"] {
          #expect(try host.sh("nsrun \(options) -- true").errors == "")
        }
      }
    }

    @Test("run and exec use --dns and --dns-search, and inspect shows them")
    func options() throws {
      try withServer("nameserver 127.0.0.53\\noptions ndots:1\\n") { (host) throws in
        try expectFound("--dns 8.8.8.8", on: host)
        let options = "--dns 192.0.2.77 --dns=8.8.8.8 --dns-search a.example --dns-search b.example"
        let text = "options ndots:1\nsearch a.example b.example\nnameserver 192.0.2.77\nnameserver 8.8.8.8"
        #expect(try host.must("nsrun --net br0 \(options) -- grep -v '^#' /etc/resolv.conf") == text)
        try host.must("nsrun create one --net br0 \(options); nsrun create none --net br0 --dns none")
        #expect(try host.must("nsrun exec one -- grep -v '^#' /etc/resolv.conf") == text)
        #expect(try host.must("nsrun exec none -- cat /etc/resolv.conf") == "")
        #expect(
          try host.must("nsrun inspect one --json | jq -c '[.dns, .dnsSearch]'")
            == #"[["192.0.2.77","8.8.8.8"],["a.example","b.example"]]"#)
        #expect(try host.must("nsrun inspect none --json | jq -c '[.dns, .dnsSearch]'") == "[[],null]")
        #expect(
          try host.must("nsrun inspect one | grep DNS")
            == "DNS         192.0.2.77, 8.8.8.8\nDNS search  a.example, b.example")
        try host.must("nsrun rm one none")
        let many = try host.sh("nsrun --net br0 --dns 8.8.8.8 --dns 192.0.2.3 --dns 192.0.2.4 --dns 192.0.2.5 -- true")
        #expect(many.errors == "nsrun: --dns: of 4 servers only the first 3 are asked\n")
      }
    }

    @Test("/etc/netns/NAME/resolv.conf takes precedence over the host's, without a warning, and --dns over both")
    func ownFile() throws {
      try withServer("nameserver 127.0.0.53\\n") { (host) throws in
        try host.must("mkdir -p /etc/netns/me; echo nameserver 8.8.8.8 > /etc/netns/me/resolv.conf")
        try expectFound("--name me", on: host)
        #expect(try host.must("nsrun --net br0 --name me -- cat /etc/resolv.conf") == "nameserver 8.8.8.8")
        try host.must("printf 'search lan\nnameserver 192.0.2.77\noptions ndots:2\n' > /etc/netns/me/resolv.conf")
        let show = "grep -v '^#' /etc/resolv.conf"
        for (options, text) in [
          ("--dns 8.8.8.8", "search lan\noptions ndots:2\nnameserver 8.8.8.8"),
          ("--dns-search a.example", "options ndots:2\nsearch a.example\nnameserver 192.0.2.77"), ("--dns none", ""),
        ] {
          #expect(try host.must("nsrun --net br0 --name me \(options) -- sh -c \"\(show); true\"") == text)
          try host.must("nsrun create me --net br0 \(options)")
          #expect(try host.must("nsrun exec me -- sh -c \"\(show); true\"; nsrun rm me") == text)
        }
        try expectFound("--name me --dns 8.8.8.8", on: host)
      }
    }

    @Test("nsrun removes the host's daemons from the sandbox's nsswitch.conf, and changes nothing else there")
    func nameServiceSwitch() throws {
      try withServer("nameserver 8.8.8.8\\n") { (host) throws in
        let whole = "passwd: files systemd\nhosts: files mymachines resolve [!UNAVAIL=return] dns\nnetworks: files"
        let rest = "passwd: files systemd\nhosts: files dns\nnetworks: files"
        try host.must("cp /etc/nsswitch.conf /run/scratch/before; echo '\(whole)' > /etc/nsswitch.conf")
        for options in ["--net br0", "--net br0 --privileged", "--net br0 --internal", ""] {
          #expect(try host.must("nsrun \(options) -- cat /etc/nsswitch.conf") == rest)
        }
        try expectFound(on: host)
        try host.must("nsrun create one --net br0")
        #expect(try host.must("nsrun exec one -- cat /etc/nsswitch.conf; nsrun rm one") == rest)
        #expect(try host.must("cat /etc/nsswitch.conf") == whole)
        try host.must("cp /run/scratch/before /etc/nsswitch.conf")
      }
    }

    @Test("nsrun refuses --dns and --dns-search if the host has no resolv.conf to mount over")
    func noFile() throws {
      try onHost(Self.etc) { (host) throws in
        for option in ["--dns 8.8.8.8", "--dns-search lan"] {
          let outcome = try host.sh("nsrun --net br0 \(option) -- true")
          #expect(outcome.status == 125 && outcome.errors.contains("this host has no /etc/resolv.conf"), "\(outcome)")
        }
        #expect(try host.sh("nsrun --net br0 -- true").status == 0)
      }
    }
  }
}
