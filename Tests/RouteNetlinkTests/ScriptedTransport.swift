import LinuxSystem
import Netlink

@testable import RouteNetlink

/// Reads bytes as they are annotated in tests: pairs of hexadecimal digits, and a comment after `//`.
func bytes(_ text: String) -> [UInt8] {
  text.split(separator: "\n").flatMap { line in
    let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
    return code.split(separator: " ").map { UInt8($0, radix: 16)! }
  }
}

/// Keeps what is sent. Answers with what it was given, and then with an acknowledgement or the end of a listing.
final class ScriptedTransport: NetlinkTransport {
  private(set) var sent: [[UInt8]] = []
  private var answers: [[UInt8]]
  private let errno: Int32

  init(answers: [[UInt8]] = [], errno: Int32 = 0) {
    self.answers = answers
    self.errno = errno
  }

  func send(_ bytes: [UInt8]) throws(SystemError) {
    sent.append(bytes)
    // The last message's type, flags and sequence.
    var start = 0
    while let length = bytes.span.bytes.integer(at: start, as: UInt32.self),
      start + Int(length + 3) & ~3 < bytes.count
    {
      start += Int(length + 3) & ~3
    }
    var answer = MessageBuffer()
    let isListing = bytes[start + 7] & 3 == 3 && bytes[start + 4] & 3 == 2
    answer.append(UInt32(isListing ? 20 : 36))
    answer.append(isListing ? NLMSG_DONE : NLMSG_ERROR)
    answer.append(UInt16(0))
    answer.append(Array(bytes[(start + 8)..<(start + 12)]))
    answer.append(UInt32(0))
    answer.append(-errno)
    if !isListing { answer.append(Array(bytes[start..<(start + 16)])) }
    answers.append(answer.bytes)
  }

  func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
    let answer = answers.removeFirst()
    if answer.count > buffer.count { buffer = [UInt8](repeating: 0, count: answer.count) }
    buffer.replaceSubrange(0..<answer.count, with: answer)
    return ReceivedDatagram(length: answer.count, senderPort: 0)
  }
}

/// What a connection sends for these requests.
func sent(_ build: (inout RouteRequests) -> Void) throws -> [UInt8] {
  let transport = ScriptedTransport()
  var connection = RouteConnection(transport: transport)
  var requests = RouteRequests()
  build(&requests)
  try connection.perform(requests)
  return transport.sent[0]
}

func name(_ text: String) -> InterfaceName { try! InterfaceName(text) }
func mac(_ text: String) -> MACAddress { MACAddress(text)! }
func ip(_ text: String) -> IPAddress { IPAddress(text)! }
func network(_ text: String) -> IPNetwork { IPNetwork(text)! }
