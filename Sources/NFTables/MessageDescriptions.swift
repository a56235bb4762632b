import Netlink

extension NetlinkFamily {
  /// NETLINK_NETFILTER (12), with the messages of nf_tables.
  public static let nftables = NetlinkFamily(protocolNumber: 12) { MessageSchemas.all[$0] }
}
/// placeholder
enum MessageSchemas { static let all: [UInt16: MessageDescription] = [:] }
