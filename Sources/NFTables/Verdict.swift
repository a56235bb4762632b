import Netlink

/// The decision about a packet.
public enum Verdict: Hashable, Sendable {
  /// Lets the packet go on; later base chains at the same hook still see it.
  case accept
  /// Discards the packet at once.
  case drop
  /// Returns to the calling chain, or from a base chain to its policy.
  case `return`
  /// Continues in another chain of the table, and returns after it.
  case jump(String)
  /// Continues in another chain of the table, and does not return.
  case goto(String)
  /// Continues with the next rule.
  case `continue`

  /// Writes NFTA_DATA_VERDICT.
  func write(to buffer: inout MessageBuffer) {
    let (code, chain): (Int32, String?) =
      switch self {
      case .accept: (NF_ACCEPT, nil)
      case .drop: (NF_DROP, nil)
      case .return: (NFT_RETURN, nil)
      case .jump(let chain): (NFT_JUMP, chain)
      case .goto(let chain): (NFT_GOTO, chain)
      case .continue: (NFT_CONTINUE, nil)
      }
    buffer.nested(NFTA_DATA_VERDICT) {
      $0.attribute(NFTA_VERDICT_CODE, bigEndian: code)
      if let chain { $0.attribute(NFTA_VERDICT_CHAIN, string: chain) }
    }
  }

  /// Reads the contents of NFTA_DATA_VERDICT; nil for a verdict that this library does not know.
  init?(_ attributes: consuming AttributeReader) throws(MalformedMessage) {
    var code: Int32?
    var chain = ""
    while let attribute = try attributes.next() {
      switch attribute.type {
      case NFTA_VERDICT_CODE: code = try attribute.bigEndian()
      case NFTA_VERDICT_CHAIN: chain = attribute.string
      default: break
      }
    }
    switch code {
    case NF_ACCEPT: self = .accept
    case NF_DROP: self = .drop
    case NFT_RETURN: self = .return
    case NFT_JUMP: self = .jump(chain)
    case NFT_GOTO: self = .goto(chain)
    case NFT_CONTINUE: self = .continue
    default: return nil
    }
  }
}

/// The payload of NFTA_SET_ELEM_DATA, NFTA_IMMEDIATE_DATA and similar attributes: a value or a verdict.
enum Data {
  case value([UInt8])
  case verdict(Verdict)

  /// Reads NFTA_DATA_*; nil if it is neither.
  init?(_ attributes: consuming AttributeReader) throws(MalformedMessage) {
    var data: Data?
    while let attribute = try attributes.next() {
      switch attribute.type {
      case NFTA_DATA_VALUE: data = .value(attribute.bytes)
      case NFTA_DATA_VERDICT: data = try Verdict(attribute.attributes).map { .verdict($0) }
      default: break
      }
    }
    guard let data else { return nil }
    self = data
  }
}

extension MessageBuffer {
  /// Appends a value as struct nft_data: NFTA_DATA_VALUE nested in `type`.
  mutating func data(_ type: UInt16, _ value: [UInt8]) {
    nested(type) { $0.attribute(NFTA_DATA_VALUE, bytes: value) }
  }
}
