import Conntrack
import Glibc
import LinuxSystem
import NFTables
import Namespaces
import Netlink
import RouteNetlink

/// Receives what nsrun reports while it works.
public struct Reporter: Sendable {
  /// Receives one sentence about a fault that does not stop the work.
  public var warn: @Sendable (String) -> Void
  /// Receives one line for each step; nil if progress is not reported.
  public var progress: (@Sendable (String) -> Void)?
  /// Receives every netlink message; nil for no trace.
  package let tracer: MessageTracer?

  /// - Parameter trace: receives each netlink message as a tree of lines.
  public init(
    warn: @escaping @Sendable (String) -> Void, progress: (@Sendable (String) -> Void)? = nil,
    trace: (@Sendable (String) -> Void)? = nil
  ) {
    self.warn = warn
    self.progress = progress
    tracer = trace.map { MessageTracer(name: "", write: $0) }
  }
}

extension RouteRequests {
  /// Performs the requests in the calling thread's network namespace, which need not be the host's.
  package func performHere() throws(NetworkError) {
    var route = try system { () throws(SystemError) in try RouteConnection() }
    try netlink { () throws(NetlinkError) in try route.perform(self) }
  }
}

/// The host on which nsrun works: its network namespace, the netlink connections opened there, the names of namespaces,
/// and nsrun's state directory. The process must have only one thread.
public final class Host {
  package let reporter: Reporter
  package let names: NamespaceDirectory
  package let state: StateDirectory
  package let home: NetworkNamespace
  private var routeConnection: RouteConnection?
  private var nftConnection: NFTConnection?
  private var conntrackConnection: ConntrackConnection?
  /// Whether the kernel turned out to lack nf_tables, so that there are no rules to restore or remove.
  private(set) var lacksNFTables = false
  /// Whether this process has reported a failure and gone on, such as an undo that failed.
  public package(set) var hasFailed = false
  /// Whether this process has deleted rules, sets or tables through the nftables connection.
  var hasDeletedRules = false

  public init(
    reporter: Reporter, names: NamespaceDirectory = .standard
  ) throws(NetworkError) {
    self.reporter = reporter
    self.names = names
    Wait.report = reporter.warn
    do throws(SystemError) {
      home = try .current()
      state = StateDirectory(network: try home.identity(), names: names)
    } catch {
      throw .system(error)
    }
    if let flaw = state.flaw { throw .refused("\(flaw)") }
    try system { () throws(SystemError) in try state.setAsideForeign(home) }
  }

  /// Runs `body` with the rtnetlink connection in the host's namespace, which is opened at the first use.
  package func route<Result>(_ body: (inout RouteConnection) throws(NetlinkError) -> Result) throws(NetworkError)
    -> Result
  {
    if routeConnection == nil {
      routeConnection = try system { () throws(SystemError) in
        try RouteConnection(tracer: reporter.tracer?.named("host route"))
      }
    }
    do throws(NetlinkError) { return try body(&routeConnection!) } catch { throw .netlink(error) }
  }

  /// Runs `body` with the nftables connection in the host's namespace, which is opened at the first use.
  package func nftables<Result>(_ body: (inout NFTConnection) throws(NetlinkError) -> Result) throws(NetworkError)
    -> Result
  {
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

  /// Runs `body` with the ctnetlink connection in the host's namespace, which is opened at the first use.
  func conntrack<Result>(
    _ body: (inout ConntrackConnection) throws(NetlinkError) -> Result
  ) throws(NetworkError) -> Result {
    if conntrackConnection == nil {
      conntrackConnection = try system { () throws(SystemError) in
        try ConntrackConnection(tracer: reporter.tracer?.named("host conntrack"))
      }
    }
    do throws(NetlinkError) { return try body(&conntrackConnection!) } catch { throw .netlink(error) }
  }

  /// Avoids a delay at the end of this process.
  ///
  /// The kernel frees deleted nftables objects after an RCU grace period, 10 to 20 ms here. A process that closes a
  /// netlink socket before that waits for it (nft_rcv_nl_event in net/netfilter/nf_tables_api.c). So a child that does
  /// nothing else keeps the socket open a moment longer, and waits instead.
  package func finish() {
    guard hasDeletedRules else { return }
    hasDeletedRules = false
    // In a sandbox, the outer nsrun would end that child and report it as a process that the command left running.
    if UserNamespace.isFirst { closeDescriptorsInChild() }
  }

  /// Runs `body`. Reports an error instead of throwing it.
  /// - Returns: whether `body` succeeded.
  @discardableResult
  package func report(_ body: () throws(NetworkError) -> Void) -> Bool {
    do throws(NetworkError) {
      try body()
      return true
    } catch {
      reporter.warn("\(error)")
      hasFailed = true
      return false
    }
  }

  func perform(_ requests: RouteRequests) throws(NetworkError) {
    do throws(NetworkError) {
      try route { (route) throws(NetlinkError) in try route.perform(requests) }
    } catch {
      // The kernel's message is "Unknown device type".
      guard case .netlink(let cause) = error, cause.errno == EOPNOTSUPP, cause.operation.hasPrefix("create ") else {
        throw error
      }
      let kind = cause.operation.dropFirst("create ".count)
      throw .refused("\(cause): this kernel lacks CONFIG_\(kind.uppercased()), or the module: modprobe \(kind)")
    }
  }
}
