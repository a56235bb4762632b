// Numbers of the kernel's rtnetlink interface, in its own spelling (linux/rtnetlink.h, if_link.h, if_addr.h,
// neighbour.h, if_bridge.h, pkt_sched.h, pkt_cls.h). The numbers of each kind of link are in its file in Links/.

let NETLINK_ROUTE: Int32 = 0

let RTM_NEWLINK: UInt16 = 16
let RTM_DELLINK: UInt16 = 17
let RTM_GETLINK: UInt16 = 18
let RTM_SETLINK: UInt16 = 19
let RTM_NEWADDR: UInt16 = 20
let RTM_DELADDR: UInt16 = 21
let RTM_GETADDR: UInt16 = 22
let RTM_NEWROUTE: UInt16 = 24
let RTM_DELROUTE: UInt16 = 25
let RTM_GETROUTE: UInt16 = 26
let RTM_NEWNEIGH: UInt16 = 28
let RTM_DELNEIGH: UInt16 = 29
let RTM_GETNEIGH: UInt16 = 30

let RTM_NEWQDISC: UInt16 = 36
let RTM_NEWTFILTER: UInt16 = 44
let RTM_GETTFILTER: UInt16 = 46

let RTM_NEWNSID: UInt16 = 88
let RTM_GETNSID: UInt16 = 90

/// The size of struct ifinfomsg.
let ifinfomsgSize = 16
/// The size of struct ifaddrmsg.
let ifaddrmsgSize = 8
/// The size of struct rtmsg.
let rtmsgSize = 12
/// The size of struct ndmsg.
let ndmsgSize = 12
/// The size of struct tcmsg.
let tcmsgSize = 20

let IFLA_ADDRESS: UInt16 = 1
let IFLA_IFNAME: UInt16 = 3
let IFLA_MTU: UInt16 = 4
let IFLA_LINK: UInt16 = 5
let IFLA_MASTER: UInt16 = 10
let IFLA_TXQLEN: UInt16 = 13
let IFLA_OPERSTATE: UInt16 = 16
let IFLA_LINKINFO: UInt16 = 18
let IFLA_NET_NS_PID: UInt16 = 19
let IFLA_IFALIAS: UInt16 = 20
let IFLA_STATS64: UInt16 = 23
let IFLA_AF_SPEC: UInt16 = 26
let IFLA_GROUP: UInt16 = 27
let IFLA_NET_NS_FD: UInt16 = 28
let IFLA_NUM_TX_QUEUES: UInt16 = 31
let IFLA_EXT_MASK: UInt16 = 29
let IFLA_LINK_NETNSID: UInt16 = 37
let IFLA_ALT_IFNAME: UInt16 = 53

/// Leaves out the counters of each address family, some 600 bytes per link. The kernel still sends IFLA_STATS64.
let RTEXT_FILTER_SKIP_STATS: UInt32 = 8

let IFLA_INFO_KIND: UInt16 = 1
let IFLA_INFO_DATA: UInt16 = 2
let IFLA_INFO_SLAVE_KIND: UInt16 = 4
let IFLA_INFO_SLAVE_DATA: UInt16 = 5

let IFLA_INET_CONF: UInt16 = 1
let IFLA_INET6_ADDR_GEN_MODE: UInt16 = 8

let IFA_ADDRESS: UInt16 = 1
let IFA_LOCAL: UInt16 = 2
let IFA_LABEL: UInt16 = 3
let IFA_BROADCAST: UInt16 = 4
let IFA_FLAGS: UInt16 = 8

let RTA_DST: UInt16 = 1
let RTA_SRC: UInt16 = 2
let RTA_IIF: UInt16 = 3
let RTA_OIF: UInt16 = 4
let RTA_GATEWAY: UInt16 = 5
let RTA_PRIORITY: UInt16 = 6
let RTA_PREFSRC: UInt16 = 7
let RTA_METRICS: UInt16 = 8
let RTA_MULTIPATH: UInt16 = 9
let RTA_TABLE: UInt16 = 15
let RTA_VIA: UInt16 = 18

/// The size of struct rtnexthop.
let rtnexthopSize = 8
let RTAX_MTU: UInt16 = 2

let RTNH_F_ONLINK: UInt32 = 4

let NDA_DST: UInt16 = 1
let NDA_LLADDR: UInt16 = 2
let NDA_IFINDEX: UInt16 = 8

let NETNSA_NSID: UInt16 = 1
let NETNSA_PID: UInt16 = 2
let NETNSA_FD: UInt16 = 3

let TCA_KIND: UInt16 = 1
let TCA_OPTIONS: UInt16 = 2
let TCA_INGRESS_BLOCK: UInt16 = 13

/// As the interface index: the parent is the number of a block.
let TCM_IFINDEX_MAGIC_BLOCK: UInt32 = 0xffff_ffff

let TC_H_INGRESS: UInt32 = 0xffff_fff1
/// TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS).
let TC_H_CLSACT_INGRESS: UInt32 = 0xffff_fff2

let TCA_BPF_OPS_LEN: UInt16 = 4
let TCA_BPF_OPS: UInt16 = 5
let TCA_BPF_FLAGS: UInt16 = 8
let TCA_BPF_FLAG_ACT_DIRECT: UInt32 = 1

let ETH_P_ALL: UInt16 = 3
