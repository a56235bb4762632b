import Testing

/// Command lines that nsrun must refuse on the host of ``CommandTests/BadInputTests``.
enum BadInput {
  /// A command line that nsrun refuses, and a text that the error must contain.
  struct Row: Sendable, CustomTestStringConvertible {
    let command: String
    let complaint: String
    var testDescription: String { command.count > 100 ? "\(command.prefix(100))…" : command }

    init(_ command: String, _ complaint: String) {
      self.command = command
      self.complaint = complaint
    }
  }

  static let commandLine = [
    Row("nsrun --bogus -- true", "Unknown option '--bogus'"),
    Row("nsrun create x --bogus", "Unknown option '--bogus'"),
    Row("nsrun", "a command is missing"),
    Row("nsrun --net br0", "a command is missing"),
    Row("nsrun --net br0 --", "a command is missing"),
    Row("nsrun --net br0 -- ''", "a command is missing"),
    Row("nsrun exec taken", "a command is missing"),
    Row("nsrun ping 8.8.8.8", "'ping'"),
    Row("nsrun frobnicate -- true", "'frobnicate'"),
    Row("nsrun exec", "NAME is missing: nsrun exec NAME"),
    Row("nsrun create", "NAME is missing: nsrun create NAME"),
    Row("nsrun rm", "NAME is missing: nsrun rm NAME"),
    Row("nsrun inspect", "NAME is missing: nsrun inspect NAME"),
    Row("nsrun list extra", "'extra'"),
    Row("nsrun cleanup extra", "'extra'"),
    Row("nsrun --hostname a_b -- true", "--hostname 'a_b': must be letters, digits and '-'"),
    Row("nsrun create x --hostname -a", "--hostname"),
    Row("nsrun --dns resolver.example -- true", "--dns 'resolver.example' is neither an address nor 'none'"),
    Row("nsrun --dns none --dns 8.8.8.8 -- true", "--dns none excludes other --dns"),
    Row("nsrun create x --dns none --dns-search a", "--dns none excludes --dns-search"),
    Row("nsrun --dns-search 'a b' -- true", "--dns-search 'a b' is not a domain"),
    Row("nsrun --env FOO -- true", "--env 'FOO' is not NAME=VALUE"),
    Row("nsrun --env =x -- true", "--env '=x' is not NAME=VALUE"),
    Row("nsrun --sysctl net.ipv4.ip_forward -- true", "--sysctl 'net.ipv4.ip_forward' is not net.NAME=VALUE"),
    Row("nsrun --sysctl net.ipv4.ip_forward= -- true", "is not net.NAME=VALUE"),
    Row("nsrun --sysctl kernel.hostname=x -- true", "only net.* can be set"),
    Row("nsrun --sysctl net/../kernel/hostname=x -- true", "only net.* can be set"),
    Row("nsrun --sysctl net.//.kernel.hostname=x -- true", "only net.* can be set"),
    Row("nsrun create x --sysctl vm.swappiness=60", "only net.* can be set"),
    Row("nsrun --workdir /nonexistent -- true", "/nonexistent: No such file or directory"),
  ]

