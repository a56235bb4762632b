import TestNetlink
import Testing

@testable import Netlink

private func written(_ body: (inout MessageBuffer) -> Void) -> [UInt8] {
  var buffer = MessageBuffer()
  body(&buffer)
  return buffer.bytes
}

@Suite("Message buffers")
struct MessageBufferTests {
  @Test("A message buffer writes integers in host byte order, or in network byte order on request")
  func integers() {
    #expect(
      written { $0.attribute(4, UInt32(1500)) }
        == bytes(
          """
          08 00  // nla_len
          04 00  // IFLA_MTU
          dc 05 00 00
          """))
    #expect(
      written { $0.attribute(2, bigEndian: UInt32(1)) }
        == bytes(
          """
          08 00  // nla_len
          02 00  // NFTA_TABLE_FLAGS
          00 00 00 01
          """))
    #expect(written { $0.attribute(9, Int32(-2)) } == bytes("08 00 09 00 fe ff ff ff"))
    #expect(written { $0.attribute(9, bigEndian: UInt64(2)) } == bytes("0c 00 09 00 00 00 00 00 00 00 00 02"))
  }

  @Test("A message buffer pads attributes to 4 bytes, and does not count the padding", arguments: 0...5)
  func padding(size: Int) {
    let content = [UInt8](repeating: 0xaa, count: size)
    let result = written { $0.attribute(1, bytes: content) }
    #expect(result == [UInt8(4 + size), 0, 1, 0] + content + [UInt8](repeating: 0, count: (4 - size % 4) % 4))
  }

  @Test("A message buffer ends strings with a NUL")
  func strings() {
    #expect(written { $0.attribute(3, string: "br0") } == bytes("08 00 03 00 62 72 30 00"))
    #expect(written { $0.attribute(3, string: "") } == bytes("05 00 03 00 00 00 00 00"))
  }

  @Test("A message buffer writes a flag as an attribute without a payload")
  func flags() {
    #expect(written { $0.flag(5) } == bytes("04 00 05 00"))
  }

  @Test("A message buffer writes a nested link kind as iproute2 does")
  func nested() {
    // From ip link add br0 type bridge, starting at IFLA_IFNAME. iproute2 omits NLA_F_NESTED; the kernel accepts both.
    #expect(
      written {
        $0.attribute(3, string: "br0")
        $0.nested(18) {
          $0.attribute(1, bytes: Array("bridge".utf8))
          $0.nested(2) { _ in }
        }
      }
        == bytes(
          """
          08 00 03 00 62 72 30 00  // IFLA_IFNAME "br0"
          14 00 12 80              // IFLA_LINKINFO, nested: 4 + 12 + 4
          0a 00 01 00 62 72 69 64 67 65 00 00  // IFLA_INFO_KIND "bridge", padded
          04 00 02 80              // IFLA_INFO_DATA, nested and empty
          """))
  }

  @Test("A message buffer reports an attribute that is too long for its length field")
  func overflow() {
    var buffer = MessageBuffer()
    buffer.attribute(1, bytes: [UInt8](repeating: 0, count: 65_531))
    #expect(!buffer.isOverflown)
    #expect(buffer.bytes.count == 65_536)
    buffer.attribute(1, bytes: [UInt8](repeating: 0, count: 65_532))
    #expect(buffer.isOverflown)
    buffer.flag(2)
    #expect(buffer.isOverflown)
  }

  @Test("A message buffer reports an enclosing attribute that is too long")
  func nestedOverflow() {
    var buffer = MessageBuffer()
    buffer.nested(1) { buffer in
      for _ in 0..<2 { buffer.attribute(2, bytes: [UInt8](repeating: 0, count: 40_000)) }
    }
    #expect(buffer.isOverflown)
  }
}

@Suite("Request batches")
struct RequestBatchTests {
  @Test("A batch has headers with lengths, flags and sequence numbers, and requests one acknowledgement")
  func sealed() {
    var batch = RequestBatch()
    batch.append(type: 16, flags: [.create, .exclusive], operation: "create link", subject: "a") {
      $0.attribute(3, bytes: [0x61])
    }
    batch.append(type: 17, flags: [], operation: "delete link", subject: "b") { $0.append([1, 2, 3]) }
    batch.appendUnanswered(type: 17) { $0.append(UInt32(10)) }
    batch.seal(firstSequence: 0xffff_ffff)
    #expect(batch.count == 2 && !batch.isEmpty && !batch.isDump)
    #expect(
      batch.buffer.bytes
        == bytes(
          """
          18 00 00 00  // nlmsg_len
          10 00        // RTM_NEWLINK
          01 06        // NLM_F_REQUEST|NLM_F_EXCL|NLM_F_CREATE
          ff ff ff ff  // nlmsg_seq
          00 00 00 00  // nlmsg_pid
          05 00 03 00 61 00 00 00
          13 00 00 00  // nlmsg_len without the padding
          11 00        // RTM_DELLINK
          05 00        // NLM_F_REQUEST|NLM_F_ACK
          00 00 00 00  // nlmsg_seq wraps around
          00 00 00 00  // nlmsg_pid
          01 02 03 00
          14 00 00 00  // nlmsg_len
          11 00        // what the kernel does not answer
          01 00        // NLM_F_REQUEST
          00 00 00 00  // nlmsg_seq
          00 00 00 00  // nlmsg_pid
          0a 00 00 00
          """))
  }

  @Test("A batch requests no acknowledgement of a dump, which has its own end")
  func dump() {
    var batch = RequestBatch()
    batch.append(type: 18, flags: .dump, operation: "list links", subject: "") { _ in }
    batch.seal(firstSequence: 1)
    #expect(batch.isDump)
    #expect(Array(batch.buffer.bytes[6..<8]) == [0x01, 0x03])
  }

  @Test("A batch can be sealed again with other sequence numbers")
  func sealedAgain() {
    var batch = RequestBatch()
    batch.append(type: 18, flags: [], operation: "get link", subject: "") { $0.append(UInt8(1)) }
    batch.seal(firstSequence: 1)
    let first = batch.buffer.bytes
    batch.seal(firstSequence: 9)
    #expect(batch.buffer.bytes.count == 20 && first.count == 20)
    #expect(batch.buffer.bytes[8] == 9)
  }

  @Test("A batch remembers the first request that is too long")
  func overflow() {
    var batch = RequestBatch()
    for size in [0, 70_000, 70_000] {
      batch.append(type: 16, flags: [], operation: "", subject: "") {
        $0.attribute(1, bytes: [UInt8](repeating: 0, count: size))
      }
    }
    #expect(batch.overflownRequest == 1)
  }
}
