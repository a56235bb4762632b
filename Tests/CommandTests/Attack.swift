import Testing

/// An attack of uid 0 on the host: a bash script that succeeds only if the attack works, and then does no harm.
/// `attack` is Tests/Support/attack.c, $victim a process of the host, $handle a file handle of the host's network
/// namespace.
struct Attack: Sendable, CustomTestStringConvertible, CustomStringConvertible {
  enum Unconfined: Equatable, Sendable {
    case works
    /// The kernel allows the attack, but it fails for another reason.
    case fails(String)
    /// The attack would have effects outside.
    case untried
  }

  let name: String
  let script: String
  /// The attack fails inside with one of these errors.
  let refusals: [String]
  /// The result of the attack with --privileged.
  let unconfined: Unconfined
  var mayLack: [String] = []
  var isOfProcess1: Bool { name.hasSuffix("process 1") }

  init(_ name: String, _ script: String, _ refusals: [String] = ["EPERM"], unconfined: Unconfined = .works) {
    self.name = name
    self.script = script
    self.refusals = refusals
    self.unconfined = unconfined
  }

  var testDescription: String { name }
  var description: String { "\(name) (\(script))" }

  /// The same attack, which some kernels do not support and refuse with one of these errors.
  private func onKernels(without errors: String...) -> Attack {
    var attack = self
    attack.mayLack = errors
    return attack
  }

  static let all = network + processes + files + mounts + calls

  private static let network: [Attack] = [
    Attack("enter the network of process 1", "nsenter -t 1 -n true", ["No such file", "Permission denied"]),
    Attack("enter a process's network by pidfd", "attack setns $victim"),
    Attack(
      "open the host's network by a file handle", "attack open-handle /proc/self/ns/net $handle", ["ESTALE", "EPERM"]),
    Attack("move eth0 to process 1", "ip link set eth0 netns 1", ["Operation not permitted"], unconfined: .untried),
    Attack("move a link to the host", "attack move-link $victim lo", unconfined: .fails("EINVAL")),
    Attack(
      "make a link on the host", "ip link add v0 type veth peer name v1 netns $victim && ip link del v0",
      ["Operation not permitted"]),
    Attack("read a link of the host by a namespace id", "attack read-link $victim", ["EACCES"]),
    Attack("change a link of the host by a namespace id", "attack change-link $victim", unconfined: .fails("EINVAL")),
    Attack(
      "name the host's network", "ip netns attach host $victim && ip netns del host",
      ["No such file", "Permission denied"]),
    Attack("capture on a link of the host", "tcpdump -i up0 -c 1", ["No such device"], unconfined: .untried),
    Attack("write to the host's netfilter lists", "attack open /proc/$victim/net/xt_recent/LIST", ["ENOENT"])
      .onKernels(without: "ENOENT"),
  ]

  private static let processes: [Attack] = [
    Attack("trace a process of the host", "attack ptrace $victim"),
    Attack("take a descriptor of a process of the host", "attack pidfd_getfd $victim"),
    Attack("reach the files of a process of the host", "ls /proc/$victim/root/", ["No such file"]),
    Attack(
      "write to /proc/sys by way of another process", "attack open /proc/$victim/root/proc/sys/vm/swappiness",
      ["ENOENT"]),
    Attack("let the kernel kill a process of the host first", "attack open /proc/$victim/oom_score_adj", ["ENOENT"]),
  ]

  private static let files: [Attack] =
    [
      "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/swappiness",
      "/proc/sys/vm/overcommit_memory", "/proc/sys/fs/file-max", "/proc/irq/default_smp_affinity",
      "/sys/kernel/profiling",
      "/sys/fs/cgroup/cgroup.procs",
    ].map { Attack("write to \($0)", "attack open \($0)", ["EROFS"]).onKernels(without: "ENOENT") } + [
      // Not every kernel has this file.
      Attack("write to /proc/sysrq-trigger", "attack open /proc/sysrq-trigger", ["EROFS", "ENOENT"])
        .onKernels(without: "ENOENT"),
      // This is not a parameter of the host, but the limit that keeps the sandbox from making cgroup namespaces.
      Attack(
        "write to /proc/sys/user", "attack open /proc/sys/user/max_cgroup_namespaces", ["EROFS"], unconfined: .untried),
      Attack("write to another /proc", "attack open /run/proc/sys/vm/swappiness", ["ENOENT"]),
      Attack("write to another /sys", "attack open /run/sys/class/net/lo/mtu", ["ENOENT"], unconfined: .untried),
      Attack("make a control group", "mkdir /sys/fs/cgroup/attack && rmdir /sys/fs/cgroup/attack", ["Read-only"]),
      Attack("make a device", "mknod /run/scratch/null$$ c 1 3 && rm /run/scratch/null$$", ["Operation not permitted"]),
      Attack("open a file by its handle", "attack open-handle /etc $(attack name-handle /etc/passwd)"),
    ]

