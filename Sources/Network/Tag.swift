import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// The tags on the objects that nsrun makes. A link carries an alias, which `ip link` shows. Rules are in the tables
/// `inet nsrun` and `bridge nsrun`, whose comments or sets tell them from other programs' tables of the same names. A
/// rule in another program's chain carries a comment. nsrun never changes or deletes an object without a tag.
///
/// The kernel ignores an alias in the request that creates a link (rtnl_create_link in net/core/rtnetlink.c), so a
/// second request sets it. A link left by a crash between the two is recognised by its derived MAC address.
package enum Tag {
  /// The alias of a bridge that nsrun made.
  static let bridge = "nsrun bridge"

  /// The alias of a sandbox's links: the host end of its veth pair, and the loopback link inside, which identifies the
  /// namespace. The kernel accepts 255 bytes (IFALIASZ).
  package static func link(of name: NamespaceName) -> String {
    var text = "\(linkPrefix)\(name)"
    while text.utf8.count > 255 { text.removeLast() }
    return text
  }

  static let linkPrefix = "nsrun sandbox "

  /// - Parameter planned: the MAC address with which nsrun was to make the bridge, according to its record.
  static func isOurBridge(_ link: Link, planned: MACAddress?) -> Bool {
    link.kind == "bridge" && (link.alias == bridge || (planned != nil && link.address == planned))
  }

  /// Whether a link of the host is the host end of a sandbox's veth pair.
  static func isLink(_ link: Link, of facts: SandboxFacts) -> Bool {
    guard link.kind == "veth" else { return false }
    // Another program may have changed the alias. An alias that names a sandbox decides.
    if let alias = link.alias, alias.hasPrefix(linkPrefix) { return alias == Self.link(of: facts.name) }
    return facts.bridgeConnections.contains { connection in
      connection.hostLink.text == link.name
        && link.address == .derived(from: connection.address.address, role: .hostLink)
    }
  }

  /// Whether a link found through a record, or by its name, is the host end of a sandbox's veth pair.
  static func isOurLink(_ link: Link) -> Bool { link.kind == "veth" && (hasAlias(link) || hasAddress(link)) }

  /// The same for a link found only by its alias, which any program may set. So the MAC address must match too.
  package static func isOurLinkByItself(_ link: Link) -> Bool {
    link.kind == "veth" && hasAlias(link) && hasAddress(link)
  }

  /// Whether a link found only by its alias carries an alias as nsrun sets it, but was not made by nsrun.
  package static func isNamesake(_ link: Link) -> Bool { hasAlias(link) && !isOurLinkByItself(link) }

  private static func hasAlias(_ link: Link) -> Bool { link.alias?.hasPrefix(linkPrefix) == true }

  private static func hasAddress(_ link: Link) -> Bool { link.address?.isDerived(for: .hostLink) == true }

  /// Whether the loopback link of a namespace carries the tag of a sandbox. nsrun sets it after it has made the name and
  /// the links.
  package static func isOn(_ namespace: borrowing NetworkNamespace, of name: NamespaceName) -> Bool {
    // The owner of any other namespace could write any alias there.
    guard UserNamespace.isOfCaller(namespace) else { return false }
    let alias = try? namespace.visit { () throws(NetworkError) -> String? in
      var inside = try system { () throws(SystemError) in try RouteConnection() }
      return try netlink { () throws(NetlinkError) in try inside.link(index: 1)?.alias }
    }.get()
    return alias == link(of: name)
  }
}
