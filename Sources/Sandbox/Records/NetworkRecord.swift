import LinuxSystem
import NetTypes
import RouteNetlink

/// What is written down of a bridge that sandboxes are on.
struct NetworkRecord: Equatable {
  var bridge: InterfaceName
  /// By what packets that leave get the host's address.
  var translation: SandboxFacts.Translation
  /// What nsrun made the bridge with; nil where it did not.
  var own: OwnBridge?
  /// Whether rules may be added to chains of others that would drop the packets.
  var mayChangeForeignChains = true
  /// Whether there is or was a sandbox without NAT, which is reached from outside.
  var isReached = false

  /// A bridge that nsrun makes, and takes away.
  struct OwnBridge: Equatable {
    var mac: MACAddress
    /// The bridge's address with the length of the subnet.
    var address: IPNetwork
    /// Its MTU in bytes; nil for what the kernel makes of it.
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

  /// What nsrun gives a bridge, and a bridge takes.
  private static func sensible(_ mtu: UInt32) -> UInt32? { UplinkMTU.range.contains(mtu) ? mtu : nil }

  init(
    bridge: InterfaceName, translation: SandboxFacts.Translation, own: OwnBridge? = nil,
    mayChangeForeignChains: Bool = true, isReached: Bool = false
  ) {
    self.bridge = bridge
    self.translation = translation
    self.own = own
    self.mayChangeForeignChains = mayChangeForeignChains
    self.isReached = isReached
  }

  /// Reads what a record says; nil where an essential line is missing or makes no sense.
  init?(_ text: RecordText) {
    guard let bridge = text["bridge"].flatMap({ try? InterfaceName($0) }),
      let translation = text[Self.translationKey].flatMap(SandboxFacts.Translation.init(rawValue:))
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

  /// The networks that there are records of, by their bridges' names.
  func all() throws(SandboxError) -> [NetworkRecord] {
    try names().compactMap { record(of: $0) }
  }

  /// The bridges that there are records of, readable or not, by their names.
  func names() throws(SandboxError) -> [InterfaceName] {
    try system { () throws(SystemError) in try directoryEntries(host.state.networks) }
      .compactMap { try? InterfaceName($0) }.sorted { $0.text < $1.text }
  }

  /// What the record of a bridge says; nil where there is none, or none that makes sense.
  func record(of bridge: InterfaceName) -> NetworkRecord? { try? read(of: bridge) }

  /// What the record of a bridge says; nil where there is none.
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
