import NetTypes
import Netlink

/// The link that a request is about.
public enum LinkSelector: Hashable, Sendable, CustomStringConvertible {
  /// By interface index.
  case index(UInt32)
  /// By name, or by one of its alternative names.
  case named(String)

  /// The name, or `index N`.
  public var description: String {
    switch self {
    case .index(let index): "index \(index)"
    case .named(let name): name
    }
  }

  var indexOrZero: UInt32 {
    switch self {
    case .index(let index): index
    case .named: 0
    }
  }

  /// Writes the name, if the link is selected by name. A name too long for IFLA_IFNAME can only be an alternative name.
  func writeName(to buffer: inout MessageBuffer) {
    guard case .named(let name) = self else { return }
    buffer.attribute(name.utf8.count < InterfaceName.capacity ? IFLA_IFNAME : IFLA_ALT_IFNAME, string: name)
  }
}

/// How a link generates its IPv6 addresses (enum in6_addr_gen_mode, linux/if_link.h).
public enum AddressGenerationMode: UInt8, Sendable {
  /// From its MAC address.
  case eui64 = 0
  /// Not at all: the link gets no link-local address either.
  case none = 1
  /// From a secret, stable for each network (RFC 7217).
  case stablePrivacy = 2
  /// The same from a random secret.
  case random = 3
}

/// Changes to a link; nil leaves a property as it is.
public struct LinkChanges: Hashable, Sendable {
  public var isUp: Bool?
  public var address: MACAddress?
  /// The MTU in bytes.
  public var mtu: UInt32?
  /// The index of the master of which it becomes a port; 0 removes it from its master.
  public var master: UInt32?
  /// A free text of up to 255 bytes; an empty text removes the alias.
  public var alias: String?
  /// A new name. The link must be selected by index, because a request has one place for both names.
  public var name: InterfaceName?
  /// The namespace into which the link moves. This takes milliseconds, because the kernel waits to quiesce.
  public var namespace: NamespaceReference?
  /// How the link generates its IPv6 addresses, from the next time it comes up.
  public var addressGeneration: AddressGenerationMode?
  /// IPv4 parameters, set in this order.
  public var ipv4: [IPv4LinkSetting]
  /// The maximum number of packets that wait to be sent.
  public var txQueueLength: UInt32?
  /// The group of the link.
  public var group: UInt32?
  /// Settings of a link that is already a bridge port (EOPNOTSUPP if it is none). Exclusive with a group.
  public var bridgePort: BridgePortOptions?

  public init(
    isUp: Bool? = nil, address: MACAddress? = nil, mtu: UInt32? = nil, master: UInt32? = nil, alias: String? = nil,
    name: InterfaceName? = nil, namespace: NamespaceReference? = nil,
    addressGeneration: AddressGenerationMode? = nil, ipv4: [IPv4LinkSetting] = [],
    txQueueLength: UInt32? = nil, group: UInt32? = nil, bridgePort: BridgePortOptions? = nil
  ) {
    self.isUp = isUp
    self.address = address
    self.mtu = mtu
    self.master = master
    self.alias = alias
    self.name = name
    self.namespace = namespace
    self.addressGeneration = addressGeneration
    self.ipv4 = ipv4
    self.txQueueLength = txQueueLength
    self.group = group
    self.bridgePort = bridgePort
  }

  func write(to buffer: inout MessageBuffer, link: LinkSelector) {
    writeLinkHeader(to: &buffer, index: link.indexOrZero, isUp: isUp)
    if let name, case .index = link {
      buffer.attribute(IFLA_IFNAME, string: name.text)
    } else {
      precondition(name == nil, "a link is renamed by index")
      link.writeName(to: &buffer)
    }
    if let address { buffer.attribute(IFLA_ADDRESS, address) }
    if let mtu { buffer.attribute(IFLA_MTU, mtu) }
    if let master { buffer.attribute(IFLA_MASTER, master) }
    if let alias { buffer.attribute(IFLA_IFALIAS, unterminated: alias) }
    if let txQueueLength { buffer.attribute(IFLA_TXQLEN, txQueueLength) }
    if let group { buffer.attribute(IFLA_GROUP, group) }
    namespace?.write(to: &buffer)
    // The request names no kind, although ip names `bridge_slave`: there is no kind of this name, and the kernel may
    // start modprobe to look for it.
    if let bridgePort { buffer.attribute(IFLA_LINKINFO) { $0.attribute(IFLA_INFO_SLAVE_DATA, bridgePort.write) } }
    guard addressGeneration != nil || !ipv4.isEmpty else { return }
    buffer.attribute(IFLA_AF_SPEC) { buffer in
      if !ipv4.isEmpty {
        buffer.attribute(UInt16(AddressFamily.inet.rawValue)) { buffer in
          buffer.attribute(IFLA_INET_CONF) { buffer in
            for setting in ipv4 { buffer.attribute(setting.parameter.rawValue, setting.value) }
          }
        }
      }
      if let addressGeneration {
        buffer.attribute(UInt16(AddressFamily.inet6.rawValue)) {
          $0.attribute(IFLA_INET6_ADDR_GEN_MODE, addressGeneration.rawValue)
        }
      }
    }
  }
}
