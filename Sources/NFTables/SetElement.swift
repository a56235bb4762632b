import NetTypes
import Netlink

/// An element of a set or a map.
public struct SetElement: Hashable, Sendable {
  /// The value of a map's element.
  public enum Value: Hashable, Sendable {
    case verdict(Verdict)
    /// The bytes that the kernel puts into registers: several values are padded to 4 bytes each.
    case data([UInt8])
  }

  /// The key as the kernel compares it: one value unpadded, several padded to 4 bytes each. Empty for the element that
  /// covers all keys without an element of their own (nft's `*`).
  public var key: [UInt8]
  /// The last key of an interval (inclusive); nil for a single key.
  public var upperKey: [UInt8]?
  /// nil for an element of a set.
  public var value: Value?
  /// Text that nft prints with the element, cut to 127 bytes.
  public var comment: String?
  /// The lifetime in milliseconds.
  public var timeout: UInt64?
  /// The remaining lifetime in milliseconds; only set for an element that was listed.
  public var expiration: UInt64?

  /// An element from the bytes of its key.
  public init(
    key: [UInt8], upTo upperKey: [UInt8]? = nil, value: Value? = nil, comment: String? = nil, timeout: UInt64? = nil
  ) {
    self.key = key
    self.upperKey = upperKey
    self.value = value
    self.comment = comment
    self.timeout = timeout
  }

  /// An element.
  /// - Parameters:
  ///   - key: one value for each part of the set's key.
  ///   - upperKey: the last key of an interval (inclusive).
  ///   - verdict: the verdict, in a verdict map.
  ///   - data: the value, in another map.
  ///   - comment: text that nft prints with the element.
  ///   - timeout: the lifetime in milliseconds; the set needs ``NFTSet/Flags/timeout``.
  public init(
    key: [DataValue], upTo upperKey: [DataValue]? = nil, verdict: Verdict? = nil, data: [DataValue]? = nil,
    comment: String? = nil, timeout: UInt64? = nil
  ) {
    self.init(
      key: key.keyBytes, upTo: upperKey?.keyBytes,
      value: verdict.map { .verdict($0) } ?? data.map { .data($0.keyBytes) },
      comment: comment, timeout: timeout)
  }

  /// An element with the addresses of a network.
  public static func network(_ network: IPNetwork, verdict: Verdict? = nil, comment: String? = nil) -> SetElement {
    SetElement(
      key: network.network.address.bytes, upTo: network.lastAddress.bytes, value: verdict.map { .verdict($0) },
      comment: comment)
  }

  /// The element that covers all keys without an element of their own (Linux 5.13), nft's `*`.
  public static func catchAll(value: Value? = nil, comment: String? = nil) -> SetElement {
    SetElement(key: [UInt8](), value: value, comment: comment)
  }

  /// The parts of the key.
  public func keyValues(of set: NFTSet) -> [DataValue] { [DataValue](key, set.key) }
}

extension SetElement {
  /// Writes the element into a list, as two entries if the set stores the end of an interval separately.
  /// - Parameter index: the index of the last entry; each entry adds one.
  func write(for set: NFTSet, index: inout UInt16, isDeletion: Bool = false, to buffer: inout MessageBuffer) {
    guard set.hasSeparateEnds, !key.isEmpty else {
      writeOne(index: &index, keyEnd: upperKey, isOpen: false, isDeletion: isDeletion, to: &buffer)
      return
    }
    let end = (upperKey ?? key).successor
    writeOne(index: &index, keyEnd: nil, isOpen: end == nil, isDeletion: isDeletion, to: &buffer)
    guard let end else { return }
    index += 1
    buffer.nested(index) {
      $0.attribute(NFTA_SET_ELEM_FLAGS, bigEndian: NFT_SET_ELEM_INTERVAL_END)
      $0.data(NFTA_SET_ELEM_KEY, end)
    }
  }

  private func writeOne(
    index: inout UInt16, keyEnd: [UInt8]?, isOpen: Bool, isDeletion: Bool, to buffer: inout MessageBuffer
  ) {
    index += 1
    buffer.nested(index) {
      if key.isEmpty { $0.attribute(NFTA_SET_ELEM_FLAGS, bigEndian: NFT_SET_ELEM_CATCHALL) }
      if let timeout, !isDeletion { $0.attribute(NFTA_SET_ELEM_TIMEOUT, bigEndian: timeout) }
      if !key.isEmpty { $0.data(NFTA_SET_ELEM_KEY, key) }
      if let keyEnd { $0.data(NFTA_SET_ELEM_KEY_END, keyEnd) }
      if isDeletion { return }
      switch value {
      case .verdict(let verdict): $0.nested(NFTA_SET_ELEM_DATA) { verdict.write(to: &$0) }
      case .data(let bytes): $0.data(NFTA_SET_ELEM_DATA, bytes)
      case nil: break
      }
      var userdata = Userdata()
      if let comment { userdata.append(.elementComment, text: comment) }
      if isOpen { userdata.append(.elementFlags, 1) }
      if !userdata.bytes.isEmpty { $0.attribute(NFTA_SET_ELEM_USERDATA, bytes: userdata.bytes) }
    }
  }

