import Glibc
import LinuxSystem
import NetTypes
import Netlink

/// A connection to rtnetlink in one network namespace. It queries and changes links, addresses, routes and neighbours.
public struct RouteConnection: ~Copyable {
  private var connection: NetlinkConnection

  /// Opens a socket in the network namespace of the calling thread. The connection stays there, even if the thread
  /// moves.
  /// - Parameter tracer: receives every message in both directions.
  public init(tracer: MessageTracer? = nil) throws(SystemError) {
    connection = try NetlinkConnection(.route, tracer: tracer)
  }

  /// A connection over any transport.
  public init(transport: any NetlinkTransport, tracer: MessageTracer? = nil) {
    connection = NetlinkConnection(.route, transport: transport, tracer: tracer)
  }

  /// Sends the requests in one call and waits until the kernel has processed them all.
  /// - Throws: the error of the first request that failed. The kernel has processed the requests after it too.
  public mutating func perform(_ requests: consuming RouteRequests) throws(NetlinkError) {
    try connection.perform(requests.batch)
  }

  /// Sends the requests in one call, waits until the kernel has processed them all, and returns the error of each
  /// failed request, in order.
  /// - Throws: if the exchange itself fails. The results of the requests are then unknown.
  public mutating func failures(of requests: consuming RouteRequests) throws(NetlinkError) -> [NetlinkError] {
    try connection.failures(of: requests.batch)
  }

  // MARK: Links

  /// The link with this name or alternative name; nil if there is none.
  public mutating func link(named name: String) throws(NetlinkError) -> Link? {
    try link(.named(name))
  }

  /// The link with this interface index; nil if there is none.
  public mutating func link(index: UInt32) throws(NetlinkError) -> Link? {
    // 0 is no index: the kernel answers it with EINVAL rather than ENODEV.
    index == 0 ? nil : try link(.index(index))
  }

  private mutating func link(_ selector: LinkSelector) throws(NetlinkError) -> Link? {
    var batch = RequestBatch()
    batch.append(type: RTM_GETLINK, flags: [], operation: "get link", subject: selector.description) { buffer in
      writeLinkHeader(to: &buffer, index: selector.indexOrZero)
      buffer.attribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
      selector.writeName(to: &buffer)
    }
    do throws(NetlinkError) {
      return try connection.query(batch) { (reply) throws(MalformedMessage) in try Link(reply) }.first
    } catch {
      guard error.errno == ENODEV else { throw error }
      return nil
    }
  }

  /// All links.
  public mutating func links() throws(NetlinkError) -> [Link] {
    try links { _ in }
  }

  /// The ports of a bridge, or other master, by its interface index; none if there is no such master.
  public mutating func links(master: UInt32) throws(NetlinkError) -> [Link] {
    // The kernel ignores a filter that it does not know, and takes 0 for no filter. So filter again.
    try links { $0.attribute(IFLA_MASTER, master) }.filter { $0.master == master }
  }

  /// All links of a kind, by the kernel's name of it: `veth`, `bridge`.
  public mutating func links(kind: String) throws(NetlinkError) -> [Link] {
    // The kernel lists all links if the driver of this kind is not loaded. So filter again.
    try links { buffer in
      buffer.attribute(IFLA_LINKINFO) { $0.attribute(IFLA_INFO_KIND, unterminated: kind) }
    }.filter { $0.kind == kind }
  }

  private mutating func links(_ filter: (inout MessageBuffer) -> Void) throws(NetlinkError) -> [Link] {
    var batch = RequestBatch()
    batch.append(type: RTM_GETLINK, flags: .dump, operation: "list links", subject: "") { buffer in
      writeLinkHeader(to: &buffer, index: 0)
      buffer.attribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
      filter(&buffer)
    }
    return try connection.query(batch) { (reply) throws(MalformedMessage) in try Link(reply) }
  }

