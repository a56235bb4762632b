import Conntrack
import Glibc
import Launch
import LinuxSystem
import NFTables
import Namespaces
import Netlink
import RouteNetlink

/// What nsrun tells people while it works.
public struct Reporter: Sendable {
  /// Is given one sentence about something that does not work as it should, but does not stop the work.
  public var warn: @Sendable (String) -> Void
  /// Is given one line for each step that is taken; nil where nobody wants to know.
  public var progress: (@Sendable (String) -> Void)?
  /// Shows every netlink message; nil where nobody wants to know.
  let tracer: MessageTracer?

  /// - Parameter trace: is given each netlink message, laid out as a tree of lines.
  public init(
    warn: @escaping @Sendable (String) -> Void, progress: (@Sendable (String) -> Void)? = nil,
    trace: (@Sendable (String) -> Void)? = nil
  ) {
    self.warn = warn
    self.progress = progress
    tracer = trace.map { MessageTracer(name: "", write: $0) }
  }
}

/// The machine as nsrun deals with it: its network namespace, the connections to the kernel that stay in it, the names
/// of namespaces, and what nsrun has written down. The process must have one thread only.
public final class Host {
  let reporter: Reporter
  let names: NamespaceDirectory
  let state: StateDirectory
  let home: NetworkNamespace
  private var routeConnection: RouteConnection?
  private var nftConnection: NFTConnection?
  private var conntrackConnection: ConntrackConnection?
  /// Whether the kernel has no nf_tables, and so no rules that there could be anything to do about.
  private(set) var lacksNFTables = false
  /// Whether something that was to be taken back, and could not be, has been reported.
  public internal(set) var hasFailed = false
  /// Whether something was deleted by way of the nftables connection.
  var hasDeletedRules = false

  public init(
    reporter: Reporter, names: NamespaceDirectory = .standard
  ) throws(SandboxError) {
    self.reporter = reporter
    self.names = names
    Wait.report = reporter.warn
    do throws(SystemError) {
      home = try .current()
      state = StateDirectory(network: try home.identity(), names: names)
    } catch {
      throw .system(error)
    }
    if let flaw = state.flaw { throw .refused(flaw) }
    try system { () throws(SystemError) in try state.setAsideForeign(home) }
  }

  /// Talks rtnetlink in the host's namespace; opens the connection the first time.
  func route<Result>(_ body: (inout RouteConnection) throws(NetlinkError) -> Result) throws(SandboxError) -> Result {
    if routeConnection == nil {
      routeConnection = try system { () throws(SystemError) in
        try RouteConnection(tracer: reporter.tracer?.named("host route"))
      }
    }
    do throws(NetlinkError) { return try body(&routeConnection!) } catch { throw .netlink(error) }
  }

  /// Talks nftables in the host's namespace; opens the connection the first time.
  func nftables<Result>(_ body: (inout NFTConnection) throws(NetlinkError) -> Result) throws(SandboxError) -> Result {
    if nftConnection == nil {
      do throws(SystemError) {
        nftConnection = try NFTConnection(tracer: reporter.tracer?.named("host nftables"))
      } catch {
        guard error.errno == EPROTONOSUPPORT else { throw .system(error) }
        lacksNFTables = true
        throw .refused("\(error): this kernel lacks CONFIG_NF_TABLES, or the module: modprobe nf_tables")
      }
    }
    do throws(NetlinkError) { return try body(&nftConnection!) } catch { throw .netlink(error) }
  }

  /// Talks ctnetlink in the host's namespace; opens the connection the first time.
  func conntrack<Result>(
    _ body: (inout ConntrackConnection) throws(NetlinkError) -> Result
  ) throws(SandboxError) -> Result {
    if conntrackConnection == nil {
      conntrackConnection = try system { () throws(SystemError) in
        try ConntrackConnection(tracer: reporter.tracer?.named("host conntrack"))
      }
    }
    do throws(NetlinkError) { return try body(&conntrackConnection!) } catch { throw .netlink(error) }
  }

  /// Ends what there is to end before the process does.
  ///
  /// The kernel frees what was deleted from nftables after a grace period of RCU, 10 to 20 ms here, and who closes a
  /// netlink socket before that has to wait for it (nft_rcv_nl_event in net/netfilter/nf_tables_api.c). A child that
  /// holds the socket a moment longer, and nothing else, waits in our place.
  func finish() {
    guard hasDeletedRules else { return }
    hasDeletedRules = false
    // In a sandbox it would be what the command has left there, which is ended and told of.
    if UserNamespace.isFirst { ChildProcess.holdDescriptors() }
  }

  /// - Returns: whether it succeeded.
  @discardableResult
  func report(_ body: () throws(SandboxError) -> Void) -> Bool {
    do throws(SandboxError) {
      try body()
      return true
    } catch {
      reporter.warn("\(error)")
      hasFailed = true
      return false
    }
  }

  func perform(_ requests: RouteRequests) throws(SandboxError) {
    do throws(SandboxError) {
      try route { (route) throws(NetlinkError) in try route.perform(requests) }
    } catch {
      // "Unknown device type" in the kernel's words.
      guard case .netlink(let cause) = error, cause.errno == EOPNOTSUPP, cause.operation.hasPrefix("create ") else {
        throw error
      }
      let kind = cause.operation.dropFirst("create ".count)
      throw .refused("\(cause): this kernel lacks CONFIG_\(kind.uppercased()), or the module: modprobe \(kind)")
    }
  }
}
