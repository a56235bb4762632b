import LinuxSystem
import NetTypes
import RouteNetlink

/// The record of a bridge that sandboxes are on.
package struct NetworkRecord: Equatable {
  package var bridge: InterfaceName
  /// Which rules masquerade the packets that leave the bridge.
  var translation: BridgeConnection.Translation
  /// The properties of a bridge that nsrun made; nil for a foreign bridge.
  var own: OwnBridge?
  /// Whether nsrun may add rules that accept the packets to other programs' chains that drop them.
  var mayChangeForeignChains = true
  /// Whether the network has, or had, a sandbox without NAT, which hosts outside can reach.
  var isReached = false

  /// A bridge that nsrun creates and deletes.
  struct OwnBridge: Equatable {
    var mac: MACAddress
    /// The bridge's address with the prefix length of the subnet.
    var address: IPNetwork
    /// The same for IPv6; nil without IPv6.
    var address6: IPNetwork?
    /// The MTU in bytes; nil to leave it to the kernel.
    var mtu: UInt32?

    /// The addresses, with the prefix lengths of the subnets.
    var addresses: [IPNetwork] { [address] + (address6.map { [$0] } ?? []) }

    /// All addresses that the bridge is given. The host solicits the neighbours to which it forwards from a link-local
    /// address. That which the kernel adds by itself is of no use for the second or two of duplicate address detection.
    var linkAddresses: [IPNetwork] {
      [address] + (address6.map { [IPNetwork.linkLocal6.derivedAddress(from: address.address), $0] } ?? [])
    }

    /// The link-local addresses of the bridge and its sandboxes.
    var linkLocalSubnet: IPNetwork {
      IPNetwork(
        address: IPNetwork.linkLocal6.derivedAddress(from: address.address).address,
        prefixLength: 96 + address.prefixLength)!.network
    }

    /// The IPv6 address of a bridge with this subnet. No sandbox can have it: none has the IPv4 address 0.0.0.1.
    static func address6(in subnet: IPNetwork) -> IPNetwork {
      IPNetwork(address: subnet.network.address(at: 1)!, prefixLength: subnet.prefixLength)!
    }

    /// The IPv6 address of the sandbox with an IPv4 address; nil without IPv6.
    func address6(ofSandbox address: IPAddress) -> IPAddress? {
      address6?.derivedAddress(from: address).address
    }
  }

  static let translationKey = "translation"
  static let reachedKey = "reached"
  static let ipv6Key = "address6"

  var text: RecordText {
    var text = RecordText([("bridge", bridge.text), (Self.translationKey, translation.rawValue)])
    if let own {
      text.append("mac", "\(own.mac)")
      text.append("address", "\(own.address)")
      if let address6 = own.address6 { text.append(Self.ipv6Key, "\(address6)") }
      if let mtu = own.mtu { text.append("mtu", "\(mtu)") }
    }
    if !mayChangeForeignChains { text.append("firewall-rules", "no") }
    if isReached { text.append(Self.reachedKey, "yes") }
    return text
  }

  /// nil for an MTU that nsrun never gives to a bridge.
  private static func sensible(_ mtu: UInt32) -> UInt32? { UplinkMTU.range.contains(mtu) ? mtu : nil }

  /// nil for an IPv6 address that nsrun never gives to a bridge.
  private static func sensible(_ address: IPNetwork) -> IPNetwork? {
    IPNetwork.derivingLengths.contains(address.prefixLength) && address.address.isUsableIPv6 ? address : nil
  }

  init(
    bridge: InterfaceName, translation: BridgeConnection.Translation, own: OwnBridge? = nil,
    mayChangeForeignChains: Bool = true, isReached: Bool = false
  ) {
    self.bridge = bridge
    self.translation = translation
    self.own = own
    self.mayChangeForeignChains = mayChangeForeignChains
    self.isReached = isReached
  }

  /// Reads a record; nil if an essential line is missing or invalid.
  init?(_ text: RecordText) {
    guard let bridge = text["bridge"].flatMap({ try? InterfaceName($0) }),
      let translation = text[Self.translationKey].flatMap(BridgeConnection.Translation.init(rawValue:))
    else { return nil }
    var own: OwnBridge?
    if let mac = text["mac"].flatMap({ MACAddress($0) }), let address = text["address"].flatMap({ IPNetwork($0) }),
      address.address.isIPv4
    {
      own = OwnBridge(
        mac: mac, address: address, address6: text[Self.ipv6Key].flatMap { IPNetwork($0) }.flatMap(Self.sensible),
        mtu: text["mtu"].flatMap { UInt32($0) }.flatMap(Self.sensible))
    }
    self.init(
      bridge: bridge, translation: translation, own: own, mayChangeForeignChains: text["firewall-rules"] != "no",
      isReached: text[Self.reachedKey] == "yes")
  }
}

/// The records of all bridges that sandboxes are on.
package struct NetworkRecords {
  let host: Host

  package init(_ host: Host) { self.host = host }

  /// The networks with a readable record, sorted by the names of their bridges.
  package func all() throws(NetworkError) -> [NetworkRecord] {
    try names().compactMap { record(of: $0) }
  }

  /// The bridges with a record, readable or not, sorted by name.
  package func names() throws(NetworkError) -> [InterfaceName] {
    try system { () throws(SystemError) in try directoryEntries(host.state.networks) }
      .compactMap { try? InterfaceName($0) }.sorted { $0.text < $1.text }
  }

  /// Reads the record of a bridge; nil if there is none, or if it is damaged.
  func record(of bridge: InterfaceName) -> NetworkRecord? { try? read(of: bridge) }

  /// Reads the record of a bridge; nil if there is none.
  func read(of bridge: InterfaceName) throws(NetworkError) -> NetworkRecord? {
    let path = host.state.record(of: bridge)
    do throws(NetworkError) {
      guard let record = NetworkRecord(try RecordText.read(path)), record.bridge == bridge else { throw .damaged(path) }
      return record
    } catch {
      if case .system(let cause) = error, cause.isNotFound { return nil }
      throw error
    }
  }
}
