import Glibc
import TestNetlink
import Testing

@testable import Netlink

/// What the tracer prints for these messages.
private func trace(_ direction: MessageTracer.Direction, _ content: [UInt8], name: String = "home") -> String {
  // Only trace() calls the closure.
  nonisolated(unsafe) var text = ""
  MessageTracer(name: name) { text += $0 }.trace(direction, content, TestSchema.family)
  return text
}

/// A link message with an all-zero fixed part.
private func link(_ body: (inout MessageBuffer) -> Void) -> [UInt8] {
  var buffer = MessageBuffer()
  buffer.append([UInt8](repeating: 0, count: 16))
  body(&buffer)
  return Answer.message(16, sequence: 1, buffer.bytes)
}

/// The lines of the attributes.
private func attributeLines(_ body: (inout MessageBuffer) -> Void) -> [Substring] {
  Array(trace(.received, link(body)).split(separator: "\n").dropFirst(2))
}

@Suite("Message tracer")
struct MessageTracerTests {
  @Test("A trace shows a request as a tree with names for numbers")
  func tree() {
    #expect(
      trace(.sent, CapturedAnswer.cappedRequest) == """
        >>> home: RTM_NEWLINK length 92 flags NLM_F_REQUEST|NLM_F_ACK|NLM_F_EXCL|NLM_F_CREATE sequence 7 port 0
          ifinfomsg family=AF_UNSPEC type=0 index=0 flags=0 change=0x00000000
          IFLA_IFNAME "veth0"
          IFLA_LINKINFO
            IFLA_INFO_KIND "veth"
            IFLA_INFO_DATA
              VETH_INFO_PEER
                ifinfomsg family=AF_UNSPEC type=0 index=0 flags=0 change=0x00000000
                IFLA_WEIGHT 0x010203

        """)
  }

  @Test("A trace shows what was refused, why, and where")
  func refusal() {
    #expect(
      trace(.received, CapturedAnswer.capped) == """
        <<< home: NLMSG_ERROR length 120 flags NLM_F_CAPPED|NLM_F_ACK_TLVS sequence 7 port 10609
          RTM_NEWLINK failed, errno 34 (Numerical result out of range): Attribute failed policy validation, at offset 84 of the request

        """)
    #expect(
      trace(.received, CapturedAnswer.missing).hasSuffix(
        "\n  type 20 failed, errno 22 (Invalid argument), attribute 1 is missing\n"))
  }

  @Test("A trace shows success, and the end of a dump")
  func success() {
    #expect(trace(.received, CapturedAnswer.success).hasSuffix("\n  RTM_NEWLINK succeeded\n"))
    #expect(
      trace(.received, Answer.done(sequence: 3)) == """
        <<< home: NLMSG_DONE length 20 flags NLM_F_MULTI sequence 3 port 4711
          end

        """)
    #expect(
      trace(.received, Answer.done(EOPNOTSUPP, sequence: 3)).hasSuffix("\n  end, errno 95 (Operation not supported)\n"))
  }

  @Test("A trace names flags by what they mean in the message")
  func flags() {
    func names(_ type: UInt16, _ flags: UInt16) -> Substring? {
      trace(.sent, Answer.message(type, flags: MessageFlags(rawValue: flags), sequence: 1)).firstRange(of: " flags ")
        .flatMap { range in
          let text = trace(.sent, Answer.message(type, flags: MessageFlags(rawValue: flags), sequence: 1))
          return text[range.upperBound...].split(separator: " ").first
        }
    }
    #expect(names(16, 0) == "0")
    #expect(names(16, 0x301) == "NLM_F_REQUEST|NLM_F_REPLACE|NLM_F_EXCL")
    #expect(names(18, 0x301) == "NLM_F_REQUEST|NLM_F_DUMP")
    #expect(names(18, 0x201) == "NLM_F_REQUEST|NLM_F_MATCH")
    #expect(names(16, 0x8032) == "NLM_F_MULTI|NLM_F_DUMP_INTR|NLM_F_DUMP_FILTERED|0x8000")
  }

  @Test("A trace shows values in their format, and in hexadecimal if they do not fit it")
  func values() {
    let lines = attributeLines {
      $0.attribute(1, bytes: [2, 0, 0, 0xab, 0xcd, 0xef])
      $0.attribute(4, UInt32(1500))
      $0.attribute(4, bytes: [1, 2, 3])
      $0.attribute(4, UInt64.max)
      $0.attribute(21, bigEndian: UInt16(80))
      $0.attribute(22, Int32(-5))
      $0.attribute(22, Int64.min)
      $0.attribute(22, Int8(-1))
      $0.attribute(23, bytes: [10, 0, 0, 1])
      $0.attribute(23, bytes: [UInt8](repeating: 0, count: 15) + [1])
      $0.attribute(23, bytes: [10, 0])
      $0.attribute(24, bigEndian: UInt32(1))
      $0.attribute(24, bigEndian: UInt32(2))
      $0.attribute(25, bigEndian: UInt32(15))
      $0.attribute(25, bigEndian: UInt32(0))
      $0.attribute(27, bytes: [1, 2])
      $0.flag(20)
      $0.attribute(20, UInt8(1))
    }
    #expect(
      lines == [
        "  IFLA_ADDRESS 02:00:00:ab:cd:ef",
        "  IFLA_MTU 1500",
        "  IFLA_MTU 0x010203",
        "  IFLA_MTU 18446744073709551615",
        "  IFLA_BIG 80",
        "  IFLA_SIGNED -5",
        "  IFLA_SIGNED -9223372036854775808",
        "  IFLA_SIGNED -1",
        "  IFLA_IP 10.0.0.1",
        "  IFLA_IP ::1",
        "  IFLA_IP 0x0a00",
        "  IFLA_MODE private",
        "  IFLA_MODE 2",
        "  IFLA_BITS one|six|0x8",
        "  IFLA_BITS 0",
        "  IFLA_TEXT 2 bytes",
        "  IFLA_OPERSTATE",
        "  IFLA_OPERSTATE 0x01",
      ])
  }

  @Test("A trace shows attributes that are nested too deep as bytes")
  func depth() {
    var content: [UInt8] = []
    // These are as many as the length field of the outermost attribute allows.
    for depth in 1...16383 {
      let length = UInt16(4 * (16384 - depth))
      content += [UInt8(length & 0xff), UInt8(length >> 8), 0x63, 0x80]
    }
    let text = trace(.received, link { $0.append(content) })
    #expect(text.contains("attribute 99\n"))
    #expect(text.utf8.count < 4 * content.count)
  }

  @Test("A trace shows lists, unknown attributes in hexadecimal, and what the sender calls nested as a tree")
  func unknown() {
    let lines = attributeLines {
      $0.nested(26) {
        $0.attribute(1, UInt8(10))
        $0.attribute(77, UInt8(11))
      }
      $0.attribute(99, bytes: [0xde, 0xad])
      $0.attribute(99, bytes: [])
      $0.attribute(98, bytes: Array(0..<40))
      $0.nested(97) { $0.attribute(5, UInt8(1)) }
      $0.nested(18) { $0.nested(2) { $0.attribute(1, UInt8(7)) } }
    }
    #expect(
      lines == [
        "  IFLA_LIST",
        "    item 10",
        "    item 11",
        "  attribute 99 0xdead",
        "  attribute 99 (empty)",
        "  attribute 98 (40 bytes)",
        "    +0: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "    +32: 2021222324252627",
        "  attribute 97",
        "    attribute 5 0x01",
        "  IFLA_LINKINFO",
        "    IFLA_INFO_DATA",
        "      attribute 1 0x07",
      ])
  }

  @Test("A trace finds the kind of a link even if it comes after the data")
  func selectedByLaterSibling() {
    let lines = attributeLines {
      $0.nested(18) {
        $0.nested(2) { $0.attribute(1, UInt32(15)) }
        $0.attribute(1, string: "bridge")
      }
    }
    #expect(
      lines == [
        "  IFLA_LINKINFO", "    IFLA_INFO_DATA", "      IFLA_BR_FORWARD_DELAY 15", "    IFLA_INFO_KIND \"bridge\"",
      ])
  }

  @Test("A trace quotes text so that it does not break the line")
  func quoting() {
    #expect(attributeLines { $0.attribute(3, string: "a\"\nb\\ü") } == [#"  IFLA_IFNAME "a\"\nb\\ü""#])
  }

  @Test("A trace shows malformed bytes as such, after the valid ones")
  func malformed() {
    #expect(
      attributeLines {
        $0.attribute(4, UInt32(1))
        $0.append(bytes("03 00 05 00 aa bb cc dd"))
      } == ["  IFLA_MTU 1", "  malformed attribute 5 of length 3 0x03000500aabbccdd"])
    #expect(
      trace(.received, Answer.message(NLMSG_NOOP, sequence: 1) + [1, 2, 3]) == """
        <<< home: NLMSG_NOOP length 16 flags 0 sequence 1 port 4711
        <<< home: malformed message in 3 bytes: 010203

        """)
    #expect(trace(.received, Answer.message(16, sequence: 1, [1, 2])).hasSuffix("\n  ifinfomsg cut 0x0102\n"))
    #expect(
      trace(.received, Answer.message(77, sequence: 1, [1, 2])).hasSuffix(
        "type 77 length 18 flags 0 "
          + "sequence 1 port 4711\n  payload 0x0102\n"))
    #expect(trace(.received, Answer.message(NLMSG_ERROR, sequence: 1, [1, 2])).hasSuffix("\n  malformed 0x0102\n"))
  }

  @Test("A trace of a message that is cut at any byte, or in which any byte is changed, ends")
  func neverTraps() {
    let whole = CapturedAnswer.cappedRequest
    for length in 0..<whole.count {
      #expect(trace(.sent, Array(whole[..<length])).isEmpty == (length == 0))
      var adjusted = Array(whole[..<length])
      if length >= 16 { adjusted[0] = UInt8(length) }
      _ = trace(.sent, adjusted)
      for value: UInt8 in [0, 1, 3, 0x7f, 0xff] {
        var changed = whole
        changed[length] = value
        _ = trace(.sent, changed)
      }
    }
  }

  @Test("A trace shows both directions of an exchange, under the connection's name")
  func exchange() throws {
    nonisolated(unsafe) var lines: [String] = []
    let tracer = MessageTracer(name: "home") { lines.append(String($0.prefix { $0 != "\n" })) }
    var connection = NetlinkConnection(
      TestSchema.family, transport: ScriptedTransport([.datagram(Answer.acknowledgement(0, sequence: 2))]),
      tracer: tracer.named("inside"))
    var batch = RequestBatch()
    for subject in ["a", "b"] {
      batch.append(type: 16, flags: .create, operation: "create link", subject: subject) { $0.append(UInt64(0)) }
    }
    try connection.perform(batch)
    #expect(
      lines == [
        ">>> inside: RTM_NEWLINK length 24 flags NLM_F_REQUEST|NLM_F_CREATE sequence 1 port 0",
        ">>> inside: RTM_NEWLINK length 24 flags NLM_F_REQUEST|NLM_F_ACK|NLM_F_CREATE sequence 2 port 0",
        "<<< inside: NLMSG_ERROR length 36 flags NLM_F_CAPPED sequence 2 port 4711",
      ])
  }
}
