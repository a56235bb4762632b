import NetTypes

/// The type of a value in a set, a map or a register, with the number that nft gave it (nftables: datatype.h). The
/// kernel only stores the number; nft needs it to print elements as they were written.
public struct DataType: Hashable, Sendable {
  /// The byte order of a number.
  public enum ByteOrder: UInt32, Hashable, Sendable {
    /// Neither: text, or several values.
    case none = 0
    case host = 1
    case network = 2
  }

  /// nft's number, 1 to 63.
  public let number: UInt32
  /// The size of a value in bytes.
  public let size: Int
  public let byteOrder: ByteOrder

  public init(number: UInt32, size: Int, byteOrder: ByteOrder) {
    self.number = number
    self.size = size
    self.byteOrder = byteOrder
  }

  /// nft's `nf_proto`.
  public static let networkProtocol = DataType(number: 2, size: 1, byteOrder: .host)
  /// nft's `ipv4_addr`.
  public static let ipv4Address = DataType(number: 7, size: 4, byteOrder: .network)
  /// nft's `ipv6_addr`.
  public static let ipv6Address = DataType(number: 8, size: 16, byteOrder: .network)
  /// nft's `ether_addr`.
  public static let etherAddress = DataType(number: 9, size: 6, byteOrder: .network)
  /// nft's `ether_type`.
  public static let etherType = DataType(number: 10, size: 2, byteOrder: .network)
  /// nft's `inet_proto`: TCP is 6, UDP 17.
  public static let transportProtocol = DataType(number: 12, size: 1, byteOrder: .network)
  /// nft's `inet_service`: a TCP or UDP port.
  public static let port = DataType(number: 13, size: 2, byteOrder: .network)
  /// nft's `mark`, of a packet or a connection.
  public static let mark = DataType(number: 19, size: 4, byteOrder: .host)
  /// nft's `iface_index`.
  public static let interfaceIndex = DataType(number: 20, size: 4, byteOrder: .host)
  /// nft's `uid`.
  public static let userID = DataType(number: 24, size: 4, byteOrder: .host)
  /// nft's `gid`.
  public static let groupID = DataType(number: 25, size: 4, byteOrder: .host)
  /// nft's `ct_state`.
  public static let conntrackState = DataType(number: 26, size: 4, byteOrder: .host)
  /// nft's `fib_addrtype`: RTN_* of linux/rtnetlink.h.
  public static let addressType = DataType(number: 38, size: 4, byteOrder: .host)
  /// nft's `ifname`.
  public static let interfaceName = DataType(number: 41, size: 16, byteOrder: .host)

  /// The size of a value in bytes in a register, or in a key of several parts: a multiple of 4.
  public var paddedSize: Int { (size + 3) & ~3 }

  /// The type with nft's number; nil for one that this library does not know.
  static func known(_ number: UInt32) -> DataType? {
    switch number {
    case 2: networkProtocol
    case 7: ipv4Address
    case 8: ipv6Address
    case 9: etherAddress
    case 10: etherType
    case 12: transportProtocol
    case 13: port
    case 19: mark
    case 20: interfaceIndex
    case 24: userID
    case 25: groupID
    case 26: conntrackState
    case 38: addressType
    case 41: interfaceName
    default: nil
    }
  }
}

extension [DataType] {
  /// nft's number for a sequence of types: 6 bits for each, the first in the highest.
  var number: UInt32 { reduce(0) { $0 << 6 | ($1.number & 63) } }

  /// The size in bytes of a key of these types; several parts are padded.
  var size: Int { count == 1 ? self[0].size : reduce(0) { $0 + $1.paddedSize } }

  /// The byte order that nft writes: that of a single type, none for several.
  var byteOrder: DataType.ByteOrder { count == 1 ? self[0].byteOrder : .none }

