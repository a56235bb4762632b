import Netlink

/// A message as the scripted kernel sees it.
public struct SentMessage: Equatable {
  public var type: UInt16
  public var flags: MessageFlags
  public var sequence: UInt32
  public var payload: [UInt8]

  public init(type: UInt16, flags: MessageFlags, sequence: UInt32, payload: [UInt8]) {
    self.type = type
    self.flags = flags
    self.sequence = sequence
    self.payload = payload
  }

  /// The messages of one send.
  public static func all(in bytes: [UInt8]) -> [SentMessage] {
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
