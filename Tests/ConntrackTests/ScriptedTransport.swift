import LinuxSystem
import Netlink

/// Reads bytes as they are annotated in tests: pairs of hexadecimal digits, and a comment after `//`.
func bytes(_ text: String) -> [UInt8] {
  text.split(separator: "\n").flatMap { line in
    let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
    return code.split(separator: " ").map { UInt8($0, radix: 16)! }
  }
}

/// Keeps what is sent, and answers each send with the next of its scripts.
final class ScriptedTransport: NetlinkTransport {
  private(set) var sent: [[UInt8]] = []
  private var scripts: [(_ sequence: UInt32, _ count: UInt32) -> [[UInt8]]]
  private var answers: [[UInt8]] = []

  init(_ scripts: [(_ sequence: UInt32, _ count: UInt32) -> [[UInt8]]]) { self.scripts = scripts }

  func send(_ bytes: [UInt8]) throws(SystemError) {
    sent.append(bytes)
    var count: UInt32 = 0
    var start = 0
    while let length = bytes.span.bytes.integer(at: start, as: UInt32.self) {
      count += 1
      start += Int(length + 3) & ~3
    }
    answers += scripts.removeFirst()(bytes.span.bytes.integer(at: 8, as: UInt32.self)!, count)
  }

  func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
    let answer = answers.removeFirst()
    buffer.replaceSubrange(0..<answer.count, with: answer)
    return ReceivedDatagram(length: answer.count, senderPort: 0)
  }

  /// NLMSG_ERROR for a request.
  static func acknowledgement(_ sequence: UInt32, errno: Int32 = 0) -> [UInt8] {
    var answer = MessageBuffer()
    answer.append(UInt32(36))
    answer.append(NLMSG_ERROR)
    answer.append(UInt16(0))
    answer.append(sequence)
    answer.append(UInt32(0))
    answer.append(-errno)
    answer.append([UInt8](repeating: 0, count: 16))
    return answer.bytes
  }

  /// NLMSG_DONE.
  static func end(_ sequence: UInt32) -> [UInt8] {
    var answer = MessageBuffer()
    answer.append(UInt32(20))
    answer.append(NLMSG_DONE)
    answer.append(UInt16(2))
    answer.append(sequence)
    answer.append(UInt32(0))
    answer.append(Int32(0))
    return answer.bytes
  }
}
