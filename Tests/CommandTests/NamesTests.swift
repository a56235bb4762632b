import TestHost
import Testing

extension CommandTests {
  @Suite("Names of sandboxes") struct NamesTests {
    /// Starts a sandbox whose command waits for a line.
    private func start(_ name: String, _ options: String = "", on host: ThrowawayHost) throws -> HostCommand {
      let command = try host.start(
        "exec nsrun --no-pid --net br0 --name \(name) \(options) -- sh -c 'echo up $PPID; read _'")
      try command.wait(for: "up ")
      return command
    }

    private func kill(_ sandbox: HostCommand, on host: ThrowawayHost) throws {
      try host.must("kill -KILL \(try sandbox.wait(for: "\n"))")
      #expect(try sandbox.finish().status == 137)
    }

    /// The address of a name as another sandbox finds it; nil if that finds none.
    private func address(of name: String, in sandbox: String, on host: ThrowawayHost) throws -> String? {
      let outcome = try host.sh("nsrun exec \(sandbox) -- getent ahostsv4 \(name) | awk 'NR == 1 { print $1 }'")
      #expect(outcome.errors == "" && outcome.status == 0)
      return outcome.text.isEmpty ? nil : outcome.text
    }

    @Test("Three sandboxes on a bridge reach each other by name, and do not find one that has left")
    func three() throws {
      try onHost { (host) throws in
        let names = ["one", "two", "three"]
        var commands = try names.map { try start($0, on: host) }
        for name in names {
          for other in names {
            // This is one second from the start of ping on.
            try host.must("nsrun exec \(name) -- timeout 1 ping -c 1 \(other)")
          }
          let found = try host.must("nsrun exec \(name) -- getent hosts \(names.joined(separator: " "))")
          #expect(found.split(separator: "\n").map { $0.split(separator: " ").last! } == names.map { $0[...] })
        }
        try host.must("grep -q 'one\\|three' /etc/hosts && exit 1 || true")
        let last = commands.removeLast()
        last.closeInput()
        #expect(try last.finish().status == 1)
        for name in ["one", "two"] {
          #expect(try address(of: "three", in: name, on: host) == nil)
          try host.must("nsrun exec \(name) -- timeout 1 ping -c 1 one")
        }
        for command in commands {
          command.closeInput()
          _ = try command.finish()
        }
      }
    }

    @Test("A running command finds sandboxes that join later, and not those that left, by name and by hostname")
    func later() throws {
      try onHost { (host) throws in
        let script = "while read -r name; do getent ahostsv4 $name > /dev/null && echo $name yes || echo $name no; done"
        let command = try host.start("exec nsrun --net br0 -- sh -c '\(script)'")
        func ask(_ name: String) throws -> Bool {
          command.send("\(name)\n")
          try command.wait(for: "\(name) ")
          return try command.wait(for: "\n") == "yes"
        }
        #expect(try !ask("web") && !ask("web.example"))
        let address = try host.must("nsrun create web --net br0:no-ip6 --hostname web.example")
        #expect(try ask("web") && ask("web.example"))
        let found = try host.must("nsrun --net br0 -- getent hosts web").split(separator: " ")
        #expect(found == [address[...], "web.example", "web"])
        try host.must("nsrun create other --net br1")
        #expect(try !ask("other"), "it is on another bridge")
        try host.must("nsrun rm web other")
        #expect(try !ask("web") && !ask("web.example"))
        command.closeInput()
        #expect(try command.finish().status == 0)
      }
    }

    /// Replaces the host's /etc by a copy with another hosts file.
    private static let hosts = """
      mount -t tmpfs none /mnt; cp -a /etc /mnt; mount --bind /mnt/etc /etc
      printf '127.0.0.1 localhost\n127.0.1.1\tHOST1.lan host1 # host2\n10.64.9.7 known\n' > /etc/hosts
      """

