import Glibc
import LinuxSystem
import RouteNetlink
import Testing

@testable import Network

/// The kernel runs the program as a socket filter. Of a frame that the program passes, all bytes arrive; of a frame
/// that it drops, the first 2 bytes; and of a frame beyond whose end it reads, nothing.
private struct Judge: ~Copyable {
  private var ends: [Int32] = [-1, -1]

  init(_ program: PacketProgram) throws {
    try #require(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &ends) == 0)
    var code = program.bytes
    // SO_ATTACH_FILTER with struct sock_fprog.
    let result = code.withUnsafeMutableBytes { code in
      var filter = (UInt64(program.count), code.baseAddress)
      return setsockopt(ends[1], SOL_SOCKET, 26, &filter, 16)
    }
    try #require(result == 0, "\(String(cString: strerror(errno)))")
  }

  deinit { for end in ends { close(end) } }

  enum Verdict: Equatable { case pass, drop, beyondEnd }

  func verdict(on frame: [UInt8]) throws -> Verdict {
    let sent = send(ends[0], frame, frame.count, Int32(MSG_DONTWAIT))
    try #require(sent == frame.count)
    var buffer = [UInt8](repeating: 0, count: frame.count)
    let received = recv(ends[1], &buffer, buffer.count, Int32(MSG_DONTWAIT))
    switch received {
    case frame.count: return .pass
    case 2: return .drop
    default: return .beyondEnd
    }
  }
}

/// Frames, layer by layer. Checksums are 0, because the program does not read them.
private enum Frame {
  static let unicast: [UInt8] = [0x02, 0, 0, 0, 0, 1]

  static func half(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

  static func ethernet(_ type: Int, _ payload: [UInt8], to: [UInt8] = unicast, tags: [Int] = []) -> [UInt8] {
    to + [0x02, 0, 0, 0, 0, 2] + tags.flatMap { half($0) + [0, 5] } + half(type) + payload
  }

  static func llc(_ payload: [UInt8], to: [UInt8]) -> [UInt8] { ethernet(payload.count, payload, to: to) }

  static func ipv4(
    _ proto: UInt8, _ payload: [UInt8], source: [UInt8] = [10, 1, 0, 2], to: [UInt8] = [10, 1, 0, 3], options: Int = 0,
    fragment: Int = 0, tags: [Int] = []
  ) -> [UInt8] {
    let header: [UInt8] =
      [UInt8(0x45 + options), 0] + half(20 + 4 * options + payload.count) + [0, 1] + half(fragment) + [64, proto, 0, 0]
    return ethernet(
      0x0800, header + source + to + [UInt8](repeating: 1, count: 4 * options) + payload, tags: tags)
  }

  static let linkLocal: [UInt8] = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [9]
  static let allNodes: [UInt8] = [0xff, 2] + [UInt8](repeating: 0, count: 13) + [1]

  /// - Parameters:
  ///   - next: the types of the extension headers, in order, and of the payload.
  ///   - extensions: the extension headers without the first byte, which is the type of the next.
  ///   - length: the length of everything after the header; nil for the real length.
  static func ipv6(
    _ next: [UInt8], _ extensions: [[UInt8]], _ payload: [UInt8], source: [UInt8] = linkLocal,
    to: [UInt8] = allNodes, length: Int? = nil, tags: [Int] = []
  ) -> [UInt8] {
    var body: [UInt8] = []
    for (index, header) in extensions.enumerated() { body += [next[index + 1]] + header }
    body += payload
    return ethernet(
      0x86dd, [0x60, 0, 0, 0] + half(length ?? body.count) + [next[0], 255] + source + to + body, tags: tags)
  }

  static func ipv6(
    _ next: [UInt8], _ payload: [UInt8], source: [UInt8] = linkLocal, to: [UInt8] = allNodes, tags: [Int] = []
  ) -> [UInt8] {
    ipv6(next, [], payload, source: source, to: to, tags: tags)
  }

  static func udp(_ source: Int, _ destination: Int, _ payload: [UInt8] = [0, 0, 0, 0]) -> [UInt8] {
    half(source) + half(destination) + half(8 + payload.count) + [0, 0] + payload
  }

  static func icmp(_ type: UInt8) -> [UInt8] { [type] + [UInt8](repeating: 0, count: 39) }

  /// An options header of `size` bytes, without its first byte, which is the type of the next header.
  static func options(_ size: Int = 8) -> [UInt8] {
    [UInt8(size / 8 - 1)] + [1, UInt8(truncatingIfNeeded: size - 4)] + [UInt8](repeating: 0, count: size - 4)
  }

  static func fragment(offset: Int, more: Bool, reserved: UInt8 = 0) -> [UInt8] {
    [reserved] + half(offset << 3 | (more ? 1 : 0)) + [0, 0, 0, 1]
  }
}

@Suite("The filter program of a sandbox's port")
struct PortGuardTests {
  @Test("A changed program has another version, because ports of an older nsrun share the block and keep theirs")
  func version() {
    let digest = StableHash.long(PortProgram.program.bytes)
    #expect(
      PortGuard.version == 1 && digest == 7_839_500_022_510_514_686,
      "the program has changed: so must its version, and this digest")
  }