  /// Whether a filter with this place and handle exists, whatever program it runs.
  public mutating func has(_ filter: IngressFilter) throws(NetlinkError) -> Bool {
    var batch = RequestBatch()
    batch.append(
      type: RTM_GETTFILTER, flags: [], operation: "find ingress filter", subject: "\(filter)"
    ) { filter.write(nil, to: &$0) }
    do throws(NetlinkError) {
      return try !connection.query(batch) { (reply) throws(MalformedMessage) -> Bool? in true }.isEmpty
    } catch {
      // The kernel answers EINVAL if the block has no filters, and ENOENT if the filter does not exist.
      guard [EINVAL, ENOENT].contains(error.errno) else { throw error }
      return false
    }
  }

  /// Whether a program filters the ingress of a link, in a filter of the link or of its block; false for a missing
  /// link.
  public mutating func runs(_ program: PacketProgram, onIngressOf link: UInt32) throws(NetlinkError) -> Bool {
    var batch = RequestBatch()
    batch.append(
      type: RTM_GETTFILTER, flags: .dump, operation: "list filters", subject: "index \(link)"
    ) { IngressFilter.writeQuery(of: link, to: &$0) }
    return try connection.query(batch) { (reply) throws(MalformedMessage) -> Bool? in
      try IngressFilter.runs(program, on: link, reply) ? true : nil
    }.first ?? false
  }

  // MARK: Namespaces

  /// The id by which this namespace knows another one (``Link/peerNamespaceID``); nil if it has none for it. Linux 4.9.
  /// - Throws: ESRCH if there is no such process; EBADF if the descriptor is not that of a namespace.
  public mutating func namespaceID(of namespace: NamespaceReference) throws(NetlinkError) -> Int32? {
    var batch = RequestBatch()
    batch.append(type: RTM_GETNSID, flags: [], operation: "get namespace id", subject: "") { buffer in
      buffer.append(UInt32(0))  // struct rtgenmsg, padded
      switch namespace {
      case .process(let id): buffer.attribute(NETNSA_PID, id)
      case .descriptor(let number): buffer.attribute(NETNSA_FD, number)
      }
    }
    return try connection.query(batch) { (reply) throws(MalformedMessage) -> Int32? in
      guard reply.header.type == RTM_NEWNSID else { return nil }
      var attributes = try reply.payload.attributes(after: 4)
      while let attribute = try attributes.next() {
        guard attribute.type == NETNSA_NSID else { continue }
        let id: Int32 = try attribute.integer()
        // NETNSA_NSID_NOT_ASSIGNED
        return id < 0 ? nil : id
      }
      return nil
    }.first
  }

  /// Whether something keeps the namespace with this id alive: a process, a descriptor, a socket, an open file of its
  /// /proc/net, or a name. Once this is false, it stays false. Linux 4.20.
  ///
  /// The kernel itself keeps a namespace for some milliseconds after the last netlink socket in it was closed.
  public mutating func hasNamespace(_ id: Int32) throws(NetlinkError) -> Bool {
    var batch = RequestBatch()
    batch.append(type: RTM_GETNSID, flags: [], operation: "look for namespace", subject: "\(id)") { buffer in
      buffer.append(UInt32(0))  // struct rtgenmsg, padded
      buffer.attribute(NETNSA_NSID, id)
    }
    do throws(NetlinkError) {
      _ = try connection.query(batch) { (reply) throws(MalformedMessage) -> Bool? in nil }
      return true
    } catch {
      guard error.errno == ENOENT else { throw error }
      return false
    }
  }

  // MARK: Addresses, routes, neighbours

  /// The addresses of one link or of all, of one family or both.
  /// - Throws: ENODEV if there is no such link.
  public mutating func addresses(
    link: UInt32? = nil, family: AddressFamily? = nil
  ) throws(NetlinkError) -> [LinkAddress] {
    var batch = RequestBatch()
    batch.append(type: RTM_GETADDR, flags: .dump, operation: "list addresses", subject: "") { buffer in
      buffer.append(UInt32(family?.rawValue ?? 0))  // ifa_family, ifa_prefixlen, ifa_flags, ifa_scope
      buffer.append(link ?? 0)
    }
    // The kernel filters by link only with strict checking (Linux 5.0).
    return try connection.query(batch) { (reply) throws(MalformedMessage) in
      guard let address = try LinkAddress(reply), link == nil || address.link == link else { return nil }
      return address
    }
  }

