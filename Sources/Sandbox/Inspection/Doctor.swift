import Glibc
import Launch
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import Network
import RouteNetlink

/// Checks whether this host can do the main job, and what prevents it. Changes nothing: it tries kernel features in a
/// network namespace of its own.
public struct Doctor {
  private let host: Host

  public init(_ host: Host) { self.host = host }

  /// The networks whose records can be read.
  private var networks: [NetworkRecord] { (try? NetworkRecords(host).all()) ?? [] }

  public func findings() -> [Finding] {
    let missing = [Capability.netAdmin, .sysAdmin].filter { !$0.isEffective }.map { $0.name.uppercased() }
    guard missing.isEmpty else {
      let privileges = Finding(
        check: "privileges", status: .problem, message: "\(missing.joined(separator: ", ")) missing",
        remedy: "run it as root: sudo nsrun doctor")
      return [privileges, nameDirectory(), forwarding()]
    }
    let chains = ForwardChains(host).findings()
    return [privileges()] + KernelFeatures(host).findings() + [nameDirectory(), forwarding(), ipv6()] + uplinks()
      + [wayOut(), resolvers()] + chains
      + OtherHooks(host).findings { [own = HostResolvers()] in own.servers(for: $0, hostAddress: $1) }
      + [bridgeNetfilter(isSomebodyDropping: chains.contains { $0.status != .ok })] + ports() + sandboxes() + records()
  }

  /// Checks CAP_NET_RAW only. The capabilities for a user namespace are checked when ``KernelFeatures`` makes one.
  private func privileges() -> Finding {
    let check = "privileges"
    guard Capability.netRaw.isEffective else {
      return Finding(
        check: check, status: .warning,
        message: "\(Capability.netRaw.name.uppercased()) missing: others on a bridge are not asked by ARP whether an "
          + "address is free",
        remedy: KernelFeatures(host).remedy(inContainer: "docker run --cap-add NET_RAW"))
    }
    return Finding(check: check, status: .ok, message: "all that is needed")
  }

  private func nameDirectory() -> Finding {
    let check = "names"
    let path = host.names.path
    guard FileIdentity(path: path) != nil else {
      return Finding(check: check, status: .ok, message: "\(path) is made when it is needed")
    }
    var status = stat()
    if stat(path, &status) == 0, status.st_uid != 0 || status.st_mode & 0o022 != 0 {
      return Finding(
        check: check, status: .warning,
        message: "others than root can change \(path): they can give a sandbox's name to a namespace of theirs",
        remedy: "chown root \(path); chmod go-w \(path)")
    }
    guard let mount = MountPoint.on(path) else {
      return Finding(check: check, status: .ok, message: "\(path) becomes a shared mount when it is needed")
    }
    if NamespaceSearch(host).isInSandbox {
      return Finding(check: check, status: .ok, message: "\(path) is this command's own, as it is in a sandbox")
    }
    return mount.isShared
      ? Finding(check: check, status: .ok, message: "\(path) is a shared mount")
      : Finding(
        check: check, status: .warning,
        message: "\(path) is a private mount: other mount namespaces keep names that are removed here",
        remedy: "mount --make-shared \(path)")
  }

  private func forwarding() -> Finding {
    let forwarding = HostParameters.forwarding(.inet)
    return switch try? forwarding.read() {
    case "0" where access(forwarding.path, W_OK) != 0:
      Finding(
        check: "forwarding", status: .problem, message: "off, and \(forwarding.path) cannot be written",
        remedy: KernelFeatures(host).remedy(
          inContainer: "docker run --sysctl net.ipv4.ip_forward=1; otherwise as root: sudo nsrun doctor"))
    case "0": Finding(check: "forwarding", status: .ok, message: "off; nsrun turns it on, for sandboxes only")
    case .some:
      Finding(
        check: "forwarding", status: .ok, message: Forwarding(host, .inet).isGuarding ? "turned on by nsrun" : "on")
    case nil:
      Finding(
        check: "forwarding", status: .problem, message: "\(forwarding.path) cannot be read",
        remedy: "mount /proc, with /proc/sys writable")
    }
  }

  /// Whether a new bridge can have IPv6. Sandboxes do without it.
  private func ipv6() -> Finding {
    Finding(
      check: "IPv6", status: .ok,
      message: HostParameters.lackOfIPv6(on: nil, try? NetworkSpec(bridge: InterfaceName("br0"))).map {
        "sandboxes have none: \($0)"
      }
        ?? (Forwarding(host, .inet6).isGuarding ? "forwarding was turned on by nsrun" : "sandboxes can have it"))
  }

  /// Reports uplinks with forwarding off: the kernel does not forward the answers that arrive there.
  private func uplinks() -> [Finding] {
    ((try? Forwarding(host, .inet).uplinks()) ?? []).map(\.name).filter(HostParameters.lacksForwarding).map { link in
      Finding(
        check: "forwarding", status: .problem, message: HostParameters.lackOfForwarding(link),
        remedy: HostParameters.forwardingCommand(link))
    }
  }

