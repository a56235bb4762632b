import Glibc
import LinuxSystem
import TestNetlink
import Testing

@testable import Netlink

private let family = NetlinkFamily(protocolNumber: 0) { _ in nil }

private func batch(_ subjects: String..., type: UInt16 = 16, flags: MessageFlags = .create) -> RequestBatch {
  var batch = RequestBatch()
  for subject in subjects {
    batch.append(type: type, flags: flags, operation: "create link", subject: subject) { $0.append(UInt32(0)) }
  }
  return batch
}

private func listing() -> RequestBatch {
  var batch = RequestBatch()
  batch.append(type: 18, flags: .dump, operation: "list links", subject: "") { $0.append(UInt32(0)) }
  return batch
}

private func integer(_ reply: borrowing ReplyMessage) throws(MalformedMessage) -> UInt32? {
  guard let value = reply.payload.integer(at: 0, as: UInt32.self) else { throw MalformedMessage("too short") }
  return value
}

private func element(_ value: UInt8, sequence: UInt32, flags: MessageFlags = .multi) -> [UInt8] {
  Answer.message(16, flags: flags, sequence: sequence, [value, 0, 0, 0])
}

@Suite("Netlink connection")
struct NetlinkConnectionTests {
  // MARK: Batches

  @Test("A connection sends all requests in one call, and expects one acknowledgement")
  func success() throws {
    let transport = ScriptedTransport([.datagram(Answer.acknowledgement(0, sequence: 3))])
    var connection = NetlinkConnection(family, transport: transport)
    try connection.perform(batch("a", "b", "c"))
    #expect(transport.sent.count == 1)
    let messages = transport.messages(ofSend: 0)
    #expect(messages.map(\.sequence) == [1, 2, 3])
    #expect(messages.map { $0.flags.contains(.ack) } == [false, false, true])
    #expect(transport.isFinished)
  }

