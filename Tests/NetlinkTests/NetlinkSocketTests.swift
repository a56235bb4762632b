import Glibc
import LinuxSystem
import TestNetlink
import Testing

@testable import Netlink

/// These tests only query: they need no privileges, and change nothing.
@Suite("Netlink socket")
struct NetlinkSocketTests {
  private func query(flags: MessageFlags, index: Int32) -> RequestBatch {
    var batch = RequestBatch()
    batch.append(type: 18, flags: flags, operation: "find link", subject: "\(index)") {
      $0.append(UInt32(0))  // ifi_family, pad, ifi_type
      $0.append(index)
      $0.append(UInt64(0))  // ifi_flags, ifi_change
    }
    return batch
  }

  /// The ifi_index of an RTM_NEWLINK.
  private func index(_ reply: borrowing ReplyMessage) throws(MalformedMessage) -> Int32? {
    reply.payload.integer(at: 4)
  }

  @Test("A socket lists the links of its network namespace whenever it is asked")
  func lists() throws {
    var connection = try NetlinkConnection(TestSchema.family)
    for _ in 0..<3 {
      let indexes = try connection.query(query(flags: .dump, index: 0), index)
      #expect(indexes.contains(1), "the loopback link")
      #expect(Set(indexes).count == indexes.count)
    }
  }

  @Test("A socket gets one link")
  func getsOne() throws {
    var connection = try NetlinkConnection(TestSchema.family)
    #expect(try connection.query(query(flags: [], index: 1), index) == [1])
  }

  @Test("A socket reports what is wrong, and works again afterwards")
  func refused() throws {
    var connection = try NetlinkConnection(TestSchema.family)
    #expect(throws: NetlinkError(operation: "find link", subject: "\(Int32.max)", errno: ENODEV)) {
      _ = try connection.query(query(flags: [], index: .max), index)
    }
    #expect(try connection.query(query(flags: [], index: 1), index) == [1])
  }

  @Test("A socket does not wait for an answer that cannot come")
  func noAnswer() throws {
    let socket = try NetlinkSocket(protocolNumber: 0)
    var buffer: [UInt8] = []
    #expect(throws: SystemError("receive netlink reply", "", errno: EAGAIN)) { _ = try socket.receive(into: &buffer) }
  }

  @Test("A socket enlarges a buffer that is too small")
  func enlargesBuffer() throws {
    let socket = try NetlinkSocket(protocolNumber: 0)
    var batch = query(flags: [], index: 1)
    batch.seal(firstSequence: 1)
    try socket.send(batch.buffer.bytes)
    var buffer: [UInt8] = [0]
    let datagram = try socket.receive(into: &buffer)
    #expect(datagram.length > 100 && buffer.count == datagram.length)
    #expect(datagram.senderPort == 0)
    #expect(SentMessage.all(in: buffer).map(\.type) == [16])
  }

  @Test("A socket of a protocol that does not exist is an error")
  func unknownProtocol() {
    #expect(throws: SystemError("open netlink socket of protocol", "31", errno: EPROTONOSUPPORT)) {
      _ = try NetlinkSocket(protocolNumber: 31)
    }
  }
}
