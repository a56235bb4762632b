import Glibc
import LinuxSystem
import Netlink

/// A connection to ctnetlink (net/netfilter/nf_conntrack_netlink.c) in one network namespace. It lists and deletes the
/// flows that connection tracking knows.
public struct ConntrackConnection: ~Copyable {
  private var connection: NetlinkConnection

  /// The number of flows to delete in one send. The answers for flows that are already gone must fit into the socket.
  private static let batchSize = 100

  /// Opens a socket in the network namespace of the calling thread.
  /// - Parameter tracer: receives every message in both directions.
  /// - Throws: EPROTONOSUPPORT if the kernel lacks nfnetlink.
  public init(tracer: MessageTracer? = nil) throws(SystemError) {
    connection = try NetlinkConnection(.conntrack, tracer: tracer)
  }

  /// A connection over any transport.
  public init(transport: any NetlinkTransport, tracer: MessageTracer? = nil) {
    connection = NetlinkConnection(.conntrack, transport: transport, tracer: tracer)
  }

  /// The flows that a test selects. The kernel walks its whole table for this: 0.3 s with 100,000 flows.
  /// - Throws: EINVAL if the kernel lacks ctnetlink (CONFIG_NF_CT_NETLINK), EPERM without CAP_NET_ADMIN.
  public mutating func flows(where isWanted: (Flow) -> Bool = { _ in true }) throws(NetlinkError) -> [Flow] {
    try list({ NetfilterHeader.write(family: 0, to: &$0) }, where: isWanted)
  }

  /// The flows that a filter selects. Since Linux 5.8 the kernel itself leaves out other IPv4 flows.
  /// - Throws: EINVAL if the kernel lacks ctnetlink, EPERM without CAP_NET_ADMIN.
  public mutating func flows(matching filter: FlowFilter) throws(NetlinkError) -> [Flow] {
    guard filter.isTakenByKernel else { return try flows(where: filter.matches) }
    return try list(filter.write, where: filter.matches)
  }

  /// Deletes the flows that any of the filters selects. An IPv4 filter takes one request since Linux 6.11. Otherwise a
  /// filter takes a dump, and a request for each flow. A request walks the whole table, including empty buckets: 0.4 ms
  /// with few flows, 30 ms with 100,000.
  /// - Throws: EINVAL if the kernel lacks ctnetlink, EPERM without CAP_NET_ADMIN.
  public mutating func delete(matching filters: [FlowFilter]) throws(NetlinkError) {
    var batch = RequestBatch()
    for filter in filters where filter.isTakenByKernel {
      batch.append(
        type: Self.type(IPCTNL_MSG_CT_DELETE), flags: [], operation: "delete flows", subject: "", filter.write)
    }
    let failure = try connection.failures(of: batch).first
    if let failure, failure.errno != EINVAL { throw failure }
    for filter in filters where failure != nil || !filter.isTakenByKernel { try delete(try flows(matching: filter)) }
  }

  /// Deletes flows that were listed. A flow that is gone meanwhile is no failure. Nor is a flow that a kernel before
  /// 5.13 does not delete because it is in a flow table (EBUSY).
  public mutating func delete(_ flows: [Flow]) throws(NetlinkError) {
    for start in stride(from: 0, to: flows.count, by: Self.batchSize) {
      var batch = RequestBatch()
      for flow in flows[start..<min(start + Self.batchSize, flows.count)] {
        batch.append(
          type: Self.type(IPCTNL_MSG_CT_DELETE), flags: [], operation: "delete flow",
          subject: flow.original.source?.description ?? "", flow.write)
      }
      let failures = try connection.failures(of: batch)
      if let failure = failures.first(where: { $0.errno != ENOENT && $0.errno != EBUSY }) { throw failure }
    }
  }

  private mutating func list(
    _ body: (inout MessageBuffer) -> Void, where isWanted: (Flow) -> Bool
  ) throws(NetlinkError) -> [Flow] {
    var batch = RequestBatch()
    batch.append(
      type: Self.type(IPCTNL_MSG_CT_GET), flags: .dump, operation: "list flows", subject: "", body)
    return try connection.query(batch) { (reply) throws(MalformedMessage) in
      let flow = try Flow(reply)
      return isWanted(flow) ? flow : nil
    }
  }

  private static func type(_ message: UInt16) -> UInt16 { NFNL_SUBSYS_CTNETLINK << 8 | message }
}