  static let identities = [
    Row("nsrun --user nosuch -- true", "--user 'nosuch': there is no user 'nosuch' in /etc/passwd"),
    Row("nsrun --net br0 --user '' -- true", "the name of a user is missing"),
    Row("nsrun --user nobody: -- true", "the name of a group is missing"),
    Row("nsrun --user nobody:nosuch -- true", "there is no group 'nosuch' in /etc/group"),
    Row("nsrun --user 4294967295 -- true", "there is no user '4294967295'"),
    Row("nsrun --user 4294967296 -- true", "there is no user '4294967296'"),
    Row("nsrun --user +5 -- true", "there is no user '+5'"),
    Row("nsrun --group 4294967295 -- true", "there is no group '4294967295'"),
    Row("nsrun --group nosuch -- true", "there is no group 'nosuch'"),
    Row("nsrun --user nobody:nogroup --group nogroup -- true", "both name a group"),
    Row("nsrun --user nobody --as-caller -- true", "exclude each other"),
    Row("nsrun --net br0 --as-caller -- true", "nobody has called sudo"),
    Row("SUDO_UID=-1 nsrun --as-caller -- true", "nobody has called sudo"),
    Row("nsrun exec taken --as-caller -- true", "nobody has called sudo"),
    Row("nsrun exec taken --user nosuch -- true", "there is no user 'nosuch'"),
    Row("nsrun --user nobody --workdir /root -- pwd", "/root: Permission denied"),
    Row("nsrun --net br0 --cap-add net_admn -- true", "'net_admn' is no capability: near ones are cap_net_admin"),
    Row("nsrun --cap-drop CAP_RAW -- true", "near ones are cap_net_raw, cap_sys_rawio"),
    Row("nsrun --cap-drop frobnicate -- true", "capabilities(7) lists them"),
    Row("nsrun --cap-drop net_raw, -- true", "--cap-drop '' is no capability"),
    Row("nsrun --cap-drop 13 -- true", "'13' is no capability"),
    Row("nsrun --cap-drop all --cap-add all -- true", "exclude each other"),
    Row("nsrun --cap-drop chown,kill --cap-add cap_kill -- true", "cap_kill is in both"),
    Row("nsrun exec taken --cap-add net_admn -- true", "near ones are cap_net_admin"),
    Row(
      "setpriv --bounding-set -net_raw nsrun --privileged --cap-add net_raw -- true",
      "cannot give the command cap_net_raw"
    ),
  ]

  static let addresses = [
    Row("nsrun --net br9 --subnet 10.300.0.0/24 -- true", "--subnet '10.300.0.0/24' is not a subnet"),
    Row("nsrun --net br9 --subnet 10.1.0.0/33 -- true", "--subnet '10.1.0.0/33' is not a subnet"),
    Row("nsrun --net br9 --subnet 10.1.0.0 -- true", "--subnet '10.1.0.0' is not a subnet"),
    Row("nsrun --net br9 --subnet 10.1.0.5/24 -- true", "the subnet is 10.1.0.0/24"),
    Row("nsrun --net br9 --subnet fd00::/64 -- true", "--subnet6"),
    Row("nsrun --net br9 --subnet 10.1.0.0/31 -- true", "8 to 30"),
    Row("nsrun --net br9 --subnet 10.0.0.0/7 -- true", "8 to 30"),
    Row("nsrun --net br9 --subnet 224.0.0.0/24 -- true", "no host can have this address"),
    Row("nsrun --net br9 --subnet 0.0.0.0/8 -- true", "no host can have this address"),
    Row("nsrun --net br9 --subnet 127.5.0.0/24 -- true", "no host can have this address"),
    Row("nsrun --net br9 --subnet 169.254.0.0/16 -- true", "169.254.0.0/16 for the new bridge br9 is link-local"),
    Row("nsrun create x --net br9 --ip 169.254.9.9/24", "169.254.9.0/24 for the new bridge br9 is link-local"),
    Row("nsrun --net br9 --subnet 192.0.2.0/24 -- true", "192.0.2.2/24 of up0"),
    Row("nsrun --net br9 --subnet 192.0.0.0/16 -- true", "192.0.2.2/24 of up0"),
    Row("nsrun --net br9 --subnet 10.77.0.0/16 -- true", "the route to 10.77.0.0/16 via 192.0.2.1 on up0"),
    Row("nsrun --net br9 --subnet 10.78.0.0/16 -- true", "the route to 10.78.0.0/16 via 192.0.2.1 on up0 in table 77"),
    Row("nsrun --net br9 --subnet 10.64.7.128/25 -- true", "10.64.7.1/24 of br0"),
    Row("nsrun --net br0 --subnet 10.64.8.0/24 -- true", "br0 already has the subnet 10.64.7.0/24"),
    Row("nsrun --net br0 --ip foo -- true", "--ip 'foo' is not an address"),
    Row("nsrun --net br0 --ip 10.64.7 -- true", "--ip '10.64.7' is not an address"),
    Row("nsrun --net br0 --ip ::1 -- true", "no host can have this address"),
    Row("nsrun --net br0 --ip 10.2.0.5 -- true", "--ip 10.2.0.5 is outside the subnet 10.64.7.0/24"),
    Row(
      "nsrun --net br9 --subnet 10.1.0.0/24 --ip 10.2.0.5 -- true", "--ip 10.2.0.5 is outside the subnet 10.1.0.0/24"),
    Row("nsrun --net br9 --ip 10.1.0.0 -- true", "--ip 10.1.0.0 is the network address of 10.1.0.0/24"),
    Row("nsrun --net br9 --ip 10.64.7.9 -- true", "the subnet 10.64.7.0/24 for the new bridge br9 collides with"),
    Row("nsrun --net br0 --ip 10.64.7.9/16 -- true", "the subnet of br0 is 10.64.7.0/24"),
    Row("nsrun --net br0 --ip 10.64.7.20 -- true", "already leased to the sandbox 'taken' on br0"),
    Row("nsrun create x --net br0 --ip 10.64.7.20", "already leased to the sandbox 'taken' on br0"),
    Row("nsrun --net br0 --ip 10.64.7.0 -- true", "is the network address of 10.64.7.0/24"),
    Row("nsrun --net br0 --ip 10.64.7.255 -- true", "is the broadcast address of 10.64.7.0/24"),
    Row("nsrun --net br9 --subnet 10.1.0.0/24 --ip 10.1.0.0 -- true", "is the network address of 10.1.0.0/24"),
    Row("nsrun --net br9 --subnet 10.1.0.0/24 --ip 10.1.0.255 -- true", "is the broadcast address of 10.1.0.0/24"),
    Row("nsrun --net br0 --ip 10.64.7.1 -- true", "is the address of the gateway"),
    Row("nsrun --net br9 --subnet 10.1.0.0/24 --ip 10.1.0.1 -- true", "is the address of the gateway"),
    Row("nsrun --net br9 --ip 10.1.0.1/24 -- true", "is the address of the gateway"),
    Row("nsrun --net br0 --gateway foo -- true", "--gateway 'foo' is not an IPv4 address"),
    Row("nsrun --net br0:gateway=foo -- true", "--net 'br0:gateway=foo': gateway= 'foo' is not an IPv4 address"),
    Row("nsrun --net br0 --gateway 10.65.7.20 -- true", "--gateway 10.65.7.20 is outside the subnet 10.64.7.0/24"),
    Row("nsrun --net br0 --gateway 10.64.7.0 -- true", "--gateway 10.64.7.0 is the network address"),
    Row("nsrun --net br0 --gateway 10.64.7.9 --ip 10.64.7.9 -- true", "--ip 10.64.7.9 is the gateway's address"),
  ]

