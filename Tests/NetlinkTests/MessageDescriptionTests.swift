import Glibc
import LinuxSystem
import TestNetlink
import Testing

@testable import Netlink

@Suite("Paths to attributes")
struct MessageDescriptionTests {
  private func path(
    _ offset: UInt32?, missing: UInt32? = nil, in request: [UInt8] = CapturedAnswer.cappedRequest
  ) -> String? {
    TestSchema.family.describe(16)?.attributePath(
      in: request.span.bytes.extracting(droppingFirst: 16), offset: offset, missing: missing)
  }

  @Test("A path leads through nests, a kind that a sibling names, and the fixed part of a peer")
  func nested() {
    #expect(path(32) == "IFLA_IFNAME")
    #expect(path(44) == "IFLA_LINKINFO")
    #expect(path(48) == "IFLA_LINKINFO.IFLA_INFO_KIND")
    #expect(path(60) == "IFLA_LINKINFO.IFLA_INFO_DATA")
    #expect(path(64) == "IFLA_LINKINFO.IFLA_INFO_DATA.VETH_INFO_PEER")
    #expect(path(84) == "IFLA_LINKINFO.IFLA_INFO_DATA.VETH_INFO_PEER.IFLA_WEIGHT")
  }

  @Test("An offset within a value gives the path to the attribute")
  func withinValue() {
    #expect(path(37) == "IFLA_IFNAME")
    #expect(path(52) == "IFLA_LINKINFO.IFLA_INFO_KIND")
    #expect(path(88) == "IFLA_LINKINFO.IFLA_INFO_DATA.VETH_INFO_PEER.IFLA_WEIGHT")
  }

  @Test("An offset in a fixed part gives the path to what contains the fixed part")
  func fixedParts() {
    for offset: UInt32 in 0..<32 { #expect(path(offset) == nil) }
    for offset: UInt32 in 68..<84 { #expect(path(offset) == "IFLA_LINKINFO.IFLA_INFO_DATA.VETH_INFO_PEER") }
  }

  @Test("An offset outside the message gives no path", arguments: [92, 93, 1000, UInt32.max])
  func outside(offset: UInt32) {
    #expect(path(offset) == nil)
  }

  @Test("The path to a missing attribute ends with what should contain it")
  func missing() {
    #expect(path(nil, missing: 3) == "IFLA_IFNAME is missing")
    #expect(path(44, missing: 1) == "IFLA_LINKINFO: IFLA_INFO_KIND is missing")
    #expect(path(64, missing: 3) == "IFLA_LINKINFO.IFLA_INFO_DATA.VETH_INFO_PEER: IFLA_IFNAME is missing")
    #expect(path(nil, missing: 99) == "attribute 99 is missing")
    #expect(path(nil) == nil)
  }

  @Test("A path names unknown attributes by their numbers")
  func unknown() {
    let request = CapturedAnswer.cappedRequest[..<32] + bytes("08 00 63 80 04 00 01 00")
    #expect(path(36, in: Array(request)) == "attribute 99")
  }

  @Test("A path does not depend on the order of kind and data")
  func anyOrder() {
    let head = Array(CapturedAnswer.cappedRequest[..<32])
    let info = bytes(
      """
      18 00 12 80              // 32: IFLA_LINKINFO
      0c 00 02 80              // 36: IFLA_INFO_DATA
      08 00 01 00 00 00 00 00  // 40: IFLA_BR_FORWARD_DELAY
      """)
    let kind = bytes("0b 00 01 00 62 72 69 64 67 65 00 00")  // IFLA_INFO_KIND "bridge"
    var request = head + info + kind
    request[32] = 28
    #expect(path(40, in: request) == "IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_BR_FORWARD_DELAY")
  }

  @Test("The search for a path ends in a message of any form", arguments: 0..<200)
  func random(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var request = CapturedAnswer.cappedRequest
    for _ in 0..<4 { request[Int.random(in: 32..<92, using: &random)] = UInt8(random.next() & 0xff) }
    for length in 16...request.count {
      for offset: UInt32 in [0, 32, 44, 48, 64, 84, 91] { _ = path(offset, missing: 1, in: Array(request[..<length])) }
    }
  }

  @Test("The error of a refused request contains the path")
  func inErrors() throws {
    var answer = CapturedAnswer.capped
    answer[8] = 2
    let transport = ScriptedTransport([.datagram(answer)])
    var connection = NetlinkConnection(TestSchema.family, transport: transport)
    var batch = RequestBatch()
    batch.append(type: 18, flags: [], operation: "find link", subject: "x") { $0.append(UInt32(0)) }
    batch.append(type: 16, flags: [.create, .exclusive], operation: "create veth pair", subject: "veth0") {
      $0.append(Array(CapturedAnswer.cappedRequest[16...]))
    }
    let failure = try #require(try connection.failures(of: batch).first)
    #expect(
      failure.description == "cannot create veth pair veth0: \(errorText(ERANGE)): Attribute failed policy validation "
        + "(IFLA_LINKINFO.IFLA_INFO_DATA.VETH_INFO_PEER.IFLA_WEIGHT)")
  }

  @Test("The path to a missing attribute starts at the nest that the kernel names")
  func missingNestInErrors() throws {
    var answer = CapturedAnswer.missing + bytes("08 00 06 00 2c 00 00 00")  // NLMSGERR_ATTR_MISS_NEST 44
    answer[0] += 8
    answer[8] = 1
    var connection = NetlinkConnection(TestSchema.family, transport: ScriptedTransport([.datagram(answer)]))
    var batch = RequestBatch()
    batch.append(type: 16, flags: [], operation: "create link", subject: "x") {
      $0.append(Array(CapturedAnswer.cappedRequest[16...]))
    }
    #expect(try connection.failures(of: batch).first?.attribute == "IFLA_LINKINFO: IFLA_INFO_KIND is missing")
  }
}
