import NFTables
import Netlink
import RouteNetlink

/// Chains of other people's at all the other places that a sandbox's packets pass, beside the forwarding of IPv4: before and
/// after routing, on the bridge, as ARP, and where a device hands them over. nsrun adds nothing there; it says what they do.
struct OtherHooks {
  private let host: Host

  init(_ host: Host) { self.host = host }

  /// What a chain does with packets of a bridge, and what to do about it.
  private struct Obstacle {
    var message: String
    var remedy: String
    var isCertain: Bool
  }

  /// Says what surely stands in the way of a bridge's packets.
  func warn(of bridge: InterfaceName, goesOut: Bool) {
    do throws(SandboxError) {
      for obstacle in try obstacles(of: bridge, goesOut: goesOut) where obstacle.isCertain {
        host.reporter.warn("\(obstacle.message): \(obstacle.remedy)")
      }
    } catch {
      host.reporter.warn("\(error)")
    }
  }

  func findings() -> [Finding] {
    let check = "firewall"
    do throws(SandboxError) {
      let members = try host.sandboxRecords().compactMap(\.connection)
      var findings: [Finding] = []
      for network in try host.networkRecords() {
        let goesOut = members.contains { $0.bridge == network.bridge && $0.egress != .internal }
        findings += try obstacles(of: network.bridge, goesOut: goesOut).map {
          Finding(
            check: check, status: $0.isCertain ? .problem : .warning, message: $0.message, remedy: $0.remedy)
        }
      }
      return findings
    } catch {
      return [Finding(check: check, status: .warning, message: "\(error)", remedy: "look at nft list ruleset yourself")]
    }
  }

  private func obstacles(of bridge: InterfaceName, goesOut: Bool) throws(SandboxError) -> [Obstacle] {
    let chains = try host.nftables { (nft) throws(NetlinkError) in try nft.chains() }
    var tables = ForeignTables(host)
    var obstacles: [Obstacle] = []
    for chain in chains where chain.table != Firewall.table && chain.table.name != Firewall.table.name {
      var isTold = false
      for (packet, isOnBridge) in try packets(at: chain, of: bridge, goesOut: goesOut, &tables) where !isTold {
        let (refusal, isUntracked) = try tables.judge(packet, of: bridge, isOnBridge: isOnBridge, at: chain)
        guard refusal != nil || isUntracked else { continue }
        isTold = true
        obstacles.append(
          Obstacle(
            message: refusal.map { "\($0)" }
              ?? "the chain \(chain) leaves packets of sandboxes on \(bridge) out of connection tracking: they are not masqueraded",
            remedy: "nft insert rule \(chain) \(Self.condition(on: packet, bridge)) accept",
            isCertain: refusal?.isCertain ?? true))
      }
    }
    return obstacles
  }

  /// By what a rule tells the packet.
  private static func condition(on packet: ForwardedPacket, _ bridge: InterfaceName) -> String {
    if packet.family == .bridge { return "meta ibrname \"\(bridge)\"".shellQuoted }
    if let input = packet.input { return "iifname \"\(input.name)\"".shellQuoted }
    return packet.output.map { "oifname \"\($0.name)\"".shellQuoted } ?? ""
  }

  /// The packets of a bridge's sandboxes that enter a chain, as they are there; none for hooks that they do not pass or
  /// that are looked at elsewhere.
  private func packets(
    at chain: Chain, of name: InterfaceName, goesOut: Bool, _ tables: inout ForeignTables
  ) throws(SandboxError) -> [(ForwardedPacket, isOnBridge: Bool)] {
    guard let base = chain.base else { return [] }
    let link = try host.route { (route) throws(NetlinkError) in try route.link(named: name.text) }
    let bridge = ForwardedPacket.Device(name: name.text, index: link?.index ?? 0)
    let uplink = try tables.outside()
    func packet(
      _ input: ForwardedPacket.Device?, _ output: ForwardedPacket.Device?, _ state: ConntrackState = .new,
      isARP: Bool = false
    ) -> ForwardedPacket {
      ForwardedPacket(input: input, output: output, state: state, isARP: isARP, family: chain.table.family)
    }
    switch (chain.table.family, base.hook) {
    case (.ip, .prerouting), (.inet, .prerouting):
      return goesOut ? [(packet(bridge, nil), false), (packet(uplink, nil, .established), false)] : []
    case (.ip, .postrouting), (.inet, .postrouting):
      return goesOut ? [(packet(bridge, uplink), false), (packet(uplink, bridge, .established), false)] : []
    // Ports have names that no rule for all of them could know.
    case (.bridge, .forward): return [(packet(nil, nil), true), (packet(nil, nil, isARP: true), true)]
    case (.bridge, _): return [(packet(nil, nil), false), (packet(nil, nil, isARP: true), false)]
    case (.arp, .input): return [(packet(bridge, nil, isARP: true), false)]
    case (.arp, .output): return [(packet(nil, bridge, isARP: true), false)]
    case (.netdev, .ingress) where base.device == uplink.name && goesOut:
      return [(packet(uplink, nil, .established), false)]
    case (.netdev, .ingress) where base.device == bridge.name: return [(packet(bridge, nil), false)]
    case (.netdev, .egress) where base.device == uplink.name && goesOut: return [(packet(nil, uplink), false)]
    case (.netdev, .egress) where base.device == bridge.name: return [(packet(nil, bridge), false)]
    default: return []
    }
  }
}
