import Glibc
import TestNetlink
import Testing

@testable import Netlink

private func acknowledgement(_ content: [UInt8]) throws -> Acknowledgement {
  var reader = MessageReader(content.span.bytes)
  guard let message = try reader.next() else { throw MalformedMessage("no message") }
  return try Acknowledgement(message)
}

/// Answers as Linux 6.18 gave them in a namespace of their own, with NETLINK_EXT_ACK on.
enum CapturedAnswer {
  /// The peer of a veth pair with an IFLA_ADDRESS of 3 bytes; NETLINK_CAP_ACK on.
  static let capped = bytes(
    """
    78 00 00 00  // nlmsg_len
    02 00        // NLMSG_ERROR
    00 03        // NLM_F_CAPPED|NLM_F_ACK_TLVS
    07 00 00 00  // nlmsg_seq
    71 29 00 00  // nlmsg_pid
    de ff ff ff  // -ERANGE
    5c 00 00 00 10 00 05 06 07 00 00 00 00 00 00 00  // the request's header: RTM_NEWLINK, 92 bytes
    27 00 01 00  // NLMSGERR_ATTR_MSG
    41 74 74 72 69 62 75 74 65 20 66 61 69 6c 65 64 20 70 6f 6c 69 63 79 20
    76 61 6c 69 64 61 74 69 6f 6e 00 00  // "Attribute failed policy validation"
    08 00 02 00 54 00 00 00  // NLMSGERR_ATTR_OFFS 84
    24 00 04 80              // NLMSGERR_ATTR_POLICY
    0c 00 04 00 00 00 00 00 00 00 00 00 0c 00 05 00 ff ff ff ff 00 00 00 00 08 00 01 00 04 00 00 00
    """)

  /// The request of `capped`: what offset 84 is about.
  static let cappedRequest = bytes(
    """
    5c 00 00 00 10 00 05 06 07 00 00 00 00 00 00 00  // RTM_NEWLINK
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  // struct ifinfomsg
    0a 00 03 00 76 65 74 68 30 00 00 00  // 32: IFLA_IFNAME "veth0"
    30 00 12 80                          // 44: IFLA_LINKINFO
    09 00 01 00 76 65 74 68 00 00 00 00  // 48: IFLA_INFO_KIND "veth"
    20 00 02 80                          // 60: IFLA_INFO_DATA
    1c 00 01 80                          // 64: VETH_INFO_PEER
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  // 68: struct ifinfomsg
    07 00 0d 00 01 02 03 00              // 84: VETH_INFO_PEER's 13, 3 bytes
    """)

  /// A link of an unknown kind; NETLINK_CAP_ACK off, so that the request is quoted.
  static let uncapped = bytes(
    """
    68 00 00 00  // nlmsg_len
    02 00        // NLMSG_ERROR
    00 02        // NLM_F_ACK_TLVS
    08 00 00 00  // nlmsg_seq
    a5 86 af f2  // nlmsg_pid
    a1 ff ff ff  // -EOPNOTSUPP
    3c 00 00 00 10 00 05 06 08 00 00 00 00 00 00 00  // the request: RTM_NEWLINK, 60 bytes
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    06 00 03 00 78 00 00 00 14 00 12 80 0d 00 01 00 6e 6f 6e 65 73 75 63 68 00 00 00 00
    18 00 01 00  // NLMSGERR_ATTR_MSG
    55 6e 6b 6e 6f 77 6e 20 64 65 76 69 63 65 20 74 79 70 65 00  // "Unknown device type"
    """)

  /// A bridge that was made; NETLINK_CAP_ACK off, and yet the request is not quoted.
  static let success = bytes(
    """
    24 00 00 00  // nlmsg_len
    02 00        // NLMSG_ERROR
    00 01        // NLM_F_CAPPED
    0a 00 00 00  // nlmsg_seq
    a5 86 af f2  // nlmsg_pid
    00 00 00 00  // no error
    38 00 00 00 10 00 05 06 0a 00 00 00 00 00 00 00  // the request's header
    """)

  /// NETDEV_CMD_DEV_GET of generic netlink without NETDEV_A_DEV_IFINDEX.
  static let missing = bytes(
    """
    2c 00 00 00  // nlmsg_len
    02 00        // NLMSG_ERROR
    00 03        // NLM_F_CAPPED|NLM_F_ACK_TLVS
    02 00 00 00  // nlmsg_seq
    71 29 00 00  // nlmsg_pid
    ea ff ff ff  // -EINVAL
    14 00 00 00 14 00 05 00 02 00 00 00 00 00 00 00  // the request's header
    08 00 05 00 01 00 00 00  // NLMSGERR_ATTR_MISS_TYPE 1
    """)
}