  private func expect(
    _ verdict: Judge.Verdict, _ frames: [(String, [UInt8])], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let judge = try Judge(PortProgram.program)
    for (what, frame) in frames {
      #expect(try judge.verdict(on: frame) == verdict, "\(what)", sourceLocation: sourceLocation)
    }
  }

  @Test("The program drops frames to the groups by which bridges talk to each other, whatever they contain")
  func bridgeGroups() throws {
    let bpdu: [UInt8] = [0x42, 0x42, 3] + [UInt8](repeating: 0, count: 35)
    try expect(
      .drop,
      (0...15).map { ("01:80:c2:00:00:0\($0)", Frame.llc(bpdu, to: [1, 0x80, 0xc2, 0, 0, $0])) } + [
        ("GVRP", Frame.llc([0x42, 0x42, 3, 0, 1], to: [1, 0x80, 0xc2, 0, 0, 0x21])),
        ("LLDP", Frame.ethernet(0x88cc, [0, 0], to: [1, 0x80, 0xc2, 0, 0, 0x0e])),
        ("pause", Frame.ethernet(0x8808, [0, 1, 0, 0], to: [1, 0x80, 0xc2, 0, 0, 1])),
        ("PVST", Frame.llc([0xaa, 0xaa, 3, 0, 0, 0xc, 1, 0xb], to: [1, 0, 0xc, 0xcc, 0xcc, 0xcd])),
        ("CDP", Frame.llc([0xaa, 0xaa, 3, 0, 0, 0xc, 0x20, 0], to: [1, 0, 0xc, 0xcc, 0xcc, 0xcc])),
        ("tagged", Frame.ethernet(40, bpdu, to: [1, 0x80, 0xc2, 0, 0, 0], tags: [0x8100])),
      ])
    try expect(
      .pass,
      [
        ("IS-IS", Frame.llc([0xfe, 0xfe, 3, 0, 0], to: [1, 0x80, 0xc2, 0, 0, 0x14])),
        ("PTP over Ethernet", Frame.ethernet(0x88f7, [0, 0], to: [1, 0x1b, 0x19, 0, 0, 0])),
        ("another group of IEEE's", Frame.ethernet(0x88f7, [0, 0], to: [1, 0x80, 0xc2, 0, 1, 0])),
        ("another group of Cisco's", Frame.ethernet(0x88f7, [0, 0], to: [1, 0, 0xc, 0xcc, 0, 0])),
      ])
  }

