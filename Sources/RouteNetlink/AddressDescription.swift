import Netlink

extension RouteDescription {
  static let ifaddrmsg = FixedPart(
    "ifaddrmsg",
    [
      .init("ifa_family", size: 1, families), .init("ifa_prefixlen", size: 1),
      .init("ifa_flags", size: 1, addressFlags), .init("ifa_scope", size: 1, scopes), .init("ifa_index", size: 4),
    ])

  static let address = AttributeSchema([
    1: .init("IFA_ADDRESS", .ipAddress), 2: .init("IFA_LOCAL", .ipAddress), 3: .init("IFA_LABEL", .string),
    4: .init("IFA_BROADCAST", .ipAddress), 5: .init("IFA_ANYCAST", .ipAddress), 6: .init("IFA_CACHEINFO", .hex),
    7: .init("IFA_MULTICAST", .ipAddress), 8: .init("IFA_FLAGS", addressFlags),
    9: .init("IFA_RT_PRIORITY", .unsigned), 10: .init("IFA_TARGET_NETNSID", .signed),
    11: .init("IFA_PROTO", .named([1: "IFAPROT_KERNEL_LO", 2: "IFAPROT_KERNEL_RA", 3: "IFAPROT_KERNEL_LL"])),
  ])

  private static let addressFlags = AttributeFormat.bits([
    (0x01, "IFA_F_SECONDARY"), (0x02, "IFA_F_NODAD"), (0x04, "IFA_F_OPTIMISTIC"), (0x08, "IFA_F_DADFAILED"),
    (0x10, "IFA_F_HOMEADDRESS"), (0x20, "IFA_F_DEPRECATED"), (0x40, "IFA_F_TENTATIVE"), (0x80, "IFA_F_PERMANENT"),
    (0x100, "IFA_F_MANAGETEMPADDR"), (0x200, "IFA_F_NOPREFIXROUTE"), (0x400, "IFA_F_MCAUTOJOIN"),
    (0x800, "IFA_F_STABLE_PRIVACY"),
  ])

  static let ndmsg = FixedPart(
    "ndmsg",
    [
      .init("ndm_family", size: 1, families), .init("pad", size: 3), .init("ndm_ifindex", size: 4),
      .init("ndm_state", size: 2, neighbourStates), .init("ndm_flags", size: 1, neighbourFlags),
      .init("ndm_type", size: 1, routeTypes),
    ])

  static let neighbour = AttributeSchema([
    1: .init("NDA_DST", .ipAddress), 2: .init("NDA_LLADDR", .linkAddress), 3: .init("NDA_CACHEINFO", .hex),
    4: .init("NDA_PROBES", .unsigned), 5: .init("NDA_VLAN", .unsigned), 6: .init("NDA_PORT", .bigEndian),
    7: .init("NDA_VNI", .unsigned), 8: .init("NDA_IFINDEX", .unsigned), 9: .init("NDA_MASTER", .unsigned),
    10: .init("NDA_LINK_NETNSID", .signed), 11: .init("NDA_SRC_VNI", .unsigned), 12: .init("NDA_PROTOCOL", protocols),
    13: .init("NDA_NH_ID", .unsigned), 14: .init("NDA_FDB_EXT_ATTRS", .hex), 15: .init("NDA_FLAGS_EXT", .unsigned),
  ])

  private static let neighbourStates = AttributeFormat.bits([
    (0x01, "NUD_INCOMPLETE"), (0x02, "NUD_REACHABLE"), (0x04, "NUD_STALE"), (0x08, "NUD_DELAY"), (0x10, "NUD_PROBE"),
    (0x20, "NUD_FAILED"), (0x40, "NUD_NOARP"), (0x80, "NUD_PERMANENT"),
  ])

  private static let neighbourFlags = AttributeFormat.bits([
    (0x01, "NTF_USE"), (0x02, "NTF_SELF"), (0x04, "NTF_MASTER"), (0x08, "NTF_PROXY"), (0x10, "NTF_EXT_LEARNED"),
    (0x20, "NTF_OFFLOADED"), (0x40, "NTF_STICKY"), (0x80, "NTF_ROUTER"),
  ])
}
