/// Requests that are sent to the kernel in one call, in this order.
///
/// rtnetlink processes the requests one by one and continues after a failure. nf_tables processes them as one
/// transaction.
///
/// The kernel queues an answer to each failed request before any answer is read. A few hundred failures fill the
/// socket's receive buffer, and the exchange ends with ENOBUFS. Send at most a hundred requests at a time if they are
/// likely to fail.
public struct RequestBatch: Sendable {
  /// The subject of one request, for an error message.
  struct Request: Sendable {
    var offset: Int
    var operation: String
    var subject: String
    var opensTransaction: Bool
  }

  private(set) var requests: [Request] = []
  /// The index of the request with an attribute that is too long for its length field; nil if there is none.
  private(set) var overflownRequest: Int?
  /// The messages as written so far.
  public private(set) var buffer = MessageBuffer()

  public init() {}

  /// Whether there is nothing to send.
  public var isEmpty: Bool { requests.isEmpty }
  /// The number of requests.
  public var count: Int { requests.count }

  /// Adds a request. A dump (NLM_F_DUMP) must be the only request of its batch: the kernel answers the requests after
  /// it before the dump is complete.
  /// - Parameters:
  ///   - type: the message type (RTM_NEWLINK, ...).
  ///   - flags: NLM_F_REQUEST is added; NLM_F_ACK is added where the connection needs it.
  ///   - operation: what the request does, as a verb phrase for errors: `create link`.
  ///   - subject: the subject of the request, for errors: `br0`.
  ///   - opensTransaction: whether the kernel leaves the requests after this one unanswered if it refuses this one.
  ///   - body: writes the fixed part and the attributes.
  public mutating func append(
    type: UInt16, flags: MessageFlags, operation: String, subject: String, opensTransaction: Bool = false,
    _ body: (inout MessageBuffer) -> Void
  ) {
    buffer.pad()
    requests.append(
      Request(
        offset: buffer.bytes.count, operation: operation, subject: subject, opensTransaction: opensTransaction))
    write(type: type, flags: flags, body)
  }

  /// Adds a message that the kernel never answers, such as the end of a transaction. Its sequence number stays 0.
  public mutating func appendUnanswered(type: UInt16, _ body: (inout MessageBuffer) -> Void) {
    buffer.pad()
    write(type: type, flags: [], body)
  }

  private mutating func write(type: UInt16, flags: MessageFlags, _ body: (inout MessageBuffer) -> Void) {
    let offset = buffer.bytes.count
    buffer.append(UInt32(0))
    buffer.append(type)
    buffer.append(flags.union(.request).rawValue)
    buffer.append(UInt32(0))
    buffer.append(UInt32(0))
    body(&buffer)
    buffer.store(UInt32(buffer.bytes.count - offset), at: offset)
    if buffer.isOverflown && overflownRequest == nil { overflownRequest = max(0, requests.count - 1) }
  }

  /// Whether the only request is a dump. NLMSG_DONE ends its reply, so it needs no acknowledgement.
  var isDump: Bool { requests.count == 1 && flags(of: requests[0]).isSuperset(of: .dump) }

  /// Numbers the requests from `first` and asks for an acknowledgement of the last one.
  ///
  /// One acknowledgement is enough: the kernel answers in order, and answers every failed request even without
  /// NLM_F_ACK.
  mutating func seal(firstSequence first: UInt32) {
    buffer.pad()
    for (index, request) in requests.enumerated() {
      buffer.store(first &+ UInt32(index), at: request.offset + 8)
    }
    guard let last = requests.last, !isDump else { return }
    buffer.store(flags(of: last).union(.ack).rawValue, at: last.offset + 6)
  }

  /// Whether this is the last answer of the kernel to the batch.
  func isComplete(afterAnswerTo index: Int, hasFailed: Bool) -> Bool {
    index == requests.count - 1 || (hasFailed && requests[index].opensTransaction)
  }

  private func flags(of request: Request) -> MessageFlags {
    MessageFlags(rawValue: buffer.bytes.span.bytes.integer(at: request.offset + 6) ?? 0)
  }
}
