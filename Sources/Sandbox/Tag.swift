import Namespaces
import NetTypes
import RouteNetlink

/// How the objects that nsrun makes say whose they are: links by their alias, which `ip link` shows, and everything in
/// nftables by being in the tables `inet nsrun` and `bridge nsrun`, which their comments or sets tell from others' of the same
/// names. What has no tag is never changed or deleted.
///
/// The kernel takes no notice of an alias in the request that makes a link (rtnl_create_link in net/core/rtnetlink.c);
/// it has to be set by a second one. A link left by a crash between the two is recognised by its derived MAC address.
enum Tag {
  /// The alias of a bridge that nsrun made.
  static let bridge = "nsrun bridge"

  /// The alias of a sandbox's links: the host's end of its veth pair, and inside the loopback link, by which the
  /// namespace is told. The kernel takes 255 bytes (IFALIASZ).
  static func link(of name: NamespaceName) -> String {
    var text = "\(linkPrefix)\(name)"
    while text.utf8.count > 255 { text.removeLast() }
    return text
  }

  static let linkPrefix = "nsrun sandbox "

  /// - Parameter planned: the address that a record says the bridge was to be made with.
  static func isOurBridge(_ link: Link, planned: MACAddress?) -> Bool {
    link.kind == "bridge" && (link.alias == bridge || (planned != nil && link.address == planned))
  }

  /// Whether a link of the host's is the end of a sandbox's veth pair.
  static func isLink(_ link: Link, of facts: SandboxFacts) -> Bool {
    guard link.kind == "veth" else { return false }
    // Somebody may have given it another alias; one that speaks of a sandbox is true.
    if let alias = link.alias, alias.hasPrefix(linkPrefix) { return alias == Self.link(of: facts.name) }
    return facts.connections.contains { connection in
      connection.hostLink.text == link.name
        && link.address == .derived(from: connection.address.address, role: .hostLink)
    }
  }

  /// Whether a link that a record, or its name, speaks of is the end of a sandbox's veth pair.
  static func isOurLink(_ link: Link) -> Bool { link.kind == "veth" && (hasAlias(link) || hasAddress(link)) }

  /// The same for one that nothing else speaks of: anybody may give a link an alias.
  static func isOurLinkByItself(_ link: Link) -> Bool { link.kind == "veth" && hasAlias(link) && hasAddress(link) }

  /// Whether a link that nothing else speaks of has the alias of ours without being one.
  static func isNamesake(_ link: Link) -> Bool { hasAlias(link) && !isOurLinkByItself(link) }

  private static func hasAlias(_ link: Link) -> Bool { link.alias?.hasPrefix(linkPrefix) == true }

  private static func hasAddress(_ link: Link) -> Bool { link.address?.isDerived(for: .hostLink) == true }
}
