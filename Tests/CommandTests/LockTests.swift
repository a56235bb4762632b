import TestHost
import Testing

extension CommandTests {
  @Suite("Locks of other processes") struct LockTests {
    @Test("A lock on the directory of names that a user without privileges holds does not block nsrun")
    func names() throws {
      try onHost("mkdir /run/netns") { (host) throws in
        let holder = try host.start(
          "exec setpriv --reuid=65534 --clear-groups flock /run/netns sh -c 'echo locked; exec cat'")
        try holder.wait(for: "locked")
        #expect(try host.sh("nsrun --net br0 -- true").status == 0)
        #expect(try host.sh("nsrun create web && nsrun list && nsrun rm web").status == 0)
        holder.closeInput()
        _ = try holder.finish()
        // ip(8) leaves this mount too.
        try host.must("umount /run/netns")
      }
    }

    @Test("The state directory is closed to other users, whatever made it")
    func closed() throws {
      try onHost { (host) throws in
        #expect(
          try host.must("mkdir -m 755 /run/nsrun; nsrun create web > /dev/null; stat -c %a /run/nsrun; nsrun rm web")
            == "700")
      }
    }

    @Test(
      "nsrun reports a wait for a lock, and a signal ends the wait", arguments: ["TERM", "INT"],
      ["nsrun --net br0 -- true", "nsrun create web --net br0", "nsrun rm one", "nsrun reload"])
    func interrupted(signal: String, command: String) throws {
      try onHost { (host) throws in
        try host.must("nsrun create one --net br1")
        let holder = try host.start("exec flock /run/nsrun/[0-9]* sh -c 'echo locked; exec cat'")
        try holder.wait(for: "locked")
        let waiting = try host.start("exec 2>&1; echo $$; exec \(command)")
        let pid = try waiting.wait(for: "\n")
        if command == "nsrun rm one" {
          // rm is already removing the sandbox when it waits for the lock, and completes that once the lock is free.
          try waiting.wait(for: "waiting for the lock of /run/nsrun/")
          holder.closeInput()
          _ = try holder.finish()
          #expect(try waiting.finish().status == 0)
          return
        }
        try waiting.wait(for: "waiting for the lock of /run/nsrun/")
        try host.must("kill -\(signal) \(pid)")
        #expect(try waiting.finish().status == (signal == "TERM" ? 143 : 130))
        holder.closeInput()
        _ = try holder.finish()
        try host.must("nsrun rm one")
      }
    }

    @Test("rm waits for a process that has the record of the sandbox open, however slow that is")
    func record() throws {
      try onHost { (host) throws in
        try host.must("nsrun create one")
        let holder = try host.start("exec flock /run/nsrun/[0-9]*/created/one sh -c 'echo locked; exec cat'")
        try holder.wait(for: "locked")
        let waiting = try host.start("exec 2>&1; exec nsrun rm one")
        try waiting.wait(for: "waiting for the process that has the record of 'one' open")
        holder.closeInput()
        _ = try holder.finish()
        #expect(try waiting.finish().status == 0)
      }
    }
  }
}
