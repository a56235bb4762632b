import TestHost
import Testing

extension CommandTests {
  @Suite("Where a container, or its owner, forbids something") struct ContainerTests {
    /// Runs a script of bash as Docker would with --cap-add NET_ADMIN,SYS_ADMIN: what of /proc and /sys is the kernel's
    /// is read-only or masked, and few capabilities are left.
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

    /// Gives who made a mount namespace an empty /run, but for the binary.
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

    /// Whether each line is a warning of its own, one for each text.
    private func warns(_ lines: [String], _ texts: String...) -> Bool {
      lines.count == texts.count
        && texts.allSatisfy { text in lines.contains { $0.hasPrefix("nsrun: \(text)") } }
    }

    @Test(
      "With a read-only /proc/sys a sandbox gets out where the container forwards, and masks stay; a warning a thing")
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

    @Test("Where forwarding is off for good, sandboxes reach each other and the container; that is a warning")
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

    @Test("A container without root's power over the machine keeps its /proc: that is a warning, too")
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

    @Test("doctor names what is missing there, and what to do")
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

    @Test("Without /proc it says so in one line", arguments: ["--net br0 -- true", "create one", "list"])
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
      "Without the capabilities to map ids it is refused, with their names", arguments: ["setuid", "setgid", "setfcap"])
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

    /// A host on which user namespaces are switched off: a user namespace itself, for the machine's switch is not ours.
    private static let switchedOff = """
      nested() {
        unshare -Urmn --propagation private bash -ec '
          \(ownRun); mount -t sysfs sysfs /sys
          echo 0 > /proc/sys/user/max_user_namespaces
          '"$1"
      }

      """

    @Test("Where user namespaces are switched off nothing is changed: the reason and both ways on are told")
    func switchedOff() throws {
      try onHost { (host) throws in
        for command in ["nsrun --net br0 -- true", "nsrun create one --net br0"] {
          // Whatever it changed would have been written down first.
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

    @Test("Where user namespaces are switched off --privileged works, and doctor tells")
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
