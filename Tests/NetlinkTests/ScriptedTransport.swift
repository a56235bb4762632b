import Glibc
import LinuxSystem

@testable import Netlink

/// A kernel that follows a script: what it is sent is recorded, what it answers is written down beforehand.
///
/// A script that has come to its end throws EAGAIN, as a socket without an answer does, so that no test can hang.
final class ScriptedTransport: NetlinkTransport {
  /// One thing that the connection meets when it asks for a datagram.
  enum Step {
    /// A datagram of these bytes from this netlink port.
    case datagram([UInt8], port: UInt32 = 0)
    /// A datagram of which only these bytes fit into the buffer.
    case cut([UInt8], length: Int)
    /// An error of recvmsg(2).
    case failure(Int32)
    /// A datagram that depends on what was sent last.
    case reply(([SentMessage]) -> [UInt8])
  }

  /// What was sent, one element for each send.
  private(set) var sent: [[UInt8]] = []
  private(set) var receiveCount = 0
  var sendFailure: Int32?
  private var steps: [Step]

  init(_ steps: [Step] = []) { self.steps = steps }

  /// Whether the whole script was played.
  var isFinished: Bool { steps.isEmpty }

  /// Adds to the end of the script.
  func expect(_ step: Step) { steps.append(step) }

  /// The messages of one send.
  func messages(ofSend index: Int) -> [SentMessage] { SentMessage.all(in: sent[index]) }

  func send(_ bytes: [UInt8]) throws(SystemError) {
    sent.append(bytes)
    if let sendFailure { throw SystemError("send", "", errno: sendFailure) }
  }

  func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
    receiveCount += 1
    guard !steps.isEmpty else { throw SystemError("receive", "", errno: EAGAIN) }
    switch steps.removeFirst() {
    case .datagram(let bytes, let port): return deliver(bytes, port, &buffer)
    case .cut(let bytes, let length):
      _ = deliver(bytes, 0, &buffer)
      return ReceivedDatagram(length: length, senderPort: 0)
    case .failure(let code): throw SystemError("receive", "", errno: code)
    case .reply(let make): return deliver(make(messages(ofSend: sent.count - 1)), 0, &buffer)
    }
  }

  private func deliver(_ bytes: [UInt8], _ port: UInt32, _ buffer: inout [UInt8]) -> ReceivedDatagram {
    if bytes.count > buffer.count { buffer = [UInt8](repeating: 0, count: bytes.count) }
    buffer.replaceSubrange(0..<bytes.count, with: bytes)
    return ReceivedDatagram(length: bytes.count, senderPort: port)
  }
}

/// A message as the scripted kernel sees it.
struct SentMessage: Equatable {
  var type: UInt16
  var flags: MessageFlags
  var sequence: UInt32
  var payload: [UInt8]

  static func all(in bytes: [UInt8]) -> [SentMessage] {
    var messages: [SentMessage] = []
    var reader = MessageReader(bytes.span.bytes)
    while let message = try? reader.next() {
      messages.append(
        SentMessage(
          type: message.header.type, flags: message.header.flags, sequence: message.header.sequence,
          payload: message.payload.array))
    }
    return messages
  }
}

/// Messages as the kernel writes them.
enum Answer {
  /// A message of any type, padded to a multiple of 4.
  static func message(_ type: UInt16, flags: MessageFlags = [], sequence: UInt32, _ payload: [UInt8] = []) -> [UInt8] {
    var buffer = MessageBuffer()
    buffer.append(UInt32(16 + payload.count))
    buffer.append(type)
    buffer.append(flags.rawValue)
    buffer.append(sequence)
    buffer.append(UInt32(4711))
    buffer.append(payload)
    buffer.pad()
    return buffer.bytes
  }

  /// NLMSG_ERROR with the header of a request of type 16, and the extended-ACK text where there is one.
  static func acknowledgement(_ errno: Int32, sequence: UInt32, text: String? = nil) -> [UInt8] {
    var buffer = MessageBuffer()
    buffer.append(-errno)
    buffer.append(message(16, flags: [.request, .ack], sequence: sequence))
    if let text { buffer.attribute(1, string: text) }
    return message(
      NLMSG_ERROR, flags: text == nil ? .capped : [.capped, .ackAttributes], sequence: sequence, buffer.bytes)
  }

  /// NLMSG_DONE with an error number.
  static func done(_ errno: Int32 = 0, flags: MessageFlags = .multi, sequence: UInt32) -> [UInt8] {
    message(NLMSG_DONE, flags: flags, sequence: sequence, withUnsafeBytes(of: -errno) { Array($0) })
  }
}

/// Bytes written as in a dump: `bytes("10 00 00 00")`; what follows `//` on a line is a comment.
func bytes(_ dump: String) -> [UInt8] {
  dump.split(separator: "\n").flatMap { line in
    let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
    let digits = code.filter { $0 != " " }.map { UInt8($0.hexDigitValue!) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
