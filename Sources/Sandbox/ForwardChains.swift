import NFTables
import Netlink
import RouteNetlink

/// Looks at what other people's rules do to packets of sandboxes that are forwarded. An accept in nsrun's table does not
/// undo a drop in another one's at the same hook, so these decide whether a sandbox gets out at all.
struct ForwardChains {
  private let host: Host

  init(_ host: Host) { self.host = host }

  func findings() -> [Finding] {
    do throws(SandboxError) {
      let chains = try host.nftables { (nft) throws(NetlinkError) in try nft.chains() }
      let dropping = chains.filter { chain in
        chain.base?.hook == .forward && chain.base?.policy == .drop && chain.table != Firewall.table
          && [.ip, .inet].contains(chain.table.family)
      }
      var findings: [Finding] = []
      for chain in dropping {
        let rules = try host.nftables { (nft) throws(NetlinkError) in try nft.rules(in: chain) }
        findings.append(finding(on: chain, rules, among: chains))
      }
      return findings.isEmpty
        ? [Finding(check: "firewall", status: .ok, message: "no chain drops what is forwarded by its policy")] : findings
    } catch {
      return [
        Finding(
          check: "firewall", status: .warning, message: "\(error)", remedy: "look at nft list ruleset yourself")
      ]
    }
  }

  private func finding(on chain: Chain, _ rules: [Rule], among chains: [Chain]) -> Finding {
    let bridges = host.networkRecords().map(\.bridge.text)
    let refused = bridges.filter { bridge in !rules.contains { accepts($0, from: bridge) } }
    if !bridges.isEmpty && refused.isEmpty {
      return Finding(
        check: "firewall", status: .ok, message: "the chain \(chain) drops by its policy, but accepts sandboxes")
    }
    let bridge = refused.first ?? "BRIDGE"
    return Finding(
      check: "firewall", status: .problem,
      message: "the chain \(chain) has the policy drop: packets of sandboxes do not get through",
      remedy: remedy(for: chain, bridge, among: chains))
  }

  /// Whether a rule accepts whatever comes in by a bridge.
  private func accepts(_ rule: Rule, from bridge: String) -> Bool {
    var isLoaded = false
    for expression in rule.expressions {
      switch expression {
      case .meta(.inputInterfaceName, _): isLoaded = true
      case .compare(_, .equal, let value):
        guard isLoaded, value.prefix(while: { $0 != 0 }).elementsEqual(bridge.utf8) else { return false }
      case .counter: break
      case .verdict(.accept): return isLoaded
      default: return false
      }
    }
    return false
  }

  /// The commands that let a bridge's packets through, in the place that the chain's owner keeps for it.
  private func remedy(for chain: Chain, _ bridge: String, among chains: [Chain]) -> String {
    let hasDockerChain = chains.contains { $0.name == "DOCKER-USER" && $0.table == chain.table }
    if hasDockerChain || (chain.table.name == "filter" && chain.name == "FORWARD") {
      let tool = chain.table.family == .ip6 ? "ip6tables" : "iptables"
      let place = hasDockerChain ? "DOCKER-USER" : chain.name
      return "\(tool) -I \(place) -i \(bridge) -j ACCEPT; \(tool) -I \(place) -o \(bridge) -j ACCEPT"
    }
    return "nft insert rule \(chain) iifname \(bridge) accept; nft insert rule \(chain) oifname \(bridge) accept"
  }
}