  private static let mounts: [Attack] =
    [
      "umount /sys", "umount -l /sys", "umount -l /proc/sys", "umount -l /proc", "unshare -m umount -l /sys",
      "unshare -Urm umount -l /proc/sys", "mount --rbind /proc /mnt && umount -l /mnt/sys",
    ].map { Attack($0, $0, ["not mounted", "Invalid argument"], unconfined: .untried) } + [
      Attack("mount -o remount,rw /sys", "mount -o remount,rw /sys", ["permission denied"]),
      Attack(
        "make /proc/sys writable", "mount -o remount,bind,rw /proc/sys", ["permission denied"], unconfined: .untried),
      Attack("bind what lies below", "mount --bind /proc /mnt", ["wrong fs type"]),
      Attack("move what lies above", "mount --move /proc/sys /mnt", ["wrong fs type"], unconfined: .untried),
      Attack("mount a writable sysfs", "mount -t sysfs s /mnt", ["permission denied"]),
      Attack("mount a proc", "mount -t proc p /mnt", ["permission denied"]),
      Attack("mount a proc of a PID namespace", "unshare -pf mount -t proc p /mnt", ["permission denied"]),
      Attack(
        "mount a proc in a user namespace", "unshare -Urpf mount -t proc p /mnt", ["permission denied"],
        unconfined: .untried),
      Attack("make a cgroup namespace", "unshare -C true", ["No space left"]),
      Attack("make a cgroup namespace in a user namespace", "unshare -UrC true", ["No space left"]),
      Attack("mount control groups", "mount -t cgroup2 c /mnt", ["permission denied"]),
      Attack("mount a disk", "mount -t ext4 /dev/null /mnt", ["permission denied"], unconfined: .fails("block device")),
    ]
    + ["debugfs", "tracefs", "bpf", "securityfs", "devtmpfs"].map {
      Attack("mount -t \($0)", "mount -t \($0) none /mnt", ["permission denied"]).onKernels(
        without: "unknown filesystem")
    }

  private static let calls: [Attack] = [
    Attack("make a process with a control group", "attack clone3", ["ENOSYS"]),
    Attack("load a module", "attack finit_module", ["EPERM", "ENOSYS"], unconfined: .fails("ENOEXEC")).onKernels(
      without: "ENOSYS"),
    Attack("load a module from memory", "attack init_module", ["EPERM", "ENOSYS"], unconfined: .fails("ENOEXEC"))
      .onKernels(without: "ENOSYS"),
    Attack("unload a module", "attack delete_module", ["EPERM", "ENOSYS"], unconfined: .fails("ENOENT"))
      .onKernels(without: "ENOSYS"),
    Attack("swap", "attack swapon", unconfined: .fails("EINVAL")),
    Attack("reboot", "attack reboot", unconfined: .fails("EINVAL")),
    Attack("keep accounts", "attack acct", unconfined: .fails("ENOENT")).onKernels(without: "ENOSYS"),
    Attack("turn the kernel's log", "attack syslog", unconfined: .fails("EINVAL")),
    Attack("set the clock", "attack adjtimex"),
    Attack("count events of the machine", "attack perf_event_open", ["EACCES", "EPERM"]).onKernels(
      without: "ENOENT", "ENOSYS"),
    Attack("make a privileged BPF map", "attack bpf-map"),
    Attack("load a BPF program", "attack bpf-program"),
    Attack("list BPF maps", "attack bpf-next"),
    Attack("get a BPF map by its id", "attack bpf-by-id"),
    Attack("get a BPF map that is pinned", "attack bpf-get /sys/fs/bpf/map", ["ENOENT"]),
    Attack("get a BPF map that is pinned elsewhere", "attack bpf-get /run/bpf/map", ["ENOENT"]),
  ]
}

/// Something that uid 0 inside may do: a bash script that must succeed.
struct Permission: Sendable, CustomTestStringConvertible, CustomStringConvertible {
  let name: String
  let script: String

  var testDescription: String { name }
  var description: String { "\(name) (\(script))" }

  static let all = [
    Permission(name: "veth", script: "ip link add v0 type veth peer name v1; ip link set v0 up; ip link del v0"),
    Permission(
      name: "tc qdisc",
      script: "tc qdisc add dev lo root tbf rate 10mbit burst 32k latency 50ms; tc qdisc del dev lo root"),
    Permission(
      name: "nft",
      script: "nft add table inet t; nft add chain inet t c '{ type filter hook input priority 0; }'; nft flush ruleset"
    ),
    Permission(name: "iptables", script: "iptables -t nat -A OUTPUT -j ACCEPT; iptables -t nat -F"),
    Permission(
      name: "tcpdump",
      script: """
        tcpdump -i lo -c 1 icmp 2> /dev/shm/tcpdump$$ > /dev/null &
        until grep -q listening /dev/shm/tcpdump$$; do sleep 0.02; done
        ping -c 1 -W 1 127.0.0.1; wait $!; rm /dev/shm/tcpdump$$
        """),
    Permission(name: "ping", script: "ping -c 1 -W 1 8.8.8.8"),
    Permission(
      name: "sysctl net.*",
      script: "sysctl -w net.ipv4.ip_default_ttl=60; [ $(cat /proc/sys/net/ipv4/ip_default_ttl) = 60 ]"),
    Permission(name: "mount a tmpfs", script: "mount -t tmpfs tmpfs /mnt; echo > /mnt/file"),
    Permission(name: "ip netns", script: "ip netns add n$$; ip netns exec n$$ ip link set lo up; ip netns del n$$"),
    Permission(name: "a network namespace", script: "unshare -n ip link set lo up"),
    Permission(name: "a user namespace", script: "[ $(unshare -Ur id -u) = 0 ]; unshare -Urn ip link set lo up"),
    Permission(name: "its own process's parameters", script: "echo 500 > /proc/self/oom_score_adj"),
    Permission(name: "bwrap", script: "bwrap --ro-bind / / --dev /dev --tmpfs /tmp ip link show eth0"),
    Permission(name: "bwrap --proc", script: "bwrap --ro-bind / / --proc /proc true"),
    Permission(
      name: "bwrap with other namespaces",
      script: "bwrap --ro-bind / / --unshare-user --uid 1000 --unshare-pid --unshare-net --unshare-ipc true"),
    Permission(
      name: "bwrap with a name of its own", script: "[ $(bwrap --ro-bind / / --unshare-uts --hostname x uname -n) = x ]"
    ),
  ]
}
