import LinuxSystem
import NetTypes
import RouteNetlink

/// The record of a bridge that sandboxes are on.
struct NetworkRecord: Equatable {
  var bridge: InterfaceName
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
    /// The MTU in bytes; nil to leave it to the kernel.
    var mtu: UInt32?
  }

  static let translationKey = "translation"
  static let reachedKey = "reached"

  var text: RecordText {
    var text = RecordText([("bridge", bridge.text), (Self.translationKey, translation.rawValue)])
    if let own {
      text.append("mac", "\(own.mac)")
      text.append("address", "\(own.address)")
      if let mtu = own.mtu { text.append("mtu", "\(mtu)") }
    }
    if !mayChangeForeignChains { text.append("firewall-rules", "no") }
    if isReached { text.append(Self.reachedKey, "yes") }
    return text
  }

  /// nil for an MTU that nsrun never gives to a bridge.
  private static func sensible(_ mtu: UInt32) -> UInt32? { UplinkMTU.range.contains(mtu) ? mtu : nil }

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
      own = OwnBridge(mac: mac, address: address, mtu: text["mtu"].flatMap { UInt32($0) }.flatMap(Self.sensible))
    }
    self.init(
      bridge: bridge, translation: translation, own: own, mayChangeForeignChains: text["firewall-rules"] != "no",
      isReached: text[Self.reachedKey] == "yes")
  }
}

/// The records of all bridges that sandboxes are on.
struct NetworkRecords {
  let host: Host

  init(_ host: Host) { self.host = host }

  /// The networks with a readable record, sorted by the names of their bridges.
  func all() throws(SandboxError) -> [NetworkRecord] {
    try names().compactMap { record(of: $0) }
  }

  /// The bridges with a record, readable or not, sorted by name.
  func names() throws(SandboxError) -> [InterfaceName] {
    try system { () throws(SystemError) in try directoryEntries(host.state.networks) }
      .compactMap { try? InterfaceName($0) }.sorted { $0.text < $1.text }
  }

  /// Reads the record of a bridge; nil if there is none, or if it is damaged.
  func record(of bridge: InterfaceName) -> NetworkRecord? { try? read(of: bridge) }

  /// Reads the record of a bridge; nil if there is none.
  func read(of bridge: InterfaceName) throws(SandboxError) -> NetworkRecord? {
    let path = host.state.record(of: bridge)
    do throws(SandboxError) {
      guard let record = NetworkRecord(try RecordText.read(path)), record.bridge == bridge else { throw .damaged(path) }
      return record
    } catch {
      if case .system(let cause) = error, cause.isNotFound { return nil }
      throw error
    }
  }
}