  /// Reads one element of a list.
  /// - Parameter isEnd: set to whether it is the end of an interval, the first key after the interval.
  init(_ attributes: consuming AttributeReader, isEnd: inout Bool) throws(MalformedMessage) {
    self.init(key: [UInt8]())
    isEnd = false
    while let attribute = try attributes.next() {
      switch attribute.type {
      case NFTA_SET_ELEM_KEY:
        if case .value(let bytes) = try Data(attribute.attributes) { key = bytes }
      case NFTA_SET_ELEM_KEY_END:
        if case .value(let bytes) = try Data(attribute.attributes) { upperKey = bytes }
      case NFTA_SET_ELEM_DATA:
        switch try Data(attribute.attributes) {
        case .value(let bytes): value = .data(bytes)
        case .verdict(let verdict): value = .verdict(verdict)
        case nil: break
        }
      case NFTA_SET_ELEM_FLAGS: isEnd = try attribute.bigEndian(UInt32.self) & NFT_SET_ELEM_INTERVAL_END != 0
      case NFTA_SET_ELEM_TIMEOUT: timeout = try attribute.bigEndian()
      case NFTA_SET_ELEM_EXPIRATION: expiration = try attribute.bigEndian()
      case NFTA_SET_ELEM_USERDATA: comment = Userdata(attribute.bytes).text(.elementComment)
      default: break
      }
    }
    // The kernel lists a key of several parts with an end even if it is a single key.
    if upperKey == key { upperKey = nil }
  }
}

/// Elements as the kernel lists them, before starts and ends are joined.
struct ElementList {
  private var elements: [(element: SetElement, isEnd: Bool)] = []

  /// Reads NFT_MSG_NEWSETELEM.
  mutating func read(_ reply: borrowing ReplyMessage) throws(MalformedMessage) {
    var attributes = try reply.payload.attributes(after: NetfilterHeader.size)
    while let attribute = try attributes.next() {
      guard attribute.type == NFTA_SET_ELEM_LIST_ELEMENTS else { continue }
      var list = attribute.attributes
      while let entry = try list.next() {
        var isEnd = false
        let element = try SetElement(entry.attributes, isEnd: &isEnd)
        elements.append((element, isEnd))
      }
    }
  }

  mutating func append(contentsOf other: ElementList) { elements += other.elements }

  /// The elements; in a set of intervals ordered by key, else in the kernel's order.
  func joined(for set: NFTSet) -> [SetElement] {
    guard set.hasSeparateEnds else { return elements.map { $0.element } }
    // If one interval ends and the next begins at the same key, the end comes first.
    let sorted = elements.sorted { left, right in
      left.element.key == right.element.key ? left.isEnd && !right.isEnd : left.element.key < right.element.key
    }
    var result: [SetElement] = []
    var isOpen = false
    for (element, isEnd) in sorted {
      if isOpen, let last = result.indices.last, let upper = element.key.predecessor {
        result[last].upperKey = upper == result[last].key ? nil : upper
      }
      isOpen = !isEnd && !element.key.isEmpty
      if !isEnd { result.append(element) }
    }
    if isOpen, let last = result.indices.last {
      let upper = [UInt8](repeating: 0xff, count: result[last].key.count)
      result[last].upperKey = upper == result[last].key ? nil : upper
    }
    return result
  }
}

extension [UInt8] {
  static func < (left: Self, right: Self) -> Bool { left.lexicographicallyPrecedes(right) }

  /// The number in network byte order plus one; nil for the greatest.
  var successor: [UInt8]? {
    var result = self
    for index in indices.reversed() {
      result[index] &+= 1
      if result[index] != 0 { return result }
    }
    return nil
  }

  /// The number in network byte order minus one; nil for 0.
  var predecessor: [UInt8]? {
    var result = self
    for index in indices.reversed() {
      result[index] &-= 1
      if result[index] != 0xff { return result }
    }
    return nil
  }
}
