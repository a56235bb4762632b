import TestNetlink

/// What `strace -xx conntrack -D -s 10.64.1.5` (conntrack-tools 1.4.7, Linux 6.18) shows.
enum Captured {
  /// The request of conntrack for all IPv4 flows.
  static let listing = bytes(
    """
    14 00 00 00 01 01 01 03 01 00 00 00 00 00 00 00  // IPCTNL_MSG_CT_GET, NLM_F_REQUEST|NLM_F_DUMP
    02 00 00 00                                      // nfgenmsg: AF_INET
    """)

  /// An ICMP echo request without an answer.
  static let icmpTuple = bytes(
    """
    14 00 01 80 08 00 01 00 0a 40 01 05 08 00 02 00 08 08 08 08  // CTA_TUPLE_IP: 10.64.1.5, 8.8.8.8
    24 00 02 80 05 00 01 00 01 00 00 00                          // CTA_TUPLE_PROTO: IPPROTO_ICMP
    06 00 04 00 00 4d 00 00 05 00 05 00 08 00 00 00              // CTA_PROTO_ICMP_ID 77, TYPE 8
    05 00 06 00 00 00 00 00                                      // CODE 0
    """)
  static let icmp = bytes(
    """
    d0 00 00 00 00 01 22 00 01 00 00 00 00 00 00 00  // IPCTNL_MSG_CT_NEW, NLM_F_MULTI|NLM_F_DUMP_FILTERED
    02 00 00 00                                      // nfgenmsg: AF_INET
    3c 00 01 80                                      // CTA_TUPLE_ORIG
    14 00 01 80 08 00 01 00 0a 40 01 05 08 00 02 00 08 08 08 08
    24 00 02 80 05 00 01 00 01 00 00 00 06 00 04 00 00 4d 00 00 05 00 05 00 08 00 00 00 05 00 06 00 00 00 00 00
    3c 00 02 80                                      // CTA_TUPLE_REPLY
    14 00 01 80 08 00 01 00 08 08 08 08 08 00 02 00 0a 40 01 05
    24 00 02 80 05 00 01 00 01 00 00 00 06 00 04 00 00 4d 00 00 05 00 05 00 00 00 00 00 05 00 06 00 00 00 00 00
    08 00 03 00 00 00 00 08                          // CTA_STATUS: IPS_CONFIRMED
    08 00 08 00 00 00 00 00                          // CTA_MARK
    08 00 0c 00 de 64 f9 b2                          // CTA_ID
    08 00 0b 00 00 00 00 01                          // CTA_USE
    08 00 07 00 00 00 00 63                          // CTA_TIMEOUT: 99 s
    1c 00 18 80 08 00 01 00 00 00 00 00 08 00 02 00 00 00 00 00 08 00 03 00 00 00 00 00  // CTA_SYNPROXY
    """)

  /// UDP in zone 7.
  static let udp = bytes(
    """
    c8 00 00 00 00 01 22 00 01 00 00 00 00 00 00 00  // IPCTNL_MSG_CT_NEW
    02 00 00 00                                      // nfgenmsg: AF_INET
    34 00 01 80                                      // CTA_TUPLE_ORIG
    14 00 01 80 08 00 01 00 0a 40 01 06 08 00 02 00 08 08 08 08
    1c 00 02 80 05 00 01 00 11 00 00 00 06 00 02 00 11 5c 00 00 06 00 03 00 27 0f 00 00
    34 00 02 80                                      // CTA_TUPLE_REPLY
    14 00 01 80 08 00 01 00 08 08 08 08 08 00 02 00 0a 40 01 06
    1c 00 02 80 05 00 01 00 11 00 00 00 06 00 02 00 27 0f 00 00 06 00 03 00 11 5c 00 00
    06 00 12 00 00 07 00 00                          // CTA_ZONE
    08 00 03 00 00 00 00 08                          // CTA_STATUS
    08 00 08 00 00 00 00 00                          // CTA_MARK
    08 00 0c 00 46 c9 04 13                          // CTA_ID
    08 00 0b 00 00 00 00 01                          // CTA_USE
    08 00 07 00 00 00 00 63                          // CTA_TIMEOUT
    1c 00 18 80 08 00 01 00 00 00 00 00 08 00 02 00 00 00 00 00 08 00 03 00 00 00 00 00
    """)

  /// A captured message as an answer to a request.
  static func answer(_ message: [UInt8], _ sequence: UInt32) -> [UInt8] {
    var message = message
    withUnsafeBytes(of: sequence) { message.replaceSubrange(8..<12, with: $0) }
    return message
  }
}
