import NFTables
import Netlink

/// An xtables match or target in a rule of nf_tables. iptables-nft uses these if nf_tables has no expression of its own
/// (linux/netfilter/nf_tables_compat.h).
struct XTables: Equatable {
  enum Kind: String {
    case match
    case target
  }

  var kind: Kind
  var name: String
  var revision: UInt32
  /// The C structure of this match or target.
  var info: [UInt8]

  /// iptables' `-m conntrack --ctstate`: struct xt_conntrack_mtinfo3, padded to a multiple of 8.
  static func state(_ states: ConntrackState) -> XTables {
    var info = [UInt8](repeating: 0, count: 168)
    info[146] = 1  // match_flags: XT_CONNTRACK_STATE
    info[150] = UInt8(states.rawValue)  // state_mask: the same bits as those of nf_tables
    return XTables(kind: .match, name: "conntrack", revision: 3, info: info)
  }

  /// The states of a `-m conntrack --ctstate` without other conditions; nil for anything else.
  var states: ConntrackState? {
    guard kind == .match, name == "conntrack", revision == 2 || revision == 3, info.count >= 152,
      info[146...149].elementsEqual([1, 0, 0, 0] /* match_flags, invert_flags */)
    else { return nil }
    return ConntrackState(rawValue: UInt32(info[150]))
  }

  /// The text of a `-m comment --comment`, which matches every packet.
  var comment: String? {
    guard kind == .match, name == "comment" else { return nil }
    return String(decoding: info.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Whether it keeps the packet out of connection tracking: `-j CT --notrack` (struct xt_ct_target_info), or NOTRACK.
  var isNotrack: Bool {
    kind == .target && (name == "NOTRACK" || name == "CT" && (info.first ?? 0) & 1 /* XT_CT_NOTRACK */ == 1)
  }

  var expression: Expression {
    var buffer = MessageBuffer()
    buffer.attribute(Self.nameAttribute, string: name)
    buffer.attribute(Self.revisionAttribute, bigEndian: revision)
    buffer.attribute(Self.infoAttribute, bytes: info)
    return .unknown(name: kind.rawValue, data: buffer.bytes)
  }

  // NFTA_MATCH_* and NFTA_TARGET_* have the same numbers.
  private static let nameAttribute: UInt16 = 1
  private static let revisionAttribute: UInt16 = 2
  private static let infoAttribute: UInt16 = 3
}

extension XTables {
  /// nil for a native expression of nf_tables.
  init?(_ expression: Expression) {
    guard case .unknown(let name, let data) = expression, let kind = Kind(rawValue: name) else { return nil }
    self.init(kind: kind, name: "", revision: 0, info: [])
    var attributes = AttributeReader(data.span.bytes)
    while let attribute = try? attributes.next() {
      switch attribute.type {
      case Self.nameAttribute: self.name = attribute.string
      case Self.revisionAttribute: revision = (try? attribute.bigEndian()) ?? 0
      case Self.infoAttribute: info = attribute.bytes
      default: break
      }
    }
  }
}

extension Rule {
  /// The comment of nft or of iptables. Rules that `iptables-restore` has loaded have one of iptables.
  var anyComment: String? { comment ?? expressions.lazy.compactMap { XTables($0)?.comment }.first }
}
