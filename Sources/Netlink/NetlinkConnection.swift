import Glibc
import LinuxSystem

/// A netlink family: its protocol number and the descriptions of its messages.
public struct NetlinkFamily: Sendable {
  /// NETLINK_ROUTE, NETLINK_NETFILTER, ...
  public let protocolNumber: Int32
  /// The description of a message type. Traces and error messages use it; encoding never does.
  public let describe: @Sendable (_ type: UInt16) -> MessageDescription?

  public init(protocolNumber: Int32, describe: @escaping @Sendable (UInt16) -> MessageDescription?) {
    self.protocolNumber = protocolNumber
    self.describe = describe
  }
}

/// A connection to the kernel. It sends batches of requests and assigns each reply and error to its request.
public struct NetlinkConnection: ~Copyable {
  private let family: NetlinkFamily
  private let transport: any NetlinkTransport
  private let tracer: MessageTracer?
  private var nextSequence: UInt32 = 1
  // The buffer is uninitialised, so the kernel provides only the pages that answers fill. This saves time in a launch.
  private var buffer = [UInt8](unsafeUninitializedCapacity: 32768) { $1 = $0.count }

  /// How often a dump is tried in all, if the objects keep changing, before it fails with EINTR.
  public static let dumpAttempts = 16

  /// Opens a socket in the network namespace of the calling thread.
  /// - Parameters:
  ///   - family: the netlink family.
  ///   - tracer: receives every message in both directions.
  public init(_ family: NetlinkFamily, tracer: MessageTracer? = nil) throws(SystemError) {
    self.init(family, transport: try NetlinkSocket(protocolNumber: family.protocolNumber), tracer: tracer)
  }

  /// A connection over any transport.
  public init(_ family: NetlinkFamily, transport: any NetlinkTransport, tracer: MessageTracer? = nil) {
    self.family = family
    self.transport = transport
    self.tracer = tracer
  }

  /// Sends the requests in one call and waits until the kernel has processed them all.
  /// - Throws: the error of the first request that failed. The kernel has processed the requests after it too.
  public mutating func perform(_ batch: consuming RequestBatch) throws(NetlinkError) {
    if let first = try failures(of: batch).first { throw first }
  }

  /// Sends the requests in one call, waits until the kernel has processed them all, and returns the error of each
  /// failed request, in order.
  /// - Throws: if the exchange itself fails. The results of the requests are then unknown.
  public mutating func failures(of batch: consuming RequestBatch) throws(NetlinkError) -> [NetlinkError] {
    try exchange(&batch) { (_) throws(MalformedMessage) in }
  }

  /// Sends one query and decodes every reply to it. If the objects changed during a dump, this discards the replies and
  /// sends the query again, up to ``dumpAttempts`` times in all.
  /// - Parameter decode: returns nil for an unwanted reply.
  /// - Throws: the kernel's error; EBADMSG for a reply that `decode` refuses; EINTR for a dump whose objects kept
  ///   changing.
  public mutating func query<Element>(
    _ batch: consuming RequestBatch, _ decode: (borrowing ReplyMessage) throws(MalformedMessage) -> Element?
  ) throws(NetlinkError) -> [Element] {
    var elements: [Element] = []
    for attempt in 1... {
      elements.removeAll(keepingCapacity: true)
      let failures = try exchange(&batch) { (reply) throws(MalformedMessage) in
        if let element = try decode(reply) { elements.append(element) }
      }
      guard let failure = failures.first else { break }
      guard failure.errno == EINTR, attempt < Self.dumpAttempts else { throw failure }
    }
    return elements
  }

  /// One exchange: sends the batch, and reads until the last request is answered.
  private mutating func exchange(
    _ batch: inout RequestBatch, onReply: (borrowing ReplyMessage) throws(MalformedMessage) -> Void
  ) throws(NetlinkError) -> [NetlinkError] {
    guard !batch.isEmpty else { return [] }
    let first = nextSequence
    nextSequence &+= UInt32(batch.count)
    batch.seal(firstSequence: first)
    if let overflown = batch.overflownRequest {
      throw error(of: batch, overflown, EMSGSIZE, "an attribute is longer than 65,535 bytes")
    }
    tracer?.trace(.sent, batch.buffer.bytes, family)
    do throws(SystemError) { try transport.send(batch.buffer.bytes) } catch {
      throw self.error(of: batch, 0, error.errno)
    }

    var failures: [NetlinkError] = []
    var wasInterrupted = false
    while true {
      let datagram: ReceivedDatagram
      // ENOBUFS from here means that the kernel dropped answers, so which requests succeeded is unknown.
      do throws(SystemError) { datagram = try transport.receive(into: &buffer) } catch {
        throw self.error(of: batch, 0, error.errno, error.errno == EAGAIN ? "the kernel did not answer" : nil)
      }
      guard datagram.senderPort == 0 else { continue }
      guard datagram.length <= buffer.count else {
        throw error(of: batch, 0, EMSGSIZE, "the answer of \(datagram.length) bytes was cut")
      }
      tracer?.trace(.received, Array(buffer[0..<datagram.length]), family)
      var isComplete = false
      do throws(MalformedMessage) {
        var messages = MessageReader(buffer.span.bytes.extracting(first: datagram.length))
        while let message = try messages.next() {
          let index = Int(message.header.sequence &- first)
          // An answer to an earlier exchange that was abandoned, or a notification.
          guard index < batch.count else { continue }
          if message.header.flags.contains(.dumpInterrupted) { wasInterrupted = true }
          switch message.header.type {
          case NLMSG_NOOP: break
          case NLMSG_ERROR, NLMSG_DONE:
            let acknowledgement = try Acknowledgement(message)
            if acknowledgement.errno != 0 { failures.append(failure(acknowledgement, of: batch, index)) }
            if batch.isComplete(afterAnswerTo: index, hasFailed: acknowledgement.errno != 0) { isComplete = true }
          default: try onReply(message)
          }
        }
      } catch {
        throw self.error(of: batch, 0, EBADMSG, error.what)
      }
      if isComplete {
        if wasInterrupted { failures.append(error(of: batch, 0, EINTR, "what was listed kept changing")) }
        return failures
      }
    }
  }

  private func error(
    of batch: borrowing RequestBatch, _ index: Int, _ errno: Int32, _ message: String? = nil
  ) -> NetlinkError {
    let request = batch.requests[index]
    return NetlinkError(operation: request.operation, subject: request.subject, errno: errno, message: message)
  }

  private func failure(
    _ acknowledgement: Acknowledgement, of batch: borrowing RequestBatch, _ index: Int
  ) -> NetlinkError {
    var error = error(of: batch, index, acknowledgement.errno, acknowledgement.message)
    // Building the descriptions of a family takes a tenth of a launch's time.
    guard acknowledgement.pointsAtAttribute else { return error }
    let request = batch.buffer.bytes.span.bytes.extracting(droppingFirst: batch.requests[index].offset)
    if let header = MessageHeader(request), let description = family.describe(header.type) {
      error.attribute = description.attributePath(
        in: request.extracting(MessageHeader.size..<Int(header.length)),
        offset: acknowledgement.missingNest ?? acknowledgement.offset, missing: acknowledgement.missingType)
    }
    return error
  }
}