  @Test(
    "The program drops messages of IPv6 routers, behind any headers and tags",
    arguments: [UInt8(134), 137, 130, 151])
  func routerMessages(type: UInt8) throws {
    let message = Frame.icmp(type)
    let fragment = Frame.fragment(offset: 0, more: true)
    try expect(
      .drop,
      [
        ("plain", Frame.ipv6([58], message)),
        ("to one", Frame.ipv6([58], message, to: Frame.linkLocal)),
        ("hop-by-hop options", Frame.ipv6([0, 58], [Frame.options()], message)),
        ("a long header", Frame.ipv6([60, 58], [Frame.options(2048)], message)),
        ("routing", Frame.ipv6([43, 58], [[0, 4, 0, 0, 0, 0, 0]], message)),
        (
          "three headers", Frame.ipv6([0, 43, 60, 58], [Frame.options(), Frame.options(16), Frame.options()], message)
        ),
        ("four headers", Frame.ipv6([0, 60, 43, 60, 58], Array(repeating: Frame.options(), count: 4), message)),
        ("a first fragment", Frame.ipv6([44, 58], [fragment], message)),
        ("an only fragment", Frame.ipv6([44, 58], [Frame.fragment(offset: 0, more: false)], message)),
        ("reserved bits", Frame.ipv6([44, 58], [Frame.fragment(offset: 0, more: true, reserved: 255)], message)),
        ("options and a fragment", Frame.ipv6([0, 44, 58], [Frame.options(), fragment], message)),
        ("a tag", Frame.ipv6([58], message, tags: [0x8100])),
        ("two tags", Frame.ipv6([60, 58], [Frame.options()], message, tags: [0x88a8, 0x8100])),
        (
          "SNAP, with a length that is none",
          Frame.ethernet(
            1535, [0xaa, 0xaa, 3, 0, 0, 0] + Frame.ipv6([58], message).dropFirst(12), to: [0x33, 0x33, 0, 0, 0, 1])
        ),
        (
          "SNAP",
          Frame.ethernet(
            100, [0xaa, 0xaa, 3, 0, 0, 0] + Frame.ipv6([58], message).dropFirst(12), to: [0x33, 0x33, 0, 0, 0, 1])
        ),
      ])
  }

  @Test("The program drops frames that it cannot classify")
  func unjudged() throws {
    let fragment = Frame.fragment(offset: 0, more: true)
    let echo = Frame.icmp(128)
    let long = Array(repeating: Frame.options(), count: 5)
    try expect(
      .drop,
      [
        ("five headers", Frame.ipv6([0, 60, 60, 60, 60, 58], long, echo)),
        ("options in a first fragment", Frame.ipv6([44, 60, 58], [fragment, Frame.options()], echo)),
        ("a fragment in a fragment", Frame.ipv6([44, 44, 58], [fragment, fragment], echo)),
        ("a fragment that ends too soon", Frame.ipv6([44, 58], [fragment], Array(echo.prefix(8)))),
        ("padding in place of a message", Frame.ipv6([44, 58], [fragment], echo, length: 16)),
        ("a length that lies", Frame.ipv6([44, 58], [fragment], echo, length: 0)),
        ("three tags in the frame", Frame.ipv6([58], echo, tags: [0x88a8, 0x8100, 0x8100])),
      ])
  }

  @Test("The program drops redirects, router advertisements and multicast listener queries of IPv4")
  func ipv4RouterMessages() throws {
    try expect(
      .drop,
      [
        ("redirect", Frame.ipv4(1, Frame.icmp(5))), ("router advertisement", Frame.ipv4(1, Frame.icmp(9))),
        ("options", Frame.ipv4(1, Frame.icmp(5), options: 10)),
        ("first fragment", Frame.ipv4(1, Frame.icmp(5), fragment: 0x2000)),
        ("IGMP query", Frame.ipv4(2, [0x11, 0, 0, 0, 0, 0, 0, 0], options: 1, tags: [0x8100])),
        ("multicast router", Frame.ipv4(2, [0x30, 0, 0, 0, 0, 0, 0, 0])),
      ])
  }

