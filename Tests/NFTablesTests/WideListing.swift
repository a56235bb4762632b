extension Wide {
  /// What `nft list table inet t` (1.0.6) prints for the table, without the times at which elements expire.
  static let listing = """
    table inet t {
    \tset ports {
    \t\ttype inet_service
    \t\tflags interval
    \t\telements = { 22, 80-90 comment "web" }
    \t}

    \tset nets {
    \t\ttype ipv4_addr
    \t\tflags interval
    \t\telements = { 1.1.1.1, 10.0.0.0/8,
    \t\t\t     255.0.0.0/8 }
    \t}

    \tset pairs {
    \t\ttype ipv4_addr . inet_service
    \t\tflags interval
    \t\telements = { 10.0.0.0/8 . 80-90 }
    \t}

    \tset nets6 {
    \t\ttype ipv6_addr
    \t\tsize 1024
    \t\tflags interval,timeout
    \t\ttimeout 1d
    \t\telements = { 2001:db8::/32 }
    \t}

    \tset services {
    \t\ttype inet_proto . inet_service
    \t\telements = { tcp . 80 }
    \t}

    \tset marks {
    \t\ttype mark
    \t\tcomment "marks"
    \t\telements = { 0x00000001 }
    \t}

    \tmap published {
    \t\ttype inet_proto . inet_service : ipv4_addr . inet_service
    \t\telements = { tcp . 8080 comment "web" : 10.64.1.5 . 80 }
    \t}

    \tmap published6 {
    \t\ttype inet_service : ipv6_addr
    \t\telements = { 8080 : 2001:db8::5 }
    \t}

    \tmap remark {
    \t\ttype mark : mark
    \t\telements = { 0x00000001 : 0x00000002 }
    \t}

    \tmap jumps {
    \t\ttype ifname : verdict
    \t\telements = { "br0" : jump c,
    \t\t\t     "br1" : goto c,
    \t\t\t     "br2" : return,
    \t\t\t     "br3" : continue }
    \t}

    \tchain c {
    \t\tcomment "a chain"
    \t\tlimit rate 10/second accept
    \t}

    \tchain pre {
    \t\ttype nat hook prerouting priority dstnat; policy accept;
    \t\ttcp dport 8080 dnat ip to 10.64.1.5:80
    \t\tip daddr 1.2.3.4 dnat ip to 10.64.1.5
    \t\tdnat ip to meta l4proto . th dport map @published
    \t\tdnat ip6 to tcp dport map @published6
    \t\ttcp dport 8080 dnat ip6 to [2001:db8::1]:80
    \t\tfib daddr type local tcp dport 81 redirect to :82
    \t\tredirect
    \t}

    \tchain post {
    \t\ttype nat hook postrouting priority srcnat; policy accept;
    \t\tip saddr 10.64.1.0/25 snat ip to 192.0.2.2
    \t\tip6 saddr 2001:db8::1 masquerade fully-random
    \t\tmeta l4proto tcp masquerade to :1024-65535
    \t\tudp dport 53 snat ip to 192.0.2.2:1024-2047
    \t\ttcp flags syn tcp option maxseg size set rt mtu
    \t}

    \tchain in {
    \t\ttype filter hook input priority filter; policy drop;
    \t\tether saddr 02:00:00:00:00:01 continue
    \t\tct state invalid drop
    \t\tct mark 0x00000001 meta mark set 0x00000002
    \t\tct mark set 0x00000003
    \t\tmeta mark set ct mark
    \t\tct status dnat accept
    \t\tlimit rate over 10/minute burst 3 packets drop
    \t\tlimit rate 1 mbytes/second accept
    \t\ttcp dport @ports accept
    \t\tip saddr @nets accept
    \t\tip saddr . tcp dport @pairs accept
    \t\tmeta l4proto . th dport @services accept
    \t\tip6 saddr @nets6 counter packets 0 bytes 0 reject with icmpv6 port-unreachable
    \t\tiifname vmap @jumps
    \t\ttcp dport 23 reject with tcp reset
    \t\treject with icmpx admin-prohibited
    \t\treject with icmp host-unreachable
    \t\tfib daddr type local accept
    \t\tfib saddr . iif oif 0 drop
    \t\tiif "lo" accept
    \t\ticmp type echo-request accept
    \t\ticmpv6 type nd-neighbor-solicit accept
    \t\tip6 daddr ::1 accept
    \t\ttcp dport 1000-2000 accept
    \t\ttcp dport != 1000-2000 accept
    \t\tiifname "br*" accept
    \t\tudp sport 53 accept
    \t\tiifname != "br0" jump c
    \t\tmeta mark 0x00000001 goto c
    \t\tmeta skuid 0 return
    \t\tlog prefix "x " level info
    \t\tct original ip daddr 1.2.3.4 accept
    \t\tudp dport 5353 notrack
    \t\tct direction reply accept
    \t\tip daddr 127.0.0.0/8 drop
    \t}
    }

    """
}
