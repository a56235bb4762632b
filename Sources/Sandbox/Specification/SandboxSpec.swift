import Glibc
import Launch
import Namespaces
import NetTypes
import RouteNetlink

/// What somebody wants of a sandbox: checked for sense, but not yet against the host.
public struct SandboxSpec: Sendable {
  /// How long it stays.
  public enum Lifetime: String, Sendable {
    /// As long as its command.
    case run
    /// Until it is removed.
    case create
  }

  public var name: NamespaceName
  public var lifetime: Lifetime
  /// None for loopback only.
  public var networks: [NetworkSpec]
  /// Whether commands inside have this process's power over the host, as with `ip netns exec`. Otherwise a user namespace
  /// owns the network: they have all power over that, and none over the host's.
  public var isPrivileged: Bool
  /// Whether its command is to be in a PID namespace of its own, with all processes that it starts.
  public var hasOwnProcesses: Bool
  /// Kernel parameters of the network, set when it is there.
  public var parameters: [KernelParameter]
  public var hostname: Hostname
  /// Whether somebody chose the name or the hostname.
  let isNamed: Bool
  public var resolver: ResolverSpec
  /// Whether there is only to be a plan of it.
  let isPlanned: Bool

  /// - Parameters:
  ///   - name: nil for one that nobody else has.
  ///   - hostname: nil for one like the name.
  ///   - isPlanned: whether there is only to be a plan of it, in which names drawn at random end in `XXXXXXXX`.
  public init(
    name: NamespaceName?, lifetime: Lifetime, networks: [NetworkSpec], isPrivileged: Bool = false,
    hasOwnProcesses: Bool = false, parameters: [KernelParameter] = [], hostname: Hostname? = nil,
    resolver: ResolverSpec = ResolverSpec(), isPlanned: Bool = false
  ) {
    self.isPlanned = isPlanned
    isNamed = name != nil || hostname != nil
    self.name = name ?? (try! NamespaceName("nsrun-\(Token.draw(isPlanned: isPlanned))"))
    self.lifetime = lifetime
    self.networks = networks
    self.isPrivileged = isPrivileged
    self.hasOwnProcesses = hasOwnProcesses
    self.parameters = parameters
    self.hostname = hostname ?? Hostname(of: self.name)
    self.resolver = resolver
  }
}

extension SandboxSpec {
  /// Of two ports on one bridge only one would be used: both have addresses of the same subnet.
  func requireDistinctNetworks() throws(SandboxError) {
    var names: Set<InterfaceName> = []
    var interfaces: Set<InterfaceName> = []
    for (number, network) in networks.enumerated() {
      guard names.insert(network.bridge).inserted else {
        throw .refused("--net \(network.bridge) is given twice: a sandbox is on each bridge once")
      }
      let interface = network.interface ?? SandboxFacts.interface(number)
      guard interface.text != "lo", interfaces.insert(interface).inserted else {
        throw .refused("the link inside of --net \(network.bridge) cannot be called \(interface): there is another one")
      }
    }
  }
}

/// How a sandbox wants to be connected to one network.
public struct NetworkSpec: Sendable {
  /// What packets may leave the bridge.
  public enum Egress: String, Sendable {
    /// All, with the host's address as their source.
    case masquerade
    /// All, as they are.
    case routed
    /// None.
    case `internal`
  }

  public var bridge: InterfaceName
  /// What the link inside is to be called; nil for `eth` and the number of the network.
  public var interface: InterfaceName?
  /// The address wanted; nil for the next free one.
  public var address: IPAddress?
  /// The length that was given with the address.
  public var prefixLength: UInt8?
  /// The subnet a new bridge gets; nil for one that is free.
  public var subnet: IPNetwork?
  public var gateway: IPAddress?
  /// Whether the default route leads elsewhere, whatever the gateway.
  public var hasNoDefaultRoute: Bool
  public var mac: MACAddress?
  public var mtu: UInt32?
  public var egress: Egress
  /// Whether rules may be added to chains of others that would drop the packets.
  public var mayChangeForeignChains: Bool

  /// Whether neighbours are told the address, so that those that still know it from somebody else learn the new
  /// link-layer address at once. Where nsrun has chosen both, the one follows from the other, and nobody need be told:
  /// the bridge would copy it to every port.
  var isAnnounced: Bool { address != nil || mac != nil }

