import Netlink

/// Messages as the kernel writes them.
public enum Answer {
  /// A message of any type, padded to a multiple of 4.
  public static func message(_ type: UInt16, flags: MessageFlags = [], sequence: UInt32, _ payload: [UInt8] = [])
    -> [UInt8]
  {
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

  /// NLMSG_ERROR with the header of a request of type 16, and the extended-ACK text if there is one.
  public static func acknowledgement(_ errno: Int32, sequence: UInt32, text: String? = nil) -> [UInt8] {
    var buffer = MessageBuffer()
    buffer.append(-errno)
    buffer.append(message(16, flags: [.request, .ack], sequence: sequence))
    if let text { buffer.attribute(1, string: text) }
    return message(
      NLMSG_ERROR, flags: text == nil ? .capped : [.capped, .ackAttributes], sequence: sequence, buffer.bytes)
  }

  /// NLMSG_DONE with an error number.
  public static func done(_ errno: Int32 = 0, flags: MessageFlags = .multi, sequence: UInt32) -> [UInt8] {
    message(NLMSG_DONE, flags: flags, sequence: sequence, withUnsafeBytes(of: -errno) { Array($0) })
  }

  /// The end of a request: NLMSG_DONE for a dump, else NLMSG_ERROR.
  public static func end(of request: SentMessage, _ errno: Int32 = 0) -> [UInt8] {
    let isDump = request.flags.isSuperset(of: .dump) && request.type & 3 == 2
    return isDump ? done(errno, sequence: request.sequence) : acknowledgement(errno, sequence: request.sequence)
  }
}
