import TestHost
import Testing

extension CommandTests {
  @Suite("Restricted containers") struct ContainerTests {
    /// Runs a bash script as Docker would with --cap-add NET_ADMIN,SYS_ADMIN: kernel files in /proc and /sys are
    /// read-only or masked, and few capabilities are left.
    private static let container = """
      container() {
        unshare --mount --propagation private bash -ec '
          mount -o remount,bind,ro /sys
          for f in bus fs irq sys sysrq-trigger; do
            [ ! -e /proc/$f ] || { mount --bind /proc/$f /proc/$f; mount -o remount,bind,ro /proc/$f; }
          done
          for f in kcore keys timer_list; do [ ! -e /proc/$f ] || mount --bind /dev/null /proc/$f; done
          for f in acpi scsi; do [ ! -d /proc/$f ] || mount -t tmpfs -o ro tmpfs /proc/$f; done
          kept=chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod
          kept+=,audit_write,setfcap,net_admin,sys_admin
          exec setpriv --bounding-set="-all,+${kept//,/,+}" bash -c "$1"' container "$1"
      }

      """

    /// Gives a new mount namespace an empty /run with only the binary.
    private static let ownRun = """
      mount -t tmpfs tmpfs /tmp; mkdir /tmp/bin; touch /tmp/bin/nsrun; mount --bind /run/bin/nsrun /tmp/bin/nsrun
      mount --rbind /tmp /run; ip link set lo up
      """

    private static let groups =
      "the command may change this host's control groups: cannot write /proc/sys/user/max_cgroup_namespaces: "
      + "Read-only file system"
    private static let parameters = "the sandbox keeps kernel parameters of the host: cannot open /proc/sys/net/"
    private static let forwarding =
      "sandboxes reach nothing beyond this host: cannot turn on forwarding: Read-only file system"
    private static let processes = "the host's processes are seen inside: cannot mount /proc: Operation not permitted"

    /// Whether the lines are exactly one warning for each text.
    private func warns(_ lines: [String], _ texts: String...) -> Bool {
      lines.count == texts.count
        && texts.allSatisfy { text in lines.contains { $0.hasPrefix("nsrun: \(text)") } }
    }

    @Test(
      "A sandbox gets out of a forwarding container with read-only /proc/sys, with masks kept and a warning per limit")
    func readOnly() throws {
      try onHost("echo 1 > /proc/sys/net/ipv4/ip_forward") { (host) throws in
        let outcome = try host.sh(
          Self.container
            + """
            container 'nsrun --net br0 -- sh -ec "ping -c 1 -W 1 8.8.8.8 > /dev/null; ls /sys/class/net; cat /proc/keys
              ls -A /proc/acpi; ps -e -o comm="'
            """)
        #expect(outcome.status == 0 && outcome.lines == ["eth0", "lo", "sh", "ps"], "\(outcome)")
        #expect(warns(outcome.errorLines, Self.groups, Self.parameters), "\(outcome)")
      }
    }