  static let linkLayer = [
    Row("nsrun --net br0 --mac 01:00:00:00:00:01 -- true", "multicast"),
    Row("nsrun --net br0 --mac ff:ff:ff:ff:ff:ff -- true", "multicast"),
    Row("nsrun --net br0 --mac 00:00:00:00:00:00 -- true", "zeros"),
    Row("nsrun --net br0 --mac 02:00:00:00:00 -- true", "--mac '02:00:00:00:00' is not a link-layer address"),
    Row("nsrun --net br0 --mac 02-00-00-00-00-01 -- true", "is not a link-layer address"),
    Row("nsrun --net br0 --mtu 67 -- true", "--mtu 67: must be 68 to 65535"),
    Row("nsrun --net br0 --mtu 65536 -- true", "--mtu 65536: must be 68 to 65535"),
    Row("nsrun --net br0 --mtu abc -- true", "--mtu 'abc' is not a number"),
    Row("nsrun --net br0 --mtu -1 -- true", "--mtu"),
    Row("nsrun --net br0 --mtu 99999999999 -- true", "must be 68 to 65535"),
    Row("nsrun --net theirs --ip 10.99.0.5 --mtu 1501 -- true", "passes at most 1500 bytes"),
  ]

  static let names = [
    Row("nsrun --name '' -- true", "must not be empty"),
    Row("nsrun --name a/b -- true", "must not contain '/'"),
    Row("nsrun --name . -- true", "'.'"),
    Row("nsrun --name .. -- true", "'..'"),
    Row("nsrun --name \(String(repeating: "a", count: 256)) -- true", "at most 255 bytes, this one 256"),
    Row("nsrun --name $'a\\nb' -- true", "a name must not contain "),
    Row("nsrun --name taken -- true", "'taken' is taken"),
    Row("nsrun --net br0 --name ipname -- true", "'ipname' is taken"),
    Row("nsrun create ''", "must not be empty"),
    Row("nsrun create a/b", "must not contain '/'"),
    Row("nsrun create ..", "'..'"),
    Row("nsrun create taken", "'taken' is taken"),
    Row("nsrun create ipname --net br0", "'ipname' is taken"),
    Row("nsrun rm nobody", "no sandbox named 'nobody'"),
    Row("nsrun rm ipname", "was not made by nsrun"),
    Row("nsrun rm ../etc", "must not contain '/'"),
    Row("nsrun exec nobody -- true", "named 'nobody'"),
    Row("nsrun exec ../netns/taken -- true", "must not contain '/'"),
    Row("nsrun inspect nobody", "no sandbox named 'nobody'"),
  ]

