import Glibc
import LinuxSystem
import Netlink

/// A kernel that follows a script: it records what it is sent, and its answers are given beforehand.
///
/// At its end, the script throws EAGAIN, as a socket without an answer does, so that no test can hang; or it ends each
/// request, if the test asks for that.
public final class ScriptedTransport: NetlinkTransport {
  /// What the connection gets when it asks for a datagram.
  public enum Step {
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
  public private(set) var sent: [[UInt8]] = []
  public private(set) var receiveCount = 0
  public var sendFailure: Int32?
  private var steps: [Step]
  private let errno: Int32?

  /// - Parameter errno: the answer to each request after the script: 0 for success; nil for no answer.
  public init(_ steps: [Step] = [], thenEndingWith errno: Int32? = nil) {
    self.steps = steps
    self.errno = errno
  }

  /// Whether the whole script was used.
  public var isFinished: Bool { steps.isEmpty }

  /// Adds to the end of the script.
  public func expect(_ step: Step) { steps.append(step) }

  /// The messages of one send.
  public func messages(ofSend index: Int) -> [SentMessage] { SentMessage.all(in: sent[index]) }

  public func send(_ bytes: [UInt8]) throws(SystemError) {
    sent.append(bytes)
    if let sendFailure { throw SystemError("send", "", errno: sendFailure) }
  }

  public func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
    receiveCount += 1
    guard !steps.isEmpty else {
      guard let errno, let last = sent.last.flatMap({ SentMessage.all(in: $0).last }) else {
        throw SystemError("receive", "", errno: EAGAIN)
      }
      return deliver(Answer.end(of: last, errno), 0, &buffer)
    }
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