    @Test("Sandboxes in a container that cannot forward reach each other and the container, with a warning")
    func noForwarding() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          Self.container
            + """
            container 'one=$(nsrun create one --net br0 2> /dev/null); nsrun --net br0 -- ping -c 1 -W 1 $one > /dev/null
              s=$?; ping -c 1 -W 1 $one > /dev/null || s=1; nsrun rm one; exit $s'
            """)
        #expect(
          outcome.status == 0 && warns(outcome.errorLines, Self.groups, Self.parameters, Self.forwarding), "\(outcome)")
      }
    }

    @Test("A sandbox in a container without power over the machine keeps the container's /proc, with a warning")
    func rootless() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          Self.container
            + """
            container 'exec unshare -Urmn --propagation private bash -ec "
              \(Self.ownRun); nsrun --net br0 -- ls /sys/class/net"'
            """)
        #expect(outcome.status == 0 && outcome.lines == ["eth0", "lo"], "\(outcome)")
        #expect(
          warns(outcome.errorLines, Self.groups, Self.parameters, Self.forwarding, Self.processes), "\(outcome)")
      }
    }

    @Test("doctor names what a container lacks, and prints what to do")
    func doctor() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(Self.container + "container 'nsrun doctor --json'")
        let shown = try host.must(
          "jq -r '.[] | select(.status != \"ok\") | [.status, .check, .message, .remedy] | join(\"|\")'",
          input: outcome.output
        ).split(separator: "\n")
        #expect(outcome.status == 1 && shown.count == 3, "\(outcome)")
        #expect(shown.contains { $0.hasPrefix("warning|user namespaces|\(Self.groups)|in a container: ") }, "\(shown)")
        #expect(shown.contains { $0.hasPrefix("warning|user namespaces|\(Self.parameters)") }, "\(shown)")
        #expect(shown.contains { $0.hasPrefix("problem|forwarding|off, and ") }, "\(shown)")
      }
    }

    @Test("nsrun reports in one line that /proc is missing", arguments: ["--net br0 -- true", "create one", "list"])
    func noProc(arguments: String) throws {
      try onHost { (host) throws in
        let outcome = try host.sh("unshare -m sh -ec 'mount -t tmpfs tmpfs /proc; exec nsrun \(arguments)'")
        #expect(
          outcome.status == 125
            && outcome.errorLines == ["nsrun: /proc is not mounted, which nsrun needs: mount -t proc proc /proc"],
          "\(outcome)")
      }
    }

    @Test(
      "The refusal names the capability that nsrun lacks to map ids", arguments: ["setuid", "setgid", "setfcap"])
    func noMapping(capability: String) throws {
      try onHost { (host) throws in
        for command in ["nsrun --net br0 -- true", "nsrun create one"] {
          let outcome = try host.sh("setpriv --bounding-set=-\(capability) \(command)")
          #expect(outcome.status == 125 && outcome.errorLines.count == 1, "\(outcome)")
          #expect(outcome.errors.contains("(CAP_\(capability.uppercased())): "), "\(outcome)")
        }
        try host.must("setpriv --bounding-set=-\(capability) nsrun --privileged --net br0 -- true")
      }
    }

    /// A host with user namespaces turned off. This host is itself a user namespace, because the machine's setting must
    /// not change.
    private static let switchedOff = """
      nested() {
        unshare -Urmn --propagation private bash -ec '
          \(ownRun); mount -t sysfs sysfs /sys
          echo 0 > /proc/sys/user/max_user_namespaces
          '"$1"
      }

      """

    @Test("nsrun changes nothing if user namespaces are turned off, and prints the reason and both remedies")
    func switchedOff() throws {
      try onHost { (host) throws in
        for command in ["nsrun --net br0 -- true", "nsrun create one --net br0"] {
          // nsrun would record any change before it makes it, and /run is read-only.
          let outcome = try host.sh(Self.switchedOff + "nested 'mount -o remount,ro /run; \(command)'")
          #expect(
            outcome.status == 125
              && outcome.errors == """
                nsrun: cannot make a user namespace: No space left on device: raise user.max_user_namespaces (sysctl -w \
                user.max_user_namespaces=10000), or give --privileged, which leaves the command all power over the host

                """,
            "\(outcome)")
        }
      }
    }

    @Test("--privileged works if user namespaces are turned off, and doctor reports that they are")
    func privileged() throws {
      try onHost { (host) throws in
        let outcome = try host.sh(
          Self.switchedOff
            + "nested 'nsrun --privileged --net br0 -- ip -br link show eth0; nsrun doctor | grep user.namespaces: '")
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        #expect(outcome.lines.count == 2 && outcome.lines[0].hasPrefix("eth0@"), "\(outcome)")
        #expect(outcome.lines.last?.hasPrefix("problem  user namespaces: cannot make a user namespace: ") == true)
      }
    }
  }
}