@Suite("An acknowledgement")
struct AcknowledgementTests {
  @Test("gives the kernel's words and the place they are about")
  func capped() throws {
    let found = try acknowledgement(CapturedAnswer.capped)
    #expect(found.errno == ERANGE)
    #expect(found.message == "Attribute failed policy validation")
    #expect(found.offset == 84)
    #expect(found.missingType == nil && found.missingNest == nil)
  }

  @Test("skips the request where it is quoted")
  func uncapped() throws {
    let found = try acknowledgement(CapturedAnswer.uncapped)
    #expect(found.errno == EOPNOTSUPP)
    #expect(found.message == "Unknown device type")
    #expect(found.offset == nil)
  }

  @Test("of success has no words")
  func success() throws {
    let found = try acknowledgement(CapturedAnswer.success)
    #expect(found.errno == 0 && found.message == nil)
  }

  @Test("tells which attribute is missing")
  func missing() throws {
    let found = try acknowledgement(CapturedAnswer.missing)
    #expect(found.errno == EINVAL)
    #expect(found.missingType == 1 && found.missingNest == nil && found.offset == nil)
  }

  @Test("tells which nest the missing attribute belongs into")
  func missingNest() throws {
    // NLMSGERR_ATTR_MISS_NEST (linux/netlink.h) after the same answer.
    var content = CapturedAnswer.missing + bytes("08 00 06 00 2c 00 00 00")
    content[0] += 8
    let found = try acknowledgement(content)
    #expect(found.missingType == 1 && found.missingNest == 44)
  }

  @Test("of a listing's end may have a status, words, or nothing")
  func done() throws {
    #expect(try acknowledgement(Answer.message(NLMSG_DONE, sequence: 1)).errno == 0)
    #expect(try acknowledgement(Answer.done(sequence: 1)).errno == 0)
    #expect(try acknowledgement(Answer.done(EINVAL, sequence: 1)).errno == EINVAL)
    let words = bytes("ea ff ff ff 07 00 01 00 6e 6f 00 00")
    let found = try acknowledgement(
      Answer.message(NLMSG_DONE, flags: [.multi, .ackAttributes], sequence: 1, words))
    #expect(found.errno == EINVAL && found.message == "no")
  }

  @Test("does not read attributes that were not announced")
  func unannounced() throws {
    var content = CapturedAnswer.capped
    content[7] = 0x01
    #expect(try acknowledgement(content).message == nil)
  }

  @Test("has a positive error number whatever was sent")
  func extremes() throws {
    #expect(try acknowledgement(Answer.message(NLMSG_DONE, sequence: 1, [0, 0, 0, 0x80])).errno == .max)
    #expect(try acknowledgement(Answer.message(NLMSG_DONE, sequence: 1, [5, 0, 0, 0])).errno == 5)
  }

  @Test("that is empty is malformed")
  func empty() {
    #expect(throws: MalformedMessage.self) { try acknowledgement(Answer.message(NLMSG_ERROR, sequence: 1)) }
    #expect(throws: MalformedMessage.self) { try acknowledgement(Answer.message(NLMSG_DONE, sequence: 1, [1])) }
  }

  @Test(
    "cut at any byte is an error or says less, never something else",
    arguments: [CapturedAnswer.capped, CapturedAnswer.uncapped, CapturedAnswer.missing, CapturedAnswer.success])
  func truncated(whole: [UInt8]) throws {
    let full = try acknowledgement(whole)
    for length in 16..<whole.count {
      var content = Array(whole[..<length])
      content[0] = UInt8(length)
      guard let found = try? acknowledgement(content) else { continue }
      #expect(found.errno == full.errno)
      #expect(found.message == full.message || found.message == nil)
      #expect(found.offset == full.offset || found.offset == nil)
    }
  }

  @Test("whose quoted request has a length that makes no sense is malformed", arguments: [0, 3, 61, 0x7fff_ffff])
  func wrongQuotation(length: UInt32) throws {
    var content = CapturedAnswer.uncapped
    withUnsafeBytes(of: length) { content.replaceSubrange(20..<24, with: $0) }
    // Too short a length is that of a header; either way nothing is read from outside.
    if let found = try? acknowledgement(content) { #expect(found.errno == EOPNOTSUPP) }
  }
}
