import Netlink

/// A chain: a list of rules. Other rules jump to it or, if it has a base, packets enter it from the kernel.
public struct Chain: Hashable, Sendable, CustomStringConvertible {
  public var name: String
  public var table: Table
  /// Where packets enter it; nil for a chain that is only a jump target.
  public var base: BaseChain?
  /// Text that nft prints with the chain, cut to 127 bytes (Linux 5.10).
  public var comment: String?
  /// The kernel's handle of the chain; only set for a chain that was listed.
  public var handle: UInt64?

  public init(_ name: String, in table: Table, base: BaseChain? = nil, comment: String? = nil) {
    self.name = name
    self.table = table
    self.base = base
    self.comment = comment
  }

  /// Family, table and name, as nft writes them.
  public var description: String { "\(table) \(name)" }
}

/// The type of a base chain, which decides what its rules may do.
public enum ChainType: String, Hashable, Sendable {
  /// Any verdict; at every hook.
  case filter
  /// Sees the first packet of a connection, and may translate addresses.
  case nat
  /// Looks up the route again after a rule changed the packet; hook output only.
  case route
}

/// A place in the kernel where packets enter base chains.
public enum Hook: Hashable, Sendable {
  /// Packets that arrived, before routing.
  case prerouting
  /// Packets for this host.
  case input
  /// Packets that this host forwards.
  case forward
  /// Packets that this host sends.
  case output
  /// Packets that are about to leave, after routing.
  case postrouting
  /// Packets as they come from a device; in inet tables since Linux 5.10.
  case ingress
  /// Packets as they go to a device for transmission; netdev only (Linux 5.16).
  case egress

  /// The hook's number, which differs between families (enum nf_inet_hooks, nf_dev_hooks, NF_ARP_*).
  func number(in family: TableFamily) -> UInt32 {
    if family == .netdev { return self == .egress ? 1 : 0 }
    if family == .arp { return self == .input ? 0 : 1 }
    return switch self {
    case .prerouting: 0
    case .input: 1
    case .forward: 2
    case .output: 3
    case .postrouting: 4
    case .ingress: 5
    case .egress: 6
    }
  }

  init?(number: UInt32, in family: TableFamily) {
    let hooks: [Hook] =
      switch family {
      case .netdev: [.ingress, .egress]
      case .arp: [.input, .output]
      default: [.prerouting, .input, .forward, .output, .postrouting, .ingress]
      }
    guard number < hooks.count else { return nil }
    self = hooks[Int(number)]
  }
}

/// The decision about a packet that no rule decided about.
public enum Policy: UInt32, Hashable, Sendable {
  /// Discards the packet.
  case drop = 0
  /// Lets the packet go on.
  case accept = 1
}

/// Where and when packets enter a chain.
public struct BaseChain: Hashable, Sendable {
  public var type: ChainType
  public var hook: Hook
  /// Chains with a lower priority come first; see the named priorities (`.filterPriority`, `.sourceNATPriority`).
  public var priority: Int32
  public var policy: Policy
  /// The devices whose packets enter the chain; hooks ingress and egress only. Several devices since Linux 5.5.
  public var devices: [String]

  public init(type: ChainType, hook: Hook, priority: Int32, policy: Policy = .accept, devices: [String] = []) {
    self.type = type
    self.hook = hook
    self.priority = priority
    self.policy = policy
    self.devices = devices
  }
}

extension Int32 {
  /// Chain priority `raw`: before connection tracking (NF_IP_PRI_RAW).
  public static let rawPriority: Int32 = -300
  /// Chain priority `mangle` (NF_IP_PRI_MANGLE).
  public static let manglePriority: Int32 = -150
  /// Chain priority `dstnat` (NF_IP_PRI_NAT_DST).
  public static let destinationNATPriority: Int32 = -100
  /// Chain priority `filter` (NF_IP_PRI_FILTER); in bridge tables nft's `filter` is -200.
  public static let filterPriority: Int32 = 0
  /// Chain priority `srcnat` (NF_IP_PRI_NAT_SRC).
  public static let sourceNATPriority: Int32 = 100
}

extension Chain {
  /// Writes the attributes of NFT_MSG_NEWCHAIN.
  func write(to buffer: inout MessageBuffer) {
    buffer.attribute(NFTA_CHAIN_TABLE, string: table.name)
    buffer.attribute(NFTA_CHAIN_NAME, string: name)
    if let base { buffer.attribute(NFTA_CHAIN_TYPE, string: base.type.rawValue) }
    if let comment { buffer.attribute(NFTA_CHAIN_USERDATA, bytes: Userdata(.chainComment, text: comment).bytes) }
    guard let base else { return }
    buffer.attribute(NFTA_CHAIN_POLICY, bigEndian: base.policy.rawValue)
    buffer.nested(NFTA_CHAIN_HOOK) {
      $0.attribute(NFTA_HOOK_HOOKNUM, bigEndian: base.hook.number(in: table.family))
      $0.attribute(NFTA_HOOK_PRIORITY, bigEndian: base.priority)
      switch base.devices.count {
      case 0: break
      case 1: $0.attribute(NFTA_HOOK_DEV, string: base.devices[0])
      default:
        $0.nested(NFTA_HOOK_DEVS) {
          for device in base.devices { $0.attribute(NFTA_DEVICE_NAME, string: device) }
        }
      }
    }
  }

  /// Reads NFT_MSG_NEWCHAIN; nil for a family that this library does not know. An unknown hook or type leaves no base.
  init?(_ reply: borrowing ReplyMessage) throws(MalformedMessage) {
    guard let family = try replyFamily(reply) else { return nil }
    self.init("", in: Table(family, ""))
    var type: ChainType?
    var hook: Hook?
    var priority: Int32 = 0
    var policy = Policy.accept
    var devices: [String] = []
    var attributes = try reply.payload.attributes(after: NetfilterHeader.size)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case NFTA_CHAIN_TABLE: table.name = attribute.string
      case NFTA_CHAIN_HANDLE: handle = try attribute.bigEndian()
      case NFTA_CHAIN_NAME: name = attribute.string
      case NFTA_CHAIN_POLICY: policy = Policy(rawValue: try attribute.bigEndian()) ?? .accept
      case NFTA_CHAIN_TYPE: type = ChainType(rawValue: attribute.string)
      case NFTA_CHAIN_USERDATA: comment = Userdata(attribute.bytes).text(.chainComment)
      case NFTA_CHAIN_HOOK:
        var fields = attribute.attributes
        while let field = try fields.next() {
          switch field.type {
          case NFTA_HOOK_HOOKNUM: hook = Hook(number: try field.bigEndian(), in: family)
          case NFTA_HOOK_PRIORITY: priority = try field.bigEndian()
          // The kernel also reports a single device in this attribute.
          case NFTA_HOOK_DEVS:
            var names = field.attributes
            while let name = try names.next() {
              if name.type == NFTA_DEVICE_NAME { devices.append(name.string) }
            }
          default: break
          }
        }
      default: break
      }
    }
    if let type, let hook {
      base = BaseChain(type: type, hook: hook, priority: priority, policy: policy, devices: devices)
    }
  }
}
