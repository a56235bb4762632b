import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// Drops, at the host end of a sandbox's veth pair, the frames that a sandbox may not send.
package struct PortGuard {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The bridge options of a port. If a spanning tree message arrives all the same, the bridge disables the port. The
  /// bridge never takes the port for one to a multicast router, whatever arrives, such as a PIM hello. Routers in
  /// sandboxes may still exchange PIM hellos.
  static let options = BridgePortOptions(bpduGuard: true, multicastRouter: .never)

  /// Whether a port has these options. A kernel without multicast snooping does not report the one about multicast
  /// routers.
  static func covers(_ port: BridgePortOptions) -> Bool {
    port.bpduGuard == options.bpduGuard && [nil, options.multicastRouter].contains(port.multicastRouter)
  }

  /// The number of the block whose program runs for all ports. Once it is loaded, a launch need not load it again.
  /// Other programs are unlikely to use this number, "nsru" in ASCII.
  static let block: UInt32 = 0x6e73_7275

  /// The version of the program. Ports that an older nsrun made keep its program, in the same block.
  static let version: UInt32 = 1

  static let filter = IngressFilter(at: .block(block), handle: version)
}

extension PortGuard {
  /// Whether the host end of a sandbox's veth pair has the program, or the kernel cannot run one.
  func guards(_ port: Link) throws(NetworkError) -> Bool {
    if try hasProgram(port.index) { return true }
    return try !isSupported
  }

  /// Whether the kernel can run the program on packets that arrive on a link.
  private var isSupported: Bool {
    get throws(NetworkError) {
      let outcome = try system { () throws(SystemError) in
        try NetworkNamespace.scratch(home: host.home).inside(home: host.home, Self.attempt)
      }
      return (try? outcome.get()) != nil
    }
  }

  /// Attaches the program to the loopback link of the calling thread's namespace.
  package static func attempt() throws(NetworkError) {
    var requests = RouteRequests()
    requests.addIngressQdisc(link: 1, block: block, subject: "lo")
    requests.add(filter, PortProgram.program)
    try requests.performHere()
  }

  private func hasProgram(_ port: UInt32) throws(NetworkError) -> Bool {
    try host.route { (route) throws(NetlinkError) in try route.runs(PortProgram.program, onIngressOf: port) }
  }

  /// Attaches the program to the host end of a sandbox's veth pair, before any frame arrives there.
  /// - Parameter isFirst: whether it is the first port of its bridge. Only then does a failure give a warning.
  func attach(_ port: InterfaceName, isFirst: Bool) throws(NetworkError) {
    let index = if_nametoindex(port.text)
    guard index != 0 else { throw .refused("\(port) was deleted while it was being set up") }
    do throws(NetworkError) { try attachProgram(to: index, port.text, isThorough: false) } catch {
      let report = isFirst ? host.reporter.warn : host.reporter.progress
      report?(explain(unguarded: error))
    }
  }

  /// Attaches the program again after another program has removed the filter or its qdisc.
  func restore(of port: Link) {
    do throws(NetworkError) { try attachProgram(to: port.index, port.name, isThorough: true) } catch {
      if error.netlinkErrno != ENODEV { host.reporter.warn(explain(unguarded: error)) }
    }
  }

  private func explain(unguarded error: NetworkError) -> String {
    "what sandboxes send as router, switch or DHCP server is not held back: \(error) (nsrun doctor)"
  }

  /// - Parameter isThorough: whether another program may have replaced the program.
  private func attachProgram(to port: UInt32, _ name: String, isThorough: Bool) throws(NetworkError) {
    do throws(NetworkError) {
      try addQdisc(to: port, name, block: PortGuard.block)
      let isLoaded = try host.route { (route) throws(NetlinkError) in try route.has(PortGuard.filter) }
      // Without a program, this is the first port since the last one was deleted.
      if isThorough || !isLoaded { try load(PortGuard.filter) }
    } catch {
      // The port has an ingress qdisc, perhaps one with this block. Otherwise the qdisc or the block belongs to another
      // program.
      try? load(PortGuard.filter)
      if try hasProgram(port) { return }
      try? addQdisc(to: port, name, block: nil)
      guard (try? load(IngressFilter(at: .link(port)))) != nil else { throw error }
    }
  }

  private func addQdisc(to port: UInt32, _ name: String, block: UInt32?) throws(NetworkError) {
    var requests = RouteRequests()
    requests.addIngressQdisc(link: port, block: block, subject: name)
    try host.perform(requests)
  }

  private func load(_ filter: IngressFilter) throws(NetworkError) {
    var requests = RouteRequests()
    requests.add(filter, PortProgram.program)
    try host.perform(requests)
  }
}
