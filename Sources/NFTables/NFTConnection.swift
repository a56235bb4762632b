import Glibc
import LinuxSystem
import Netlink

/// A connection to nf_tables in one network namespace. It commits transactions and lists objects.
public struct NFTConnection: ~Copyable {
  private var connection: NetlinkConnection

  /// Opens a socket in the network namespace of the calling thread.
  /// - Parameter tracer: receives every message in both directions.
  /// - Throws: EPROTONOSUPPORT if the kernel lacks nfnetlink.
  public init(tracer: MessageTracer? = nil) throws(SystemError) {
    connection = try NetlinkConnection(.nftables, tracer: tracer)
  }

  /// A connection over any transport.
  public init(transport: any NetlinkTransport, tracer: MessageTracer? = nil) {
    connection = NetlinkConnection(.nftables, transport: transport, tracer: tracer)
  }

  /// Makes all changes of a transaction, or none.
  /// - Throws: the first change that the kernel refused, and the reason: ENOENT, EEXIST, EBUSY, EPERM without
  ///   CAP_NET_ADMIN.
  public mutating func commit(_ transaction: consuming Transaction) throws(NetlinkError) {
    guard !transaction.isEmpty else { return }
    try connection.perform(transaction.sealed())
  }

  /// The generation number of the ruleset of all tables. Each transaction that changes something adds one (Linux 3.18).
  public mutating func generation() throws(NetlinkError) -> UInt32 {
    let found = try list(NFT_MSG_GETGEN, flags: [], "get generation", "", family: nil) {
      (reply) throws(MalformedMessage) -> UInt32? in
      var attributes = try reply.payload.attributes(after: NetfilterHeader.size)
      while let attribute = try attributes.next() {
        if attribute.type == NFTA_GEN_ID { return try attribute.bigEndian() }
      }
      return nil
    }
    guard let generation = found.first else {
      throw NetlinkError(operation: "get generation", subject: "", errno: EPROTO)
    }
    return generation
  }

  /// All tables of every family that this library knows.
  public mutating func tables() throws(NetlinkError) -> [Table] {
    try list(NFT_MSG_GETTABLE, "list tables", "", family: nil) { (reply) throws(MalformedMessage) in try Table(reply) }
  }

  /// The chains of a table, or of all tables.
  public mutating func chains(in table: Table? = nil) throws(NetlinkError) -> [Chain] {
    try list(NFT_MSG_GETCHAIN, "list chains", table.map { "\($0)" } ?? "", family: table?.family) {
      (reply) throws(MalformedMessage) in
      let chain = try Chain(reply)
      return table == nil || chain?.table == table ? chain : nil
    }
  }

  /// The rules of a table, or of all tables, in order within each chain.
  public mutating func rules(in table: Table? = nil) throws(NetlinkError) -> [Rule] {
    try rules(table: table, chain: nil, subject: table.map { "\($0)" } ?? "")
  }

  /// The rules of a chain in order; none if there is no such chain.
  public mutating func rules(in chain: Chain) throws(NetlinkError) -> [Rule] {
    try rules(table: chain.table, chain: chain.name, subject: "\(chain)")
  }

  private mutating func rules(table: Table?, chain: String?, subject: String) throws(NetlinkError) -> [Rule] {
    try list(
      NFT_MSG_GETRULE, "list rules", subject, family: table?.family,
      body: {
        // The kernel filters by these attributes.
        if let table { $0.attribute(NFTA_RULE_TABLE, string: table.name) }
        if let chain { $0.attribute(NFTA_RULE_CHAIN, string: chain) }
      }
    ) { (reply) throws(MalformedMessage) in
      guard let rule = try Rule(reply), table == nil || rule.chain.table == table,
        chain == nil || rule.chain.name == chain
      else { return nil }
      return rule
    }
  }

