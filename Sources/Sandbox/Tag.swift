import Namespaces
import RouteNetlink

/// How the objects that nsrun makes say whose they are: links by their alias, which `ip link` shows, and everything in
/// nftables by being in the table `inet nsrun`. What has no tag is never changed or deleted.
///
/// The kernel takes no notice of an alias in the request that makes a link (rtnl_create_link in net/core/rtnetlink.c);
/// it has to be set by a second one. What is ended between the two is told by its address, which follows a pattern.
enum Tag {
  /// The alias of a bridge that nsrun made.
  static let bridge = "nsrun bridge"

  /// The alias of the host's end of a sandbox's veth pair. The kernel takes 255 bytes (IFALIASZ).
  static func link(of name: NamespaceName) -> String {
    var text = "nsrun sandbox \(name)"
    while text.utf8.count > 255 { text.removeLast() }
    return text
  }

  /// - Parameter planned: the address that a record says the bridge was to be made with.
  static func isOurBridge(_ link: Link, planned: MACAddress?) -> Bool {
    link.kind == "bridge" && (link.alias == bridge || (planned != nil && link.address == planned))
  }

  static func isOurLink(_ link: Link) -> Bool {
    link.kind == "veth"
      && (link.alias?.hasPrefix("nsrun sandbox ") == true || link.address?.isDerived(for: .hostLink) == true)
  }
}
