import NetTypes
import Sandbox

/// What the command line says about the network.
struct NetworkArguments {
  /// nil for loopback only.
  var bridge: InterfaceName?
  var address: IPAddress?
  /// The length that was given with the address.
  var prefixLength: UInt8?
  var subnet: IPNetwork?
  var gateway: IPAddress?
  var mac: MACAddress?
  var mtu: UInt32?
  var isRouted = false
  var isInternal = false
  var hasNoFirewallRules = false

  static let options = OptionGroup(
    title: "NETWORK",
    options: [
      .value(
        "net", "bridge|none",
        """
        The bridge to be on; made, with a subnet and NAT, where there is none. 'none' is loopback only. (default: none)
        """, completion: .bridges
      ) { (all, text) throws(InvalidValue) in all.network.bridge = text == "none" ? nil : try parseBridge(text) },
      .value("ip", "addr[/len]", "The address wanted. (default: the next free one)") {
        (all, text) throws(InvalidValue) in
        if let address = IPAddress(text) {
          (all.network.address, all.network.prefixLength) = (address, nil)
        } else {
          let network = try parse(text, "an address such as 10.64.1.5 or 10.64.1.5/24") { IPNetwork($0) }
          (all.network.address, all.network.prefixLength) = (network.address, network.prefixLength)
        }
      },
      .value("subnet", "cidr", "The subnet of a new bridge. (default: a free /24)") {
        (all, text) throws(InvalidValue) in
        // An address alone is none.
        all.network.subnet = try parse(text, "a subnet such as 10.64.1.0/24") {
          $0.utf8.contains(UInt8(ascii: "/")) ? IPNetwork($0) : nil
        }
      },
      .value("gateway", "addr", "The default gateway. (default: the bridge's own address)") {
        (all, text) throws(InvalidValue) in
        all.network.gateway = try parse(text, "an IPv4 address") { IPAddress($0) }
      },
      .value("mac", "mac", "The link-layer address. (default: follows from the address)") {
        (all, text) throws(InvalidValue) in
        all.network.mac = try parse(text, "a link-layer address such as 02:00:00:00:00:01") { MACAddress($0) }
      },
      .value("mtu", "bytes", "The largest packet in bytes, 68 to 65535. (default: the bridge's)") {
        (all, text) throws(InvalidValue) in
        all.network.mtu = try parse(text, "a number of bytes") { UInt64($0).map { UInt32(clamping: $0) } }
      },
      .flag("no-nat", "Let packets out with the sandbox's own address instead of the host's.") {
        $0.network.isRouted = true
      },
      .flag("internal", "No way out: only the sandboxes on the same bridge, and the host's address there.") {
        $0.network.isInternal = true
      },
      .flag(
        "no-firewall-rules", "Add no rules to chains of others that would drop the packets; doctor tells what to add."
      ) { $0.network.hasNoFirewallRules = true },
    ])

  /// Reads the name of a bridge.
  static func parseBridge(_ text: String) throws(InvalidValue) -> InterfaceName {
    do throws(InterfaceName.Invalid) { return try InterfaceName(text) } catch {
      throw InvalidValue("'\(text)' cannot be a bridge: \(error)")
    }
  }

  /// nil for loopback only.
  func spec() throws(SandboxError) -> NetworkSpec? {
    guard let bridge else {
      let given = [
        ("--ip", address != nil), ("--subnet", subnet != nil), ("--gateway", gateway != nil), ("--mac", mac != nil),
        ("--mtu", mtu != nil), ("--no-nat", isRouted), ("--internal", isInternal),
        ("--no-firewall-rules", hasNoFirewallRules),
      ].first { $0.1 }
      if let given { throw .refused("\(given.0) needs a bridge: give --net BRIDGE") }
      return nil
    }
    if isRouted && isInternal {
      throw .refused("--no-nat and --internal exclude each other: --internal lets nothing out")
    }
    return try NetworkSpec(
      bridge: bridge, address: address, prefixLength: prefixLength, subnet: subnet, gateway: gateway, mac: mac,
      mtu: mtu,
      egress: isInternal ? .internal : isRouted ? .routed : .masquerade, mayChangeForeignChains: !hasNoFirewallRules)
  }
}
