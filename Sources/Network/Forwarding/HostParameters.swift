import Glibc
import LinuxSystem
import NetTypes
import RouteNetlink

/// The kernel parameters that nsrun changes on the host for one family, and their previous values.
package struct HostParameters {
  let family: AddressFamily
  /// The previous values, in the order in which to restore them.
  let original: [(parameter: Sysctl, value: String)]
  /// Whether all links are among them that were there, so that others have come since.
  let knowsAllLinks: Bool

  /// The parameter that decides whether the host forwards packets of a family.
  package static func forwarding(_ family: AddressFamily) -> Sysctl {
    Sysctl(family == .inet ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding")
  }

  /// Whether the host forwards packets of a family.
  /// - Throws: ENOENT if the kernel does not have the family.
  package static func isForwarding(_ family: AddressFamily) throws(SystemError) -> Bool {
    try forwarding(family).read() != "0"
  }

  /// The parameter that decides whether IPv4 packets that arrive on a link are forwarded. IPv6 has none: there the
  /// parameter of the same name only tells whether the link is a router's.
  static func forwarding(of link: String) -> Sysctl { parameter("forwarding", of: link, .inet) }

  private static func parameter(_ name: String, of link: String, _ family: AddressFamily) -> Sysctl {
    // In a dotted parameter name, a dot of the link name (eth0.5) becomes a slash.
    Sysctl("\(prefix(family)).\(Sysctl.component(link)).\(name)")
  }

  private static func prefix(_ family: AddressFamily) -> String {
    family == .inet ? "net.ipv4.conf" : "net.ipv6.conf"
  }

  /// In place of a link's name: links that do not exist yet.
  static let newLinks = "default"

  /// Whether the host forwards IPv4 packets, but not those that arrive on a link.
  package static func lacksForwarding(_ link: String) -> Bool {
    (try? isForwarding(.inet)) == true && (try? forwarding(of: link).read()) == "0"
  }

  package static func lackOfForwarding(_ link: String) -> String {
    "IPv4 forwarding is on, but off for \(link): what comes by it gets no further"
  }

  package static func forwardingCommand(_ link: String) -> String { "sysctl -w \(forwarding(of: link).name)=1" }

  /// For a lost or damaged record: turns forwarding off, which makes the kernel set the parameters that depend on it.
  /// - Parameter links: those that accept router advertisements because of nsrun although the host forwards.
  static func forwardingOff(_ family: AddressFamily, _ links: [String]) -> HostParameters {
    HostParameters(family, original: [(forwarding(family), "0")] + links.map { (advertisements(of: $0), "1") })
  }

  /// The current values of what nsrun, or the kernel for it, changes when it turns forwarding on.
  static func beforeForwarding(_ family: AddressFamily) throws(SystemError) -> HostParameters {
    // A change of ip_forward also sets accept_redirects and the forwarding of every link, whatever their values
    // (inet_forward_change in net/ipv4/devinet.c; addrconf_fixup_forwarding in net/ipv6/addrconf.c). Restoring the one
    // parameter alone would lose the host's values.
    var original = [(forwarding(family), "0")]
    if family == .inet { original.append((redirects, try redirects.read())) }
    let links = try directoryEntries(family == .inet ? "/proc/sys/net/ipv4/conf" : "/proc/sys/net/ipv6/conf")
    for link in links where link != "all" {
      for name in forwardingNames(family) {
        let parameter = parameter(name, of: link, family)
        // The link may have disappeared since the listing. Older kernels lack force_forwarding.
        guard let value = try? parameter.read() else { continue }
        if value != "0" { original.append((parameter, "1")) }
      }
    }
    guard family == .inet6 else { return HostParameters(family, original: original) }
    for link in links where link != "all" && !link.hasPrefix(BridgeConnection.hostLinkPrefix) {
      let parameter = advertisements(of: link)
      if let value = try? parameter.read(), ["0", "1", "2"].contains(value) { original.append((parameter, value)) }
    }
    return HostParameters(family, original: original, knowsAllLinks: true)
  }

  /// The parameters of a link that a change of forwarding sets. Since Linux 6.17, turning IPv6 forwarding off clears
  /// force_forwarding.
  private static func forwardingNames(_ family: AddressFamily) -> [String] {
    family == .inet ? ["forwarding"] : ["forwarding", "force_forwarding"]
  }

  /// Whether the kernel has IPv6.
  static var hasIPv6: Bool { FileIdentity(path: "/proc/sys/net/ipv6") != nil }

  /// Whether a link with this MTU has IPv6 settings.
  static func hasIPv6(mtu: UInt32) -> Bool { mtu >= NetworkSpec.leastMTU6 && hasIPv6 }

  /// Why a bridge cannot have IPv6, and what to do about it; nil if it can.
  /// - Parameters:
  ///   - link: the bridge; nil before it is created.
  ///   - spec: the wanted connection, if packets of one are to leave the bridge.
  package static func lackOfIPv6(on link: Link?, _ spec: NetworkSpec? = nil) -> String? {
    guard hasIPv6 else { return "this host has no IPv6; leave it out" }
    for name in ["all", link?.name ?? newLinks] {
      let parameter = parameter("disable_ipv6", of: name, .inet6)
      guard let value = try? parameter.read(), value != "0" else { continue }
      return "IPv6 is turned off on this host: sysctl -w \(parameter.name)=0"
    }
    if let link, link.mtu < NetworkSpec.leastMTU6 {
      return "\(link.name) passes \(link.mtu) bytes, and IPv6 needs \(NetworkSpec.leastMTU6): "
        + "ip link set \(link.name) mtu \(NetworkSpec.leastMTU6)"
    }
    guard let spec, spec.egress != .internal, (try? isForwarding(.inet6)) == false else { return nil }
    return lackOfIPv6Forwarding
  }

  /// Why IPv6 forwarding cannot be turned on, as in many containers; nil if it can. What a sandbox sends would get no
  /// answer, not even an error.
  static var lackOfIPv6Forwarding: String? {
    let path = forwarding(.inet6).path
    // A security module may forbid it, of which access(2) tells nothing. To open it changes nothing.
    do throws(SystemError) {
      _ = try OwnedDescriptor.open(path, O_WRONLY)
      return nil
    } catch {
      return "IPv6 forwarding is off, and \(path) cannot be written: \(errorText(error.errno))"
    }
  }

  // MARK: Router advertisements

  /// Whether a link accepts router advertisements: 1 if it is not a router's, 2 in any case.
  private static func advertisements(of link: String) -> Sysctl { parameter("accept_ra", of: link, .inet6) }

  private static func isAboutAdvertisements(_ parameter: Sysctl) -> Bool { parameter.name.hasSuffix(".accept_ra") }

  /// Lets the host's links go on accepting router advertisements once it forwards. Otherwise the kernel would remove
  /// the default routes that it has learned (rt6_purge_dflt_routers in net/ipv6/route.c).
  func keepAcceptingAdvertisements() throws(SystemError) {
    for link in acceptingLinks {
      do throws(SystemError) { try Self.advertisements(of: link).write("2") } catch {
        if error.errno != ENOENT { throw error }
      }
    }
  }

  /// The links, and ``newLinks``, that accept router advertisements only as long as they are not a router's.
  var acceptingLinks: [String] {
    original.filter { Self.isAboutAdvertisements($0.parameter) && $0.value == "1" }.map(\.parameter.name)
      .filter { name in
        // A link that is a router's already ignores them.
        !original.contains { $0.parameter.name == name.dropLast("accept_ra".count) + "forwarding" }
      }.map { name in
        let component = name.dropFirst(Self.prefix(.inet6).count + 1).dropLast(".accept_ra".count)
        return String(decoding: component.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
      }
  }

  /// The parameters, of links and ``newLinks``, that nsrun has raised from 1 to 2: of those that had 1, and those that
  /// have come since. Somebody may have changed one meanwhile, or the link may be gone.
  private func raised() throws(SystemError) -> [Sysctl] {
    var candidates = acceptingLinks.map(Self.advertisements)
    if knowsAllLinks, candidates.contains(Self.advertisements(of: Self.newLinks)) {
      let known = Set(original.map(\.parameter))
      candidates += try directoryEntries("/proc/sys/net/ipv6/conf").filter { $0 != "all" }.map(Self.advertisements)
        .filter { !known.contains($0) }
    }
    var raised: [Sysctl] = []
    for parameter in candidates {
      do throws(SystemError) { if try parameter.read() == "2" { raised.append(parameter) } } catch {
        if error.errno != ENOENT { throw error }
      }
    }
    return raised
  }

  // MARK: Records

  var record: RecordText {
    RecordText(
      original.map { ("sysctl", "\($0.parameter.name) \($0.value)") } + (knowsAllLinks ? [(Self.linksKey, "all")] : []))
  }

  private static let linksKey = "links"

  init(_ family: AddressFamily, original: [(parameter: Sysctl, value: String)], knowsAllLinks: Bool = false) {
    self.family = family
    self.original = original
    self.knowsAllLinks = knowsAllLinks
  }

  /// What another state has and this one lacks.
  func lines(missingFrom other: HostParameters) -> RecordText {
    let known = Set(original.map(\.parameter))
    return HostParameters(family, original: other.original.filter { !known.contains($0.parameter) }).record
  }

  /// Reads a record. Accepts only parameters and values that nsrun records, because they are written to /proc/sys.
  init(_ family: AddressFamily, _ record: RecordText) {
    self.family = family
    knowsAllLinks = record[Self.linksKey] == "all"
    original = record.all("sysctl").compactMap { line in
      let parts = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, Self.values(of: parts[0], family).contains(parts[1]) else { return nil }
      return (Sysctl(parts[0]), parts[1])
    }
  }

  private static let redirects = Sysctl("net.ipv4.conf.all.accept_redirects")

  /// The values of a parameter that nsrun records; none for a parameter that it does not record.
  private static func values(of name: String, _ family: AddressFamily) -> [String] {
    if name == forwarding(family).name || family == .inet && name == redirects.name { return ["0", "1"] }
    guard name.hasPrefix(prefix(family) + "."), let last = name.lastIndex(of: "."),
      isLink(name[..<last].dropFirst(prefix(family).count + 1))
    else { return [] }
    let own = String(name[last...].dropFirst())
    if forwardingNames(family).contains(own) { return ["0", "1"] }
    return family == .inet6 && own == "accept_ra" ? ["0", "1", "2"] : []
  }

  private static func isLink(_ component: Substring) -> Bool {
    // In the name, a slash stands for a dot of the link name. Link names contain no slash.
    !component.utf8.contains(UInt8(ascii: "."))
      && (try? InterfaceName(String(component.map { $0 == "/" ? "." : $0 }))) != nil
  }

  /// Restores all values. The parameter of a link that is gone is no failure.
  /// - Returns: the failures.
  func restore() -> [SystemError] {
    var failures = Self.write(original.filter { !Self.isAboutAdvertisements($0.parameter) })
    guard family == .inet6 else { return failures }
    // Afterwards, because with forwarding on the kernel would forget the routes of a link whose value becomes 1.
    do throws(SystemError) { failures += Self.write(try raised().map { ($0, "1") }) } catch { failures.append(error) }
    return failures
  }

  private static func write(_ values: [(parameter: Sysctl, value: String)]) -> [SystemError] {
    values.compactMap { parameter, value in
      do throws(SystemError) {
        try parameter.write(value)
        return nil
      } catch {
        return error.errno == ENOENT ? nil : error
      }
    }
  }
}
