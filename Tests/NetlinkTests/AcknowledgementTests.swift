import Glibc
import TestNetlink
import Testing

@testable import Netlink

private func acknowledgement(_ content: [UInt8]) throws -> Acknowledgement {
  var reader = MessageReader(content.span.bytes)
  guard let message = try reader.next() else { throw MalformedMessage("no message") }
  return try Acknowledgement(message)
}

/// Answers of Linux 6.18, captured in a new network namespace with NETLINK_EXT_ACK on.
enum CapturedAnswer {
  /// The answer to a veth pair whose peer has an IFLA_ADDRESS of 3 bytes; NETLINK_CAP_ACK on.
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

  /// The request of `capped`, to which the offset 84 refers.
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

  /// The answer to a link of an unknown kind; NETLINK_CAP_ACK off, so that the kernel quotes the request.
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

  /// The answer to a bridge that was made; NETLINK_CAP_ACK off, but the kernel does not quote the request.
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

  /// The answer to NETDEV_CMD_DEV_GET of generic netlink without NETDEV_A_DEV_IFINDEX.
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

@Suite("Acknowledgements")
struct AcknowledgementTests {
  @Test("An acknowledgement contains the kernel's error text, and the offset of what it is about")
  func capped() throws {
    let found = try acknowledgement(CapturedAnswer.capped)
    #expect(found.errno == ERANGE)
    #expect(found.message == "Attribute failed policy validation")
    #expect(found.offset == 84)
    #expect(found.missingType == nil && found.missingNest == nil)
  }

  @Test("The text of an acknowledgement is found after a quoted request")
  func uncapped() throws {
    let found = try acknowledgement(CapturedAnswer.uncapped)
    #expect(found.errno == EOPNOTSUPP)
    #expect(found.message == "Unknown device type")
    #expect(found.offset == nil)
  }

  @Test("An acknowledgement of success has no text")
  func success() throws {
    let found = try acknowledgement(CapturedAnswer.success)
    #expect(found.errno == 0 && found.message == nil)
  }

  @Test("An acknowledgement tells which attribute is missing")
  func missing() throws {
    let found = try acknowledgement(CapturedAnswer.missing)
    #expect(found.errno == EINVAL)
    #expect(found.missingType == 1 && found.missingNest == nil && found.offset == nil)
  }

  @Test("An acknowledgement tells in which nest an attribute is missing")
  func missingNest() throws {
    // NLMSGERR_ATTR_MISS_NEST (linux/netlink.h) after the same answer.
    var content = CapturedAnswer.missing + bytes("08 00 06 00 2c 00 00 00")
    content[0] += 8
    let found = try acknowledgement(content)
    #expect(found.missingType == 1 && found.missingNest == 44)
  }

  @Test("The end of a dump may have a status, a text, or nothing")
  func done() throws {
    #expect(try acknowledgement(Answer.message(NLMSG_DONE, sequence: 1)).errno == 0)
    #expect(try acknowledgement(Answer.done(sequence: 1)).errno == 0)
    #expect(try acknowledgement(Answer.done(EINVAL, sequence: 1)).errno == EINVAL)
    let words = bytes("ea ff ff ff 07 00 01 00 6e 6f 00 00")
    let found = try acknowledgement(
      Answer.message(NLMSG_DONE, flags: [.multi, .ackAttributes], sequence: 1, words))
    #expect(found.errno == EINVAL && found.message == "no")
  }

  @Test("An acknowledgement is not searched for attributes that its flags do not announce")
  func unannounced() throws {
    var content = CapturedAnswer.capped
    content[7] = 0x01
    #expect(try acknowledgement(content).message == nil)
  }

  @Test("The error number of an acknowledgement is positive, whatever the kernel sent")
  func extremes() throws {
    #expect(try acknowledgement(Answer.message(NLMSG_DONE, sequence: 1, [0, 0, 0, 0x80])).errno == .max)
    #expect(try acknowledgement(Answer.message(NLMSG_DONE, sequence: 1, [5, 0, 0, 0])).errno == 5)
  }

  @Test("An empty acknowledgement is malformed")
  func empty() {
    #expect(throws: MalformedMessage.self) { try acknowledgement(Answer.message(NLMSG_ERROR, sequence: 1)) }
    #expect(throws: MalformedMessage.self) { try acknowledgement(Answer.message(NLMSG_DONE, sequence: 1, [1])) }
  }

  @Test(
    "An acknowledgement that is cut at any byte is an error or says less, and never something else",
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

  @Test("A quoted request with a wrong length makes an acknowledgement malformed", arguments: [0, 3, 61, 0x7fff_ffff])
  func wrongQuotation(length: UInt32) throws {
    var content = CapturedAnswer.uncapped
    withUnsafeBytes(of: length) { content.replaceSubrange(20..<24, with: $0) }
    // A length that is too short counts as that of a header. Nothing outside the message is read in either case.
    if let found = try? acknowledgement(content) { #expect(found.errno == EOPNOTSUPP) }
  }
}
