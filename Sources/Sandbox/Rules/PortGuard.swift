import Glibc
import LinuxSystem
import NetTypes
import Netlink
import RouteNetlink

/// Keeps the host's end of a sandbox's veth pair from letting in what a sandbox may not send.
struct PortGuard {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// What the bridge itself holds back: a spanning tree message that comes all the same shuts the port, and nothing makes
  /// it one to a multicast router, such as hellos of PIM, which routers in sandboxes may say to each other.
  static let options = BridgePortOptions(bpduGuard: true, multicastRouter: .never)

  /// Whether a port is set as it is to be. A kernel without snooping tells nothing of multicast routers.
  static func covers(_ port: BridgePortOptions) -> Bool {
    port.bpduGuard == options.bpduGuard && [nil, options.multicastRouter].contains(port.multicastRouter)
  }

  /// Where the program runs for all ports: once loaded, it costs a launch nothing. The number is nobody else's, as far as
  /// that goes: "nsru" in ASCII.
  static let block: UInt32 = 0x6e73_7275

  /// Counts the programs that there have been: the ports of an older nsrun keep theirs, of the same block.
  static let version: UInt32 = 1

  static let filter = IngressFilter(at: .block(block), handle: version)
}

extension PortGuard {
  /// Whether the host's end of a sandbox's veth pair is guarded, as far as the kernel can do it.
  func guards(_ port: Link) throws(SandboxError) -> Bool {
    if try hasProgram(port.index) { return true }
    return try !KernelFeatures(host).haveFilters
  }

  private func hasProgram(_ port: UInt32) throws(SandboxError) -> Bool {
    try host.route { (route) throws(NetlinkError) in try route.runs(PortProgram.program, onIngressOf: port) }
  }

  /// Guards the host's end of a sandbox's veth pair, before anything comes in on it.
  /// - Parameter isFirst: whether it is the first of its bridge; where the kernel cannot do it, only that one is said.
  func attach(_ port: InterfaceName, isFirst: Bool) throws(SandboxError) {
    let index = if_nametoindex(port.text)
    guard index != 0 else { throw .refused("\(port) was deleted while it was being set up") }
    do throws(SandboxError) { try attachProgram(to: index, port.text, isThorough: false) } catch {
      let report = isFirst ? host.reporter.warn : host.reporter.progress
      report?(explain(unguarded: error))
    }
  }

  /// Guards a port of which somebody has taken the filter, or the qdisc that it was below.
  func restore(of port: Link) {
    do throws(SandboxError) { try attachProgram(to: port.index, port.name, isThorough: true) } catch {
      if error.netlinkErrno != ENODEV { host.reporter.warn(explain(unguarded: error)) }
    }
  }

  private func explain(unguarded error: SandboxError) -> String {
    "what sandboxes send as router, switch or DHCP server is not held back: \(error) (nsrun doctor)"
  }

  /// - Parameter isThorough: whether the program may have been replaced.
  private func attachProgram(to port: UInt32, _ name: String, isThorough: Bool) throws(SandboxError) {
    do throws(SandboxError) {
      try addQdisc(to: port, name, block: PortGuard.block)
      let isLoaded = try host.route { (route) throws(NetlinkError) in try route.has(PortGuard.filter) }
      // The first port since the last one has gone.
      if isThorough || !isLoaded { try load(PortGuard.filter) }
    } catch {
      // There is a qdisc already, perhaps below the block; else it is somebody else's, or the block is.
      try? load(PortGuard.filter)
      if try hasProgram(port) { return }
      try? addQdisc(to: port, name, block: nil)
      guard (try? load(IngressFilter(at: .link(port)))) != nil else { throw error }
    }
  }

  private func addQdisc(to port: UInt32, _ name: String, block: UInt32?) throws(SandboxError) {
    var requests = RouteRequests()
    requests.addIngressQdisc(link: port, block: block, subject: name)
    try host.perform(requests)
  }

  private func load(_ filter: IngressFilter) throws(SandboxError) {
    var requests = RouteRequests()
    requests.add(filter, PortProgram.program)
    try host.perform(requests)
  }
}
