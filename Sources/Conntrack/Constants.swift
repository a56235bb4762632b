// linux/netfilter/nfnetlink.h and linux/netfilter/nfnetlink_conntrack.h.
let NFNL_SUBSYS_CTNETLINK: UInt16 = 1

// Message types, below NFNL_SUBSYS_CTNETLINK << 8.
let IPCTNL_MSG_CT_NEW: UInt16 = 0
let IPCTNL_MSG_CT_GET: UInt16 = 1
let IPCTNL_MSG_CT_DELETE: UInt16 = 2

// enum ctattr_type.
let CTA_TUPLE_ORIG: UInt16 = 1
let CTA_TUPLE_REPLY: UInt16 = 2
let CTA_ID: UInt16 = 12
let CTA_ZONE: UInt16 = 18
let CTA_FILTER: UInt16 = 25

// enum ctattr_tuple.
let CTA_TUPLE_IP: UInt16 = 1
let CTA_TUPLE_PROTO: UInt16 = 2

// enum ctattr_ip.
let CTA_IP_V4_SRC: UInt16 = 1
let CTA_IP_V4_DST: UInt16 = 2
let CTA_IP_V6_SRC: UInt16 = 3
let CTA_IP_V6_DST: UInt16 = 4

// enum ctattr_l4proto.
let CTA_PROTO_NUM: UInt16 = 1
let CTA_PROTO_SRC_PORT: UInt16 = 2
let CTA_PROTO_DST_PORT: UInt16 = 3

// enum ctattr_filter, and the bits of its flags (nf_internals.h).
let CTA_FILTER_ORIG_FLAGS: UInt16 = 1
let CTA_FILTER_REPLY_FLAGS: UInt16 = 2
let CTA_FILTER_F_CTA_IP_SRC: UInt32 = 1 << 0
let CTA_FILTER_F_CTA_IP_DST: UInt32 = 1 << 1
