import LinuxSystem
import Netlink

/// Changes to links, addresses, routes and neighbours. The kernel gets them together and makes them one by one, in this
/// order.
///
/// A failed change does not stop the changes after it. Every request carries the words for its error: the operation is
/// fixed, and the caller may give a better subject than an index.
public struct RouteRequests: Sendable {
  /// The messages as they will be sent.
  public private(set) var batch = RequestBatch()

  public init() {}

  /// Whether there is nothing to send.
  public var isEmpty: Bool { batch.isEmpty }
  /// The number of requests.
  public var count: Int { batch.count }

  /// Creates a link. Its name and its index must be free (EEXIST), and so must those of a peer (EEXIST, EBUSY).
  ///
  /// A second request sets an alias, by index. The kernel processes it even if the first request failed, so another
  /// link that has this index would get the alias. If that is possible, create the link without an alias, and then
  /// ``change(link:_:subject:)`` it. The kernel sets a link's group, in contrast, while it creates the link.
  public mutating func create(_ link: LinkSpecification) {
    batch.append(
      type: RTM_NEWLINK, flags: [.create, .exclusive], operation: "create \(link.kind)", subject: link.name.text,
      link.write)
    guard let alias = link.alias else { return }
    guard let index = link.index else { preconditionFailure("a link is created with an alias only by index") }
    change(link: .index(index), LinkChanges(alias: alias), subject: link.name.text)
  }

  /// Changes a link. If the kernel refuses one change, it has already made those that come earlier in its own order.
  ///
  /// A link that is to come up, and to generate addresses in another way, takes two requests: within one request, the
  /// kernel brings it up first, in the old way.
  public mutating func change(link: LinkSelector, _ changes: LinkChanges, subject: String? = nil) {
    var changes = changes
    if changes.isUp == true, let mode = changes.addressGeneration {
      changes.addressGeneration = nil
      change(link: link, LinkChanges(addressGeneration: mode), subject: subject)
    }
    precondition(changes.group == nil || changes.bridgePort == nil, "a group is changed by a request of its own")
    // Not RTM_NEWLINK, which ip sends: with IFLA_GROUP and no link of that name it changes the whole group. But only
    // RTM_NEWLINK reads IFLA_INFO_SLAVE_DATA.
    batch.append(
      type: changes.bridgePort == nil ? RTM_SETLINK : RTM_NEWLINK, flags: [], operation: "change link",
      subject: subject ?? link.description
    ) { [changes] in changes.write(to: &$0, link: link) }
  }

  /// Changes the settings of a bridge port. EOPNOTSUPP if the link is none.
  public mutating func setBridgePort(link: LinkSelector, _ options: BridgePortOptions, subject: String? = nil) {
    let changes = LinkChanges(bridgePort: options)
    batch.append(
      type: RTM_NEWLINK, flags: [], operation: "change bridge port", subject: subject ?? link.description
    ) { changes.write(to: &$0, link: link) }
  }

  /// Adds an ingress qdisc to a link, for filters of its own or those of a block (Linux 4.16). EEXIST if the link
  /// already has a qdisc of kind `ingress` or `clsact`; ENOENT if the kernel lacks CONFIG_NET_SCH_INGRESS.
  public mutating func addIngressQdisc(link: UInt32, block: UInt32? = nil, subject: String? = nil) {
    batch.append(
      type: RTM_NEWQDISC, flags: [.create, .exclusive], operation: "add ingress qdisc",
      subject: subject ?? "index \(link)"
    ) { IngressFilter.writeQdisc(of: link, block: block, to: &$0) }
  }

  /// Adds a filter. An existing filter with its handle gets the program. ENOENT or EOPNOTSUPP if the kernel lacks
  /// CONFIG_NET_CLS_BPF; EOPNOTSUPP for a link that has the filters of a block.
  /// - Parameter program: ends with the raw value of an ``IngressFilter/Verdict``.
  public mutating func add(_ filter: IngressFilter, _ program: PacketProgram) {
    batch.append(
      type: RTM_NEWTFILTER, flags: .create, operation: "add ingress filter", subject: "\(filter)"
    ) { filter.write(program, to: &$0) }
  }

  /// Deletes a link; both ends of a veth pair.
  public mutating func delete(link: LinkSelector, subject: String? = nil) {
    batch.append(
      type: RTM_DELLINK, flags: [], operation: "delete link", subject: subject ?? link.description
    ) { buffer in
      writeLinkHeader(to: &buffer, index: link.indexOrZero)
      link.writeName(to: &buffer)
    }
  }

  /// Deletes all links of a group. The kernel waits to quiesce once for all of them. ENODEV if there are none;
  /// EOPNOTSUPP, with nothing deleted, if the kernel cannot delete one of them.
  /// - Parameter linkGroup: not 0, the default group of every link.
  public mutating func delete(linkGroup: UInt32) {
    precondition(linkGroup != 0)
    batch.append(type: RTM_DELLINK, flags: [], operation: "delete link group", subject: "\(linkGroup)") { buffer in
      writeLinkHeader(to: &buffer, index: 0)
      buffer.attribute(IFLA_GROUP, linkGroup)
    }
  }

  /// Adds an address to a link, which must not have it (EEXIST).
  public mutating func add(_ address: LinkAddress, subject: String? = nil) {
    batch.append(
      type: RTM_NEWADDR, flags: [.create, .exclusive], operation: "add address",
      subject: subject ?? address.network.description, address.write)
  }

  /// Deletes an address of a link (EADDRNOTAVAIL if the link does not have it).
  public mutating func delete(_ address: LinkAddress, subject: String? = nil) {
    batch.append(
      type: RTM_DELADDR, flags: [], operation: "delete address", subject: subject ?? address.network.description,
      address.writeIdentity)
  }

  /// Adds a route, which must not exist (EEXIST).
  public mutating func add(_ route: Route, subject: String? = nil) {
    batch.append(
      type: RTM_NEWROUTE, flags: [.create, .exclusive], operation: "add route", subject: subject ?? route.subject,
      route.write)
  }

  /// Deletes the route that matches everything given here, including its protocol and type (ESRCH if there is none).
  public mutating func delete(_ route: Route, subject: String? = nil) {
    batch.append(
      type: RTM_DELROUTE, flags: [], operation: "delete route", subject: subject ?? route.subject, route.write)
  }

  /// Adds the entry of a neighbour, which must not exist (EEXIST).
  public mutating func add(_ neighbour: Neighbour, subject: String? = nil) {
    batch.append(
      type: RTM_NEWNEIGH, flags: [.create, .exclusive], operation: "add neighbour",
      subject: subject ?? neighbour.address.description, neighbour.write)
  }

  /// Deletes the entry of a neighbour (ENOENT if there is none).
  public mutating func delete(_ neighbour: Neighbour, subject: String? = nil) {
    batch.append(
      type: RTM_DELNEIGH, flags: [], operation: "delete neighbour",
      subject: subject ?? neighbour.address.description, neighbour.writeIdentity)
  }
}