  public init(
    bridge: InterfaceName, interface: InterfaceName? = nil, address: IPAddress? = nil, prefixLength: UInt8? = nil,
    subnet: IPNetwork? = nil,
    gateway: IPAddress? = nil, hasNoDefaultRoute: Bool = false, mac: MACAddress? = nil, mtu: UInt32? = nil,
    egress: Egress = .masquerade,
    mayChangeForeignChains: Bool = true
  ) throws(SandboxError) {
    self.bridge = bridge
    self.interface = interface
    self.address = address
    self.prefixLength = prefixLength
    self.subnet = subnet
    self.gateway = gateway
    self.hasNoDefaultRoute = hasNoDefaultRoute
    self.mac = mac
    self.mtu = mtu
    self.egress = egress
    self.mayChangeForeignChains = mayChangeForeignChains
    try validate()
  }

  /// What IPv4 needs at least (RFC 791) and what a veth takes at most.
  static let mtuRange: ClosedRange<UInt32> = 68...65535

  private func validate() throws(SandboxError) {
    for (option, address) in [("--ip", address), ("--gateway", gateway), ("--subnet", subnet?.address)] {
      guard let address else { continue }
      if !address.isIPv4 { throw .refused("\(option) \(address): only IPv4 addresses can be given") }
      if address.bytes[0] == 0 || address.isLoopback || address.isMulticast {
        throw .refused("\(option) \(address): no host can have this address, nor one near it")
      }
    }
    if let prefixLength, !(1...30).contains(prefixLength) {
      throw .refused("--ip \(address!)/\(prefixLength): the prefix length must be 1 to 30")
    }
    if let subnet {
      if !(8...30).contains(subnet.prefixLength) {
        throw .refused(
          "--subnet \(subnet): the prefix length must be 8 to 30, so that there is room for a gateway and a sandbox")
      }
      if subnet.network != subnet {
        throw .refused("--subnet \(subnet): there are bits set after the prefix; the subnet is \(subnet.network)")
      }
      if let address { try Self.check(address, "--ip", in: subnet) }
      if let gateway { try Self.check(gateway, "--gateway", in: subnet) }
    }
    if let address, let prefixLength, let network = IPNetwork(address: address, prefixLength: prefixLength) {
      try Self.check(address, "--ip", in: network.network)
      if let subnet, subnet.prefixLength != prefixLength {
        throw .refused("--ip \(address)/\(prefixLength) does not have the prefix length of --subnet \(subnet)")
      }
    }
    if let address, address == gateway { throw .refused("--ip \(address) is the gateway's address") }
    if let mac {
      if mac.isMulticast { throw .refused("--mac \(mac): the first byte is odd, which makes it a multicast address") }
      if mac.isZero { throw .refused("--mac \(mac): an address of zeros cannot be used") }
    }
    if let mtu, !Self.mtuRange.contains(mtu) {
      throw .refused("--mtu \(mtu): must be \(Self.mtuRange.lowerBound) to \(Self.mtuRange.upperBound)")
    }
  }

  /// Whether a host may have this address in the subnet.
  static func check(_ address: IPAddress, _ option: String, in subnet: IPNetwork) throws(SandboxError) {
    guard subnet.contains(address) else { throw .refused("\(option) \(address) is outside the subnet \(subnet)") }
    if address == subnet.address { throw .refused("\(option) \(address) is the network address of \(subnet)") }
    if address == subnet.broadcast { throw .refused("\(option) \(address) is the broadcast address of \(subnet)") }
  }
}

/// Short random text for names that must not meet another.
enum Token {
  /// 8 characters of 5 bits each.
  /// - Parameter isPlanned: whether it is only to show where there will be one.
  static func draw(isPlanned: Bool) -> String {
    if isPlanned { return "XXXXXXXX" }
    var bits = UInt64.random(in: 0..<(1 << 40))
    let digits = Array("abcdefghijkmnpqrstuvwxyz23456789")
    return String(
      (0..<8).map { _ in
        defer { bits >>= 5 }
        return digits[Int(bits & 31)]
      })
  }
}