  /// Takes apart the number of a sequence of types.
  /// - Parameter size: the size of the whole key in bytes, which is that of a single type that this library does not
  ///   know.
  init(number: UInt32, size: Int) {
    let parts = (0..<6).reversed().map { number >> (6 * $0) & 63 }.drop { $0 == 0 }
    if parts.count <= 1 {
      var type = DataType.known(number) ?? DataType(number: number, size: size, byteOrder: .none)
      // nft's `integer` and `string` have the size that the set gives them.
      if type.size != size { type = DataType(number: number, size: size, byteOrder: type.byteOrder) }
      self = [type]
    } else {
      self = parts.map { DataType.known($0) ?? DataType(number: $0, size: 4, byteOrder: .none) }
    }
  }
}

/// One value of a ``DataType``.
public enum DataValue: Hashable, Sendable {
  /// An IPv4 or IPv6 address.
  case address(IPAddress)
  /// A MAC address.
  case etherAddress(MACAddress)
  /// An EtherType such as 0x0800, in host byte order.
  case etherType(UInt16)
  /// The number of a transport protocol: TCP is 6, UDP 17.
  case proto(UInt8)
  /// A port, in host byte order.
  case port(UInt16)
  /// The mark of a packet or a connection.
  case mark(UInt32)
  /// The name of an interface, at most 15 bytes.
  case interfaceName(String)
  /// The index of an interface.
  case interfaceIndex(UInt32)
  /// A user or group id, or an address type.
  case id(UInt32)
  /// Any other value, as the kernel compares it.
  case bytes([UInt8])

  /// The value as it is in a register, without padding.
  public var bytes: [UInt8] {
    switch self {
    case .address(let address): return address.bytes
    case .etherAddress(let address): return address.bytes
    case .bytes(let bytes): return bytes
    case .etherType(let number), .port(let number): return [UInt8(number >> 8), UInt8(number & 0xff)]
    case .proto(let number): return [number]
    case .mark(let number), .interfaceIndex(let number), .id(let number):
      return withUnsafeBytes(of: number) { Array($0) }
    case .interfaceName(let name):
      precondition(name.utf8.count < 16, "an interface's name has at most 15 bytes")
      return Array(name.utf8) + [UInt8](repeating: 0, count: 16 - name.utf8.count)
    }
  }

  /// Reads a value of a type from the bytes of a key. A value of an unknown type stays bytes.
  init(_ bytes: [UInt8], _ type: DataType) {
    func integer() -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    func network() -> UInt16 { bytes.reduce(0) { $0 << 8 | UInt16($1) } }
    guard bytes.count == type.size else {
      self = .bytes(bytes)
      return
    }
    switch type {
    case .ipv4Address, .ipv6Address: self = IPAddress(bytes: bytes).map { .address($0) } ?? .bytes(bytes)
    case .etherAddress: self = MACAddress(bytes: bytes).map { .etherAddress($0) } ?? .bytes(bytes)
    case .etherType: self = .etherType(network())
    case .transportProtocol: self = .proto(bytes[0])
    case .port: self = .port(network())
    case .mark: self = .mark(integer())
    case .interfaceIndex: self = .interfaceIndex(integer())
    case .userID, .groupID, .addressType: self = .id(integer())
    case .interfaceName:
      let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      let value = name.utf8.count < 16 ? DataValue.interfaceName(name) : .bytes(bytes)
      // Bytes that are not UTF-8, or do not end with zeros, are no name.
      self = value.bytes == bytes ? value : .bytes(bytes)
    default: self = .bytes(bytes)
    }
  }
}

extension [DataValue] {
  /// The bytes of a key or of a map's data: one value unpadded, several padded to 4 bytes each.
  var keyBytes: [UInt8] {
    guard count != 1 else { return self[0].bytes }
    var key: [UInt8] = []
    for value in self {
      key += value.bytes
      while key.count & 3 != 0 { key.append(0) }
    }
    return key
  }

  /// Takes apart the bytes of a key. What does not fit the types stays bytes.
  init(_ bytes: [UInt8], _ types: [DataType]) {
    guard types.count != 1 else {
      self = [DataValue(bytes, types[0])]
      return
    }
    self = []
    var rest = bytes[...]
    for type in types {
      append(DataValue([UInt8](rest.prefix(type.size)), type))
      rest = rest.dropFirst(type.paddedSize)
    }
  }
}