  /// The sets and maps of a table, or of all tables, including those that nft made for a single rule.
  public mutating func sets(in table: Table? = nil) throws(NetlinkError) -> [NFTSet] {
    try list(
      NFT_MSG_GETSET, "list sets", table.map { "\($0)" } ?? "", family: table?.family,
      body: { if let table { $0.attribute(NFTA_SET_TABLE, string: table.name) } }
    ) { (reply) throws(MalformedMessage) in
      let set = try NFTSet(reply)
      return table == nil || set?.table == table ? set : nil
    }
  }

  /// The elements of a set; in a set of intervals ordered by key, else in no order.
  /// - Parameter set: its key and flags determine how elements are decoded.
  /// - Throws: ENOENT if there is no such set.
  public mutating func elements(of set: NFTSet) throws(NetlinkError) -> [SetElement] {
    let lists = try list(
      NFT_MSG_GETSETELEM, "list set elements", "\(set)", family: set.table.family,
      body: {
        $0.attribute(NFTA_SET_ELEM_LIST_TABLE, string: set.table.name)
        $0.attribute(NFTA_SET_ELEM_LIST_SET, string: set.name)
      }
    ) { (reply) throws(MalformedMessage) in
      var list = ElementList()
      try list.read(reply)
      return list
    }
    return lists.joined(for: set)
  }

  /// The element that has a key, or the interval that contains it; nil if there is none (Linux 4.17).
  /// - Parameters:
  ///   - key: one value for each part of the set's key.
  ///   - set: its key and flags determine how elements are decoded.
  /// - Returns: nil also if the set does not exist: the kernel answers ENOENT for a missing set and a missing element.
  public mutating func element(_ key: [DataValue], of set: NFTSet) throws(NetlinkError) -> SetElement? {
    guard var lists = try get(key.keyBytes, of: set, isEnd: false) else { return nil }
    // An interval without an end extends to the last key.
    if set.hasSeparateEnds, let end = try get(key.keyBytes, of: set, isEnd: true) { lists += end }
    return lists.joined(for: set).first
  }

  private mutating func get(_ key: [UInt8], of set: NFTSet, isEnd: Bool) throws(NetlinkError) -> [ElementList]? {
    do throws(NetlinkError) {
      return try list(
        NFT_MSG_GETSETELEM, flags: [], "get set element", "\(set)", family: set.table.family,
        body: {
          $0.attribute(NFTA_SET_ELEM_LIST_TABLE, string: set.table.name)
          $0.attribute(NFTA_SET_ELEM_LIST_SET, string: set.name)
          $0.nested(NFTA_SET_ELEM_LIST_ELEMENTS) {
            $0.nested(NFTA_LIST_ELEM) {
              if isEnd { $0.attribute(NFTA_SET_ELEM_FLAGS, bigEndian: NFT_SET_ELEM_INTERVAL_END) }
              $0.data(NFTA_SET_ELEM_KEY, key)
            }
          }
        }
      ) { (reply) throws(MalformedMessage) in
        var list = ElementList()
        try list.read(reply)
        return list
      }
    } catch {
      guard error.errno == ENOENT else { throw error }
      return nil
    }
  }

  private mutating func list<Element>(
    _ type: UInt16, flags: MessageFlags = .dump, _ operation: String, _ subject: String, family: TableFamily?,
    body: (inout MessageBuffer) -> Void = { _ in },
    _ decode: (borrowing ReplyMessage) throws(MalformedMessage) -> Element?
  ) throws(NetlinkError) -> [Element] {
    var batch = RequestBatch()
    batch.append(type: NFNL_SUBSYS_NFTABLES << 8 | type, flags: flags, operation: operation, subject: subject) {
      NetfilterHeader.write(family: family?.rawValue ?? 0, to: &$0)
      body(&$0)
    }
    return try connection.query(batch, decode)
  }
}

extension [ElementList] {
  /// The elements of several messages.
  func joined(for set: NFTSet) -> [SetElement] {
    var whole = ElementList()
    for list in self { whole.append(contentsOf: list) }
    return whole.joined(for: set)
  }
}
