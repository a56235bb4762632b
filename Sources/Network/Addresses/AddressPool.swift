import Glibc
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// The address and gateway of a sandbox on a bridge.
struct AddressAssignment: Equatable {
  let address: IPNetwork
  let gateway: IPAddress?
  /// nil without IPv6.
  let address6: IPNetwork?
  let gateway6: IPAddress?
  /// Whether hosts other than sandboxes are on the bridge. They may know the address with another MAC address.
  let hasStrangers: Bool
}

/// Chooses and leases addresses for sandboxes on a bridge.
struct AddressPool {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// Chooses the address and gateway of a sandbox, and leases the address.
  func assign(on network: BridgeNetwork, _ spec: NetworkSpec, for sandbox: AttachmentSpec) throws(NetworkError)
    -> AddressAssignment
  {
    let (subnet, gateway, wanted) = try check(spec, on: network)
    // A router of the sandbox's may not be there yet.
    let reserved =
      network.addresses.map(\.address) + [gateway].compactMap { $0 }
      + sandbox.routes.map(\.gateway.origin)
    let leases = AddressLeases(
      bridge: network.bridge, state: host.state, isPlanned: sandbox.isPlanned, gone: sandbox.gone)
    let holders = try AddressHolders(host, network)
    func mac(of address: IPAddress) -> MACAddress { spec.mac ?? .derived(from: address, role: .sandbox) }
    let address: IPAddress
    if let wanted {
      if reserved.contains(wanted) {
        throw .refused(
          "\(Field.ip) \(wanted) is the address of \(wanted == gateway ? "the gateway" : "\(network.bridge)")")
      }
      try leases.take(wanted, for: sandbox.name)
      if let holder = try holders.holder(of: wanted, for: mac(of: wanted), isThorough: false) {
        throw .refused(
          "\(Field.ip) \(wanted) on \(network.bridge) belongs to \(holder): choose another, or leave \(Field.ip) out")
      }
      address = wanted
    } else {
      // Short-lived sandboxes start at varying offsets. Otherwise consecutive sandboxes on an idle bridge would all get
      // the same address, and each could be mistaken for its predecessor, whose namespace the kernel is still tearing
      // down.
      let start = sandbox.lifetime == .run ? UInt32(bitPattern: getpid()) : 0
      func take(isThorough: Bool) throws(NetworkError) -> IPAddress? {
        try leases.takeNext(in: subnet, except: reserved, startingAt: start, for: sandbox.name) {
          (address) throws(NetworkError) in
          try holders.holder(of: address, for: mac(of: address), isThorough: isThorough) != nil
            || isLeased6(address, on: network, leases)
        }
      }
      if let free = try take(isThorough: true) {
        address = free
      } else {
        let count = leases.count
        if !sandbox.isPlanned { try? LostLeases(host).release(leases) }
        guard let free = try take(isThorough: false) else {
          throw .refused(
            "no address is free in \(subnet) on \(network.bridge): \(count) in use; remove sandboxes, or use "
              + "another bridge")
        }
        address = free
      }
    }
    return AddressAssignment(
      address: IPNetwork(address: address, prefixLength: subnet.prefixLength)!, gateway: gateway,
      address6: try address6(spec, on: network, besides: address, leases, for: sandbox.name),
      gateway6: network.address6?.address, hasStrangers: holders.hasStrangers)
  }

  /// Whether another sandbox has leased the IPv6 address that follows from an IPv4 address.
  private func isLeased6(_ address: IPAddress, on network: BridgeNetwork, _ leases: AddressLeases) -> Bool {
    network.address6.map { leases.holder(of: $0.derivedAddress(from: address).address) != nil } ?? false
  }

  /// The wanted IPv4 address: also that from which a wanted IPv6 address follows.
  private func wantedAddress(
    _ spec: NetworkSpec, on network: BridgeNetwork, _ subnet: IPNetwork
  ) throws(NetworkError) -> IPAddress? {
    guard let address6 = spec.address6, let owner = network.address6?.origin(of: address6), subnet.contains(owner)
    else {
      return spec.address
    }
    if let address = spec.address, address != owner {
      throw .refused(
        "\(Field.ip) \(address6) is the IPv6 address of the sandbox with \(owner) on \(network.bridge): give both, or choose another"
      )
    }
    return owner
  }

