import LinuxSystem
import Netlink
import TestNetlink
import Testing

@testable import RouteNetlink

/// Replies of the kernel, whole and cut.
@Suite struct ReplyTests {
  private func connection(_ answers: [UInt8]..., errno: Int32 = 0) -> RouteConnection {
    RouteConnection(transport: ScriptedTransport(answers.map { .datagram($0) }, thenEndingWith: errno))
  }

  @Test func `a bridge port is read with its peer, statistics and settings`() throws {
    var connection = connection(Replies.bridgePort)
    let link = try #require(try connection.link(index: 71))
    #expect(link.index == 71)
    #expect(link.name == "v0")
    #expect(link.alias == "world")
    #expect(link.kind == "veth")
    #expect(link.slaveKind == "bridge")
    #expect(link.address == mac("02:00:00:00:00:03"))
    #expect(link.mtu == 1300)
    #expect(link.flags == [.up, .broadcast, .running, .multicast, .lowerUp])
    #expect(link.operState == .up)
    #expect(link.master == 4)
    #expect(link.peerIndex == 72)
    #expect(link.peerNamespaceID == 1)
    #expect(link.group == 9)
    #expect(link.txQueueLength == 5)
    #expect(link.statistics?.received == .init(packets: 1, bytes: 90, errors: 0, dropped: 0))
    #expect(link.statistics?.sent == .init(packets: 1, bytes: 90, errors: 0, dropped: 1))
    #expect(link.bridge == nil)
    #expect(link.addressGeneration == AddressGenerationMode.none)
    #expect(
      link.bridgePort
        == BridgePortOptions(
          hairpin: true, isolated: true, learning: false, unicastFlood: false, multicastFlood: false,
          broadcastFlood: false, neighbourSuppression: true, proxyARP: true, bpduGuard: true, rootBlock: true,
          locked: true, state: .disabled, priority: 5, cost: 4, groupForwardMask: 0, multicastRouter: .learned))
  }

  @Test func `a bridge is read with its settings`() throws {
    var connection = connection(Replies.bridge)
    let link = try #require(try connection.link(named: "mst"))
    #expect(link.name == "mst")
    #expect(link.kind == "bridge")
    #expect(link.master == nil && link.bridgePort == nil)
    #expect(
      link.bridge
        == BridgeOptions(
          stp: false, forwardDelay: 1500, helloTime: 200, maxAge: 2000, ageingTime: 30000, priority: 32768,
          vlanFiltering: false, multicastSnooping: true, groupForwardMask: 0, callsIPTables: false,
          callsIP6Tables: false, callsARPTables: false))
  }

  @Test func `addresses are read with label, peer and all their flags`() throws {
    var connection = connection(Replies.address, Replies.pointToPoint, Replies.address6)
    let addresses = try connection.addresses()
    var first = LinkAddress(
      network("10.64.1.5/24"), link: 71, broadcast: ip("10.64.1.255"), flags: [.permanent, .noPrefixRoute])
    first.label = "v0"
    var second = LinkAddress(
      network("10.9.9.1/32"), link: 71, peer: ip("10.9.9.2"), scope: .link, flags: .permanent)
    second.label = "v0"
    let third = LinkAddress(network("2001:db8:1::5/64"), link: 71, flags: [.permanent, .noDAD])
    #expect(addresses == [first, second, third])
  }

  @Test func `addresses of other links are left out where the kernel does not filter`() throws {
    var connection = connection(Replies.address)
    #expect(try connection.addresses(link: 72).isEmpty)
  }

  @Test func `routes are read as they were made`() throws {
    var connection = connection(Replies.defaultRoute, Replies.viaRoute, Replies.route6)
    let expected = [
      Route(
        to: nil, family: .inet, via: ip("10.64.1.1"), link: 71, preferredSource: ip("10.64.1.5"), table: 300,
        metric: 50, isOnLink: true),
      Route(to: network("10.79.0.0/16"), family: .inet, via: ip("2001:db8:1::1"), link: 71),
      Route(
        to: network("2001:db8:9::/48"), family: .inet6, via: ip("2001:db8:1::1"), link: 71, metric: 1024),
    ]
    #expect(try connection.routes() == expected)
  }

  @Test func `a neighbour is read as it was made`() throws {
    var connection = connection(Replies.neighbour)
    let neighbours = try connection.neighbours()
    #expect(neighbours == [Neighbour(ip("10.64.1.9"), linkAddress: mac("02:00:00:00:00:09"), link: 71)])
    #expect(neighbours.first?.state.description == "permanent")
  }

  @Test func `a link that does not exist is nil, any other error is thrown`() throws {
    var missing = connection(errno: 19)
    #expect(try missing.link(named: "nope") == nil)
    var refused = connection(errno: 1)
    let error = #expect(throws: NetlinkError.self) { try refused.link(named: "v0") }
    #expect(error?.description == "cannot get link v0: Operation not permitted")
    var none = connection()
    #expect(try none.link(index: 0) == nil)
  }

  @Test func `an error names the request that failed`() throws {
    var connection = connection(errno: 17)
    var requests = RouteRequests()
    requests.add(Route(to: nil, family: .inet, via: ip("10.64.1.1")))
    let error = #expect(throws: NetlinkError.self) { try connection.perform(requests) }
    #expect(error?.description == "cannot add route default via 10.64.1.1: File exists")
  }

  @Test func `a destination or address that does not fit its family and length is refused, not taken for another`() {
    // The prefix lengths, then the families, of a route, an address and a neighbour.
    for (reply, place, value) in [
      (Replies.viaRoute, 17, UInt8(33)), (Replies.viaRoute, 16, 10), (Replies.address, 17, 33),
      (Replies.address, 16, 10), (Replies.neighbour, 16, 10),
    ] {
      var changed = reply
      changed[place] = value
      #expect(throws: MalformedMessage.self) {
        var messages = MessageReader(changed.span.bytes)
        if let message = try messages.next() { try decode(message) }
      }
    }
  }

  @Test(arguments: Replies.all.keys.sorted())
  func `a reply cut at any byte gives a value or an error`(name: String) throws {
    let reply = try #require(Replies.all[name])
    guard let header = MessageHeader(reply.span.bytes) else { return }
    var errors = 0
    for length in 0...(reply.count - MessageHeader.size) {
      let bytes = reply.span.bytes
      let message = ReplyMessage(
        header: header, payload: bytes.extracting(MessageHeader.size..<(MessageHeader.size + length)))
      do throws(MalformedMessage) { try decode(message) } catch { errors += 1 }
    }
    // A fixed part or an attribute that is cut is always an error.
    #expect(errors > reply.count / 3)
  }

  @Test(arguments: Replies.all.keys.sorted())
  func `a reply with any byte changed gives a value or an error`(name: String) throws {
    let reply = try #require(Replies.all[name])
    guard let header = MessageHeader(reply.span.bytes) else { return }
    for place in MessageHeader.size..<reply.count {
      for value: UInt8 in [0, 1, 3, 0x7f, 0xff] {
        var changed = reply
        changed[place] = value
        let bytes = changed.span.bytes
        let message = ReplyMessage(header: header, payload: bytes.extracting(droppingFirst: MessageHeader.size))
        try? decode(message)
      }
    }
  }

  private func decode(_ message: borrowing ReplyMessage) throws(MalformedMessage) {
    _ = try Link(message)
    _ = try LinkAddress(message)
    _ = try Route(message)
    _ = try Neighbour(message)
  }
}
