import Netlink
import RouteNetlink
import Synchronization
import TestNetlink
import Testing

/// What a trace shows.
@Suite struct DescriptionTests {
  private final class Output: Sendable {
    let text = Mutex("")
  }

  private func trace(
    answers: [[UInt8]] = [], _ body: (inout RouteConnection) throws(NetlinkError) -> Void
  ) throws -> String {
    let output = Output()
    var connection = RouteConnection(
      transport: ScriptedTransport(answers.map { .datagram($0) }, thenEndingWith: 0),
      tracer: MessageTracer(name: "home") { line in output.text.withLock { $0 += line } })
    try body(&connection)
    return output.text.withLock { $0 }
  }

  @Test func `a veth pair is shown with its peer`() throws {
    let text = try trace { (connection) throws(NetlinkError) in
      var link = LinkSpecification.veth(
        name("v0"), peer: .init(name: name("p0"), index: 72, address: mac("02:00:00:00:00:02")))
      link.index = 71
      link.isUp = true
      var requests = RouteRequests()
      requests.create(link)
      try connection.perform(requests)
    }
    #expect(
      text.hasPrefix(
        """
        >>> home: RTM_NEWLINK length 96 flags NLM_F_REQUEST|NLM_F_ACK|NLM_F_EXCL|NLM_F_CREATE sequence 1 port 0
          ifinfomsg ifi_family=AF_UNSPEC ifi_type=0 ifi_index=71 ifi_flags=IFF_UP ifi_change=IFF_UP
          IFLA_IFNAME "v0"
          IFLA_LINKINFO
            IFLA_INFO_KIND "veth"
            IFLA_INFO_DATA
              VETH_INFO_PEER
                ifinfomsg ifi_family=AF_UNSPEC ifi_type=0 ifi_index=72 ifi_flags=0 ifi_change=0
                IFLA_ADDRESS 02:00:00:00:00:02
                IFLA_IFNAME "p0"

        """), "\(text)")
  }

  @Test func `an address and a route are shown with the names of their values`() throws {
    let text = try trace { (connection) throws(NetlinkError) in
      var requests = RouteRequests()
      requests.add(LinkAddress(network("10.64.1.5/24"), link: 71, flags: .noPrefixRoute))
      requests.add(Route(to: nil, family: .inet, via: ip("10.64.1.1"), link: 71))
      try connection.perform(requests)
    }
    #expect(
      text.contains(
        """
          ifaddrmsg ifa_family=AF_INET ifa_prefixlen=24 ifa_flags=0 ifa_scope=RT_SCOPE_UNIVERSE ifa_index=71
          IFA_LOCAL 10.64.1.5
          IFA_FLAGS IFA_F_NOPREFIXROUTE
          IFA_ADDRESS 10.64.1.5

        """), "\(text)")
    #expect(
      text.contains(
        """
          rtmsg rtm_family=AF_INET rtm_dst_len=0 rtm_src_len=0 rtm_tos=0 rtm_table=RT_TABLE_MAIN \
        rtm_protocol=RTPROT_BOOT rtm_scope=RT_SCOPE_UNIVERSE rtm_type=RTN_UNICAST rtm_flags=0
          RTA_GATEWAY 10.64.1.1
          RTA_OIF 71

        """), "\(text)")
  }

  @Test(arguments: Replies.all.keys.sorted())
  func `every attribute of the kernel's replies has a name`(name: String) throws {
    let reply = try #require(Replies.all[name])
    let text = try trace(answers: [reply]) { (connection) throws(NetlinkError) in _ = try connection.links() }
    #expect(text.contains("<<< home: RTM_NEW"))
    #expect(!text.contains("attribute "), "\(text)")
    #expect(!text.contains("malformed"), "\(text)")
  }
}