  /// Checks whether the host itself has a default route.
  private func wayOut() -> Finding {
    let check = "way out"
    // One address in each half of the address space: a VPN may route each half separately.
    let remotes = ["8.8.8.8", "198.41.0.4"].map { IPAddress($0)! }
    let hasWay = remotes.contains { remote in
      (try? host.route { (route) throws(NetlinkError) in try route.route(to: remote) })??.type == .unicast
    }
    return hasWay
      ? Finding(check: check, status: .ok, message: "this host has a default route")
      : Finding(
        check: check, status: .warning,
        message: "this host has no default route: sandboxes reach no more than it does",
        remedy: "ip route add default via ADDRESS")
  }

  /// Checks whether commands inside have a DNS server to ask.
  private func resolvers() -> Finding {
    let check = "DNS"
    let resolvers = HostResolvers()
    // 0.0.0.0 stands for the host's address on any bridge: sandboxes use it to ask a server that listens at all
    // addresses.
    let any = IPAddress("0.0.0.0")!
    if resolvers.answer(to: ResolverSpec(), hostAddresses: [any]) == .unreachable {
      return Finding(
        check: check, status: .warning, message: "\(resolvers.lack): names of other hosts are not found there",
        remedy: "give --dns ADDRESS, or let a name server of this host listen at all addresses")
    }
    let servers = resolvers.servers(for: ResolverSpec(), hostAddress: any).filter { $0.isIPv4 && !$0.isLoopback }
      .map { $0 == any ? "this host, at its address on the bridge" : "\($0)" }
    return Finding(check: check, status: .ok, message: "sandboxes ask \(servers.joined(separator: ", "))")
  }

  /// With br_netfilter, packets between sandboxes on the same bridge also pass the rules for forwarding.
  private func bridgeNetfilter(isSomebodyDropping: Bool) -> Finding {
    let check = "br_netfilter"
    let links = networks.compactMap { network in
      (try? host.route { (route) throws(NetlinkError) in try route.link(named: network.bridge.text) })?.flatMap { $0 }
    }
    guard ForeignTables.isFiltering(nil) || links.contains(where: { ForeignTables.isFiltering($0) }) else {
      return Finding(check: check, status: .ok, message: "off: packets that stay on a bridge meet no rules")
    }
    guard isSomebodyDropping else {
      return Finding(check: check, status: .ok, message: "on: packets that stay on a bridge meet the rules too")
    }
    return Finding(
      check: check, status: .warning,
      message: "on: the chains above also drop packets between sandboxes on one bridge",
      remedy: "what the lines above say, or: "
        + (ForeignTables.isFiltering(nil)
          ? "sysctl -w \(ForeignTables.filtering(.inet).name)=0"
          : links.filter { ForeignTables.isFiltering($0) }.map {
            "ip link set \($0.name.shellQuoted) type bridge nf_call_iptables 0"
          }
          .joined(separator: "; ")))
  }

  /// Reports how many ports the bridges of sandboxes have. The kernel numbers ports with 10 bits (BR_PORT_BITS).
  private func ports() -> [Finding] {
    networks.compactMap { network in
      let count = try? host.route { (route) throws(NetlinkError) -> Int? in
        guard let bridge = try route.link(named: network.bridge.text) else { return nil }
        return try route.links(master: bridge.index).count
      }
      guard let count else { return nil }
      let message = "\(network.bridge) has \(count) of at most 1023"
      return count < 900
        ? Finding(check: "ports", status: .ok, message: message)
        : Finding(check: "ports", status: .warning, message: message, remedy: "use another bridge as well")
    }
  }

  /// Reports the drift of the existing sandboxes.
  private func sandboxes() -> [Finding] {
    do throws(SandboxError) {
      let drifts = try Survey(host).drifts(isLocked: false).filter { $0.kind != .passages }
      if drifts.isEmpty { return [Finding(check: "sandboxes", status: .ok, message: "nothing was taken from them")] }
      return drifts.map { drift in
        Finding(
          check: drift.kind.rawValue,
          status: drift.kind == .records || drift.kind == .others || drift.isLost ? .warning : .problem,
          message: drift.message, remedy: drift.remedy)
      }
    } catch {
      return [Finding(check: "sandboxes", status: .warning, message: "\(error)")]
    }
  }

  /// Reports records that cannot be read, and objects of nsrun that are in no record.
  private func records() -> [Finding] {
    do throws(SandboxError) {
      var findings = try SandboxRecords(host).readAll().unreadable.map { error in
        let remedy = if case .damaged = error { "nsrun cleanup" } else { "use that nsrun" }
        return Finding(check: "records", status: .warning, message: "\(error)", remedy: remedy)
      }
      for error in Forwarding.all(host).compactMap({ $0.unreadableRecord() }) {
        findings.append(Finding(check: "records", status: .warning, message: "\(error)"))
      }
      let unrecorded = try UnrecordedObjects(host).remove(all: true, isDryRun: true).filter { $0.reason == .unrecorded }
      if !unrecorded.isEmpty {
        let list = unrecorded.map { "\($0.kind.rawValue) \($0.name)" }.joined(separator: ", ")
        let isInhabited = unrecorded.contains { !$0.processes.isEmpty }
        findings.append(
          Finding(
            check: "records", status: .warning, message: "made by nsrun, but in no record: \(list)",
            remedy: isInhabited ? "nsrun cleanup, with --all to end what runs inside" : "nsrun cleanup"))
      }
      return findings
    } catch {
      return [Finding(check: "records", status: .warning, message: "\(error)")]
    }
  }
}
