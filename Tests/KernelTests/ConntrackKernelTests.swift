import Conntrack
import TestHost
import TestNetlink
import Testing

/// Each test has its own network namespace.
@Suite("Connection tracking in the kernel", .enabled(if: Privilege.isGranted, Comment(rawValue: Privilege.reason)))
struct ConntrackKernelTests {
  /// Makes flows from and to 10.64.1.5, and others.
  private static let making = """
    exec > /dev/null
    ip link set lo up
    nft 'add table ip t; add chain ip t c { type nat hook postrouting priority 100; }; add rule ip t c masquerade'
    udp() { conntrack -I -p udp --sport 4444 --dport 53 --timeout 100 "$@" 2>&1 | grep -v created 1>&2; }
    udp --src 10.64.1.5 --dst 8.8.8.8
    udp --src 10.64.1.5 --dst 8.8.4.4 --zone 7
    udp --src 192.0.2.9 --dst 10.64.1.5
    udp --src 10.64.1.6 --dst 8.8.8.8
    udp --src 2001:db8::5 --dst 2001:db8::9
    udp --src 2001:db8::6 --dst 2001:db8::9
    conntrack -I -p icmp --src 10.64.1.5 --dst 8.8.8.8 --icmp-type 8 --icmp-code 0 --icmp-id 77 --timeout 100 2>&1 |
      grep -v created 1>&2
    true
    """
  private static let address = ip("10.64.1.5")

  private func inNetworkWithFlows(_ body: (inout ConntrackConnection) throws -> Void) throws {
    try inOwnNetwork { () throws in
      try #require(shell(Self.making) == "")
      var connection = try ConntrackConnection()
      try #require(try connection.flows().count == 7)
      try body(&connection)
    }
  }

  @Test("A filter lists the same flows as a search of all flows, in every zone")
  func listing() throws {
    try inNetworkWithFlows { connection in
      let found = try connection.flows(matching: FlowFilter(originalSource: Self.address))
      #expect(Set(found) == Set(try connection.flows { $0.original.source == Self.address }))
      #expect(Set(found.map(\.zone)) == [nil, 7] && Set(found.map(\.original.protocolNumber)) == [1, 17])
    }
  }

  @Test("A deletion by address removes the flows of the address in either direction, and no others")
  func deletionByAddress() throws {
    try inNetworkWithFlows { connection in
      try connection.delete(matching: [
        FlowFilter(originalSource: Self.address), FlowFilter(replySource: Self.address),
      ])
      #expect(Set(try connection.flows().map(\.original.source?.family)) == [.inet, .inet6])
      #expect(shell("conntrack -L 2> /dev/null | grep -c 10.64.1.6") == "1\n")
      #expect(try connection.flows().count == 3)
      // Nothing is left to delete, which is not a failure.
      try connection.delete(matching: [FlowFilter(originalSource: Self.address)])
    }
  }

  @Test("A deletion of listed flows removes each one, gone or not, of IPv6 too")
  func deletion() throws {
    try inNetworkWithFlows { connection in
      let flows = try connection.flows()
      try connection.delete(flows)
      #expect(try connection.flows().isEmpty)
      try connection.delete(flows)
    }
  }

  @Test("A deletion by an IPv6 address removes the flows of that address")
  func ipv6() throws {
    try inNetworkWithFlows { connection in
      let address = ip("2001:db8::5")
      let filter = FlowFilter(originalSource: address)
      #expect(try connection.flows(matching: filter).map(\.original.source) == [address])
      try connection.delete(matching: [filter])
      #expect(try connection.flows { $0.family == 10 }.map(\.original.source) == [ip("2001:db8::6")])
    }
  }
}