  @Test("The program drops answers of DHCP servers, and passes everything that a client asks")
  func dhcp() throws {
    let fragment = Frame.fragment(offset: 0, more: true)
    try expect(
      .drop,
      [
        ("offer", Frame.ipv4(17, Frame.udp(67, 68, [2, 1, 6, 0]))),
        ("from another port", Frame.ipv4(17, Frame.udp(4000, 68))),
        ("options and a tag", Frame.ipv4(17, Frame.udp(67, 68), options: 2, tags: [0x8100])),
        ("a first fragment", Frame.ipv4(17, Frame.udp(67, 68), fragment: 0x2000)),
        ("to a relay", Frame.ipv4(17, Frame.udp(67, 67, [2, 1, 6, 0]))),
        ("to a relay, in fragments", Frame.ipv4(17, Array(Frame.udp(67, 67).prefix(8)), fragment: 0x2000)),
        ("DHCPv6", Frame.ipv6([17], Frame.udp(547, 546))), ("from another port", Frame.ipv6([17], Frame.udp(999, 546))),
        ("to another port", Frame.ipv6([17], Frame.udp(547, 999))),
        ("to a relay", Frame.ipv6([17], Frame.udp(999, 547, [13, 0]))),
        ("options", Frame.ipv6([60, 17], [Frame.options()], Frame.udp(547, 546))),
        ("a first fragment", Frame.ipv6([44, 17], [fragment], Frame.udp(547, 546, Frame.icmp(0)))),
      ])
    try expect(
      .pass,
      [
        (
          "discover", Frame.ipv4(17, Frame.udp(68, 67, [1, 1, 6, 0]), source: [0, 0, 0, 0], to: [255, 255, 255, 255])
        ),
        ("renewal", Frame.ipv4(17, Frame.udp(68, 67, [1, 1, 6, 0]))),
        ("solicit", Frame.ipv6([17], Frame.udp(546, 547, [1, 0, 0, 1]))),
        ("later fragment", Frame.ipv4(17, Frame.udp(67, 68), fragment: 0x00b9)),
        ("TCP", Frame.ipv4(6, Frame.udp(67, 68))), ("TCP", Frame.ipv6([6], Frame.udp(547, 546))),
      ])
  }

