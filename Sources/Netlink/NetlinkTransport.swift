import CLinux
import Glibc
import LinuxSystem

/// The channel of a connection: a socket or, in tests, a script of answers.
public protocol NetlinkTransport: AnyObject {
  /// Sends messages to the kernel in one datagram.
  func send(_ bytes: [UInt8]) throws(SystemError)
  /// Receives the next datagram at the start of `buffer`, which may grow for it.
  /// - Throws: EAGAIN if there is none; ENOBUFS if the kernel had to drop some.
  func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram
}

/// The length and the sender of a received datagram.
public struct ReceivedDatagram: Sendable {
  /// The length of the datagram in bytes, even if the buffer is shorter.
  public var length: Int
  /// The sender's netlink port; only 0 is the kernel.
  public var senderPort: UInt32

  public init(length: Int, senderPort: UInt32) {
    self.length = length
    self.senderPort = senderPort
  }
}

/// A netlink socket. It stays in the network namespace in which it was opened, even if its owner moves.
public final class NetlinkSocket: NetlinkTransport {
  private let descriptor: OwnedDescriptor

  /// Opens a socket in the network namespace of the calling thread, on a port that the kernel chooses.
  /// - Parameter protocolNumber: NETLINK_ROUTE (0) or NETLINK_NETFILTER (12).
  /// - Throws: EPROTONOSUPPORT if the kernel lacks the protocol.
  public init(protocolNumber: Int32) throws(SystemError) {
    let raw = try systemCall("open netlink socket of protocol", "\(protocolNumber)") {
      clinux_netlink_socket(protocolNumber)
    }
    descriptor = OwnedDescriptor(owning: raw)
    // These options ask for the kernel's text with every error, without a copy of the request (Linux 4.12), and for
    // queries whose filters take effect (4.20). Without one of them the kernel tells less, but works.
    var on: Int32 = 1
    for option in [clinux_NETLINK_EXT_ACK, clinux_NETLINK_CAP_ACK, clinux_NETLINK_GET_STRICT_CHK] {
      _ = setsockopt(raw, SOL_NETLINK, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  public func send(_ bytes: [UInt8]) throws(SystemError) {
    do throws(SystemError) { try sendOnce(bytes) } catch {
      // A transaction may be longer than the default send buffer of a socket (net.core.wmem_default).
      guard error.errno == EMSGSIZE, bytes.count < Int(Int32.max) / 2 else { throw error }
      var size = Int32(bytes.count)
      _ = setsockopt(
        descriptor.raw, SOL_SOCKET, 32 /* SO_SNDBUFFORCE */, &size, socklen_t(MemoryLayout<Int32>.size))
      try sendOnce(bytes)
    }
  }

  private func sendOnce(_ bytes: [UInt8]) throws(SystemError) {
    try systemCall("send netlink request", "") { clinux_netlink_send(descriptor.raw, bytes, UInt64(bytes.count)) }
  }

  public func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
    var port: UInt32 = 0
    // Ask for the length first: a truncated datagram is lost, and with it perhaps the end of a dump. Do not wait: the
    // kernel processes requests within send(2) and continues a dump within recv(2). An answer that is not there will
    // never come.
    let flags = Int32(MSG_TRUNC | MSG_DONTWAIT)
    let needed = try systemCall("receive netlink reply", "") {
      clinux_netlink_receive(descriptor.raw, &buffer, 0, flags | Int32(MSG_PEEK), &port)
    }
    if needed > buffer.count { buffer = [UInt8](repeating: 0, count: needed) }
    let length = try systemCall("receive netlink reply", "") {
      clinux_netlink_receive(descriptor.raw, &buffer, UInt64(buffer.count), flags, &port)
    }
    return ReceivedDatagram(length: length, senderPort: port)
  }
}
