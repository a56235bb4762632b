import CLinux
import Glibc
import LinuxSystem
import NetTypes
import RouteNetlink

/// Asks the hosts behind some ports of a bridge whether one of them has an address, without announcing an address of
/// its own (RFC 5227).
final class ARPProbe {
  private let socket: OwnedDescriptor
  private let link: UInt32
  private let mac: MACAddress

  /// The time to wait for the answer to a request, in milliseconds.
  private static let patience: Int64 = 50

  /// - Parameters:
  ///   - link: the bridge, whose MAC address is `mac`.
  ///   - ports: the ports whose answers count.
  /// - Throws: if the kernel refuses the packet socket.
  init(link: UInt32, mac: MACAddress, ports: [UInt32]) throws(SystemError) {
    let filter = Self.filter(ports)
    let code = filter.bytes
    socket = OwnedDescriptor(
      owning: try systemCall("open", "a packet socket") { clinux_packet_socket(code, UInt16(filter.count)) })
    self.link = link
    self.mac = mac
  }

  /// Accepts incoming ARP frames of these ports only. On the bridge itself a frame no longer tells its port, and a
  /// sandbox can forge a MAC address. A frame that leaves through a port may come from any host.
  private static func filter(_ ports: [UInt32]) -> PacketProgram {
    // SKF_AD_OFF + SKF_AD_PKTTYPE and SKF_AD_OFF + SKF_AD_IFINDEX of linux/filter.h.
    let (packetType, link): (UInt32, UInt32) = (0xffff_f004, 0xffff_f008)
    var program = PacketProgram()
    let (isARP, comesIn) = (program.label(), program.label())
    program.load(.half, at: 12)
    program.jump(if: .equal(0x0806), to: isARP)
    program.end(0)
    program.place(isARP)
    program.load(.word, at: packetType)
    program.jump(unless: .equal(4 /* PACKET_OUTGOING */), to: comesIn)
    program.end(0)
    program.place(comesIn)
    program.load(.word, at: link)
    for port in ports {
      let next = program.label()
      program.jump(unless: .equal(port), to: next)
      program.end(UInt32.max)
      program.place(next)
    }
    program.end(0)
    return program
  }

  /// - Parameter expected: the host with this MAC address does not count.
  /// - Returns: the MAC address of a host that claims the address or probes for it; nil if none does.
  func holder(of address: IPAddress, besides expected: MACAddress) -> MACAddress? {
    let request = Self.request(for: address, from: mac)
    let sent = clinux_packet_send(socket.raw, Int32(bitPattern: link), request, UInt64(request.count))
    guard sent == request.count else { return nil }
    let limit = monotonicMicroseconds() + Self.patience * 1000
    var frame = [UInt8](repeating: 0, count: 64)
    while true {
      // A machine that stood still has answers that came in time.
      let left = max(0, limit - monotonicMicroseconds())
      var wait = pollfd(fd: socket.raw, events: Int16(POLLIN), revents: 0)
      guard poll(&wait, 1, Int32((left + 999) / 1000)) > 0 else { return nil }
      let count = recv(socket.raw, &frame, frame.count, 0)
      guard count > 0 else { return nil }
      if let holder = Self.holder(of: address, in: frame[..<count]), holder != expected, holder != mac { return holder }
    }
  }

  /// A broadcast frame: hardware type Ethernet, protocol IPv4, lengths 6 and 4, operation request (RFC 826).
  static func request(for address: IPAddress, from mac: MACAddress) -> [UInt8] {
    [UInt8](repeating: 0xff, count: 6) + mac.bytes + [0x08, 0x06]
      + [0, 1, 0x08, 0, 6, 4, 0, 1] + mac.bytes + [0, 0, 0, 0] + [0, 0, 0, 0, 0, 0] + address.bytes
  }

  /// The MAC address that claims the IP address in a frame: the sender of a request or reply, or of a probe for the
  /// address.
  static func holder(of address: IPAddress, in frame: ArraySlice<UInt8>) -> MACAddress? {
    let frame = Array(frame)
    guard frame.count >= 42, frame[12...19].elementsEqual([0x08, 0x06, 0, 1, 0x08, 0, 6, 4]) else { return nil }
    let (sender, target) = (frame[28...31], frame[38...41])
    let isProbe = frame[21] == 1 && sender.allSatisfy { $0 == 0 } && target.elementsEqual(address.bytes)
    return sender.elementsEqual(address.bytes) || isProbe ? MACAddress(bytes: Array(frame[22...27])) : nil
  }
}