    @Test(
      "A launch warns if the host's own /etc/hosts gives the name of the sandbox to another address",
      arguments: [
        ("create host1 --net br0", "host1 is 127.0.1.1"), ("--net br0 --name Host1 -- true", "Host1 is 127.0.1.1"),
        ("--net br0 --hostname host1.lan -- true", "host1.lan is 127.0.1.1"),
        ("create localhost --net br0 --internal", "localhost is 127.0.0.1"),
        ("create known --net br0", "known is 10.64.9.7"),
      ])
    func hostName(command: String, text: String) throws {
      try onHost(Self.hosts) { (host) throws in
        let outcome = try host.sh("nsrun \(command); nsrun cleanup --all > /dev/null")
        let warning = "/etc/hosts of this host says \(text): others will not find this sandbox by that name"
        #expect(outcome.errors == "nsrun: \(warning)\n", "\(outcome)")
      }
    }

    @Test("A launch does not warn of a name by which others find the sandbox, or that nobody chose")
    func foundName() throws {
      try onHost(Self.hosts) { (host) throws in
        let commands = [
          "create known --net br0 --subnet 10.64.9.0/24 --ip 10.64.9.7", "create host2 --net br0", "--net br0 -- true",
          "--name host1 -- true",
        ]
        for command in commands { #expect(try host.sh("nsrun \(command)").errors == "") }
        #expect(try address(of: "known", in: "host2", on: host) == "10.64.9.7")
        try host.must("nsrun rm known host2")
      }
    }

    @Test("Other sandboxes do not find a killed sandbox after the next nsrun, nor after cleanup")
    func killed() throws {
      try onHost { (host) throws in
        try host.must("nsrun create stays --net br0")
        let killed = try start("killed", on: host)
        #expect(try address(of: "killed", in: "stays", on: host) != nil)
        try kill(killed, on: host)
        try host.must("nsrun list")
        #expect(try address(of: "killed", in: "stays", on: host) == nil)
        let again = try start("again", on: host)
        try kill(again, on: host)
        try host.must("nsrun cleanup")
        #expect(try address(of: "again", in: "stays", on: host) == nil)
        try host.must("nsrun rm stays")
      }
    }

    @Test("cleanup finds, reports and removes a name without a sandbox")
    func unrecorded() throws {
      try onHost { (host) throws in
        let address = try host.must("nsrun create stays --net br0")
        let ghost = address.split(separator: ".").prefix(3).joined(separator: ".") + ".99"
        try host.must("echo '\(ghost) ghost' >> /run/nsrun/*/hosts/br0")
        #expect(try self.address(of: "ghost", in: "stays", on: host) == ghost)
        #expect(try host.must("nsrun cleanup --dry-run") == "would remove name of \(ghost) (unrecorded)")
        #expect(try host.must("nsrun cleanup") == "removed name of \(ghost) (unrecorded)")
        #expect(try host.must("nsrun cleanup") == "")
        #expect(try self.address(of: "ghost", in: "stays", on: host) == nil)
        #expect(try self.address(of: "stays", in: "stays", on: host) == address)
        try host.must("nsrun rm stays")
      }
    }

    @Test("The next launch restores a hosts file that somebody has emptied or damaged")
    func emptied() throws {
      try onHost { (host) throws in
        let address = try host.must("nsrun create one --net br0")
        for damage in [": >", "echo x >", "head -c 5000 /dev/zero >"] {
          try host.must("\(damage) $(ls /run/nsrun/*/hosts/br0)")
          try host.must("nsrun --net br0 -- ping -c 1 -W 1 one")
          #expect(try self.address(of: "one", in: "one", on: host) == address)
          #expect(try self.address(of: "localhost", in: "one", on: host) == "127.0.0.1")
        }
        try host.must("nsrun rm one")
      }
    }

    @Test("The hosts file does not grow with launches, and has all names of concurrent launches")
    func many() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br0")
        let launch = "nsrun --net br0 --name n$n -- timeout 5 ping -c 1 -W 1 one > /dev/null || echo failed"
        func size() throws -> Int { Int(try host.must("stat -c %s /run/nsrun/*/hosts/br0")) ?? 0 }
        #expect(try host.must("for n in $(seq 8); do { \(launch); } & done; wait") == "")
        let first = try size()
        #expect(try host.must("for n in $(seq 40); do \(launch); done") == "")
        #expect(try size() <= first)
        let found = "for n in $(seq 8); do getent ahostsv4 c$n > /dev/null || echo no c$n; done"
        try host.must("for n in $(seq 8); do nsrun create c$n --net br0 & done; wait")
        #expect(try host.must("nsrun exec one -- sh -c '\(found)'") == "")
        try host.must("nsrun rm one c{1..8}")
      }
    }

