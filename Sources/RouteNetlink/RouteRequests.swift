import LinuxSystem
import Netlink

/// Changes to links, addresses, routes and neighbours, sent to the kernel together and made one by one, in this order.
///
/// One that fails does not keep those after it from being made. Every request takes the words in which its failure is
/// told: the operation is fixed, the subject may be given where the caller knows a better name than an index.
public struct RouteRequests: Sendable {
  /// The messages as they will be sent.
  public private(set) var batch = RequestBatch()

  public init() {}

  /// Whether there is nothing to send.
  public var isEmpty: Bool { batch.isEmpty }
  /// How many requests there are.
  public var count: Int { batch.count }

  /// Creates a link. Neither its name nor its index may be taken (EEXIST), nor those of a peer (EEXIST, EBUSY).
  ///
  /// An alias is set by a second request, by index, which the kernel also processes where the first failed: a link that
  /// already had this index would get the alias. Where that cannot be excluded, create the link without, and then
  /// ``change(link:_:subject:)`` it. A link's group, in contrast, is set while it is created.
  public mutating func create(_ link: LinkSpecification) {
    batch.append(
      type: RTM_NEWLINK, flags: [.create, .exclusive], operation: "create \(link.kind)", subject: link.name.text,
      link.write)
    guard let alias = link.alias else { return }
    guard let index = link.index else { preconditionFailure("a link is created with an alias only by index") }
    change(link: .index(index), LinkChanges(alias: alias), subject: link.name.text)
  }

  /// Changes a link. Where one change is refused, those before it in the kernel's own order have been made.
  ///
  /// A link that is to come up and to make up addresses in another way takes two requests: the kernel brings it up
  /// first, and in the old way.
  public mutating func change(link: LinkSelector, _ changes: LinkChanges, subject: String? = nil) {
    var changes = changes
    if changes.isUp == true, let mode = changes.addressGeneration {
      changes.addressGeneration = nil
      change(link: link, LinkChanges(addressGeneration: mode), subject: subject)
    }
    precondition(changes.group == nil || changes.bridgePort == nil, "a group is changed by a request of its own")
    // Not RTM_NEWLINK, which ip sends: with IFLA_GROUP and no link of that name it changes the whole group. But only that
    // reads IFLA_INFO_SLAVE_DATA.
    batch.append(
      type: changes.bridgePort == nil ? RTM_SETLINK : RTM_NEWLINK, flags: [], operation: "change link",
      subject: subject ?? link.description
    ) { [changes] in changes.write(to: &$0, link: link) }
  }

  /// Changes the settings of a bridge's port. EOPNOTSUPP where the link is none.
  public mutating func setBridgePort(link: LinkSelector, _ options: BridgePortOptions, subject: String? = nil) {
    let changes = LinkChanges(bridgePort: options)
    batch.append(
      type: RTM_NEWLINK, flags: [], operation: "change bridge port", subject: subject ?? link.description
    ) { changes.write(to: &$0, link: link) }
  }

  /// Lets filters judge what comes in on a link: its own, or those of a block (Linux 4.16). EEXIST where it has a qdisc of
  /// kind `ingress` or `clsact` already; ENOENT where the kernel lacks CONFIG_NET_SCH_INGRESS.
  public mutating func addIngressQdisc(link: UInt32, block: UInt32? = nil, subject: String? = nil) {
    batch.append(
      type: RTM_NEWQDISC, flags: [.create, .exclusive], operation: "add ingress qdisc",
      subject: subject ?? "index \(link)"
    ) { IngressFilter.writeQdisc(of: link, block: block, to: &$0) }
  }

  /// Adds a filter; one that is there with its handle gets the program. ENOENT or EOPNOTSUPP where the kernel lacks
  /// CONFIG_NET_CLS_BPF; EOPNOTSUPP for a link whose filters are those of a block.
  /// - Parameter program: ends with the raw value of an ``IngressFilter/Verdict``.
  public mutating func add(_ filter: IngressFilter, _ program: PacketProgram) {
    batch.append(
      type: RTM_NEWTFILTER, flags: .create, operation: "add ingress filter", subject: "\(filter)"
    ) { filter.write(program, to: &$0) }
  }

  /// Deletes a link; of a veth pair both ends.
  public mutating func delete(link: LinkSelector, subject: String? = nil) {
    batch.append(
      type: RTM_DELLINK, flags: [], operation: "delete link", subject: subject ?? link.description
    ) { buffer in
      writeLinkHeader(to: &buffer, index: link.indexOrZero)
      link.writeName(to: &buffer)
    }
  }

  /// Deletes all links of a group: those that one request names wait together for the kernel to quiesce. ENODEV where
  /// there are none, EOPNOTSUPP, and nothing deleted, where one of them cannot be.
  /// - Parameter linkGroup: not 0, which every link is in.
  public mutating func delete(linkGroup: UInt32) {
    precondition(linkGroup != 0)
    batch.append(type: RTM_DELLINK, flags: [], operation: "delete link group", subject: "\(linkGroup)") { buffer in
      writeLinkHeader(to: &buffer, index: 0)
      buffer.attribute(IFLA_GROUP, linkGroup)
    }
  }

  /// Gives a link an address, which it must not have (EEXIST).
  public mutating func add(_ address: LinkAddress, subject: String? = nil) {
    batch.append(
      type: RTM_NEWADDR, flags: [.create, .exclusive], operation: "add address",
      subject: subject ?? address.network.description, address.write)
  }

  /// Takes an address from a link (EADDRNOTAVAIL where it does not have it).
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

  /// Deletes the route that agrees with all that is said here, its protocol and type included (ESRCH where none does).
  public mutating func delete(_ route: Route, subject: String? = nil) {
    batch.append(
      type: RTM_DELROUTE, flags: [], operation: "delete route", subject: subject ?? route.subject, route.write)
  }

  /// Adds an entry for a neighbour, which must not exist (EEXIST).
  public mutating func add(_ neighbour: Neighbour, subject: String? = nil) {
    batch.append(
      type: RTM_NEWNEIGH, flags: [.create, .exclusive], operation: "add neighbour",
      subject: subject ?? neighbour.address.description, neighbour.write)
  }

  /// Deletes the entry of a neighbour (ENOENT where there is none).
  public mutating func delete(_ neighbour: Neighbour, subject: String? = nil) {
    batch.append(
      type: RTM_DELNEIGH, flags: [], operation: "delete neighbour",
      subject: subject ?? neighbour.address.description, neighbour.writeIdentity)
  }
}
