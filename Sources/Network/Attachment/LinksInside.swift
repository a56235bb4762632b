import Glibc
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// What is set inside the sandbox: addresses and routes of its links, kernel parameters.
extension Attachment {
  mutating func configure(_ chosen: [RouteSpec]) throws(NetworkError) {
    do throws(NetlinkError) {
      var requests = RouteRequests()
      requests.change(
        link: .index(1), LinkChanges(isUp: true, alias: Tag.link(of: facts.name), ipv4: SysctlDefaults.link),
        subject: "lo")
      let first = facts.connections.firstIndex { $0.inside.hasIPv4 }
      for (number, connection) in facts.connections.map(\.inside).enumerated() {
        let name = connection.interface.text
        // The index must be looked up: other modules may put links of their own into every new namespace, after lo.
        guard let index = try inside!.link(named: name)?.index else {
          throw NetlinkError(operation: "find link", subject: name, errno: ENODEV)
        }
        links[number].link = index
        let ipv4 = SysctlDefaults.link + (links[number].isAnnounced ? [IPv4LinkSetting(.arpNotify, 1)] : [])
        // No link-local addresses of the kernel's: for each one it would send multicast packets, which the bridge copies
        // to every sandbox, and wait a second or two for duplicates (DAD). IPv6 on lo works. A kernel parameter would
        // set this for all links, but a write to it tries again and again to get the lock of all links (RTNL).
        let addressGeneration = HostParameters.hasIPv6(mtu: connection.mtu) ? AddressGenerationMode.none : nil
        requests.change(
          link: .index(index), LinkChanges(addressGeneration: addressGeneration, ipv4: ipv4), subject: name)
        if connection.hasIPv4 { requests.add(connection.address, toOwnLink: index) }
        requests.change(link: .index(index), LinkChanges(isUp: true), subject: name)
        // A link that is down gets no route to an IPv6 subnet, and no error tells of it.
        for address in connection.linkAddresses6 { requests.add(address, toOwnLink: index) }
        for route in routes(of: connection, link: index, isFirst: number == first) { requests.add(route) }
      }
      for route in chosen {
        let number = facts.connections.firstIndex { $0.inside.addresses.contains { $0.contains(route.gateway) } }
        let link = number.flatMap { links[$0].link }
        requests.add(Route(to: route.destination, family: route.family, via: route.gateway, link: link))
      }
      try inside!.perform(requests)
    } catch {
      throw .netlink(error)
    }
  }

  private func routes(of connection: InsideLink, link: UInt32, isFirst: Bool) -> [Route] {
    let defaults = connection.gateways.map { Route(to: nil, family: $0.family, via: $0, link: link) }
    guard isFirst, facts.connections.allSatisfy({ $0.inside.gateway == nil }) else { return defaults }
    // Multicast and limited broadcast still go to the bridge. Without a default route they need these routes. A route
    // that a command inside adds for them takes precedence.
    return defaults
      + ["224.0.0.0/4", "255.255.255.255/32"].map {
        Route(to: IPNetwork($0)!, family: .inet, link: link, metric: 1024)
      }
  }

  func set(_ parameter: KernelParameter, _ host: Host) throws(NetworkError) {
    do throws(SystemError) {
      try opened?.inside(home: host.home) { () throws(SystemError) in
        try parameter.parameter.write(parameter.value)
      }.get()
    } catch {
      if error.isNotFound {
        throw .refused("a network namespace of this kernel has no parameter \(parameter.parameter.name)")
      }
      if error.operation == SystemError.writing {
        throw .refused(
          "the kernel does not take \(parameter.parameter.name)=\(parameter.value): \(errorText(error.errno))")
      }
      // The parameter is visible here, but only the initial network namespace may set it.
      guard error.errno == EACCES else { throw .system(error) }
      throw .refused("\(parameter.parameter.name) is the host's own: a sandbox has it to read only")
    }
  }

  /// Makes the kernel inside announce the address to neighbours again. The bridge has forwarded the announcement at
  /// link up only if its port was forwarding by then. With arp_notify, and ndisc_notify for IPv6, it suffices to set the
  /// MAC address that the link already has.
  mutating func announce(
    _ connection: BridgeConnection, _ attached: AttachedLink, _ host: Host
  ) throws(NetworkError) {
    guard let link = attached.link else { return }
    if connection.inside.ipv6 != nil {
      // In a container, /proc/sys may be read-only.
      try? set(KernelParameter(announcingNeighboursOn: connection.inside.interface.text), host)
    }
    var requests = RouteRequests()
    requests.change(
      link: .index(link), LinkChanges(address: connection.inside.mac), subject: connection.inside.interface.text)
    do throws(NetlinkError) { try inside!.perform(requests) } catch { throw .netlink(error) }
  }
}