  static let bridges = [
    Row("nsrun --net a123456789012345 -- true", "the kernel allows 15"),
    Row("nsrun --net a/b -- true", "'/'"),
    Row("nsrun --net 'a b' -- true", "white space"),
    Row("nsrun --net a:b -- true", "'b' is none of ip="),
    Row("nsrun --net 'br%d' -- true", "'%'"),
    Row("nsrun --net '' -- true", "empty"),
    Row("nsrun --net .. -- true", "directory"),
    Row("nsrun --net lo -- true", "not a bridge"),
    Row("nsrun --net up0 -- true", "not a bridge"),
    Row("nsrun create x --net up0", "not a bridge"),
    Row("nsrun cleanup --net a/b", "'/'"),
    Row("nsrun --net bare -- true", "give --ip ADDRESS/LENGTH and --gateway"),
    Row("nsrun --net bare --ip 10.5.0.2/24 -- true", "give --ip ADDRESS/LENGTH and --gateway"),
    Row("nsrun --net bare --ip 10.5.0.2 --gateway 10.5.0.1 -- true", "give --ip ADDRESS/LENGTH and --gateway"),
    Row("nsrun --ip 10.1.1.1 -- true", "--ip needs a network"),
    Row("nsrun --internal -- true", "--internal needs a network"),
    Row("nsrun --net br0 --no-nat --internal -- true", "exclude each other"),
    Row("nsrun --net br0 --no-ip4 --no-ip6 -- true", "exclude each other"),
    Row("nsrun --net br0 --no-ip4 --ip 10.64.1.5 -- true", "exclude each other"),
    Row("nsrun --net br0 --no-ip6 --ip fd00::5 -- true", "exclude each other"),
    Row("nsrun --net br0 --ip fe80::5 -- true", "no host can have this address"),
    Row("nsrun --net br0 --ip fd00::5/120 -- true", "8 to 96"),
    Row("nsrun --net br9 --ip fd00::1 -- true", "gateway"),
    Row("nsrun --net br0 --ip fd00::5 --subnet6 fd01::/64 -- true", "outside the subnet"),
    Row("nsrun --net macvlan@up0:ip=192.0.2.9/24,ip=2001:db8::9 -- true", "IPv4 only"),
    Row("nsrun --net br0 --net br9 --ip 10.64.7.5 -- true", "as in --net br0:ip=10.64.7.5"),
    Row("nsrun --net br0 --net br0 -- true", "--net br0 is given twice"),
    Row("nsrun --net br9 --net none -- true", "--net none excludes other --net"),
    Row("nsrun --net br9 --net br0:ifname=eth0 -- true", "the link inside of --net br0 cannot be called eth0"),
    Row("nsrun --net br9 --ifname lo -- true", "cannot be called lo"),
    Row("nsrun --net br9 --net br0:ip=10.64.7.20 -- true", "already leased to the sandbox 'taken' on br0"),
    Row("nsrun --net br9 --net lo -- true", "not a bridge"),
  ]

  static let privileges = [
    "nsrun -- true", "nsrun --net br0 -- true", "nsrun create x", "nsrun rm taken", "nsrun cleanup",
    "nsrun cleanup --all",
    "nsrun exec taken -- true",
  ].map { Row("setpriv --reuid 1000 --regid 1000 --clear-groups \($0)", "this needs root") }
}