  @Test("The program drops packets from and to loopback addresses")
  func loopback() throws {
    let one = [UInt8](repeating: 0, count: 15) + [1]
    let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 127, 0, 0, 1]
    func arp(_ sender: [UInt8], _ target: [UInt8]) -> [UInt8] {
      Frame.ethernet(
        0x0806, [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2] + sender + [0, 0, 0, 0, 0, 0] + target)
    }
    try expect(
      .drop,
      [
        ("to", Frame.ipv4(17, Frame.udp(9, 9), to: [127, 0, 0, 1])),
        ("from", Frame.ipv4(6, Frame.udp(9, 9), source: [127, 255, 0, 9])),
        ("later fragment", Frame.ipv4(17, [], to: [127, 0, 0, 1], fragment: 9)),
        ("tagged", Frame.ipv4(1, Frame.icmp(8), to: [127, 1, 2, 3], options: 3, tags: [0x88a8, 0x8100])),
        ("asked for", arp([10, 1, 0, 2], [127, 0, 0, 1])), ("announced", arp([127, 0, 0, 53], [127, 0, 0, 53])),
        ("to ::1", Frame.ipv6([17], Frame.udp(9, 9), to: one)),
        ("from ::1", Frame.ipv6([58], Frame.icmp(128), source: one)),
        ("from ::1 with options", Frame.ipv6([0, 6], [Frame.options()], Frame.udp(9, 9), source: one)),
        ("mapped", Frame.ipv6([17], Frame.udp(9, 9), to: mapped)),
        ("mapped", Frame.ipv6([17], Frame.udp(9, 9), source: mapped)),
      ])
    try expect(.pass, [("ARP", arp([10, 1, 0, 2], [10, 1, 0, 3])), ("probe", arp([0, 0, 0, 0], [10, 1, 0, 3]))])
  }

  @Test("The program passes everything else")
  func ordinary() throws {
    let many = [UInt8](repeating: 7, count: 60_000)
    let unspecified = [UInt8](repeating: 0, count: 16)
    try expect(
      .pass,
      [
        ("TCP", Frame.ipv4(6, Frame.udp(4000, 80))), ("UDP", Frame.ipv4(17, Frame.udp(4000, 53))),
        ("ping", Frame.ipv4(1, Frame.icmp(8))), ("packet too big", Frame.ipv4(1, [3, 4])),
        ("IGMP report", Frame.ipv4(2, [0x22, 0, 0, 0, 0, 0, 0, 0], options: 1)),
        ("multicast", Frame.ipv4(17, Frame.udp(5353, 5353), to: [224, 0, 0, 251])),
        ("a segment to be cut later", Frame.ipv4(6, Frame.udp(4000, 80) + many)),
        ("GRE", Frame.ipv4(47, [0, 0])), ("ESP", Frame.ipv6([50], Frame.icmp(134))),
        ("ping", Frame.ipv6([58], Frame.icmp(128))), ("packet too big", Frame.ipv6([58], Frame.icmp(2))),
        ("router solicitation", Frame.ipv6([58], Frame.icmp(133))),
        ("neighbour solicitation", Frame.ipv6([58], Frame.icmp(135), source: unspecified)),
        ("neighbour advertisement", Frame.ipv6([58], Frame.icmp(136))),
        ("MLD report", Frame.ipv6([0, 58], [[0, 5, 2, 0, 0, 1, 0]], Frame.icmp(143))),
        ("a first fragment", Frame.ipv6([44, 58], [Frame.fragment(offset: 0, more: true)], Frame.icmp(128))),
        ("a later one", Frame.ipv6([44, 58], [Frame.fragment(offset: 5, more: false)], Frame.icmp(134))),
        ("a fragment of TCP", Frame.ipv6([44, 6], [Frame.fragment(offset: 0, more: true)], Frame.udp(1, 2))),
        ("jumbogram", Frame.ipv6([0, 6], [Frame.options()], Frame.udp(4000, 80) + many, length: 0)),
        ("VLAN", Frame.ipv4(6, Frame.udp(4000, 80), tags: [0x8100])),
        ("two tags", Frame.ipv6([6], Frame.udp(4000, 80), tags: [0x88a8, 0x8100])),
        ("MPLS", Frame.ethernet(0x8847, [0, 0, 0, 0])), ("LLC", Frame.llc([0xe0, 0xe0, 3, 0], to: Frame.unicast)),
        ("SNAP", Frame.llc([0xaa, 0xaa, 3, 8, 0, 7, 0x80, 0x9b], to: Frame.unicast)),
      ])
  }

  @Test("The program drops a frame that is cut anywhere, or passes it if no receiver can read it")
  func truncation() throws {
    let judge = try Judge(PortProgram.program)
    let hostile = [
      Frame.ipv6(
        [0, 43, 60, 58], [Frame.options(), Frame.options(16), Frame.options()], Frame.icmp(134), tags: [0x8100]),
      Frame.ipv4(17, Frame.udp(67, 68), options: 4, tags: [0x88a8, 0x8100]),
      Frame.ipv4(6, Frame.udp(1, 2), to: [127, 0, 0, 1]),
    ]
    for frame in hostile {
      #expect(try judge.verdict(on: frame) == .drop)
      // From a certain length on, the program drops the frame. A shorter frame ends before the bytes that it reads.
      let verdicts = try (3..<frame.count).map { try judge.verdict(on: Array(frame.prefix($0))) }
      #expect(!verdicts.contains(.pass))
      #expect(verdicts.drop { $0 == .beyondEnd }.allSatisfy { $0 == .drop })
    }
  }
}
