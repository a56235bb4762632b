import Namespaces
import RouteNetlink

/// How the objects that nsrun makes say whose they are: links in their alias, which `ip link` shows, and everything in
/// nftables by being in the table `inet nsrun`. What has no tag is never changed or deleted.
enum Tag {
  /// The alias of a bridge that nsrun made.
  static let bridge = "nsrun bridge"

  /// The alias of the host's end of a sandbox's veth pair. The kernel takes 255 bytes (IFALIASZ).
  static func link(of name: NamespaceName) -> String {
    var text = "nsrun sandbox \(name)"
    while text.utf8.count > 255 { text.removeLast() }
    return text
  }

  static func isOurBridge(_ link: Link) -> Bool { link.kind == "bridge" && link.alias == bridge }
  static func isOurLink(_ link: Link) -> Bool { link.kind == "veth" && link.alias?.hasPrefix("nsrun sandbox ") == true }
}
