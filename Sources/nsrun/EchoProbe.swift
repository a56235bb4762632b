import Glibc
import NetTypes

/// Sends ICMP echo requests and waits for the replies, like ping(8), which a host may lack.
struct EchoProbe {
  let destination: IPAddress
  let count: Int
  /// How long to wait for each reply, in seconds.
  let patience = 1

  /// - Returns: whether each request got a reply.
  func run() -> Bool {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_ICMP))
    guard socket >= 0 else { return false }
    defer { close(socket) }
    var limit = timeval(tv_sec: patience, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    return (1...count).allSatisfy { exchange(UInt8(truncatingIfNeeded: $0), on: socket) }
  }

  private func exchange(_ sequence: UInt8, on socket: Int32) -> Bool {
    let identifier = UInt8(truncatingIfNeeded: getpid())
    // Type 8, code 0, checksum, identifier, sequence number (RFC 792).
    var request: [UInt8] = [8, 0, 0, 0, 0, identifier, 0, sequence]
    let checksum = Self.checksum(request)
    request[2] = UInt8(checksum >> 8)
    request[3] = UInt8(checksum & 0xff)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: destination.bytes) }
    let sent = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(socket, request, request.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard sent == request.count else { return false }
    var packet = [UInt8](repeating: 0, count: 1500)
    while true {
      let size = recv(socket, &packet, packet.count, 0)
      guard size > 0 else { return false }
      // A raw socket also returns the IP header.
      let answer = packet[..<size].dropFirst(Int(packet[0] & 0xf) * 4)
      if answer.first == 0, answer.dropFirst(4).elementsEqual(request[4...]) { return true }
    }
  }

  /// The Internet checksum (RFC 1071).
  private static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) { sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1]) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
  }
}
