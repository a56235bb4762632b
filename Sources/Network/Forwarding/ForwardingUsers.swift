import NFTables
import NetTypes
import Netlink
import RouteNetlink

/// Objects of other programs that need the host to forward packets of a family.
struct ForwardingUsers {
  private let host: Host
  private let family: AddressFamily

  init(_ host: Host, _ family: AddressFamily) {
    self.host = host
    self.family = family
  }

  struct User: CustomStringConvertible {
    /// Each of these keys identifies the object.
    let keys: [String]
    let description: String

    init(bridge: Link) {
      // The bridge may be renamed, or made again.
      keys = ["bridge \(bridge.index)", "bridge-name \(bridge.name)"]
      description = "the bridge \(bridge.name)"
    }

    init(rule: Rule) {
      // By content: a firewall that reloads the same rules gives them new handles.
      keys = ["rule \(rule.chain) \(String(StableHash.long(rule.content), radix: 16))"]
      description = "the rule \(rule)"
    }
  }

  /// Bridges with an address, rules that translate source addresses, and rules that accept forwarded packets of certain
  /// links.
  /// - Parameter networks: the bridges for sandboxes, nsrun's and foreign ones, which do not count.
  func all(besides networks: [InterfaceName]) throws(NetworkError) -> [User] {
    let names = networks.map(\.text)
    let bridges = try host.route { (route) throws(NetlinkError) in
      let links = try route.links(kind: "bridge").filter { !names.contains($0.name) }
      // Every link has a link-local IPv6 address.
      let addresses = try route.addresses(family: family).filter { family == .inet || !$0.address.isLinkLocal }
      let addressed = Set(addresses.map(\.link))
      return links.filter { addressed.contains($0.index) && !Tag.isOurBridge($0, planned: nil) }
    }
    return bridges.map(User.init(bridge:)) + (try rules(besides: networks)).map(User.init(rule:))
  }

  private func rules(besides networks: [InterfaceName]) throws(NetworkError) -> [Rule] {
    let (chains, rules): ([Chain], [Rule])
    do throws(NetworkError) {
      (chains, rules) = try host.nftables { (nft) throws(NetlinkError) in (try nft.chains(), try nft.rules()) }
    } catch {
      guard host.lacksNFTables else { throw error }
      return []
    }
    let families: [TableFamily] = [.inet, family == .inet ? .ip : .ip6]
    let others = rules.filter { rule in
      rule.chain.table != Firewall.table && families.contains(rule.chain.table.family) && rule.mayConcern(family)
    }
    let translating = Self.reached(
      from: chains.filter { $0.base?.type == .nat && $0.base?.hook == .postrouting }, others)
    let forwarding = Self.reached(from: chains.filter { $0.base?.type == .filter && $0.base?.hook == .forward }, others)
    return others.filter { rule in
      translating.contains(rule.chain) && rule.translatesSource
        || forwarding.contains(rule.chain) && rule.lets(through: networks) && ForwardChains.bridge(of: rule) == nil
    }
  }

  /// The chains that packets reach by jumps from the given ones.
  private static func reached(from start: [Chain], _ rules: [Rule]) -> Set<Chain> {
    var reached = Set(start.map { Chain($0.name, in: $0.table) })
    var left = Array(reached)
    while let chain = left.popLast() {
      for rule in rules where rule.chain == chain {
        for case .verdict(.jump(let name)) in rule.expressions + rule.expressions.compactMap(\.gotoAsJump) {
          let target = Chain(name, in: chain.table)
          if reached.insert(target).inserted { left.append(target) }
        }
      }
    }
    return reached
  }
}

extension Expression {
  fileprivate var gotoAsJump: Expression? {
    if case .verdict(.goto(let name)) = self { .verdict(.jump(name)) } else { nil }
  }

  fileprivate var isTargetOfSource: Bool {
    guard let part = XTables(self), part.kind == .target else { return false }
    return part.name == "MASQUERADE" || part.name == "SNAT"
  }
}

extension Rule {
  /// Whether it may apply to packets of this family, as far as it says so itself.
  fileprivate func mayConcern(_ family: AddressFamily) -> Bool {
    var isProtocol = false
    for expression in expressions {
      switch expression {
      case .meta(.networkProtocol, _): isProtocol = true
      // NFPROTO_IPV4 and NFPROTO_IPV6 have the values of AF_INET and AF_INET6.
      case .compare(_, .equal, let value) where isProtocol && value != [family.rawValue]: return false
      default: isProtocol = false
      }
    }
    return true
  }

  fileprivate var translatesSource: Bool {
    expressions.contains { expression in
      switch expression {
      case .masquerade: true
      case .nat(let nat): nat.kind == .source
      default: expression.isTargetOfSource
      }
    }
  }

  /// Whether it accepts packets of certain links, and not of these bridges or loopback.
  fileprivate func lets(through bridges: [InterfaceName]) -> Bool {
    guard expressions.contains(.verdict(.accept)) else { return false }
    let names = bridges.map(\.text) + ["lo"]
    var isAboutSome = false
    for expression in expressions {
      switch expression {
      case .meta(.inputInterfaceName, _), .meta(.outputInterfaceName, _), .meta(.inputInterfaceIndex, _),
        .meta(.outputInterfaceIndex, _):
        isAboutSome = true
      case .compare(_, .equal, let value) where names.contains { $0.utf8.elementsEqual(value.prefix { $0 != 0 }) }:
        return false
      default: break
      }
    }
    return isAboutSome
  }
}