  /// The IPv6 address of the sandbox that has leased an IPv4 address. One that does not follow from that needs a lease
  /// of its own.
  private func address6(
    _ spec: NetworkSpec, on network: BridgeNetwork, besides address: IPAddress, _ leases: AddressLeases,
    for name: NamespaceName
  ) throws(NetworkError) -> IPNetwork? {
    guard let own = network.address6 else { return nil }
    let derived = own.derivedAddress(from: address)
    guard let wanted = spec.address6, wanted != derived.address else {
      if let holder = leases.holder(of: derived.address) {
        throw .refused(
          "\(Field.ip) \(address): its IPv6 address \(derived.address) is leased to the sandbox '\(holder)': choose another"
        )
      }
      return derived
    }
    // Of two launches at the same time at least one finds the lease of the other: each leases before it looks.
    try leases.take(wanted, for: name)
    if let owner = own.origin(of: wanted), let holder = leases.holder(of: owner) {
      throw .refused(
        "\(Field.ip) \(wanted) is the IPv6 address of the sandbox '\(holder)', which has \(owner): choose another")
    }
    let way = try host.route { (route) throws(NetlinkError) in try route.route(to: wanted) }
    if let way, [.local, .anycast].contains(way.type) { throw .refused("\(Field.ip) \(wanted) belongs to this host") }
    return IPNetwork(address: wanted, prefixLength: own.prefixLength)
  }

  /// Refuses a specification that the network cannot satisfy.
  /// - Returns: the subnet of the address, the gateway, and the wanted address.
  func check(
    _ spec: NetworkSpec, on network: BridgeNetwork
  ) throws(NetworkError) -> (subnet: IPNetwork, gateway: IPAddress?, wanted: IPAddress?) {
    let subnet = try subnet(of: network, spec)
    let gateway = spec.gateway ?? network.address?.address
    if let gateway { try NetworkSpec.check(gateway, .field(.gateway), in: subnet) }
    if !network.isOurs, let mtu = spec.mtu, mtu > network.mtu {
      throw .refused("\(Field.mtu) \(mtu): the bridge \(network.bridge) passes at most \(network.mtu) bytes")
    }
    if spec.ipv6 == .required { try checkIPv6(spec, on: network) }
    let wanted = try wantedAddress(spec, on: network, subnet)
    if let wanted { try NetworkSpec.check(wanted, .field(.ip), in: subnet) }
    return (subnet, gateway, wanted)
  }

  /// The subnets of a sandbox's addresses on a network.
  func subnets(for spec: NetworkSpec, on network: BridgeNetwork) throws(NetworkError) -> [IPNetwork] {
    let subnet = try check(spec, on: network).subnet
    return (spec.hasIPv4 ? [subnet] : []) + (network.address6.map { [$0.network] } ?? [])
  }

  private func checkIPv6(_ spec: NetworkSpec, on network: BridgeNetwork) throws(NetworkError) {
    guard network.isOurs else {
      throw .refused(
        "no IPv6 on \(network.bridge): somebody else made the bridge, and sandboxes have IPv6 on bridges of nsrun's only"
      )
    }
    guard let subnet = network.address6?.network else {
      throw .refused("no IPv6 on \(network.bridge): the bridge has no address of nsrun's; use another")
    }
    try spec.checkAddress6(in: subnet)
    if let wanted = spec.subnet6, wanted != subnet {
      throw .refused("\(Field.subnet6) \(wanted): the bridge \(network.bridge) already has the subnet \(subnet)")
    }
  }

  /// The subnet from which the sandboxes of a network get addresses.
  private func subnet(of network: BridgeNetwork, _ spec: NetworkSpec) throws(NetworkError) -> IPNetwork {
    guard let subnet = network.subnet else {
      guard let address = spec.address, let length = spec.prefixLength, spec.gateway != nil else {
        let list = network.addresses.map { "\($0)" }.joined(separator: ", ")
        let lack =
          list.isEmpty
          ? "no IPv4 address to be the gateway"
          : "the address \(list): in such a subnet there is no room for sandboxes, or no way beyond the link"
        throw .refused(
          "the bridge \(network.bridge) has \(lack): give \(Field.ip) ADDRESS/LENGTH and \(Field.gateway) ADDRESS, or an address to the "
            + "bridge")
      }
      return IPNetwork(address: address, prefixLength: length)!.network
    }
    if let wanted = spec.subnet, wanted != subnet {
      throw .refused("\(Field.subnet) \(wanted): the bridge \(network.bridge) already has the subnet \(subnet)")
    }
    if let length = spec.prefixLength, length != subnet.prefixLength {
      throw .refused("\(Field.ip) \(spec.address!)/\(length): the subnet of \(network.bridge) is \(subnet)")
    }
    return subnet
  }
}
