import CLinux
import Glibc
import LinuxSystem
import RouteNetlink

/// Asks the hosts on a bridge whether one of them has an address, without telling them one of one's own (RFC 5227).
final class ARPProbe {
  private let socket: OwnedDescriptor
  private let mac: MACAddress

  /// How long the answer to one request is waited for, in milliseconds.
  private static let patience: Int64 = 50
  private static let arp: UInt16 = 0x0806

  /// - Throws: where the kernel gives no such socket.
  init(link: UInt32, mac: MACAddress) throws(SystemError) {
    socket = OwnedDescriptor(
      owning: try systemCall("open", "a packet socket") { clinux_packet_socket(Int32(bitPattern: link), Self.arp) })
    self.mac = mac
  }

  /// - Parameter expected: whose answer does not count.
  /// - Returns: who says to have the address, or asks for it for itself; nil where nobody does.
  func holder(of address: IPAddress, besides expected: MACAddress) -> MACAddress? {
    let request = Self.request(for: address, from: mac)
    guard send(socket.raw, request, request.count, 0) == request.count else { return nil }
    let limit = monotonicMicroseconds() + Self.patience * 1000
    var frame = [UInt8](repeating: 0, count: 64)
    while true {
      let left = limit - monotonicMicroseconds()
      var wait = pollfd(fd: socket.raw, events: Int16(POLLIN), revents: 0)
      guard left > 0, poll(&wait, 1, Int32((left + 999) / 1000)) > 0 else { return nil }
      let count = recv(socket.raw, &frame, frame.count, 0)
      guard count > 0 else { return nil }
      if let holder = Self.holder(of: address, in: frame[..<count]), holder != expected, holder != mac { return holder }
    }
  }

  /// A frame to all: hardware type Ethernet, protocol IPv4, lengths 6 and 4, operation request (RFC 826).
  static func request(for address: IPAddress, from mac: MACAddress) -> [UInt8] {
    [UInt8](repeating: 0xff, count: 6) + mac.bytes + [0x08, 0x06]
      + [0, 1, 0x08, 0, 6, 4, 0, 1] + mac.bytes + [0, 0, 0, 0] + [0, 0, 0, 0, 0, 0] + address.bytes
  }

  /// Who says in a frame to have the address: by any request or reply from it, or by a probe for it.
  static func holder(of address: IPAddress, in frame: ArraySlice<UInt8>) -> MACAddress? {
    let frame = Array(frame)
    guard frame.count >= 42, frame[12...19].elementsEqual([0x08, 0x06, 0, 1, 0x08, 0, 6, 4]) else { return nil }
    let (sender, target) = (frame[28...31], frame[38...41])
    let isProbe = frame[21] == 1 && sender.allSatisfy { $0 == 0 } && target.elementsEqual(address.bytes)
    return sender.elementsEqual(address.bytes) || isProbe ? MACAddress(bytes: Array(frame[22...27])) : nil
  }
}
