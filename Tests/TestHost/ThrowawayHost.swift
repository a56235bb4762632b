import Glibc

/// A host for one test: new network, mount and PID namespaces, an empty /run and /tmp, and an "internet" behind the
/// link up0, which has 8.8.8.8 and 2001:4860:4860::8888. The host does not forward, and has no bridge.
///
/// The host's first process waits for the end of a pipe from this process. So whatever ends the test ends the host, and
/// with the host the kernel ends every process and removes every link and mount in it.
public final class ThrowawayHost: @unchecked Sendable {
  /// Changes only in the initializer.
  private let keeper: HostCommand
  /// The process in the host's namespaces.
  private var pid: Int32 { keeper.pid }
  private let environment: [String: String]

  /// Makes the host.
  public init() throws {
    let nsrun = try Binary.nsrun.get()
    let path = "/run/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    let environment = [
      "PATH": path, "HOME": "/run/scratch", "TMPDIR": "/run/scratch", "LC_ALL": "C.UTF-8", "TERM": "dumb",
    ]
    keeper = try HostCommand(
      [
        "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private",
        "bash", "-c", Self.setup, "host", nsrun,
      ], environment: environment, title: "the throwaway host")
    try keeper.wait(for: "internet ")
    let internet = try keeper.wait(for: "\n")
    self.environment = environment.merging(["ISP": internet]) { $1 }
  }

  private static let setup = """
    set -eu
    mount -t tmpfs tmpfs /run
    mkdir -p /run/lock /run/bin /run/scratch
    touch /run/bin/nsrun
    mount --bind "$1" /run/bin/nsrun
    mount -t tmpfs tmpfs /tmp
    # Whatever this machine asks for names: a server that refuses at once.
    echo 'nameserver 8.8.8.8' > /run/scratch/resolv.conf
    resolv=$(realpath -m /etc/resolv.conf)
    case $resolv in /run/*) mkdir -p "${resolv%/*}"; touch "$resolv" ;; esac
    mount --bind /run/scratch/resolv.conf "$resolv"
    mount -t sysfs sysfs /sys
    mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || mount -t tmpfs tmpfs /sys/fs/cgroup
    ip link set lo up
    mkfifo /run/scratch/ready
    unshare --net sh -c 'echo > /run/scratch/ready; exec sleep infinity' > /dev/null 2>&1 &
    isp=$!
    read -r _ < /run/scratch/ready
    rm /run/scratch/ready
    ip link add up0 type veth peer name isp0 netns $isp
    ip addr add 192.0.2.2/24 dev up0
    ip addr add 2001:db8::2/64 dev up0 nodad
    nsenter -t $isp -n sh -ec 'ip link set lo up; ip addr add 8.8.8.8/32 dev lo
      ip addr add 2001:4860:4860::8888/128 dev lo nodad
      ip addr add 192.0.2.1/24 dev isp0; ip addr add 2001:db8::1/64 dev isp0 nodad; ip link set isp0 up'
    ip link set up0 up
    ip route add default via 192.0.2.1
    ip -6 route add default via 2001:db8::1
    # Until then the kernel may drop packets, and the uplink is none of what is tested.
    for to in 192.0.2.1 2001:db8::1; do
      looks=60
      until ping -c 1 -W 1 $to > /dev/null; do [ $((looks -= 1)) -gt 0 ]; done
    done
    echo "internet $isp"
    # Ends with the pipe; bash collects the orphans meanwhile.
    while read -r _; do :; done
    """

  /// Runs a bash script on the host, and waits for its end. `nsrun` is in PATH; $ISP is a process in the internet.
  /// - Parameters:
  ///   - input: the standard input of the script; empty if nil.
  ///   - seconds: the time limit.
  @discardableResult
  public func sh(_ script: String, input: String? = nil, seconds: Int = 120) throws -> Outcome {
    let command = try start(script)
    if let input { command.send(input) }
    command.closeInput()
    return try command.finish(seconds: seconds)
  }

  /// Starts a bash script on the host.
  public func start(_ script: String) throws -> HostCommand {
    try HostCommand(
      [
        "nsenter", "--net=/proc/\(pid)/ns/net", "--mount=/proc/\(pid)/ns/mnt",
        "--pid=/proc/\(pid)/ns/pid_for_children", "--", "bash", "-c", script,
      ], environment: environment, title: script)
  }

  /// Runs a script of which every command must succeed. Bash does not check a command after `!`: write `fails COMMAND`.
  /// - Returns: its output without white space around it.
  @discardableResult
  public func must(_ script: String, input: String? = nil, seconds: Int = 120) throws -> String {
    let outcome = try sh(Self.checks + script, input: input, seconds: seconds)
    guard outcome.status == 0 else { throw HostError(description: "\(script): \(outcome)") }
    return outcome.text
  }

  /// `fails` is for a command that can be executed, and that ends by itself. `healthy` is that doctor finds nothing.
  private static let checks = """
    set -e
    fails() { local status=0; "$@" || status=$?; [ $status -ge 1 ] && [ $status -lt 125 ]; }
    healthy() { shown=$(nsrun doctor); fails grep -v ^ok <<< "$shown"; }

    """

  /// Compiles a program of Tests/Support into PATH. The host, whose /tmp is its own, need not see the source.
  public func compile(_ program: String) throws {
    let path = #filePath.split(separator: "/").dropLast(2).map { "/\($0)" }.joined() + "/Support/\(program).c"
    guard let file = fopen(path, "r") else { throw HostError(description: "cannot open \(path)") }
    defer { fclose(file) }
    var source = ""
    while let line = readLine(of: file) { source += line }
    try must("cc -O1 -x c -o /run/bin/\(program) -", input: source)
  }

  private func readLine(of file: UnsafeMutablePointer<FILE>) -> String? {
    var line: UnsafeMutablePointer<CChar>?
    var size = 0
    defer { free(line) }
    return getline(&line, &size, file) < 0 ? nil : line.map { String(cString: $0) }
  }

  /// Waits until a script succeeds, for what the kernel does in its own time. The limit counts attempts, not seconds:
  /// on a machine that is busy, or stands still, the kernel takes longer too.
  public func eventually(_ script: String, seconds: Int = 20) throws {
    let outcome = try sh(
      "looks=\(seconds * 50); until { \(script)\n}; do [ $((looks -= 1)) -gt 0 ] || exit 1; sleep 0.02; done",
      seconds: seconds * 10)
    guard outcome.status == 0 else { throw HostError(description: "did not come about: \(script): \(outcome)") }
  }

  /// Everything on the host that nsrun could change, as text: links, addresses, routes, names, rules, kernel parameters,
  /// state, processes.
  public func snapshot() throws -> String { try sh(Self.snapshot).text }

  private static let snapshot = """
    echo '# links'
    # What the kernel itself changes when ports come and go is left out.
    ip -d -j link | jq -S '[.[] | del(.flags, .operstate, .tso_max_size, .tso_max_segs, .gso_max_size, .gso_max_segs,
      .gro_max_size, .gso_ipv4_max_size, .gro_ipv4_max_size)] | walk(if type == "object"
      then with_entries(select(.key | endswith("_timer") | not)) else . end)'
    echo '# addresses'; ip -j -4 addr | jq -S '[.[] | {ifname, addr_info}]'
    # Link-local ones come and go in the kernel's own time.
    ip -o -6 addr show scope global | awk '{ print $2, $4 }' | sort
    echo '# routes'; ip -4 route show table all | sed 's/ linkdown//' | sort
    ip -6 route show table all | grep -v -e fe80 -e ff00 | sed 's/ expires [0-9]*sec//; s/ linkdown//' | sort
    echo '# rules'; ip rule
    echo '# names'; ls -A /run/netns 2> /dev/null
    echo '# nftables'; nft -s -a list ruleset
    echo '# parameters'; sysctl -a 2> /dev/null -r '^net[.](ipv4[.](ip_forward|conf)|ipv6[.]conf|bridge)'
    echo '# state'; find /run/nsrun 2> /dev/null | sort
    echo '# processes'
    for p in /proc/[0-9]*; do
      [ "$(readlink $p/exe 2> /dev/null)" = /run/bin/nsrun ] && echo "${p##*/} $(tr '\\0' ' ' < $p/cmdline)"
    done
    true
    """

  /// Runs a test on a new host, and checks that the host is afterwards as it was.
  /// - Parameters:
  ///   - preparation: a script that prepares the host for the test.
  ///   - body: the test.
  /// - Returns: the difference, after some seconds for what the kernel does in its own time; nil if there is none.
  public static func with(
    _ preparation: String = "", _ body: (ThrowawayHost) throws -> Void
  ) throws -> String? {
    let host = try ThrowawayHost()
    if !preparation.isEmpty { try host.must(preparation) }
    let before = try host.snapshot()
    try body(host)
    var looks = 250
    while true {
      let after = try host.snapshot()
      if after == before { return nil }
      looks -= 1
      guard looks > 0 else { return difference(before, after) }
      usleep(20_000)
    }
  }

  /// The lines that only one of the texts has; empty if there are none.
  public static func difference(_ before: String, _ after: String) -> String {
    let old = before.split(separator: "\n")
    let new = after.split(separator: "\n")
    return new.difference(from: old).map { change in
      switch change {
      case .insert(_, let line, _): "+ \(line)"
      case .remove(_, let line, _): "- \(line)"
      }
    }.joined(separator: "\n")
  }
}