    @Test(
      "The hostname is the sandbox's name or --hostname, root inside can change it, and the host keeps its own")
    func hostname() throws {
      try onHost { (host) throws in
        let own = try host.must("hostname")
        for privilege in ["", "--privileged"] {
          #expect(try host.must("nsrun \(privilege) --name web_1 -- hostname") == "web-1")
          #expect(
            try host.must("nsrun \(privilege) --hostname a.b -- sh -c 'hostname; hostname c; hostname'") == "a.b\nc")
        }
        try host.must("nsrun create box --net br0 --hostname box.example")
        #expect(try host.must("nsrun exec box -- sh -c 'hostname c; hostname'") == "c")
        #expect(
          try host.must("nsrun exec box -- hostname; nsrun exec box --privileged -- hostname")
            == "box.example\nbox.example")
        #expect(try host.must("nsrun inspect box --json | jq -r .hostname") == "box.example")
        #expect(try host.must("nsrun inspect box | grep Hostname") == "Hostname   box.example")
        try host.must("nsrun rm box")
        // Namespaces from ip netns have the host's hostname.
        #expect(try host.must("ip netns add plain; nsrun exec plain -- hostname; ip netns del plain") == own)
        #expect(try host.must("hostname") == own)
      }
    }

    @Test("A sandbox without a bridge finds itself by name")
    func loopback() throws {
      try onHost { (host) throws in
        #expect(
          try host.must("nsrun --name me.lan -- getent hosts me.lan").split(separator: " ") == ["127.0.1.1", "me.lan"])
        try host.must("nsrun create me; nsrun exec me -- ping -c 1 -W 1 me; nsrun rm me")
        #expect(try host.must("ls -A /run/netns") == "")
      }
    }

    @Test("Every user inside can read /etc/hosts, and only root can write it, unseen by the host and other sandboxes")
    func modes() throws {
      try onHost("umask 077") { (host) throws in
        let before = try host.must("cat /etc/hosts")
        let other = try host.must("nsrun create other --net br0:no-ip6")
        for network in ["--net br0", ""] {
          let outcome = try host.must(
            """
            umask 077; nsrun \(network) --name me -- sh -c 'echo 192.0.2.9 mine >> /etc/hosts && umount /etc/hosts
              setpriv --reuid 65534 --regid 65534 --clear-groups \
                sh -c "getent hosts me mine; echo x >> /etc/hosts || echo refused"' 2>/dev/null
            """)
          #expect(outcome.contains("192.0.2.9") && outcome.hasSuffix("refused"), "\(outcome)")
        }
        #expect(try host.must("cat /etc/hosts") == before)
        #expect(
          try host.must("nsrun exec other -- sh -c 'grep mine /etc/hosts; getent hosts other'").split(separator: " ")
            == [other[...], "other"])
        try host.must("nsrun rm other")
      }
    }

    @Test("/etc/netns/NAME/hosts takes precedence over the hosts file of nsrun")
    func ownFile() throws {
      let preparation = "mount -t tmpfs none /mnt; cp -a /etc /mnt; mount --bind /mnt/etc /etc; mkdir -p /etc/netns/me"
      try onHost(preparation + "; echo '192.0.2.9 mine' > /etc/netns/me/hosts") { (host) throws in
        for net in ["br0", "none"] {
          let outcome = try host.sh("nsrun --net \(net) --name me -- cat /etc/hosts")
          #expect(outcome.output == "192.0.2.9 mine\n" && outcome.errors == "", "\(outcome)")
        }
      }
    }
  }
}
