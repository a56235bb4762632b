import Glibc
import LinuxSystem
import Namespaces
import TestHost
import TestNetlink
import Testing

/// Each test has its own namespaces. ip(8) checks the results.
@Suite("Namespace names against the kernel", .enabled(if: Privilege.isGranted, Comment(rawValue: Privilege.reason)))
struct NamespacesKernelTests {
  private let names = NamespaceDirectory.standard

  @Test("ip sees names that nsrun made, and nsrun opens and removes names that ip made")
  func interoperable() throws {
    try inOwnNetwork { () throws in
      let mine = try NamespaceName("mine")
      let sleeper = try HostCommand(
        ["unshare", "--net", "sh", "-c", "echo ready; exec sleep 1000"], environment: ["PATH": "/usr/bin:/bin"])
      try sleeper.wait(for: "ready")
      try names.attach(mine, to: .ofProcess(sleeper.pid))
      #expect(shell("ip netns list") == "mine\n")
      #expect(shell("ip netns pids mine") == "\(sleeper.pid)\n")
      let identity = try NetworkNamespace.ofProcess(sleeper.pid).identity()
      #expect(names.identity(of: mine) == identity)
      #expect(try ProcessCensus().processes(in: identity) == [sleeper.pid])
      #expect(shell("ip netns add theirs; stat -c %a /run/netns /run/netns/theirs") == "755\n444\n")
      #expect(try names.names().map(\.text) == ["mine", "theirs"])
      #expect(try names.names(of: identity) == [mine])
      #expect(shell("ip netns delete mine") == "")
      #expect(try names.remove(try NamespaceName("theirs")))
      #expect(shell("ip netns list; ls -A /run/netns") == "")
    }
  }

  @Test("Only what has it open or mounted keeps a namespace without a name")
  func lastDescriptor() throws {
    try inOwnNetwork { () throws in
      let home = try NetworkNamespace.current()
      func isLast(_ hold: (Int32) -> Void) throws -> Bool {
        try NetworkNamespace.unshare()
        let namespace = try NetworkNamespace.current()
        try home.enter()
        try namespace.mark()
        hold(namespace.raw)
        return try namespace.closeLast(home: home)
      }
      let isLastOfNone = try isLast { _ in }
      #expect(isLastOfNone)
      var held: Int32 = -1
      let isLastOfOpened = try isLast { held = open("/proc/self/fd/\($0)", O_RDONLY) }
      #expect(!isLastOfOpened)
      close(held)
      // Root inside can remove the mark.
      let isLastOfUnmarked = try isLast {
        var none: UInt64 = 0
        _ = fcntl($0, 1036 /* F_SET_RW_HINT */, &none)
      }
      #expect(!isLastOfUnmarked)
      var output = ""
      let isLastOfMounted = try isLast {
        output = shell("touch /run/held; mount --bind /proc/\(getpid())/fd/\($0) /run/held")
      }
      #expect(!isLastOfMounted && output == "")
      #expect(shell("umount /run/held; rm /run/held") == "")
    }
  }

  @Test("Open sockets are counted, and a closed socket is not, even if the kernel has not freed it yet")
  func sockets() throws {
    try inOwnNetwork { () throws in
      let base = try #require(try (0..<10).first { try !OpenSockets.exceed($0) })
      let first = socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_ICMP))
      let second = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), 0)
      #expect(try OpenSockets.exceed(base + 1))
      #expect(try !OpenSockets.exceed(base + 2))
      close(second)
      // Each processor counts by itself, and the kernel adds up the counts without a lock.
      var isClosed = false
      for _ in 1...100 where !isClosed {
        isClosed = try !OpenSockets.exceed(base + 1)
        if !isClosed { usleep(10_000) }
      }
      #expect(isClosed)
      close(first)
    }
  }

  @Test("Names from nsrun and from ip are mounted once each, whichever of them made the directory")
  func mountedOnce() throws {
    for ipIsFirst in [true, false] {
      try inOwnNetwork { () throws in
        // The mount of / is shared, as with systemd.
        #expect(shell("mount --make-rshared /") == "")
        if ipIsFirst { #expect(shell("ip netns add theirs") == "") }
        try names.attachOwn(try NamespaceName("mine"))
        #expect(shell("ip netns add more") == "")
        // Releases of ip that make the directory in another way mount each name twice. nsrun does so too in their
        // directory.
        let count = "grep -c ' /run/netns/\(ipIsFirst ? "theirs" : "more") ' /proc/self/mountinfo"
        #expect(shell("grep -c ' /run/netns/mine ' /proc/self/mountinfo") == shell(count))
        if !ipIsFirst { #expect(shell(count) == "1\n") }
        #expect(shell("grep ' /run/netns ' /proc/self/mountinfo | grep -c shared:") == "1\n")
        #expect(try names.remove(try NamespaceName("mine")))
        #expect(shell("grep -c ' /run/netns/mine ' /proc/self/mountinfo") == "0\nexit status 256\n")
      }
    }
  }

  @Test("attach refuses a name that is taken, and leaves it as it is")
  func taken() throws {
    try inOwnNetwork { () throws in
      #expect(shell("ip netns add theirs") == "")
      let name = try NamespaceName("theirs")
      let identity = names.identity(of: name)
      let error = #expect(throws: SystemError.self) { try names.attachOwn(name) }
      #expect(error?.errno == EEXIST)
      #expect(names.identity(of: name) == identity)
    }
  }

  @Test("A stale file, which ip leaves if it is killed half way, can be removed")
  func stale() throws {
    try inOwnNetwork { () throws in
      #expect(shell("mkdir /run/netns; touch /run/netns/stale") == "")
      let name = try NamespaceName("stale")
      #expect(names.identity(of: name) == nil)
      #expect(try names.remove(name))
      #expect(try names.remove(name) == false)
    }
  }

  @Test("The mount view shows the namespace's links in /sys, keeps mounts below /sys, and is not visible outside")
  func mountView() throws {
    try inOwnNetwork { () throws in
      #expect(shell("mount -t tmpfs kept /sys/fs/cgroup 2> /dev/null || true; mount --make-rshared /") == "")
      try inOwnNetwork { () throws in
        #expect(
          shell(
            "ip link add br7 type bridge; mount -t tmpfs below /sys/fs/cgroup; echo x > /sys/fs/cgroup/file; ls /sys/class/net | grep br7"
          ) == "exit status 256\n")
        var warnings: [String] = []
        var view = MountView()
        try view.establish { warnings.append($0) }
        #expect(warnings == [])
        #expect(shell("ls /sys/class/net") == "br7\nlo\n")
        #expect(shell("cat /sys/fs/cgroup/file") == "x\n")
      }
      #expect(shell("ls /sys/class/net | grep br7") == "exit status 256\n")
    }
  }
}