  /// The routes of all tables, of one family or both.
  public mutating func routes(family: AddressFamily? = nil) throws(NetlinkError) -> [Route] {
    var batch = RequestBatch()
    batch.append(type: RTM_GETROUTE, flags: .dump, operation: "list routes", subject: "") { buffer in
      buffer.append(UInt32(family?.rawValue ?? 0))
      buffer.append(UInt64(0))
    }
    return try connection.query(batch) { (reply) throws(MalformedMessage) in try Route(reply) }
  }

  /// The route by which the kernel would send a packet to an address, according to all tables and rules.
  /// - Parameters:
  ///   - source: the source address; nil for one of this machine's.
  ///   - link: the interface index of the link on which the packet arrives to be forwarded; nil for a packet of this
  ///     machine. A packet that the kernel would drop on arrival, for lack of forwarding or because of rp_filter, has
  ///     no route.
  /// - Returns: nil if there is no route, or one that drops the packet.
  /// - Throws: ENODEV if there is no such link.
  public mutating func route(
    to address: IPAddress, from source: IPAddress? = nil, arrivingOn link: UInt32? = nil
  ) throws(NetlinkError) -> Route? {
    var batch = RequestBatch()
    batch.append(type: RTM_GETROUTE, flags: [], operation: "get route", subject: "\(address)") { buffer in
      buffer.append(address.family.rawValue)
      buffer.append(address.family.bitWidth)
      buffer.append(source?.family.bitWidth ?? 0)
      buffer.append(UInt8(0))  // rtm_tos
      buffer.append(UInt64(0))
      buffer.attribute(RTA_DST, address)
      if let source { buffer.attribute(RTA_SRC, source) }
      if let link { buffer.attribute(RTA_IIF, link) }
    }
    do throws(NetlinkError) {
      return try connection.query(batch) { (reply) throws(MalformedMessage) in try Route(reply) }.first
    } catch {
      // ENETUNREACH means no route or a throw route. The others are the errors of unreachable, prohibit and blackhole
      // routes (fib_props) and, for EXDEV, of rp_filter.
      guard [ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, EXDEV].contains(error.errno) else { throw error }
      return nil
    }
  }

  /// The entry of one neighbour on a link; nil if there is none. Linux 5.0.
  /// - Throws: EOPNOTSUPP on older kernels.
  public mutating func neighbour(_ address: IPAddress, link: UInt32) throws(NetlinkError) -> Neighbour? {
    var batch = RequestBatch()
    batch.append(type: RTM_GETNEIGH, flags: [], operation: "get neighbour", subject: "\(address)") { buffer in
      buffer.append(UInt32(address.family.rawValue))
      buffer.append(link)
      buffer.append(UInt32(0))  // ndm_state, ndm_flags, ndm_type
      buffer.attribute(NDA_DST, address)
    }
    do throws(NetlinkError) {
      return try connection.query(batch) { (reply) throws(MalformedMessage) in try Neighbour(reply) }.first
    } catch {
      guard error.errno == ENOENT else { throw error }
      return nil
    }
  }

  /// The neighbours on one link or on all, of one family or both, without proxies.
  public mutating func neighbours(
    link: UInt32? = nil, family: AddressFamily? = nil
  ) throws(NetlinkError) -> [Neighbour] {
    var batch = RequestBatch()
    batch.append(type: RTM_GETNEIGH, flags: .dump, operation: "list neighbours", subject: "") { buffer in
      buffer.append(UInt32(family?.rawValue ?? 0))
      buffer.append(UInt64(0))
      if let link { buffer.attribute(NDA_IFINDEX, link) }
    }
    return try connection.query(batch) { (reply) throws(MalformedMessage) in
      guard let neighbour = try Neighbour(reply), link == nil || neighbour.link == link else { return nil }
      return neighbour
    }
  }
}
