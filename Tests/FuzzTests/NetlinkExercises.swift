import Glibc
import LinuxSystem
import NetTypes

@testable import Conntrack
@testable import NFTables
@testable import Netlink
@testable import RouteNetlink

/// A message of one type. The last message of a datagram need not be padded.
func message(_ type: UInt16, _ payload: [UInt8]) -> [UInt8] {
  var buffer = MessageBuffer()
  buffer.append(UInt32(MessageHeader.size + payload.count))
  buffer.append(type)
  buffer.append(UInt16(0))
  buffer.append(UInt64(0))
  buffer.append(payload)
  return buffer.bytes
}

/// Reads a message; nil if it is malformed or of an unknown kind.
func read<Value>(
  _ message: [UInt8], _ decode: (borrowing ReplyMessage) throws(MalformedMessage) -> Value?
) -> Value? {
  var reader = MessageReader(message.span.bytes)
  guard let reply = try? reader.next() else { return nil }
  return try? decode(reply)
}

/// Writes a value as the payload of a message, and reads it; nil if it is too long for a length field.
func again<Value>(
  _ type: UInt16, write: (inout MessageBuffer) -> Void,
  _ decode: (borrowing ReplyMessage) throws(MalformedMessage) -> Value?
) throws(Broken) -> Value? {
  var buffer = MessageBuffer()
  write(&buffer)
  if buffer.isOverflown { return nil }
  guard let value = read(message(type, buffer.bytes), decode) else {
    throw Broken(promise: "what was written can be read")
  }
  return value
}

/// Prints the messages of a datagram. The output may be longer than the datagram, but only by a factor.
func exerciseTrace(_ datagram: [UInt8], _ family: NetlinkFamily) throws(Broken) {
  nonisolated(unsafe) var size = 0
  let tracer = MessageTracer(name: "fuzz") { size += $0.utf8.count }
  tracer.trace(.received, datagram, family)
  try expect(size <= 1024 + 256 * datagram.count, "\(size) bytes are too many to print \(datagram.count)")
}

func exerciseDatagram(_ bytes: [UInt8]) throws(Broken) {
  var messages = MessageReader(bytes.span.bytes)
  while let message = try? messages.next() {
    _ = try? Acknowledgement(message)
    var attributes = AttributeReader(message.payload)
    while let attribute = try? attributes.next() { _ = attribute.string }
  }
  try exerciseTrace(bytes, .route)
  try exerciseTrace(bytes, .nftables)
}

/// Answers every request with the same datagrams, each after a byte with its length in words.
private final class Answers: NetlinkTransport {
  private let script: [UInt8]
  private var rest: ArraySlice<UInt8> = []

  init(_ script: [UInt8]) { self.script = script }

  func send(_ bytes: [UInt8]) { rest = script[...] }

  func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
    guard let words = rest.popFirst() else { throw SystemError("receive", "", errno: EAGAIN) }
    let datagram = rest.prefix(4 * Int(words))
    rest = rest.dropFirst(datagram.count)
    buffer.replaceSubrange(0..<datagram.count, with: datagram)
    return ReceivedDatagram(length: datagram.count, senderPort: 0)
  }
}

func exerciseAnswer(_ bytes: [UInt8]) {
  var route = RouteConnection(transport: Answers(bytes))
  var requests = RouteRequests()
  requests.create(.veth(try! InterfaceName("a"), peer: .init(name: try! InterfaceName("b"))))
  requests.delete(link: .index(1))
  if let failures = try? route.failures(of: requests) { for failure in failures { _ = failure.description } }
  _ = try? route.links()
  var nft = NFTConnection(transport: Answers(bytes))
  var transaction = Transaction()
  let table = Table(.inet, "t")
  transaction.add(table)
  transaction.add(Rule(in: Chain("c", in: table), [.verdict(.accept)]))
  try? nft.commit(transaction)
  _ = try? nft.rules()
}

/// Names the attributes around any place of any message. The input is its type, the place, and the type missing there.
func exerciseAttributePath(_ bytes: [UInt8]) {
  let content = bytes.span.bytes
  guard let type = content.integer(at: 0, as: UInt16.self), let offset = content.integer(at: 2, as: UInt32.self),
    let missing = content.integer(at: 6, as: UInt16.self)
  else { return }
  let payload = content.extracting(droppingFirst: 8)
  for family in [NetlinkFamily.route, .nftables, .conntrack] {
    guard let description = family.describe(type) else { continue }
    _ = description.attributePath(in: payload, offset: offset, missing: UInt32(missing))
    for place in 0..<UInt32(min(64, payload.byteCount + 20)) {
      _ = description.attributePath(in: payload, offset: place, missing: nil)
    }
  }
}
