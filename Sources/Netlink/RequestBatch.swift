/// Requests that are sent to the kernel in one call, in this order.
///
/// rtnetlink processes them one by one and goes on after one that failed. nftables wraps them into one transaction.
///
/// The kernel queues an answer to each that fails before any is read: a few hundred failures fill the socket's receive
/// buffer, and the exchange ends with ENOBUFS. Requests that may well fail are better sent a hundred at a time.
public struct RequestBatch: Sendable {
  /// What one request of a batch is about, for the error that it may become.
  struct Request: Sendable {
    var offset: Int
    var operation: String
    var subject: String
    var opensTransaction: Bool
  }

  private(set) var requests: [Request] = []
  /// The request that has an attribute too long for its length field, by its place; nil while there is none.
  private(set) var overflownRequest: Int?
  /// The messages as written so far.
  public private(set) var buffer = MessageBuffer()

  public init() {}

  /// Whether there is nothing to send.
  public var isEmpty: Bool { requests.isEmpty }
  /// How many requests there are.
  public var count: Int { requests.count }

  /// Adds a request. One that lists objects (NLM_F_DUMP) must be the only one of its batch: the kernel answers the
  /// requests after it before the listing is complete.
  /// - Parameters:
  ///   - type: the message type (RTM_NEWLINK, ...).
  ///   - flags: NLM_F_REQUEST is added; NLM_F_ACK is added where the connection needs it.
  ///   - operation: what it does as a verb phrase, for errors: `create link`.
  ///   - subject: on what, for errors: `br0`.
  ///   - opensTransaction: whether the kernel, if it refuses this request, does not answer those after it.
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

  /// Adds a message that the kernel never answers, such as the end of a transaction. It keeps sequence number 0.
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

  /// Whether the only request lists objects: such a reply ends with NLMSG_DONE and needs no acknowledgement.
  var isDump: Bool { requests.count == 1 && flags(of: requests[0]).isSuperset(of: .dump) }

  /// Numbers the requests from `first` and asks for an acknowledgement of the last.
  ///
  /// One is enough: the kernel answers in order, and answers every request that fails with or without NLM_F_ACK.
  mutating func seal(firstSequence first: UInt32) {
    buffer.pad()
    for (index, request) in requests.enumerated() {
      buffer.store(first &+ UInt32(index), at: request.offset + 8)
    }
    guard let last = requests.last, !isDump else { return }
    buffer.store(flags(of: last).union(.ack).rawValue, at: last.offset + 6)
  }

  /// Whether this answer is the last that the kernel gives to the batch.
  func isComplete(afterAnswerTo index: Int, hasFailed: Bool) -> Bool {
    index == requests.count - 1 || (hasFailed && requests[index].opensTransaction)
  }

  private func flags(of request: Request) -> MessageFlags {
    MessageFlags(rawValue: buffer.bytes.span.bytes.integer(at: request.offset + 6) ?? 0)
  }
}