  @Test("A connection reports each error with the request to which it belongs")
  func errorsAreMapped() throws {
    let transport = ScriptedTransport([
      .datagram(Answer.acknowledgement(EEXIST, sequence: 1)),
      .datagram(Answer.acknowledgement(EINVAL, sequence: 2, text: "Unknown device type")),
      .datagram(Answer.acknowledgement(0, sequence: 3)),
    ])
    var connection = NetlinkConnection(family, transport: transport)
    let failures = try connection.failures(of: batch("a", "b", "c"))
    #expect(
      failures == [
        NetlinkError(operation: "create link", subject: "a", errno: EEXIST),
        NetlinkError(operation: "create link", subject: "b", errno: EINVAL, message: "Unknown device type"),
      ])
    #expect(failures[1].description == "cannot create link b: Invalid argument: Unknown device type")
  }

  @Test("A connection throws the first error once the last request is answered")
  func performThrowsTheFirst() {
    let transport = ScriptedTransport([
      .datagram(Answer.acknowledgement(EEXIST, sequence: 1) + Answer.acknowledgement(EPERM, sequence: 2))
    ])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(throws: NetlinkError(operation: "create link", subject: "a", errno: EEXIST)) {
      try connection.perform(batch("a", "b"))
    }
    #expect(transport.isFinished)
  }

  @Test("A connection continues the sequence numbers in the next batch")
  func sequenceGoesOn() throws {
    let transport = ScriptedTransport([
      .datagram(Answer.acknowledgement(0, sequence: 2)), .datagram(Answer.acknowledgement(0, sequence: 3)),
    ])
    var connection = NetlinkConnection(family, transport: transport)
    try connection.perform(batch("a", "b"))
    try connection.perform(batch("c"))
    #expect(transport.messages(ofSend: 1).map(\.sequence) == [3])
  }

  @Test("A connection sends nothing for an empty batch")
  func emptyBatch() throws {
    let transport = ScriptedTransport()
    var connection = NetlinkConnection(family, transport: transport)
    try connection.perform(RequestBatch())
    #expect(try connection.query(RequestBatch(), integer).isEmpty)
    #expect(transport.sent.isEmpty && transport.receiveCount == 0)
  }

  @Test("A connection does not send an attribute that is too long, and names its request")
  func overflow() {
    let transport = ScriptedTransport()
    var connection = NetlinkConnection(family, transport: transport)
    var batch = batch("a")
    batch.append(type: 16, flags: [], operation: "create link", subject: "b") {
      $0.attribute(1, bytes: [UInt8](repeating: 0, count: 65_532))
    }
    batch.append(type: 16, flags: [], operation: "create link", subject: "c") { _ in }
    #expect(
      throws: NetlinkError(
        operation: "create link", subject: "b", errno: EMSGSIZE, message: "an attribute is longer than 65,535 bytes")
    ) { try connection.perform(batch) }
    #expect(transport.sent.isEmpty)
  }

  @Test("A batch ends with the error of the request that opens a transaction, because nothing else is answered")
  func refusedTransaction() throws {
    let transport = ScriptedTransport([.datagram(Answer.acknowledgement(EPERM, sequence: 1))])
    var connection = NetlinkConnection(family, transport: transport)
    var batch = RequestBatch()
    batch.append(type: 16, flags: [], operation: "change", subject: "ruleset", opensTransaction: true) { _ in }
    batch.append(type: 2560, flags: .create, operation: "create table", subject: "nsrun") { _ in }
    batch.appendUnanswered(type: 17) { _ in }
    let failures = try connection.failures(of: batch)
    #expect(failures == [NetlinkError(operation: "change", subject: "ruleset", errno: EPERM)])
    #expect(transport.messages(ofSend: 0).map(\.sequence) == [1, 2, 0])
    #expect(transport.messages(ofSend: 0).map { $0.flags.contains(.ack) } == [false, true, false])
  }

  @Test("A connection waits for the last answer if the request that opens a transaction succeeds")
  func acceptedTransaction() throws {
    let transport = ScriptedTransport([
      .datagram(Answer.acknowledgement(0, sequence: 1)), .datagram(Answer.acknowledgement(ENOENT, sequence: 2)),
    ])
    var connection = NetlinkConnection(family, transport: transport)
    var batch = RequestBatch()
    batch.append(type: 16, flags: .ack, operation: "change", subject: "ruleset", opensTransaction: true) { _ in }
    batch.append(type: 2560, flags: .create, operation: "create chain", subject: "x") { _ in }
    #expect(try connection.failures(of: batch).map(\.errno) == [ENOENT])
  }

  // MARK: Messages to ignore

  @Test("A connection ignores datagrams that do not come from the kernel")
  func foreignPort() throws {
    let transport = ScriptedTransport([
      .datagram(Answer.acknowledgement(EPERM, sequence: 1), port: 1234),
      .datagram([1, 2, 3], port: 77),
      .datagram(Answer.acknowledgement(0, sequence: 1)),
    ])
    var connection = NetlinkConnection(family, transport: transport)
    try connection.perform(batch("a"))
    #expect(transport.isFinished)
  }

  @Test("A connection ignores notifications, and answers to earlier exchanges or to requests never made")
  func oldSequence() throws {
    let transport = ScriptedTransport([
      .datagram(Answer.acknowledgement(0, sequence: 1)),
      // The second exchange gets an old error, a notification (sequence 0), an answer to a later request, and then its
      // own answer.
      .datagram(
        Answer.acknowledgement(EPERM, sequence: 1) + Answer.message(16, sequence: 0, [9, 0, 0, 0])
          + Answer.acknowledgement(EPERM, sequence: 3)),
      .datagram(Answer.acknowledgement(0, sequence: 2)),
    ])
    var connection = NetlinkConnection(family, transport: transport)
    try connection.perform(batch("a"))
    try connection.perform(batch("b"))
    #expect(transport.isFinished)
  }

  @Test("A connection skips NLMSG_NOOP and empty datagrams")
  func noop() throws {
    let transport = ScriptedTransport([
      .datagram([]),
      .datagram(Answer.message(NLMSG_NOOP, sequence: 1) + element(5, sequence: 1)),
      .datagram(Answer.acknowledgement(0, sequence: 1)),
    ])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(try connection.query(batch("a"), integer) == [5])
  }

  // MARK: Queries

  @Test("A connection reads a dump from several datagrams, each with several messages")
  func listingInParts() throws {
    let transport = ScriptedTransport([
      .datagram(element(1, sequence: 1) + element(2, sequence: 1)),
      .datagram(element(3, sequence: 1)),
      .datagram(element(4, sequence: 1) + Answer.done(sequence: 1)),
    ])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(try connection.query(listing(), integer) == [1, 2, 3, 4])
    #expect(transport.messages(ofSend: 0).map(\.flags) == [[.request, .dump]])
  }

  @Test("A query leaves out what the decoder does not want")
  func filtered() throws {
    let transport = ScriptedTransport([
      .datagram(element(1, sequence: 1) + element(2, sequence: 1) + Answer.done(sequence: 1))
    ])
    var connection = NetlinkConnection(family, transport: transport)
    let even = try connection.query(listing()) { (reply) throws(MalformedMessage) -> UInt32? in
      let value = try integer(reply)
      return value.flatMap { $0 % 2 == 0 ? $0 : nil }
    }
    #expect(even == [2])
  }

  @Test("A connection reads a dump that is longer than its buffer")
  func longDatagram() throws {
    let many = (0..<4000).flatMap { element(UInt8($0 & 0xff), sequence: 1) }
    #expect(many.count > 32768)
    let transport = ScriptedTransport([.datagram(many + Answer.done(sequence: 1))])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(try connection.query(listing(), integer).count == 4000)
  }

  @Test("A connection repeats a dump that was interrupted, and returns each element once")
  func interruptedListing() throws {
    let transport = ScriptedTransport([
      .datagram(element(1, sequence: 1)),
      .datagram(element(2, sequence: 1, flags: [.multi, .dumpInterrupted]) + Answer.done(sequence: 1)),
      // Only the end of this dump shows the interruption.
      .datagram(element(1, sequence: 2)),
      .datagram(Answer.done(flags: [.multi, .dumpInterrupted], sequence: 2)),
      .datagram(element(1, sequence: 3) + element(3, sequence: 3) + Answer.done(sequence: 3)),
    ])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(try connection.query(listing(), integer) == [1, 3])
    #expect(transport.sent.count == 3)
  }

  @Test("A connection gives up on a dump that keeps changing")
  func everInterruptedListing() {
    let transport = ScriptedTransport()
    for _ in 0..<(NetlinkConnection.dumpAttempts + 5) {
      transport.expect(
        .reply { Answer.done(flags: [.multi, .dumpInterrupted], sequence: $0[0].sequence) })
    }
    var connection = NetlinkConnection(family, transport: transport)
    #expect(
      throws: NetlinkError(
        operation: "list links", subject: "", errno: EINTR, message: "what was listed kept changing")
    ) { _ = try connection.query(listing(), integer) }
    #expect(transport.sent.count == NetlinkConnection.dumpAttempts)
  }

  @Test("A connection throws the error with which a dump ends")
  func listingEndsWithError() {
    let transport = ScriptedTransport([.datagram(element(1, sequence: 1) + Answer.done(EOPNOTSUPP, sequence: 1))])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(throws: NetlinkError(operation: "list links", subject: "", errno: EOPNOTSUPP)) {
      _ = try connection.query(listing(), integer)
    }
  }

  @Test("A connection throws the error of a dump that never began")
  func listingRefused() {
    let transport = ScriptedTransport([.datagram(Answer.acknowledgement(EPERM, sequence: 1))])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(throws: NetlinkError(operation: "list links", subject: "", errno: EPERM)) {
      _ = try connection.query(listing(), integer)
    }
    #expect(transport.sent.count == 1)
  }

  // MARK: Failures

  @Test("A connection reports a send that failed", arguments: [ENOBUFS, EMSGSIZE, ECONNREFUSED])
  func sendFails(code: Int32) {
    let transport = ScriptedTransport()
    transport.sendFailure = code
    var connection = NetlinkConnection(family, transport: transport)
    #expect(throws: NetlinkError(operation: "create link", subject: "a", errno: code)) {
      try connection.perform(batch("a", "b"))
    }
    #expect(transport.receiveCount == 0)
  }

  @Test("A connection reports answers that were lost, and works again afterwards", arguments: [ENOBUFS, EINTR, ENOMEM])
  func receiveFails(code: Int32) throws {
    let transport = ScriptedTransport([
      .datagram(Answer.acknowledgement(EEXIST, sequence: 1)), .failure(code),
      .datagram(Answer.acknowledgement(0, sequence: 2)), .datagram(Answer.acknowledgement(0, sequence: 3)),
    ])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(throws: NetlinkError(operation: "create link", subject: "a", errno: code)) {
      try connection.perform(batch("a", "b"))
    }
    try connection.perform(batch("c"))
    #expect(transport.isFinished)
  }

  @Test("A connection reports that no answer came")
  func noAnswer() {
    var connection = NetlinkConnection(family, transport: ScriptedTransport())
    #expect(
      throws: NetlinkError(
        operation: "create link", subject: "a", errno: EAGAIN, message: "the kernel did not answer")
    ) { try connection.perform(batch("a")) }
  }

  @Test("A connection reports a datagram that was cut")
  func cutDatagram() {
    let transport = ScriptedTransport([.cut(Answer.acknowledgement(0, sequence: 1), length: 70_000)])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(
      throws: NetlinkError(
        operation: "create link", subject: "a", errno: EMSGSIZE, message: "the answer of 70000 bytes was cut")
    ) { try connection.perform(batch("a")) }
  }

  @Test("An answer that is cut at any byte gives EBADMSG, or the connection waits for the rest of the exchange")
  func malformedAnswers() {
    let whole = element(1, sequence: 1) + Answer.acknowledgement(EINVAL, sequence: 1, text: "no")
    for length in 1..<whole.count {
      let transport = ScriptedTransport([.datagram(Array(whole[..<length]))])
      var connection = NetlinkConnection(family, transport: transport)
      var code: Int32?
      do throws(NetlinkError) { _ = try connection.query(batch("a"), integer) } catch { code = error.errno }
      // The first message alone is well formed, but not the end. The padding of the last message may be missing.
      switch length {
      case 20: #expect(code == EAGAIN)
      case (whole.count - 3)...: #expect(code == EBADMSG || code == EINVAL)
      default: #expect(code == EBADMSG, "cut at \(length)")
      }
    }
  }

  @Test(
    "A message with a wrong length gives EBADMSG", arguments: [0, 1, 15, 21, 0x7fff_ffff, 0xffff_ffff])
  func wrongLength(length: UInt32) {
    var message = element(1, sequence: 1)
    withUnsafeBytes(of: length) { message.replaceSubrange(0..<4, with: $0) }
    let transport = ScriptedTransport([.datagram(message)])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(
      throws: NetlinkError(operation: "list links", subject: "", errno: EBADMSG, message: "message in 20 bytes")
    ) { _ = try connection.query(listing(), integer) }
  }

  @Test("A reply that the decoder refuses gives EBADMSG")
  func refusedByDecoder() {
    let transport = ScriptedTransport([.datagram(Answer.message(16, sequence: 1, [1, 2]))])
    var connection = NetlinkConnection(family, transport: transport)
    #expect(throws: NetlinkError(operation: "list links", subject: "", errno: EBADMSG, message: "too short")) {
      _ = try connection.query(listing(), integer)
    }
  }

  @Test("A connection never traps on random datagrams")
  func randomDatagrams() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<2000 {
      var datagram = (0..<Int.random(in: 0...120, using: &random)).map { _ in UInt8(random.next() & 0xff) }
      // The first length and sequence number stop most datagrams. This lets some of them get further.
      if datagram.count >= 36, Bool.random(using: &random) {
        let type: UInt16 = [NLMSG_ERROR, NLMSG_DONE, 16].randomElement(using: &random) ?? 16
        datagram.replaceSubrange(0..<12, with: Answer.message(type, flags: .ackAttributes, sequence: 1)[..<12])
        datagram[0] = UInt8(datagram.count)
      }
      var connection = NetlinkConnection(family, transport: ScriptedTransport([.datagram(datagram)]))
      _ = try? connection.query(batch("a"), integer)
    }
  }
}
